import { orderOutcomes, ordersApi, orderSteps, type Order, type OrderStep } from '@vigie/domain/orders'
import { Link, query, useFormat, useQuietly, useText } from '../kit/index.ts'
import { progressOf } from './words.tsx'
import css from './orders.module.css'

const colours: Partial<Record<OrderStep, string>> = {
  succeeded: 'var(--accent)',
  failed: 'var(--severity-action)',
  unknown: 'var(--severity-unknown)',
  expired: 'var(--severity-warning)',
  running: 'var(--severity-pending)',
  delivered: 'var(--severity-pending)',
  waiting: 'var(--severity-pending)',
}

/** How far it is, as a bar and in numbers that lead to their agents. */
export function Progress({ order }: { order: Order }) {
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
