import { ordersApi, orderTypes, shownOrderStates, type Order } from '@vigie/domain/orders'
import {
  buttonClass,
  columns,
  DataTable,
  Empty,
  Icon,
  Link,
  load,
  Page,
  paths,
  query,
  sortedBy,
  useActor,
  useLoaded,
  useText,
  type Filter,
} from '../kit/index.ts'
import { Deed, deedKey, OrderStateTag, progressOf } from './words.tsx'
import css from './orders.module.css'

const list = query(ordersApi.listOrders).list(sortedBy('-createdAt'))
export const loader = load(list)

const column = columns<Order>('orders.column')
const shown = [
  column.cell('type', (order) => <Deed type={order.type} />, { main: true, width: 220 }),
  column.cell('state', (order) => <OrderStateTag order={order} />, { width: 180 }),
  column.cell('progress', (order) => <Progress order={order} />, { minWidth: 200 }),
  column.count('agentCount', { width: 100 }),
  column.count('customerCount', { width: 110 }),
  column.text('createdBy', undefined, { width: 150 }),
  column.ago('createdAt', { sort: 'createdAt', width: 120 }),
]
const filters: Filter[] = [
  {
    key: 'state',
    label: 'orders.column.state',
    options: shownOrderStates.map((state) => ({ value: state, label: `order-state.${state}` })),
  },
  { key: 'type', label: 'orders.column.type', options: orderTypes.map((type) => ({ value: type, label: deedKey(type) })) },
  { key: 'isMine', label: 'orders.filter.mine', options: [{ value: 'true', label: 'orders.filter.mine.only' }] },
]

function Progress({ order }: { order: Order }) {
  const say = useText()
  const { counts } = order
  const failed = counts.failed + counts.unknown + counts.expired
  return (
    <span className="figures">
      {say(order.places === null ? 'orders.progress' : 'orders.progress.places', progressOf(order))}
      {failed > 0 && <span className={css.bad}> · {say('orders.progress.failed', { count: failed })}</span>}
    </span>
  )
}

/** Orders over many agents: what runs, what waits for somebody, what became of it. */
export default function OrdersPage() {
  const say = useText()
  const actor = useActor()
  const loaded = useLoaded(list)
  const add = actor.can('order.send') && (
    <Link className={buttonClass('primary')} to={paths.newOrder()}>
      <Icon name="plus" />
      <span>{say('orders.new')}</span>
    </Link>
  )
  return (
    <Page title="orders.title" about="orders.about" fills action={add}>
      <DataTable
        {...loaded}
        name="orders.title"
        columns={shown}
        sort="-createdAt"
        filters={filters}
        opens={(order) => paths.order({ orderId: order.id })}
        empty={<Empty icon="play" title="orders.none" about="orders.none.about" action={add} />}
      />
    </Page>
  )
}
