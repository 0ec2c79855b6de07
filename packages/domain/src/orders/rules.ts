import { commandKinds } from '../commands/types.ts'
import { isSwitch, type OrderCounts, type OrderState, type OrderType } from './shapes.ts'

/** R16: can it weaken or cut off? */
export const isDangerous = (type: OrderType): boolean =>
  isSwitch(type) ? type === 'disable-agents' : type !== 'change-urls' && commandKinds[type].isDangerous

/** R16: over how long dangerous things are counted together. */
export const capMinutes = 15
/** R16: how long an order beyond the caps waits where nobody else could approve it. */
export const delayMinutes = 60
/** A dry run that nobody confirmed is forgotten. */
export const draftHours = 24
/** In a small business one machine is already 5 %: so many agents are always within the caps. */
export const capFloorAgents = 3

export interface Caps {
  capCustomers: number
  capPercent: number
}

/** R16: are these more than one person may reach within `capMinutes`? The limits themselves are still within. `estate`: agents of the business that were not taken away. */
export function isBeyondCaps(reached: { customers: number; agents: number }, estate: number, caps: Caps): boolean {
  return reached.customers > caps.capCustomers || reached.agents > Math.max(capFloorAgents, Math.floor((estate * caps.capPercent) / 100))
}

/** How many agents each ring adds: at least one each as long as there are any. Their sum is `agents`. */
export function ringSizes(agents: number, percents: readonly number[]): number[] {
  const sizes: number[] = []
  let out = 0
  for (const percent of percents) {
    const until = Math.min(agents, Math.max(out + 1, Math.ceil((agents * percent) / 100)))
    sizes.push(until - out)
    out = until
  }
  return sizes.filter((size) => size > 0)
}

/** From so many failures on a ring has failed: its share, but always one. */
export const failureLimit = (size: number, percent: number): number => Math.max(1, Math.ceil((size * percent) / 100))

export interface RingView {
  state: OrderState
  /** The ring now out, from 1; 0: none yet. */
  ring: number
  rings: number
  ringAt: Date | null
  ringMinutes: number
  failurePercent: number
  startsAt: Date | null
  /** Of the ring now out. */
  counts: OrderCounts
  /** Of the whole order: not yet told. */
  planned: number
  /** Of the whole order: told, without outcome. */
  open: number
}

export type RingMove =
  | { kind: 'wait' }
  | { kind: 'start' }
  /** More agents of the ring now out are to be told. */
  | { kind: 'release' }
  | { kind: 'next-ring' }
  | { kind: 'pause'; cause: 'no-word' }
  | { kind: 'halt'; cause: 'too-many-failures' }
  | { kind: 'finish' }

/**
 * What an order does next (R16). A ring that has not answered in its time: those that were handed the command and said nothing count as failures; those that never came back for it count
 * neither way. Where nobody at all succeeded in time the order pauses: there is no proof that it is harmless. Pure; looked at again with every change.
 */
export function nextMove(view: RingView, now: Date): RingMove {
  const { counts } = view
  if (view.state === 'delayed') return view.startsAt !== null && view.startsAt <= now ? { kind: 'start' } : { kind: 'wait' }
  if (view.state !== 'running') return { kind: 'wait' }
  if (view.ring === 0) return { kind: 'next-ring' }
  const sent = counts.waiting + counts.delivered + counts.running + counts.succeeded + counts.failed + counts.expired + counts.unknown
  const size = sent + counts.planned
  const isLate = view.ringAt !== null && now.getTime() - view.ringAt.getTime() >= view.ringMinutes * 60_000
  const silent = isLate && view.ring < view.rings ? counts.delivered + counts.running : 0
  if (counts.failed + counts.unknown + silent >= failureLimit(size, view.failurePercent) && view.rings > 1)
    return { kind: 'halt', cause: 'too-many-failures' }
  if (counts.planned > 0) return { kind: 'release' }
  if (view.ring >= view.rings) return view.open === 0 ? { kind: 'finish' } : { kind: 'wait' }
  if (counts.succeeded > 0 && counts.waiting + counts.delivered + counts.running === 0) return { kind: 'next-ring' }
  const isAnswered = counts.waiting + counts.delivered + counts.running === 0
  if (!isLate && !isAnswered) return { kind: 'wait' }
  return counts.succeeded > 0 ? { kind: 'next-ring' } : { kind: 'pause', cause: 'no-word' }
}

/**
 * What of an order that carries is to be looked at as a ring of agents (R16): as long as a place has not got it there is something to release. Where nobody needs to be told (a customer without
 * endpoints, addresses) what was set is all the proof there can be. Pure.
 */
export function withPlaces(counts: OrderCounts, places: { planned: number; done: number }): OrderCounts {
  const told = counts.waiting + counts.delivered + counts.running + counts.succeeded + counts.failed + counts.expired + counts.unknown
  return {
    ...counts,
    planned: counts.planned + places.planned,
    succeeded: told + counts.planned + places.planned === 0 ? places.done : counts.succeeded,
  }
}
