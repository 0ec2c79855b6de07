import { isSwitch, type Order, type OrderState, type OrderStep, type OrderType } from '@vigie/domain/orders'
import { StateTag, useText, type Sign } from '../kit/index.ts'

export const deedKey = (type: OrderType): string => (isSwitch(type) || type === 'change-urls' ? `order-deed.${type}` : `command.${type}`)

export function Deed({ type }: { type: OrderType }) {
  return <>{useText()(deedKey(type))}</>
}

/** How many of how many have it: agents, or of what is carried places. */
export function progressOf({ places, counts, agentCount }: Order): { done: number; going: number } {
  return places === null
    ? { done: counts.succeeded, going: agentCount - counts.skipped }
    : { done: places.set, going: places.set + places.planned }
}

const stateTones: Readonly<Record<OrderState, Sign | 'good' | 'quiet'>> = {
  draft: 'quiet',
  waiting: 'warning',
  delayed: 'pending',
  running: 'pending',
  paused: 'warning',
  halting: 'pending',
  finished: 'good',
  halted: 'action-required',
  refused: 'quiet',
}
export const OrderStateTag = ({ order: { state } }: { order: Pick<Order, 'state'> }) => (
  <StateTag label={`order-state.${state}`} tone={stateTones[state]} />
)

const stepTones: Readonly<Record<OrderStep, Sign | 'good' | 'quiet'>> = {
  planned: 'quiet',
  waiting: 'pending',
  delivered: 'pending',
  running: 'pending',
  succeeded: 'good',
  failed: 'action-required',
  expired: 'warning',
  unknown: 'unknown',
  skipped: 'quiet',
}
export const OrderStepTag = ({ step }: { step: OrderStep }) => <StateTag label={`order-step.${step}`} tone={stepTones[step]} />

/** `1 % → 5 % → 25 % → 100 %`, as the reader writes percentages. */
export function useRings(): (percents: readonly number[]) => string {
  const { locale } = useText()
  const format = new Intl.NumberFormat(locale, { style: 'percent' })
  return (percents) => percents.map((percent) => format.format(percent / 100)).join(' → ')
}

/** A reason in the reader's words; one of a newer agent is shown as it is. */
export function useReason(): (reason: string) => string {
  const say = useText()
  return (reason) => (say.has(`command-reason.${reason}`) ? say(`command-reason.${reason}`) : reason)
}
