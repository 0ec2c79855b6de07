import { customerCsvColumns, customersApi, type Customer } from '@vigie/domain/customers'
import { productsApi } from '@vigie/domain/products'
import { Suspense, useState } from 'react'
import {
  api,
  buttonClass,
  columns,
  csvOf,
  DataTable,
  Empty,
  Icon,
  lazily,
  Line,
  Link,
  load,
  OpenEvents,
  Page,
  paths,
  query,
  sortedBy,
  useActor,
  useAddress,
  useGo,
  useLoaded,
  useQuietly,
  useText,
  type Action,
  type Filter,
} from '../kit/index.ts'
import { useOrder } from '../orders/index.ts'
import type { BulkKind } from './BulkDialog.tsx'
import css from './customers.module.css'
import { tagsInUse } from './tags.ts'
import { useDeleteCustomer } from './useDeleteCustomer.ts'

const BulkDialog = lazily(() => import('./BulkDialog.tsx'), 'default')
const list = query(customersApi.listCustomers).list(sortedBy('company'))
const catalogue = query(productsApi.getCatalogue).with({})
const managers = query(customersApi.listManagers).with({})
export const loader = load(list)

const groups = ['threat', 'system', 'licence'] as const
const column = columns<Customer>('customers.column')
const shown = [
  column.link('company', (customer) => paths.customer({ customerId: customer.id }), { sort: true, minWidth: 215 }),
  column.cell('threat', (customer) => <OpenEvents attention={customer.threat} about={{ customerId: customer.id, group: 'threat' }} />, {
    sort: true,
    width: 104,
  }),
  column.cell('system', (customer) => <OpenEvents attention={customer.system} about={{ customerId: customer.id, group: 'system' }} />, {
    sort: true,
    width: 96,
  }),
  column.cell('licence', (customer) => <OpenEvents attention={customer.licence} about={{ customerId: customer.id, group: 'licence' }} />, {
    sort: true,
    width: 102,
  }),
  column.cell('attention', (customer) => <OpenEvents attention={customer.attention} about={{ customerId: customer.id }} />, {
    sort: true,
    width: 120,
    hidden: true,
  }),
  column.cell(
    'contact',
    (customer) =>
      customer.contact ? (
        <a href={`mailto:${customer.contact.email}`}>{customer.contact.name}</a>
      ) : (
        <span className="faint" data-nothing="">
          –
        </span>
      ),
    { width: 138 },
  ),
  column.text('phone', (customer) => customer.contact?.phone || customer.phone, { width: 132 }),
  column.count('productCount', { sort: true, width: 92, to: (customer) => paths.customer({ customerId: customer.id, tab: 'products' }) }),
  column.count('endpointCount', { sort: true, width: 110, hidden: true, to: (customer) => paths.inventory({ customerId: customer.id }) }),
  column.cell('managedBy', (customer) => <ManagedBy customer={customer} />, { width: 140, hidden: true }),
  column.cell('tags', (customer) => <Tags tags={customer.tags} />, { width: 124 }),
  column.ago('lastSeenAt', { sort: true, width: 112 }),
  column.text('accountId', undefined, { width: 140, hidden: true }),
  column.text('city', undefined, { width: 140, hidden: true }),
  column.ago('createdAt', { sort: true, width: 130, hidden: true }),
]
/** What a column of the screen is in the CSV. */
const csvParts: Readonly<Record<string, readonly (typeof customerCsvColumns)[number][]>> = {
  threat: ['threatActionRequired', 'threatWarning'],
  system: ['systemActionRequired', 'systemWarning'],
  licence: ['licenceActionRequired', 'licenceWarning'],
  attention: ['actionRequired', 'warning'],
  contact: ['contact', 'email'],
}
const csvColumns = (ids: readonly string[]) =>
  ids.flatMap((id) => csvParts[id] ?? customerCsvColumns.filter((name) => name === id)).join(',')

/** One line, so that all rows are of one height: the first, and how many more; all are in the title, and in the customer's page. */
function Tags({ tags: [first, ...more] }: { tags: string[] }) {
  if (first === undefined) return null
  return (
    <span className={`${css.tags} ${css.oneLine}`} title={more.length > 0 ? [first, ...more].join(', ') : undefined}>
      <Link className={css.tag} to={`?${new URLSearchParams({ tag: first, cursor: '', page: '' })}`}>
        {first}
      </Link>
      {more.length > 0 && <span className="faint figures">+{more.length}</span>}
    </span>
  )
}

/** Whoever was given it; the primary by default stands back. */
function ManagedBy({ customer: { managedBy } }: { customer: Customer }) {
  const say = useText()
  if (managedBy === null)
    return (
      <span className="faint" data-nothing="">
        –
      </span>
    )
  return (
    <Link
      className={managedBy.isDefault ? 'quiet' : undefined}
      title={managedBy.isDefault ? say('customers.managed-by-default') : undefined}
      to={`?${new URLSearchParams({ managedBy: managedBy.id, cursor: '', page: '' })}`}
    >
      {managedBy.name}
    </Link>
  )
}

