import { orderOutcomes, ordersApi, orderSteps, type Order, type OrderAgent } from '@vigie/domain/orders'
import {
  columns,
  csvOf,
  DataTable,
  Empty,
  Link,
  paths,
  query,
  sortedBy,
  StateTag,
  useAddress,
  useLoaded,
  useText,
  type Filter,
} from '../kit/index.ts'
import { OrderStepTag, useReason } from './words.tsx'

const agents = query(ordersApi.listOrderAgents).list((at) => ({
  params: { orderId: at.params['orderId']! },
  ...(sortedBy('name')(at) as object),
}))

const column = columns<OrderAgent>('orders.agent')
const shown = [
  column.cell('name', (row) => <Link to={paths.product({ productId: row.productId, tab: 'agents' })}>{row.name}</Link>, {
    main: true,
    sort: 'name',
    minWidth: 160,
  }),
  column.cell('customer', (row) => <Link to={paths.customer({ customerId: row.customerId })}>{row.customerName}</Link>, {
    sort: 'customer',
    width: 200,
  }),
  column.cell('step', (row) => <OrderStepTag step={row.step} />, { width: 190 }),
  column.cell('reason', (row) => <Reason row={row} />, { minWidth: 200 }),
  column.count('ring', { width: 90 }),
  column.ago('at', { width: 120 }),
]
const filters: Filter[] = [
  { key: 'step', label: 'orders.agent.step', options: orderSteps.map((step) => ({ value: step, label: `order-step.${step}` })) },
]

const outcomes: Filter = {
  key: 'outcome',
  label: 'orders.agent.outcome',
  options: orderOutcomes.map((outcome) => ({ value: outcome, label: `order-outcome.${outcome}` })),
}
const outcomeTones = {
  pending: 'pending',
  effective: 'good',
  refused: 'action-required',
  drifted: 'warning',
  'changed-since': 'quiet',
} as const
const ofSettings = [
  ...shown.slice(0, 2),
  column.cell(
    'outcome',
    (row) =>
      row.outcome === null ? (
        <span className="faint" data-nothing="">
          –
        </span>
      ) : (
        <StateTag label={`order-outcome.${row.outcome}`} tone={outcomeTones[row.outcome]} />
      ),
    { width: 150 },
  ),
  ...shown.slice(2),
]

function Reason({ row }: { row: OrderAgent }) {
  const say = useText()
  const reason = useReason()
  if (row.reason !== null) return <>{reason(row.reason)}</>
  return row.commandId === null ? (
    <span className="faint" data-nothing="">
      –
    </span>
  ) : (
    <Link to={paths.commands({ productId: row.productId, command: row.commandId })}>{say('orders.agent.command')}</Link>
  )
}

/** Outcome at each agent; of settings also how they stand at its endpoint. */
export function Agents({ order: { type } }: { order: Order }) {
  const asked = agents(useAddress())
  const isOfSettings = type === 'apply-settings'
  return (
    <DataTable
      {...useLoaded(asked)}
      name="orders.agents"
      columns={isOfSettings ? ofSettings : shown}
      sort="name"
      search="orders.agents.search"
      filters={isOfSettings ? [outcomes, ...filters] : filters}
      csv={() => csvOf(ordersApi.exportOrderAgents, asked)}
      empty={<Empty icon="play" title="orders.agents.none" />}
    />
  )
}
