import type { DetectionRow, SourceRow } from './store.ts'

const minuteMs = 60_000
const hourMs = 3_600_000
/** As far back as an assessment may look: what is older paints no icon (EVT-3). */
const assessedMs = 2 * hourMs

export interface MinuteTally {
  product_id: string
  category: string
  minute: string
  customer_id: string
  count: number
}
export interface HourTally {
  customer_id: string
  type_id: string
  category: string
  hour: string
  count: number
}

/** An instant that JavaScript holds as exactly as PostgreSQL: `2026-11-21T10:00:00.000Z` or coarser. */
export const isExact = (at: string): boolean => at.length <= 24

/** What the store counts of detections that are all new (R22): by product and minute for assessment, by customer and hour for figures. Instants are the counted ones (R23). */
export function tallyOf(
  sources: readonly SourceRow[],
  rows: readonly DetectionRow[],
  now: Date,
): { minutes: MinuteTally[]; hours: HourTally[] } {
  const perSource = sources.map(() => new Map<number, number>())
  for (const { k, a } of rows) {
    const countedMs = Math.min(Date.parse(a) + sources[k]!.offset, now.getTime())
    const minute = Math.floor(countedMs / minuteMs)
    const of = perSource[k]!
    of.set(minute, (of.get(minute) ?? 0) + 1)
  }
  const minutes = new Map<string, MinuteTally>()
  const hours = new Map<string, HourTally>()
  // a minute counts by its first instant, and so does the two hours' edge: it is the minute's own, as what falls out of it is never read
  const oldest = Math.floor((now.getTime() - assessedMs) / minuteMs)
  for (const [k, of] of perSource.entries()) {
    const { product_id, customer_id, type_id, category } = sources[k]!
    for (const [minute, count] of of) {
      const hour = Math.floor((minute * minuteMs) / hourMs)
      if (minute > oldest)
        add(minutes, `${product_id} ${category} ${minute}`, count, () => ({
          product_id,
          category,
          minute: at(minute * minuteMs),
          customer_id,
          count: 0,
        }))
      add(hours, `${customer_id} ${type_id} ${category} ${hour}`, count, () => ({
        customer_id,
        type_id,
        category,
        hour: at(hour * hourMs),
        count: 0,
      }))
    }
  }
  return { minutes: [...minutes.values()], hours: [...hours.values()] }
}

const at = (ms: number): string => new Date(ms).toISOString()

function add<T extends { count: number }>(tallies: Map<string, T>, name: string, count: number, make: () => T): void {
  let tally = tallies.get(name)
  if (!tally) tallies.set(name, (tally = make()))
  tally.count += count
}
