import { productsApi, type EndpointGroup } from '@vigie/domain/products'
import { api, confirm, query, toast, trouble, useAction, useText } from '../kit/index.ts'
import { groupWord } from './groups.ts'

type Named = Pick<EndpointGroup, 'name' | 'label'>

/** What is done with groups from the tree and from the product's page alike. */
export function useGroupDeeds() {
  const say = useText()
  const moving = useAction(productsApi.moveEndpoints)
  const removing = useAction(productsApi.deleteGroup)
  return {
    async move(productId: string, to: Named, what: { endpointIds?: string[]; filter?: { q?: string; group?: string } }) {
      try {
        const { moved } = await moving.run({ params: { productId, group: to.name }, body: what })
        toast({ key: 'products.group.moved', values: { count: moved, group: groupWord(say, to) } })
      } catch (error) {
        trouble(error)
      }
    },
    /** Asks first. */
    remove(productId: string, group: Named & { endpointCount: number }) {
      confirm({
        title: { key: 'products.group.delete.title', values: { group: groupWord(say, group) } },
        consequence: { key: 'products.group.delete.consequence', values: { count: group.endpointCount } },
        action: 'products.group.delete',
        isDangerous: true,
        run: async () => {
          const { rows } = await api(productsApi.listGroups).call({ params: { productId } })
          await removing.run(
            { params: { productId, group: group.name } },
            { version: rows.find(({ name }) => name === group.name)?.version ?? 1 },
          )
        },
      })
    },
  }
}

export const groupsOf = (productId: string) => query(productsApi.listGroups).with({ params: { productId } })
