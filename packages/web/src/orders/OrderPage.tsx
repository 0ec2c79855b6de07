import { closingOf, isEnded, ordersApi, orderSteps, versionOf, type Order, type OrderAgent, type OrderStep } from '@vigie/domain/orders'
import { useState } from 'react'
import {
  Button, columns, confirm, csvOf, DataTable, Empty, Facts, Form, Link, load, Notice, Page, Panel, paths, query, sortedBy, Stack, TextField, trouble, useAction, useActor, useAddress, useForm, useFormat, useLoaded, useText, type Filter,
} from '../kit/index.ts'
import { DryRunFacts } from './DryRunFacts.tsx'
import { useOrder } from './target.ts'
import { deedKey, OrderStateTag, OrderStepTag, useReason, useRings } from './words.tsx'
import css from './orders.module.css'

const one = query(ordersApi.getOrder).at((at) => ({ params: { orderId: at.params['orderId']! } }))
const agents = query(ordersApi.listOrderAgents).list((at) => ({ params: { orderId: at.params['orderId']! }, ...(sortedBy('name')(at) as object) }))
export const loader = load(one, agents)

const column = columns<OrderAgent>('orders.agent')
const shown = [
  column.cell('name', (row) => <Link to={paths.product({ productId: row.productId, tab: 'agents' })}>{row.name}</Link>, { main: true, sort: 'name', minWidth: 160 }),
  column.cell('customer', (row) => <Link to={paths.customer({ customerId: row.customerId })}>{row.customerName}</Link>, { sort: 'customer', width: 200 }),
  column.cell('step', (row) => <OrderStepTag step={row.step} />, { width: 190 }),
  column.cell('reason', (row) => <Reason row={row} />, { minWidth: 200 }),
  column.count('ring', { width: 90 }),
  column.ago('at', { width: 120 }),
]
const filters: Filter[] = [{ key: 'step', label: 'orders.agent.step', options: orderSteps.map((step) => ({ value: step, label: `order-step.${step}` })) }]

function Reason({ row }: { row: OrderAgent }) {
  const say = useText()
  const reason = useReason()
  if (row.reason !== null) return <>{reason(row.reason)}</>
  return row.commandId === null ? <span className="faint" data-nothing="">–</span> : <Link to={paths.commands({ productId: row.productId, command: row.commandId })}>{say('orders.agent.command')}</Link>
}

/** One order: where it stands, at how many, and at each; can be left and found again. */
export default function OrderPage() {
  const at = useAddress()
  const { order, dryRun } = useLoaded(one)
  const asked = agents(at)
  const list = useLoaded(asked)
  return (
    <Page title={deedKey(order.type)} crumbs={[{ label: 'orders.title', to: paths.orders() }]} sign={<OrderStateTag order={order} />} action={<Steering order={order} />}>
      <Stack>
        {order.cause !== null && <Notice tone="action-required" title={order.state === 'paused' ? 'orders.paused-itself' : 'orders.halted-itself'}><Cause cause={order.cause} /></Notice>}
        {order.state === 'waiting' && <Judging order={order} />}
        {order.state === 'delayed' && <Delay order={order} />}
        {order.state === 'draft' ? <Panel><DryRunFacts dryRun={dryRun} /></Panel> : <Panel><Progress order={order} /></Panel>}
        <About order={order} />
        <DataTable {...list} name="orders.agents" columns={shown} sort="name" search="orders.agents.search" filters={filters} csv={() => csvOf(ordersApi.exportOrderAgents, asked)} empty={<Empty icon="play" title="orders.agents.none" />} />
      </Stack>
    </Page>
  )
}

const Cause = ({ cause }: { cause: string }) => <>{useText()(`order-cause.${cause}`)}</>

function About({ order }: { order: Order }) {
  const say = useText()
  const format = useFormat()
  const percents = useRings()
  const version = versionOf(order.params)
  const closing = closingOf(order.params)
  const rings = order.ringPercents.length > 1 ? say('orders.rings.of', { ring: order.ring, rings: order.ringPercents.length, percents: percents(order.ringPercents) }) : say('orders.rings.none')
  return (
    <Panel>
      <Facts
        facts={[
          ...(version === null ? [] : [['releases.order.version', version] as [string, string]]),
          ...(closing === null ? [] : closingFacts(closing, format)),
          ['orders.column.createdBy', order.createdBy],
          ['orders.given-at', order.givenAt && format.moment(order.givenAt)],
          ['orders.ended-at', order.endedAt && format.moment(order.endedAt)],
          ['orders.rings', rings],
          ...(order.approvedBy === null ? [] : [[order.state === 'refused' ? 'orders.refused-by' : 'orders.approved-by', order.approvedBy] as [string, string]]),
          ...(order.againOf === null ? [] : [['orders.again-of', <Link key="again" to={paths.order({ orderId: order.againOf })}>{say('orders.again-of.open')}</Link>] as [string, React.ReactNode]]),
        ]}
      />
    </Panel>
  )
}

/** EVT-5: what outbreak defence closes; what an order leaves out is not named. */
function closingFacts(closing: NonNullable<ReturnType<typeof closingOf>>, format: { moment(at: string): string }): [string, string][] {
  const lists: [string, readonly (string | number)[]][] = [['orders.closing.ports', closing.blockPorts], ['orders.closing.folders', closing.denyWrites], ['orders.closing.attachments', closing.blockAttachments ?? []]]
  return [['orders.closing.until', format.moment(closing.until)], ...lists.filter(([, list]) => list.length > 0).map(([label, list]): [string, string] => [label, list.join(', ')])]
}

