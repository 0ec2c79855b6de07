import { customersOverTime, productsOverTime, rowsOf, type HistoryRange } from '@vigie/domain/figures'
import { countFigure, type TenantDb } from '../platform/index.ts'
import { cutHistory } from './ranges.ts'

/**
 * How many there were at the end of each bar: those that had come and not gone. From when each came and went (table `departed` keeps those that went), not from daily counts: exact at any instant of any
 * time zone, for a part of the customers too, and without a job that may be late (decision 26).
 */
interface Moved {
  type_id: string
  /** The bar in which it came, or went; 0: before the first. */
  n: number
  change: number
}

async function movements(db: TenantDb, table: 'customer' | 'product', bounds: readonly Date[]): Promise<Moved[]> {
  const [type, isKind] = table === 'product' ? ['type_id', 'type_id is not null'] : [`''`, 'type_id is null']
  const { rows } = await db.query<Moved>(
    `select type_id, n, sum(change)::integer as change from (
       select ${type} as type_id, width_bucket(created_at, $1::timestamptz[]) as n, count(*) as change from ${table} group by 1, 2
       union all
       select ${type}, width_bucket(came_at, $1::timestamptz[]), count(*) from departed where ${isKind} and went_at >= $2 group by 1, 2
       union all
       select ${type}, width_bucket(went_at, $1::timestamptz[]), -count(*) from departed where ${isKind} and went_at >= $2 group by 1, 2) moved
     group by 1, 2`,
    [bounds, bounds[0]],
  )
  return rows
}

/** Before this, who had gone was not kept; null: it always was. */
const keptSince = async (db: TenantDb) =>
  (await db.query<{ since: Date | null }>('select departures_since as since from partner where id = $1', [db.tenant.partnerId])).rows[0]
    ?.since ?? null

async function history(db: TenantDb, table: 'customer' | 'product', range: HistoryRange, now: Date, timeZone: string) {
  const { step, bounds } = cutHistory(range, now, timeZone)
  const [moved, since] = [await movements(db, table, bounds), await keptSince(db)]
  // what came ahead of its bar's end (a clock put back) is there now: the last bar is as now
  const last = bounds.length - 1
  const countAt = (bar: number, typeId?: string) =>
    moved
      .filter((one) => (typeId === undefined || one.type_id === typeId) && (bar === last || one.n <= bar))
      .reduce((total, { change }) => total + change, 0)
  const bars = bounds.slice(1).map((until, n) => ({
    from: bounds[n]!.toISOString(),
    until: until.toISOString(),
    isCounted: since === null || until > since,
    count: countAt(n + 1),
  }))
  return { step, bounds, bars, last, countAt, typeIds: [...new Set(moved.map(({ type_id }) => type_id))] }
}

export const countCustomersOverTime = countFigure(customersOverTime, async ({ db, now, timeZone, range }) => {
  const { step, bounds, bars, last, countAt } = await history(db, 'customer', range as HistoryRange, now, timeZone)
  return { from: bounds[0]!, until: bounds[last]!, value: { now: { count: countAt(last), rows: rowsOf.customers() }, step, bars } }
})

export const countProductsOverTime = countFigure(productsOverTime, async ({ db, now, timeZone, range }) => {
  const { step, bounds, bars, last, countAt, typeIds } = await history(db, 'product', range as HistoryRange, now, timeZone)
  const types = typeIds.map((typeId) => ({
    typeId,
    now: { count: countAt(last, typeId), rows: rowsOf.products({ typeId }) },
    counts: bars.map((_, n) => countAt(n + 1, typeId)),
  }))
  return {
    from: bounds[0]!,
    until: bounds[last]!,
    value: {
      now: { count: countAt(last), rows: rowsOf.products() },
      step,
      bars,
      types: types.toSorted((a, b) => b.now.count - a.now.count || (a.typeId < b.typeId ? -1 : 1)),
    },
  }
})
