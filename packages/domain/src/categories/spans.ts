import { farAwayDays, type Category, type Fact } from './define.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/**
 * How a fact is kept that is kept at its changes alone (EVT-7; the others by the hour, replay.ts). `minutes`: as the instant since when it is so, the minutes follow from the clock;
 * `days`: as the instant of the licence's end; `count`: as the number. Null: by the hour.
 */
export type SpanKind = 'minutes' | 'days' | 'count' | null
const kinds: Partial<Record<Fact['of'], SpanKind>> = {
  'agent-silent-minutes': 'minutes',
  'down-minutes': 'minutes',
  'stale-endpoints': 'count',
  'virus-alerts': 'count',
  'alert-infections': 'count',
  'vulnerable-endpoints': 'count',
  'endpoints-low-on-disk': 'count',
}
export const spanKind = (fact: Fact): SpanKind =>
  fact.of === 'licence' ? (fact.what === 'seats-over' ? 'count' : 'days') : (kinds[fact.of] ?? null)

/** What a fact is of which nothing is known: nothing bad. */
export const restOf = (fact: Fact): number => {
  if (fact.of === 'components-deployed-percent') return 100
  return fact.of === 'licence' && fact.what === 'days-left' ? farAwayDays : 0
}

/** At least 1 for what has just begun: 0 means that it is not so. */
const minutesSince = (sinceMs: number, nowMs: number): number => Math.max(1, Math.floor((nowMs - sinceMs) / minuteMs))

/** The fact's number at this time. `basis`: what it is kept as; null: nothing is known, or it is not so. */
export function numberAt(fact: Fact, basis: number | null, nowMs: number): number {
  if (basis === null) return restOf(fact)
  switch (spanKind(fact)) {
    case 'minutes':
      return minutesSince(basis, nowMs)
    case 'days':
      // the day on which it ends is its last, and the next the first without it
      if (fact.of === 'licence' && fact.what === 'days-over') return nowMs < basis ? 0 : Math.floor((nowMs - basis) / dayMs) + 1
      return nowMs < basis ? Math.ceil((basis - nowMs) / dayMs) : farAwayDays
    default:
      return basis
  }
}

/** "Began" of what was so when the product was first looked at: when, nobody knows. */
export const unknownMs = 0

/**
 * A stretch of time in which a fact was one thing. `endedMs` null: it still is. `last`: its basis; null, of minutes only: it went on, but never for longer than `worst`. `worst`: of minutes, the
 * most there had been before in the same spell; of a count, its worst in the first hour, after which it is `last`.
 */
export interface FactSpan {
  fact: string
  beganMs: number
  endedMs: number | null
  worst: number
  last: number | null
}
/** What is known of a stretch that has not ended. `quietMs`: since when in this spell nothing was longer than `worst`, if that was before it began. */
export interface Held {
  beganMs: number
  worst: number
  last: number
  quietMs?: number
}

/** Minutes below which nothing can be set, and nothing is kept: a restart leaves no trace. */
const leastMinutes = (category: Category): number => Math.min(...Object.values(category.indexes).map(({ min }) => min))

/**
 * One look at a fact: what is held from now on, and the stretches that are over. Pure. Of minutes only what lasted longer than all before in its spell is kept by itself, since nothing else can
 * have opened an event: twenty machines that come back one by one in the morning leave two or three. A count that moves again within an hour keeps its worst, and the latest.
 * @param isFirstLook nothing of the product was ever kept: when it began is not known (an installation older than this), so it is taken for old
 */
export function holdOn(
  category: Category,
  name: string,
  held: Held | undefined,
  basis: number | null,
  nowMs: number,
  isFirstLook: boolean,
): { held: Held | undefined; over: FactSpan[] } {
  const kind = spanKind(category.facts[name]!)
  const over: FactSpan[] = []
  const note = (beganMs: number, endedMs: number, worst: number, last: number | null) => {
    if (endedMs > beganMs) over.push({ fact: name, beganMs, endedMs, worst, last })
  }
  if (!held) {
    if (basis === null) return { held: undefined, over }
    return { held: { beganMs: isFirstLook ? unknownMs : nowMs, worst: kind === 'count' ? basis : 0, last: basis }, over }
  }
  const { beganMs, worst, last } = held
  if (last === (basis ?? (kind === 'count' ? 0 : null))) return { held, over }
  if (kind === 'count' && nowMs - beganMs < hourMs) return { held: { beganMs, worst: Math.max(worst, basis ?? 0), last: basis ?? 0 }, over }
  const begun = (reached: number, quietMs?: number): Held | undefined =>
    basis === null
      ? undefined
      : { beganMs: nowMs, worst: kind === 'count' ? basis : reached, last: basis, ...(quietMs !== undefined && { quietMs }) }
  if (kind !== 'minutes') {
    note(beganMs, nowMs, worst, last)
    return { held: begun(0), over }
  }
  // as long as it was so: at this very moment it is another
  const reached = minutesSince(last, nowMs - 1)
  if (reached > worst && reached >= leastMinutes(category)) {
    if (held.quietMs !== undefined) note(held.quietMs, beganMs, worst, null)
    note(beganMs, nowMs, worst, last)
    return { held: begun(reached), over }
  }
  if (worst === 0) return { held: begun(0), over }
  const quietMs = held.quietMs ?? beganMs
  if (basis === null) note(quietMs, nowMs, worst, null)
  return { held: begun(worst, quietMs), over }
}

/** What is held, as the stretches it is so far. */
export const spansOfHeld = (fact: string, { beganMs, worst, last, quietMs }: Held): FactSpan[] => [
  ...(quietMs === undefined ? [] : [{ fact, beganMs: quietMs, endedMs: beganMs, worst, last: null }]),
  { fact, beganMs, endedMs: null, worst, last },
]

/** The fact's number in a stretch. */
export function numberIn(fact: Fact, { beganMs, worst, last }: FactSpan, atMs: number): number {
  const kind = spanKind(fact)
  if (last === null) return worst
  if (kind === 'count') return atMs < beganMs + hourMs ? worst : last
  if (kind === 'minutes' && beganMs === unknownMs && atMs < last) return 0
  // an event that what came before in the spell has opened is open
  return kind === 'minutes' ? Math.max(worst, numberAt(fact, last, atMs)) : numberAt(fact, last, atMs)
}

/** When the verdict on a stretch can change: as it begins and ends, and as time reaches one of these values. */
export function momentsOf(fact: Fact, span: FactSpan, values: readonly number[]): number[] {
  const { beganMs, endedMs, last } = span
  const within: number[] = []
  if (last !== null) {
    switch (spanKind(fact)) {
      case 'minutes':
        within.push(last, ...values.map((minutes) => last + minutes * minuteMs))
        break
      case 'days':
        within.push(last, ...values.flatMap((days) => [last - days * dayMs, last + days * dayMs]))
        break
      default:
        within.push(beganMs + hourMs)
    }
  }
  const endMs = endedMs ?? Infinity
  return [beganMs, ...within.filter((ms) => ms > beganMs && ms < endMs), ...(endedMs === null ? [] : [endedMs])]
}
