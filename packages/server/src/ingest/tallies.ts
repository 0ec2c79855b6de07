import type { DetectionRow, SourceRow } from './detections.ts'

const minuteMs = 60_000
const minuteUs = minuteMs * 1_000
const hourMs = 3_600_000
const slotUs = 5 * minuteUs
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

/** `totals`: of its hour's first five minutes, the first ten, up to all sixty. */
export interface ApplianceTally {
  customer_id: string
  product_id: string
  category: string
  hour: string
  totals: number[]
}

/** What the store counts of detections that are all new (R22): by product and minute for assessment, by customer and hour for figures. Instants are the counted ones (R23). */
export function tallyOf(
  sources: readonly SourceRow[],
  rows: readonly DetectionRow[],
  now: Date,
): { minutes: MinuteTally[]; hours: HourTally[] } {
  const perSource = sources.map(() => new Map<number, number>())
  const nowUs = now.getTime() * 1_000
  for (const { source, atUs } of rows) {
    const minute = Math.floor(Math.min(atUs + sources[source]!.offset * 1_000, nowUs) / minuteUs)
    const of = perSource[source]!
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

/** What the gateways among the sources told, by appliance (decision 41). Empty where there is none, as nearly always: then nobody asks the database. */
export function applianceTalliesOf(
  sources: readonly SourceRow[],
  rows: readonly DetectionRow[],
  isGateway: (source: SourceRow) => boolean,
  now: Date,
): ApplianceTally[] {
  const gateways = sources.map(isGateway)
  if (!gateways.includes(true)) return []
  const tallies = new Map<string, ApplianceTally>()
  const nowUs = now.getTime() * 1_000
  for (const { source, atUs } of rows) {
    if (!gateways[source]) continue
    const { customer_id, product_id, category, offset } = sources[source]!
    const slot = Math.floor(Math.min(atUs + offset * 1_000, nowUs) / slotUs)
    const hour = Math.floor(slot / 12)
    const name = `${product_id} ${category} ${hour}`
    let tally = tallies.get(name)
    if (!tally)
      tallies.set(
        name,
        (tally = { customer_id, product_id, category, hour: at(hour * hourMs), totals: Array.from({ length: 12 }, () => 0) }),
      )
    for (let n = slot - hour * 12; n < 12; n++) tally.totals[n]! += 1
  }
  return [...tallies.values()]
}
