import { holdingOf, type Category, type Fact } from './define.ts'
import { momentsOf, numberIn, restOf, spanKind, type FactSpan } from './spans.ts'

/** A fact of one product in one hour, as it was kept: the worst it was, and what it was when the hour ended. */
export interface FactHour {
  fact: string
  hourMs: number
  worst: number
  last: number
}
/** An event that would have been. `closedMs` null: still open. */
export interface Replayed {
  condition: string
  openedMs: number
  closedMs: number | null
}

const hourMs = 3_600_000
/** What passes by itself: it is over an hour after the last that was seen of it. */
const passes = (fact: Fact) => fact.of === 'detections'

/** Is less of it worse? */
export const isLowWorse = (fact: Fact): boolean =>
  fact.of === 'components-deployed-percent' || (fact.of === 'licence' && fact.what === 'days-left')
/** A fact that is this good leaves no trace in what is kept for previews: thresholds below it can't be looked back at. */
export function isCalm(fact: Fact, value: number): boolean {
  if (fact.of === 'detections') return value < 5
  if (fact.of === 'component-age-days' || fact.of === 'spam-percent') return value < 3
  return fact.of === 'components-deployed-percent' ? value >= 100 : value === 0
}
/**
 * From which value on a threshold sees all that it would count; below it, hours are missing. Null: it always does. For "more than" it is one too many, so that both kinds are told alike.
 */
export function leastKept(category: Category, index: string): number | null {
  const least = Object.values(category.conditions).flatMap(({ concerns, decidedBy }) => {
    const fact = category.facts[concerns]!
    if (decidedBy !== undefined && !decidedBy.includes(index)) return []
    if (isLowWorse(fact)) return []
    let value = 1
    while (isCalm(fact, value)) value++
    return value > 1 ? [value] : []
  })
  return least.length === 0 ? null : Math.max(...least)
}
/** What was kept of one product: facts by the hour, and those that are kept at their changes. In any order. */
export interface Past {
  hours?: readonly FactHour[]
  spans?: readonly FactSpan[]
  /** While an event of those that explain it was open (`silentWhile`): then nothing of it opens or closes. */
  silent?: readonly Pick<Replayed, 'openedMs' | 'closedMs'>[]
}

/** Resolved and there again within this time: the same event goes on, and nobody gets a second mail (EVT-9). */
export const reopenWithinMs = 600_000

/** Whether the category's past is kept at its changes, to the moment; else by the hour. */
export const isKeptAsSpans = (category: Category): boolean => Object.values(category.facts).some((fact) => spanKind(fact) !== null)

/**
 * EVT-7: the category's own rule over what was kept of one product. Pure. Resets and snoozes of people are left out: it says what the threshold alone would have done. What was still going
 * on is looked at until `untilMs`.
 */
export function replay(
  category: Category,
  { hours = [], spans = [], silent = [] }: Past,
  at: Record<string, number>,
  untilMs = Infinity,
): Replayed[] {
  const events: Replayed[] = []
  const open = new Map<string, Replayed>()
  const closed = new Map<string, Replayed>()
  const facts = Object.entries(category.facts)
  const rules = Object.entries(category.conditions)
  const is: Record<string, number> = Object.fromEntries(facts.map(([name, fact]) => [name, restOf(fact)]))
  const look = (atMs: number, isExact: boolean) => {
    if (silent.some(({ openedMs, closedMs }) => openedMs <= atMs && (closedMs ?? Infinity) > atMs)) return
    const holding = holdingOf(rules, is, at, open)
    if (holding.size === 0 && open.size === 0) return
    for (const [condition] of rules) {
      const holds = holding.has(condition)
      const event = open.get(condition)
      if (holds && !event) {
        const before = isExact ? closed.get(condition) : undefined
        const goesOn = before !== undefined && before.closedMs! > atMs - reopenWithinMs
        const opened = goesOn ? before : { condition, openedMs: atMs, closedMs: null }
        opened.closedMs = null
        open.set(condition, opened)
        if (!goesOn) events.push(opened)
      } else if (!holds && event) {
        event.closedMs = atMs
        open.delete(condition)
        closed.set(condition, event)
      }
    }
  }
  const byHour = [...Map.groupBy(hours, (one) => one.hourMs)].sort(([a], [b]) => a - b)
  const steps: { atMs: number; rank: number; take?: () => void }[] = byHour.flatMap(([startMs, rows], n) => {
    const endMs = startMs + hourMs
    const begin = () => {
      for (const { fact, worst } of rows) is[fact] = worst
    }
    const end = () => {
      for (const { fact, last } of rows) is[fact] = last
      if (byHour[n + 1]?.[0] !== endMs) for (const [name, fact] of facts) if (passes(fact)) is[name] = 0
    }
    return [
      { atMs: startMs, rank: 2, take: begin },
      { atMs: endMs, rank: 0, take: end },
    ]
  })
  const values = Object.values(at)
  const moving = [...Map.groupBy(spans, ({ fact }) => fact)].flatMap(([name, of]) => {
    const fact = category.facts[name]
    return fact && spanKind(fact) !== null ? [{ name, fact, of: of.toSorted((a, b) => a.beganMs - b.beganMs), next: 0 }] : []
  })
  const moments = new Set(moving.flatMap(({ fact, of }) => of.flatMap((span) => momentsOf(fact, span, values))))
  for (const { closedMs } of silent) if (closedMs !== null) moments.add(closedMs)
  for (const atMs of moments) if (atMs <= untilMs) steps.push({ atMs, rank: 1 })
  steps.sort((a, b) => a.atMs - b.atMs || a.rank - b.rank)
  for (const { atMs, take } of steps) {
    take?.()
    for (const one of moving) {
      while (one.next < one.of.length && (one.of[one.next]!.endedMs ?? Infinity) <= atMs) one.next++
      const span = one.of[one.next]
      is[one.name] = span && span.beganMs <= atMs ? numberIn(one.fact, span, atMs) : restOf(one.fact)
    }
    look(atMs, take === undefined)
  }
  return events
}
