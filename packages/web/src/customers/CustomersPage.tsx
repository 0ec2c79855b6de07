import { customersApi, type Customer } from '@vigie/domain/customers'
import { productsApi } from '@vigie/domain/products'
import { buttonClass, columns, csvOf, DataTable, Empty, Icon, Line, Link, load, OpenEvents, Page, paths, query, sortedBy, useActor, useAddress, useGo, useLoaded, useQuietly, useText, type Action, type Filter } from '../kit/index.ts'
import css from './customers.module.css'
import { useDeleteCustomer } from './useDeleteCustomer.ts'

const list = query(customersApi.listCustomers).list(sortedBy('company'))
const catalogue = query(productsApi.getCatalogue).with({})
export const loader = load(list)

const column = columns<Customer>('customers.column')
const shown = [
  column.link('company', (customer) => paths.customer({ customerId: customer.id }), { sort: true, minWidth: 200 }),
  column.cell('attention', (customer) => <OpenEvents attention={customer.attention} about={{ customerId: customer.id }} />, { sort: true, width: 120 }),
  column.cell('contact', (customer) => (customer.contact ? <a href={`mailto:${customer.contact.email}`}>{customer.contact.name}</a> : <span className="faint">–</span>), { width: 160 }),
  column.text('phone', (customer) => customer.contact?.phone || customer.phone, { width: 130 }),
  column.count('productCount', { sort: true, width: 90, to: (customer) => paths.customer({ customerId: customer.id, tab: 'products' }) }),
  column.count('endpointCount', { width: 116, to: (customer) => paths.inventory({ customerId: customer.id }) }),
  column.cell('tags', (customer) => <Tags tags={customer.tags} />, { width: 160 }),
  column.ago('lastSeenAt', { sort: true, width: 130 }),
  column.text('accountId', undefined, { width: 140, hidden: true }),
  column.text('city', undefined, { width: 140, hidden: true }),
  column.ago('createdAt', { sort: true, width: 130, hidden: true }),
]

function Tags({ tags }: { tags: string[] }) {
  return <span className={css.tags}>{tags.map((tag) => <Link key={tag} className={css.tag} to={`?${new URLSearchParams({ tag, cursor: '', page: '' })}`}>{tag}</Link>)}</span>
}

/** CUS-2: whom we look after, and who needs us. */
export default function CustomersPage() {
  const say = useText()
  const go = useGo()
  const actor = useActor()
  const at = useAddress()
  const loaded = useLoaded(list)
  const types = useQuietly(catalogue)?.types ?? []
  const remove = useDeleteCustomer()
  const tags = [...new Set([...(at.search['tag'] ? [at.search['tag']] : []), ...loaded.rows.flatMap((customer) => customer.tags)])]
  const filters: Filter[] = [
    { key: 'attention', label: 'customers.column.attention', options: [{ value: 'action-required', label: 'severity.action-required' }, { value: 'warning', label: 'severity.warning' }, { value: 'none', label: 'customers.attention.none' }] },
    { key: 'typeId', label: 'common.product', isSingle: true, options: types.map((type) => ({ value: type.id, label: `product-type.${type.id}.name` })) },
    ...(tags.length > 0 ? [{ key: 'tag', label: 'customers.column.tags', isSingle: true, options: tags.map((tag) => ({ value: tag, label: { text: tag } })) }] : []),
  ]
  const actions = (customer: Customer): Action[] => [
    ...(actor.can('product.create') ? [{ label: 'products.new', icon: 'plus' as const, onSelect: () => void go(paths.newProduct({ customerId: customer.id })) }] : []),
    ...(actor.can('customer.update') ? [{ label: 'customers.edit', icon: 'edit' as const, onSelect: () => void go(paths.customer({ customerId: customer.id, tab: 'profile' })) }] : []),
    ...(actor.can('customer.delete') ? [{ label: 'customers.delete', icon: 'trash' as const, isDangerous: true, disabledReason: customer.productCount > 0 ? 'remedy.remove-products-first' : undefined, onSelect: () => remove(customer) }] : []),
  ]
  const add = actor.can('customer.create') && <Link className={buttonClass('primary')} to={paths.newCustomer()}><Icon name="plus" /><span>{say('customers.new')}</span></Link>
  return (
    <Page title="customers.title" fills action={add}>
      <DataTable
        {...loaded}
        name="customers.title"
        columns={shown}
        sort="company"
        search="customers.search"
        filters={filters}
        csv={csvOf(customersApi.exportCustomers, list(at))}
        actions={actions}
        opens={(customer) => paths.customer({ customerId: customer.id })}
        empty={<Empty icon="customers" title="customers.none" about="customers.none.about" action={<Line>{add}</Line>} />}
      />
    </Page>
  )
}
