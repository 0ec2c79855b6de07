import {
  closingOf,
  isEnded,
  orderOutcomes,
  ordersApi,
  orderSteps,
  reasonAgainstUndo,
  versionOf,
  type Order,
  type OrderAgent,
  type OrderStep,
} from '@vigie/domain/orders'
import { useState } from 'react'
import {
  Button,
  columns,
  confirm,
  csvOf,
  DataTable,
  Empty,
  Facts,
  Form,
  lazily,
  Link,
  load,
  Notice,
  Page,
  Panel,
  Part,
  paths,
  query,
  queryClient,
  sortedBy,
  Stack,
  StateTag,
  Tabs,
  TextField,
  trouble,
  useAction,
  useActor,
  useAddress,
  useForm,
  useFormat,
  useGo,
  useLoaded,
  useQuietly,
  useText,
  type Filter,
} from '../kit/index.ts'
import { Confirm, type Looked } from './Confirm.tsx'
import { DryRunFacts } from './DryRunFacts.tsx'
import { useOrder } from './target.ts'
import { deedKey, OrderStateTag, OrderStepTag, progressOf, useReason, useRings } from './words.tsx'
import css from './orders.module.css'

const Places = lazily(() => import('./Places.tsx'), 'Places')
const one = query(ordersApi.getOrder).at((at) => ({ params: { orderId: at.params['orderId']! } }))
const agents = query(ordersApi.listOrderAgents).list((at) => ({
  params: { orderId: at.params['orderId']! },
  ...(sortedBy('name')(at) as object),
}))
export const loader = load(one)

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

/** One order: where it stands, at how many, and at each; can be left and found again. */
export default function OrderPage() {
  const at = useAddress()
  const { order, dryRun } = useLoaded(one)
  const tab = order.places === null ? 'agents' : order.type === 'change-urls' || at.search['tab'] !== 'agents' ? 'places' : 'agents'
  return (
    <Page
      title={deedKey(order.type)}
      crumbs={[{ label: 'orders.title', to: paths.orders() }]}
      sign={<OrderStateTag order={order} />}
      action={order.state === 'draft' ? undefined : <Steering order={order} />}
    >
      <Stack>
        {order.cause !== null && (
          <Notice tone="action-required" title={order.state === 'paused' ? 'orders.paused-itself' : 'orders.halted-itself'}>
            <Cause cause={order.cause} />
          </Notice>
        )}
        {order.state === 'halted' && <StillWanted order={order} />}
        {order.state === 'waiting' && <Judging order={order} />}
        {order.state === 'delayed' && <Delay order={order} />}
        {order.state === 'draft' ? (
          <Draft looked={{ order, dryRun }} />
        ) : (
          <Panel>
            <Progress order={order} />
          </Panel>
        )}
        <About order={order} />
        {order.type === 'apply-settings' && (
          <Tabs
            label="orders.parts"
            tabs={(['places', 'agents'] as const).map((one) => ({
              label: `orders.${one}`,
              to: `${paths.order({ orderId: order.id })}${one === 'agents' ? '?tab=agents' : ''}`,
              isCurrent: one === tab,
            }))}
          />
        )}
        <Part key={tab}>{tab === 'places' ? <Places /> : <Agents order={order} />}</Part>
      </Stack>
    </Page>
  )
}

/** Outcome at each agent; of settings also how they stand at its endpoint. */
function Agents({ order: { type } }: { order: Order }) {
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

/** One that was left, or that takes another back: looked at here, and given. */
function Draft({ looked }: { looked: Looked }) {
  const actor = useActor()
  return looked.order.createdById === actor.account.id && actor.can('order.send') ? (
    <Confirm looked={looked} onMoved={() => void queryClient.invalidateQueries()} />
  ) : (
    <Panel>
      <DryRunFacts dryRun={looked.dryRun} />
    </Panel>
  )
}

/** Halted is not taken back: what was set at some places stays wanted there, also of endpoints that do not have it yet. */
function StillWanted({ order: { type, places, undoneBy } }: { order: Order }) {
  const say = useText()
  if (places === null || places.set === 0 || undoneBy !== null) return null
  return (
    <Notice tone="warning" title={{ key: 'orders.halted.stays', values: { count: places.set } }}>
      {say(type === 'change-urls' ? 'orders.halted.stays.urls' : 'orders.halted.stays.settings')}
    </Notice>
  )
}

const Cause = ({ cause }: { cause: string }) => <>{useText()(`order-cause.${cause}`)}</>

function About({ order }: { order: Order }) {
  const say = useText()
  const format = useFormat()
  const percents = useRings()
  const version = versionOf(order.params)
  const closing = closingOf(order.params)
  const rings =
    order.ringPercents.length > 1
      ? say('orders.rings.of', { ring: order.ring, rings: order.ringPercents.length, percents: percents(order.ringPercents) })
      : say('orders.rings.none')
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
          ...(order.approvedBy === null
            ? []
            : [[order.state === 'refused' ? 'orders.refused-by' : 'orders.approved-by', order.approvedBy] as [string, string]]),
          ...(order.templateName === null ? [] : [['orders.carry.template', order.templateName] as [string, string]]),
          ...(order.params !== null && 'list' in order.params
            ? [['orders.carry.list', say(`url-kind.${order.params.list}`)] as [string, string]]
            : []),
          ...(order.undoOf === null
            ? []
            : [
                [
                  'orders.undo.of',
                  <Link key="undone" to={paths.order({ orderId: order.undoOf })}>
                    {say('orders.again-of.open')}
                  </Link>,
                ] as [string, React.ReactNode],
              ]),
          ...(order.undoneBy === null
            ? []
            : [
                [
                  'orders.undone-by',
                  <Link key="undo" to={paths.order({ orderId: order.undoneBy })}>
                    {say('orders.undone-by.open')}
                  </Link>,
                ] as [string, React.ReactNode],
              ]),
          ...(order.againOf === null
            ? []
            : [
                [
                  'orders.again-of',
                  <Link key="again" to={paths.order({ orderId: order.againOf })}>
                    {say('orders.again-of.open')}
                  </Link>,
                ] as [string, React.ReactNode],
              ]),
        ]}
      />
    </Panel>
  )
}

