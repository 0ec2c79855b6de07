import { productsApi, type Product } from '@vigie/domain/products'
import { Part, paths, query, Tabs, useAddress, useLoaded, useText } from '../kit/index.ts'
import { SettingsPanel } from './SettingsPanel.tsx'

const groupsOf = (productId: string) => query(productsApi.listGroups).with({ params: { productId } })

/** Settings of a product, and of each of its groups; which one stands in the address. */
export function ProductSettings({ product }: { product: Product }) {
  const say = useText()
  const at = useAddress()
  const { rows } = useLoaded(groupsOf(product.id))
  const group = rows.find(({ name }) => name === at.search['group'])?.name
  const name = (one: { name: string; label: string | null }) =>
    one.label ?? (say.has(`group.${one.name}`) ? say(`group.${one.name}`) : one.name)
  const to = (one?: string) =>
    `${paths.product({ productId: product.id, tab: 'settings' })}${one === undefined ? '' : `&group=${encodeURIComponent(one)}`}`
  return (
    <>
      <Tabs
        label="settings.places"
        tabs={[
          { label: 'settings.whole-product', to: to(), isCurrent: group === undefined },
          ...rows.map((one) => ({ label: { text: name(one) }, to: to(one.name), isCurrent: group === one.name })),
        ]}
      />
      <Part key={group ?? ''}>
        <SettingsPanel place={{ productId: product.id, group }} />
      </Part>
    </>
  )
}
