import { ordersApi, type Order } from '@vigie/domain/orders'
import {
  lazily,
  load,
  Notice,
  Page,
  Panel,
  Part,
  paths,
  query,
  queryClient,
  Stack,
  Tabs,
  useActor,
  useAddress,
  useFormat,
  useLoaded,
  useText,
} from '../kit/index.ts'
import { About } from './About.tsx'
import { Agents } from './Agents.tsx'
import { Confirm, type Looked } from './Confirm.tsx'
import { DryRunFacts } from './DryRunFacts.tsx'
import { Judging } from './Judging.tsx'
import { Progress } from './Progress.tsx'
import { Steering } from './Steering.tsx'
import { deedKey, OrderStateTag } from './words.tsx'

const Places = lazily(() => import('./Places.tsx'), 'Places')
const one = query(ordersApi.getOrder).at((at) => ({ params: { orderId: at.params['orderId']! } }))
export const loader = load(one)

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

function Delay({ order }: { order: Order }) {
  const say = useText()
  const format = useFormat()
  return (
    <Notice tone="pending" title={{ key: 'orders.delayed.title', values: { at: order.startsAt ? format.moment(order.startsAt) : '' } }}>
      {say('orders.delayed.about')}
    </Notice>
  )
}