function useFilters(): Filter[] {
  const types = useQuietly(catalogue)?.types.filter((type) => type.isConnectable || type.isSimulated) ?? []
  const people = useQuietly(managers)?.rows ?? []
  const tags = useQuietly(tagsInUse)?.rows.map(({ tag }) => tag) ?? []
  const chosen = useAddress().search['tag']?.split(',') ?? []
  const severities = [
    { value: 'action-required', label: 'severity.action-required' },
    { value: 'warning', label: 'severity.warning' },
    { value: 'none', label: 'customers.attention.none' },
  ]
  const named = (values: readonly string[]) => values.map((value) => ({ value, label: { text: value } }))
  return [
    ...groups.map((key) => ({ key, label: `category-group.${key}`, options: severities })),
    { key: 'typeId', label: 'common.product', options: types.map((type) => ({ value: type.id, label: `product-type.${type.id}.name` })) },
    {
      key: 'connection',
      label: 'customers.filter.connection',
      options: ['abnormal', 'offline', 'disabled', 'version-mismatch', 'plug-in-error', 'unregistered', 'unknown', 'pending', 'online'].map(
        (value) => ({ value, label: `agent-state.${value}` }),
      ),
    },
    {
      key: 'managedBy',
      label: 'customers.column.managedBy',
      options: people.map(({ id, name }) => ({ value: id, label: { text: name } })),
    },
    { key: 'tag', label: 'customers.column.tags', options: named([...new Set([...chosen, ...tags])]) },
  ]
}

/** CUS-2: whom we look after, and who needs us. */
export default function CustomersPage() {
  const say = useText()
  const go = useGo()
  const actor = useActor()
  const at = useAddress()
  const asked = list(at)
  const loaded = useLoaded(asked)
  const filters = useFilters()
  const remove = useDeleteCustomer()
  const order = useOrder()
  const [bulk, setBulk] = useState<{ kind: BulkKind; ids: readonly string[]; clear(): void } | null>(null)
  const actions = (customer: Customer): Action[] => [
    ...(actor.can('product.create')
      ? [{ label: 'products.new', icon: 'plus' as const, onSelect: () => void go(paths.newProduct({ customerId: customer.id })) }]
      : []),
    ...(actor.can('customer.update')
      ? [
          {
            label: 'customers.edit',
            icon: 'edit' as const,
            onSelect: () => void go(paths.customer({ customerId: customer.id, tab: 'profile' })),
          },
        ]
      : []),
    ...(actor.can('customer.assign')
      ? [
          {
            label: 'customers.bulk.assign',
            icon: 'user' as const,
            onSelect: () => setBulk({ kind: 'assign', ids: [customer.id], clear: () => {} }),
          },
        ]
      : []),
    ...(actor.can('customer.delete')
      ? [
          {
            label: 'customers.delete',
            icon: 'trash' as const,
            isDangerous: true,
            disabledReason: customer.productCount > 0 ? 'remedy.remove-products-first' : undefined,
            onSelect: () => remove(customer),
          },
        ]
      : []),
  ]
  const many = (_: Customer[], ids: readonly string[], clear: () => void): Action[] => [
    ...(actor.can('customer.update')
      ? (['add-tag', 'remove-tag'] as const).map((kind): Action => ({
          label: `customers.bulk.${kind}`,
          ...(kind === 'add-tag' ? { icon: 'tag' as const } : {}),
          onSelect: () => setBulk({ kind, ids, clear }),
        }))
      : []),
    ...(actor.can('customer.assign')
      ? [{ label: 'customers.bulk.assign', icon: 'user' as const, onSelect: () => setBulk({ kind: 'assign', ids, clear }) }]
      : []),
    ...(actor.can('order.send')
      ? [{ label: 'orders.new', icon: 'play' as const, onSelect: () => order({ kind: 'customers', customerIds: [...ids] }) }]
      : []),
    {
      label: 'customers.bulk.csv',
      icon: 'download',
      disabledReason: ids.length > 200 ? 'customers.bulk.csv.too-many' : undefined,
      onSelect: () => window.location.assign(api(customersApi.exportCustomers).href({ query: { ids: ids.join(',') } })),
    },
  ]
  const { cursor: _cursor, limit: _limit, ...matching } = (asked.queryKey[1] as { query: Record<string, string> }).query
  const add = actor.can('customer.create') && (
    <Link className={buttonClass('primary')} to={paths.newCustomer()}>
      <Icon name="plus" />
      <span>{say('customers.new')}</span>
    </Link>
  )
  return (
    <Page title="customers.title" fills action={add}>
      <DataTable
        {...loaded}
        name="customers.title"
        columns={shown}
        sort="company"
        search="customers.search"
        filters={filters}
        views="customers"
        csv={(ids) => `${csvOf(customersApi.exportCustomers, asked)}&columns=${csvColumns(ids)}`}
        actions={actions}
        bulk={many}
        matches={() => api(customersApi.matchCustomers).call({ query: matching })}
        opens={(customer) => paths.customer({ customerId: customer.id })}
        empty={<Empty icon="customers" title="customers.none" about="customers.none.about" action={<Line>{add}</Line>} />}
      />
      {bulk && (
        <Suspense>
          <BulkDialog {...bulk} close={() => setBulk(null)} />
        </Suspense>
      )}
    </Page>
  )
}
