import { assess, type Category, type Fact } from './define.ts'

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
/** Not kept: what was so in each minute of a quarter, what only moves with the calendar, and what followed from alerts that have ended. */
const notKept: readonly Fact['of'][] = [
  'agent-silent-minutes',
  'stale-endpoints',
  'down-minutes',
  'licence',
  'virus-alerts',
  'alert-infections',
  'vulnerable-endpoints',
]
/** Facts whose past is kept. */
export const isKept = (fact: Fact): boolean => !notKept.includes(fact.of)
export const canReplay = (category: Category): boolean => Object.values(category.facts).every(isKept)

/**
 * EVT-7: the category's own rule over what was kept of one product. Pure. To the hour; what silences a category, resets and snoozes of people are left out: it says what
 * the threshold alone would have done. @param hours in any order
 */
export function replay(category: Category, hours: readonly FactHour[], at: Record<string, number>): Replayed[] {
  const events: Replayed[] = []
  const open = new Map<string, Replayed>()
  const look = (atMs: number, is: Record<string, number>) => {
    for (const { condition, holds } of assess(category, is, at, new Set(open.keys()))) {
      const event = open.get(condition)
      if (holds && !event) {
        const opened = { condition, openedMs: atMs, closedMs: null }
        open.set(condition, opened)
        events.push(opened)
      } else if (!holds && event) {
        event.closedMs = atMs
        open.delete(condition)
      }
    }
  }
  const facts = Object.entries(category.facts)
  const is: Record<string, number> = Object.fromEntries(facts.map(([name, fact]) => [name, isLowWorse(fact) ? 100 : 0]))
  const byHour = [...Map.groupBy(hours, (one) => one.hourMs)].sort(([a], [b]) => a - b)
  byHour.forEach(([startMs, rows], n) => {
    for (const { fact, worst } of rows) is[fact] = worst
    look(startMs, is)
    for (const { fact, last } of rows) is[fact] = last
    const endMs = startMs + hourMs
    if (byHour[n + 1]?.[0] !== endMs) for (const [name, fact] of facts) if (passes(fact)) is[name] = 0
    look(endMs, is)
  })
  return events
}