/** EVT-5: what outbreak defence closes; what an order leaves out is not named. */
function closingFacts(closing: NonNullable<ReturnType<typeof closingOf>>, format: { moment(at: string): string }): [string, string][] {
  const lists: [string, readonly (string | number)[]][] = [
    ['orders.closing.ports', closing.blockPorts],
    ['orders.closing.folders', closing.denyWrites],
    ['orders.closing.attachments', closing.blockAttachments ?? []],
  ]
  return [
    ['orders.closing.until', format.moment(closing.until)],
    ...lists.filter(([, list]) => list.length > 0).map(([label, list]): [string, string] => [label, list.join(', ')]),
  ]
}

const colours: Partial<Record<OrderStep, string>> = {
  succeeded: 'var(--accent)',
  failed: 'var(--severity-action)',
  unknown: 'var(--severity-unknown)',
  expired: 'var(--severity-warning)',
  running: 'var(--severity-pending)',
  delivered: 'var(--severity-pending)',
  waiting: 'var(--severity-pending)',
}

function Progress({ order }: { order: Order }) {
  const { counts, agentCount } = order
  const say = useText()
  const format = useFormat()
  const steps = orderSteps.filter((step) => counts[step] > 0)
  const going = agentCount - counts.skipped
  return (
    <div>
      <p>
        <strong>
          {order.places === null
            ? say('orders.progress', { done: counts.succeeded, going })
            : say('orders.progress.places', progressOf(order))}
        </strong>
      </p>
      {order.type === 'apply-settings' && <Outcomes order={order} />}
      <div className={css.bar} aria-hidden="true">
        {order.type === 'change-urls' && order.places !== null && (
          <span
            style={{
              width: `${(100 * order.places.set) / Math.max(1, order.places.set + order.places.planned)}%`,
              background: colours.succeeded,
            }}
          />
        )}
        {(['succeeded', 'failed', 'unknown', 'expired', 'running', 'delivered', 'waiting'] as const)
          .filter((step) => counts[step] > 0)
          .map((step) => (
            <span
              key={step}
              style={{
                width: `${(100 * counts[step]) / Math.max(1, going)}%`,
                background: colours[step],
                opacity: step === 'delivered' ? 0.6 : step === 'waiting' ? 0.35 : 1,
              }}
            />
          ))}
      </div>
      <ul className={css.counts}>
        {steps.map((step) => (
          <li key={step}>
            <Link
              to={`?${new URLSearchParams({ ...(order.places === null ? {} : { tab: 'agents' }), step, outcome: '', cursor: '', page: '' })}`}
            >
              {say(`order-step.${step}`)}
            </Link>{' '}
            <span>{format.number(counts[step])}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}

/** How what was carried stands at the endpoints, by what they report. */
function Outcomes({ order }: { order: Order }) {
  const say = useText()
  const format = useFormat()
  const counted = useQuietly(query(ordersApi.countOutcomes).with({ params: { orderId: order.id } }))
  const some = orderOutcomes.filter((outcome) => (counted?.[outcome] ?? 0) > 0)
  if (!counted || some.length === 0) return null
  return (
    <ul className={css.counts}>
      {counted.at !== null && <li className="quiet">{say('orders.outcomes.at', { at: format.moment(counted.at) })}</li>}
      {some.map((outcome) => (
        <li key={outcome}>
          <Link to={`?${new URLSearchParams({ tab: 'agents', outcome, step: '', cursor: '', page: '' })}`}>
            {say(`order-outcome.${outcome}`)}
          </Link>{' '}
          <span>{format.number(counted[outcome])}</span>
        </li>
      ))}
    </ul>
  )
}

/** The order that takes this one back, as a dry run of its own; greyed where there is none, with the reason. */
function Undo({ order }: { order: Order }) {
  const say = useText()
  const go = useGo()
  const undo = useAction(ordersApi.undoOrder)
  const reason = reasonAgainstUndo(order)
  if (!isEnded(order.state) && reason === 'no-inverse') return null
  const look = async () => {
    try {
      const { order: back } = await undo.run({ params: { orderId: order.id } })
      void go(paths.order({ orderId: back.id }))
    } catch (error) {
      trouble(error)
    }
  }
  return (
    <Button isBusy={undo.isRunning} disabledReason={reason === null ? undefined : say(`order-undo.${reason}`)} onClick={() => void look()}>
      {say('orders.undo')}
    </Button>
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
  const consequence =
    order.places === null
      ? { key: 'orders.halt.about', values: { count: order.counts.planned + order.counts.waiting } }
      : { key: 'orders.halt.about.places', values: { count: order.places.planned } }
  const halt = () =>
    confirm({
      title: 'orders.halt.title',
      consequence,
      undo: 'orders.halt.undo',
      action: 'orders.halt',
      isDangerous: true,
      run: () => steer('halt'),
    })
  return (
    <>
      {order.state === 'running' && (
        <Button isBusy={isRunning} onClick={() => void steer('pause').catch(trouble)}>
          {say('orders.pause')}
        </Button>
      )}
      {order.state === 'paused' && (
        <Button isBusy={isRunning} onClick={() => void steer('resume').catch(trouble)}>
          {say('orders.resume')}
        </Button>
      )}
      {['waiting', 'delayed', 'running', 'paused'].includes(order.state) && (
        <Button kind="danger" onClick={halt}>
          {say('orders.halt')}
        </Button>
      )}
      {order.state !== 'draft' && order.state !== 'refused' && <Undo order={order} />}
      {isEnded(order.state) && failed > 0 && order.places === null && order.undoOf === null && (
        <Button kind="primary" onClick={() => again({ kind: 'failed-of', orderId: order.id }, order.type)}>
          {say('orders.again', { count: failed })}
        </Button>
      )}
    </>
  )
}

function Delay({ order }: { order: Order }) {
  const say = useText()
  const format = useFormat()
  return (
    <Notice tone="pending" title={{ key: 'orders.delayed.title', values: { at: order.startsAt ? format.moment(order.startsAt) : '' } }}>
      {say('orders.delayed.about')}
    </Notice>
  )
}

/** R16: a second person looks at it, and proves to be there. */
function Judging({ order }: { order: Order }) {
  const say = useText()
  const actor = useActor()
  const judge = useAction(ordersApi.judgeOrder)
  const [isAsked, setAsked] = useState(false)
  const isOwn = order.createdById === actor.account.id
  const form = useForm({
    initial: { code: '' },
    submit: ({ code }, intent) => judge.run({ params: { orderId: order.id }, body: { isApproved: true, code } }, { intent }),
  })
  const refuse = () =>
    confirm({
      title: 'orders.refuse.title',
      consequence: 'orders.refuse.about',
      action: 'orders.refuse',
      run: () => judge.run({ params: { orderId: order.id }, body: { isApproved: false } }),
    })
  if (isOwn || !actor.can('order.approve'))
    return (
      <Notice tone="pending" title="orders.waits.title">
        {say('orders.waits.about')}
      </Notice>
    )
  return (
    <Notice
      tone="warning"
      title={order.createdById === null ? 'orders.judge.own.title' : { key: 'orders.judge.title', values: { name: order.createdBy } }}
    >
      <Stack>
        <p>
          {say(order.createdById === null ? 'orders.judge.own.about' : 'orders.judge.about', {
            command: say(deedKey(order.type)),
            agents: order.counts.planned,
            customers: order.customerCount,
          })}
        </p>
        {isAsked ? (
          <Form
            form={form}
            action="orders.approve"
            isDangerous
            unguarded
            secondary={<Button onClick={() => setAsked(false)}>{say('kit.cancel')}</Button>}
          >
            <TextField
              name="code"
              label="orders.code"
              help="orders.code.help"
              inputMode="numeric"
              autoComplete="one-time-code"
              autoFocus
              isRequired
            />
          </Form>
        ) : (
          <div>
            <Button
              kind="primary"
              onClick={() => setAsked(true)}
              disabledReason={actor.account.hasMfa ? undefined : say('problem.mfa.needed-here')}
            >
              {say('orders.approve')}
            </Button>{' '}
            <Button onClick={refuse}>{say('orders.refuse')}</Button>
          </div>
        )}
      </Stack>
    </Notice>
  )
}