const colours: Partial<Record<OrderStep, string>> = { succeeded: 'var(--accent)', failed: 'var(--severity-action)', unknown: 'var(--severity-unknown)', expired: 'var(--severity-warning)', running: 'var(--severity-pending)', delivered: 'var(--severity-pending)', waiting: 'var(--severity-pending)' }

function Progress({ order: { counts, agentCount } }: { order: Order }) {
  const say = useText()
  const format = useFormat()
  const steps = orderSteps.filter((step) => counts[step] > 0)
  const going = agentCount - counts.skipped
  return (
    <div>
      <p><strong>{say('orders.progress', { done: counts.succeeded, going })}</strong></p>
      <div className={css.bar} aria-hidden="true">
        {(['succeeded', 'failed', 'unknown', 'expired', 'running', 'delivered', 'waiting'] as const).filter((step) => counts[step] > 0).map((step) => (
          <span key={step} style={{ width: `${(100 * counts[step]) / Math.max(1, going)}%`, background: colours[step], opacity: step === 'delivered' ? 0.6 : step === 'waiting' ? 0.35 : 1 }} />
        ))}
      </div>
      <ul className={css.counts}>
        {steps.map((step) => <li key={step}><Link to={`?${new URLSearchParams({ step, cursor: '', page: '' })}`}>{say(`order-step.${step}`)}</Link> <span>{format.number(counts[step])}</span></li>)}
      </ul>
    </div>
  )
}

function Steering({ order }: { order: Order }) {
  const say = useText()
  const actor = useActor()
  const again = useOrder()
  const { run, isRunning } = useAction(ordersApi.steerOrder)
  if (!actor.can('order.send')) return null
  const steer = (to: 'pause' | 'resume' | 'halt') => run({ params: { orderId: order.id }, body: { to } })
  const failed = order.counts.failed + order.counts.expired + order.counts.unknown
  const halt = () => confirm({ title: 'orders.halt.title', consequence: { key: 'orders.halt.about', values: { count: order.counts.planned + order.counts.waiting } }, undo: 'orders.halt.undo', action: 'orders.halt', isDangerous: true, run: () => steer('halt') })
  return (
    <>
      {order.state === 'running' && <Button isBusy={isRunning} onClick={() => void steer('pause').catch(trouble)}>{say('orders.pause')}</Button>}
      {order.state === 'paused' && <Button isBusy={isRunning} onClick={() => void steer('resume').catch(trouble)}>{say('orders.resume')}</Button>}
      {['waiting', 'delayed', 'running', 'paused'].includes(order.state) && <Button kind="danger" onClick={halt}>{say('orders.halt')}</Button>}
      {isEnded(order.state) && failed > 0 && <Button kind="primary" onClick={() => again({ kind: 'failed-of', orderId: order.id }, order.type)}>{say('orders.again', { count: failed })}</Button>}
    </>
  )
}

function Delay({ order }: { order: Order }) {
  const say = useText()
  const format = useFormat()
  return <Notice tone="pending" title={{ key: 'orders.delayed.title', values: { at: order.startsAt ? format.moment(order.startsAt) : '' } }}>{say('orders.delayed.about')}</Notice>
}

/** R16: a second person looks at it, and proves to be there. */
function Judging({ order }: { order: Order }) {
  const say = useText()
  const actor = useActor()
  const judge = useAction(ordersApi.judgeOrder)
  const [isAsked, setAsked] = useState(false)
  const isOwn = order.createdById === actor.account.id
  const form = useForm({ initial: { code: '' }, submit: ({ code }, intent) => judge.run({ params: { orderId: order.id }, body: { isApproved: true, code } }, { intent }) })
  const refuse = () => confirm({ title: 'orders.refuse.title', consequence: 'orders.refuse.about', action: 'orders.refuse', run: () => judge.run({ params: { orderId: order.id }, body: { isApproved: false } }) })
  if (isOwn || !actor.can('order.approve')) return <Notice tone="pending" title="orders.waits.title">{say('orders.waits.about')}</Notice>
  return (
    <Notice tone="warning" title={{ key: 'orders.judge.title', values: { name: order.createdBy } }}>
      <Stack>
        <p>{say('orders.judge.about', { command: say(deedKey(order.type)), agents: order.counts.planned, customers: order.customerCount })}</p>
        {isAsked ? (
          <Form form={form} action="orders.approve" isDangerous unguarded secondary={<Button onClick={() => setAsked(false)}>{say('kit.cancel')}</Button>}>
            <TextField name="code" label="orders.code" help="orders.code.help" inputMode="numeric" autoComplete="one-time-code" autoFocus isRequired />
          </Form>
        ) : (
          <div>
            <Button kind="primary" onClick={() => setAsked(true)} disabledReason={actor.account.hasMfa ? undefined : say('problem.mfa.needed-here')}>{say('orders.approve')}</Button>{' '}
            <Button onClick={refuse}>{say('orders.refuse')}</Button>
          </div>
        )}
      </Stack>
    </Notice>
  )
}
