import { agentStates, productsApi, type Product } from '@vigie/domain/products'
import {
  AgentStateTag,
  columns,
  csvOf,
  DataTable,
  Empty,
  Link,
  load,
  Page,
  paths,
  query,
  sortedBy,
  useAddress,
  useCustomerFilter,
  useLoaded,
  useQuietly,
  useText,
  type Filter,
} from '../kit/index.ts'
import { catalogue } from './catalogue.ts'

const list = query(productsApi.listProducts).list(sortedBy('description'))
export const loader = load(list)

const Type = ({ typeId }: { typeId: string }) => <>{useText()(`product-type.${typeId}.name`)}</>

const column = columns<Product>('products.column')
const shown = [
  column.link('description', (product) => paths.product({ productId: product.id }), { sort: true, minWidth: 160 }),
  column.cell('customer', (product) => <Link to={paths.customer({ customerId: product.customerId })}>{product.customerName}</Link>, {
    width: 220,
  }),
  column.cell('type', (product) => <Type typeId={product.typeId} />, { width: 180 }),
  column.cell('state', (product) => <AgentStateTag state={product.state} />, { width: 170 }),
  column.attention('attention', (product) => product.attention, {
    to: (product, severity) => paths.events({ productId: product.id, severity }),
  }),
  column.count('endpointCount', { to: (product) => paths.inventory({ productId: product.id }) }),
  column.ago('lastSeenAt', { sort: true, freshForSeconds: (product) => product.freshForSeconds }),
  column.ago('createdAt', { sort: true, hidden: true }),
]
const state: Filter = {
  key: 'state',
  label: 'products.column.state',
  options: agentStates.map((value) => ({ value, label: `agent-state.${value}` })),
}
const stale: Filter = {
  key: 'isStale',
  label: 'products.filter.silence',
  isSingle: true,
  options: [
    { value: 'true', label: 'products.filter.silent' },
    { value: 'false', label: 'products.filter.heard' },
  ],
}

/** All products of all customers: where the numbers of the dashboard lead. */
export default function ProductsPage() {
  const at = useAddress()
  const rows = useLoaded(list)
  const types = useQuietly(catalogue)?.types.filter((type) => type.isConnectable || type.isSimulated) ?? []
  const type: Filter = {
    key: 'typeId',
    label: 'products.column.type',
    isSingle: true,
    options: types.map(({ id }) => ({ value: id, label: `product-type.${id}.name` })),
  }
  const customers = useCustomerFilter()
  return (
    <Page title="products.all" about="products.all.about" fills>
      <DataTable
        {...rows}
        name="products.all"
        columns={shown}
        sort="description"
        search="products.search"
        filters={[state, ...(types.length > 0 ? [type] : []), stale, ...customers]}
        csv={csvOf(productsApi.exportProducts, list(at))}
        opens={(product) => paths.product({ productId: product.id })}
        empty={<Empty icon="server" title="products.all.none" about="products.all.none.about" />}
      />
    </Page>
  )
}
