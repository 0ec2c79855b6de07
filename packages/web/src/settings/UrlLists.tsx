import { productsApi } from '@vigie/domain/products'
import { urlKinds, urlListsApi, type UrlListEntry } from '@vigie/domain/settings'
import { useState } from 'react'
import {
  Button,
  columns,
  confirm,
  csvOf,
  DataTable,
  Empty,
  Notice,
  query,
  toast,
  useAction,
  useActor,
  useAddress,
  useFormat,
  useLoaded,
  useQuietly,
  useText,
  type Action,
  type Filter,
} from '../kit/index.ts'
import { AddUrls } from './AddUrls.tsx'
import { decodedUrl } from './decode-url.ts'
import css from './settings.module.css'

export const urlsOf = (customerId: string | null) =>
  query(urlListsApi.listUrls).list(() => ({ query: customerId === null ? {} : { customerId } }) as never)

const column = columns<UrlListEntry>('settings.url.column')
const shown = [
  column.cell('text', (entry) => <Entry entry={entry} />, { main: true, sort: true }),
  column.state('kind', (entry) => ({ label: `url-kind.${entry.kind}`, tone: entry.kind === 'approved' ? 'good' : 'quiet' }), {
    width: 150,
  }),
  column.text('addedBy', undefined, { width: 170 }),
  column.ago('addedAt', { width: 140, sort: true }),
]
const filters: Filter[] = [
  { key: 'kind', label: 'settings.url.column.kind', options: urlKinds.map((value) => ({ value, label: `url-kind.${value}` })) },
]

/** IDN as people read it, and, where that differs, as engines take it: a look-alike shows. */
function Entry({ entry }: { entry: UrlListEntry }) {
  const decoded = decodedUrl(entry.text)
  return (
    <span className="mono" title={entry.text}>
      {decoded}
      {decoded !== entry.text && <span className="faint"> {entry.text}</span>}
    </span>
  )
}

const catalogue = query(productsApi.getCatalogue).with({})
const productsOf = (customerId: string) => query(productsApi.listProducts).with({ query: { customerId, limit: 200 } })

/** Which products the lists are kept for; none that can be connected takes them yet, and it says so. */
function WhoFilters({ customerId }: { customerId: string | null }) {
  const say = useText()
  const { list } = useFormat()
  const mayRead = useActor().can('product.read')
  const types = useQuietly(mayRead ? catalogue : null)?.types
  const products = useQuietly(mayRead && customerId !== null ? productsOf(customerId) : null)?.rows
  if (types === undefined || (customerId !== null && products === undefined)) return null
  const nameOf = (id: string) => (say.has(`product-type.${id}.name`) ? say(`product-type.${id}.name`) : id)
  const filtering = types.filter(
    (type) => type.filtersUrls && (products === undefined || products.some(({ typeId }) => typeId === type.id)),
  )
  if (filtering.some((type) => type.isConnectable)) return null
  return (
    <div className={css.who}>
      <Notice
        tone="plain"
        title={
          filtering.length === 0
            ? 'settings.url.nobody'
            : { key: 'settings.url.kept-for', values: { products: list(filtering.map(({ id }) => nameOf(id))) } }
        }
      >
        {say(filtering.length === 0 ? 'settings.url.nobody.about' : 'settings.url.kept-for.about')}
      </Notice>
    </div>
  )
}

/** ADM-2: approved and blocked URLs of the business (`customerId` null) or of one customer. */
export function UrlLists({ customerId }: { customerId: string | null }) {
  const say = useText()
  const at = useAddress()
  const actor = useActor()
  const list = urlsOf(customerId)
  const loaded = useLoaded(list)
  const removing = useAction(urlListsApi.removeUrls)
  const [isAdding, setAdding] = useState(false)
  const may = actor.can('setting.update')
  const remove = (ids: readonly string[], clear: () => void = () => {}): Action => ({
    label: 'settings.url.remove',
    icon: 'trash',
    isDangerous: true,
    onSelect: () =>
      confirm({
        title: { key: 'settings.url.remove.ask', values: { count: ids.length } },
        consequence: 'settings.url.remove.about',
        action: 'settings.url.remove',
        isDangerous: true,
        run: async () => {
          await removing.run({ body: { ids: [...ids] } })
          clear()
          toast({ key: 'settings.url.removed', values: { count: ids.length } })
        },
      }),
  })
  return (
    <>
      <WhoFilters customerId={customerId} />
      <DataTable
        {...loaded}
        name="settings.urls"
        columns={shown}
        sort="text"
        filters={filters}
        search="settings.url.search"
        csv={csvOf(urlListsApi.exportUrls, list(at))}
        actions={(entry) => (may ? [remove([entry.id])] : [])}
        {...(may ? { bulk: (_: UrlListEntry[], ids: readonly string[], clear: () => void) => [remove(ids, clear)] } : {})}
        tools={
          may && (
            <Button icon="plus" onClick={() => setAdding(true)}>
              {say('settings.url.add')}
            </Button>
          )
        }
        empty={<Empty icon="shield" title="settings.url.none" about="settings.url.none.about" />}
      />
      {isAdding && <AddUrls customerId={customerId} close={() => setAdding(false)} />}
    </>
  )
}
