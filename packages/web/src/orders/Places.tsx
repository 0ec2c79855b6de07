import { ordersApi, placeSteps, type OrderPlace } from '@vigie/domain/orders'
import {
  columns,
  csvOf,
  DataTable,
  Empty,
  Link,
  Part,
  paths,
  query,
  sortedBy,
  StateTag,
  useAddress,
  useLoaded,
  useText,
  type Filter,
} from '../kit/index.ts'
import { PlaceLines } from '../settings/index.ts'

export const places = query(ordersApi.listOrderPlaces).list((at) => ({
  params: { orderId: at.params['orderId']! },
  ...(sortedBy('customer')(at) as object),
}))

const tones = { planned: 'pending', set: 'good', skipped: 'quiet' } as const
const column = columns<OrderPlace>('orders.place')
const shown = [
  column.cell('customer', (row) => <Link to={paths.customer({ customerId: row.customerId, tab: 'settings' })}>{row.customerName}</Link>, {
    main: true,
    sort: 'customer',
    width: 220,
  }),
  column.cell(
    'product',
    (row) =>
      row.productId === null ? (
        <span className="faint" data-nothing="">
          –
        </span>
      ) : (
        <Link to={paths.product({ productId: row.productId, tab: 'settings' })}>{row.productName}</Link>
      ),
    { width: 180 },
  ),
  column.cell('step', (row) => <StateTag label={`place-step.${row.step}`} tone={tones[row.step]} />, { width: 172 }),
  column.cell('lines', (row) => <Lines row={row} />, { minWidth: 320 }),
  column.count('endpointCount', { width: 110 }),
  column.count('ring', { width: 80 }),
]
const filters: Filter[] = [
  { key: 'step', label: 'orders.place.step', options: placeSteps.map((step) => ({ value: step, label: `place-step.${step}` })) },
]

function Lines({ row }: { row: OrderPlace }) {
  const say = useText()
  return (
    <div>
      {row.reason !== null && <p>{say(`place-reason.${row.reason}`)}</p>}
      <Part>
        <PlaceLines lines={row.lines.map((line) => ({ line }))} most={6} />
      </Part>
    </div>
  )
}

/** Of an order that carries: each customer or product, what changes there, what already is so, what can't. */
export function Places() {
  const at = useAddress()
  const asked = places(at)
  const list = useLoaded(asked)
  return (
    <DataTable
      {...list}
      name="orders.places"
      columns={shown}
      sort="customer"
      search="orders.places.search"
      filters={filters}
      csv={() => csvOf(ordersApi.exportOrderPlaces, asked)}
      empty={<Empty icon="customers" title="orders.places.none" />}
    />
  )
}
