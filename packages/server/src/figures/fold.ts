import type { Database, TenantDb } from '../platform/index.ts'
import { foldAppliances } from './appliances.ts'
import { added, dayMs, dayOf, hourMs, keptDays, startOfDay, sums } from './totals.ts'

export { keptDays } from './totals.ts'

/**
 * An hour is closed when its end is so long ago. What comes later than 5 minutes after its end is noted beside (trigger `tally_hour_added_late`), so that a transaction of up to 55 minutes is counted in one way
 * or the other; ours last seconds. By the later of our clock and the database's: the trigger has only the latter.
 */
const closedAfterMs = 60 * 60_000
/** The same totals at three depths; what else their rows are of. */
const keys = { tally_day: 'customer_id, category, type_id', tally_day_customer: 'customer_id', tally_day_all: 'category, type_id' } as const
type Totals = keyof typeof keys
const tables = Object.keys(keys) as Totals[]

/** So many rows are folded by one transaction, or one hour's: a few seconds. The first fold of an installation that has been counting for long has millions. */
const largestBatch = 250_000

/**
 * Brings the running totals up to the newest hour that is over, and folds in what came late: batch after batch, each in a transaction of its own that also says how far counting has come. Dies or runs twice
 * without harm: what is not folded yet is read from where it was counted (tallies.ts), so figures are exact all the while. @returns until when all is counted; null: there is nothing to count yet
 */
export async function foldTallies(
  database: Pick<Database, 'transaction'>,
  partnerId: string,
  now: Date,
  { rowsABatch = largestBatch } = {},
): Promise<Date | null> {
  for (;;) {
    const { closedUntil, hasMore } = await database.transaction({ partnerId, scope: 'all', principalId: null }, (db) =>
      foldBatch(db, now, rowsABatch),
    )
    if (!hasMore) return closedUntil
  }
}

/** One batch. Each step is one statement, so that it sees tally_hour and tally_late as they are at one moment. */
async function foldBatch(db: TenantDb, now: Date, rows: number): Promise<{ closedUntil: Date | null; hasMore: boolean }> {
  const {
    rows: [clock],
  } = await db.query<{ until: Date }>(
    `select date_trunc('hour', least($1::timestamptz, clock_timestamp()) - $2 * interval '1 millisecond') as until`,
    [now, closedAfterMs],
  )
  const until = clock!.until
  const begun = await begin(db, until)
  if (begun === null) return { closedUntil: null, hasMore: false }
  // each counts for all days after it too
  const late = Math.ceil(rows / 5)
  if ((await foldLate(db, begun, late)) === late) return { closedUntil: begun, hasMore: true }
  if (begun >= until) {
    await foldAppliances(db, begun)
    return { closedUntil: begun, hasMore: false }
  }
  // a day at most: each begins with what the day before ended with
  const end = await hoursOf(db, begun, new Date(Math.min(until.getTime(), startOfDay(begun).getTime() + dayMs)), rows)
  await closeHours(db, begun, end)
  await foldAppliances(db, end)
  const isDone = end >= until
  if (isDone)
    for (const table of [...tables, 'tally_appliance_day'])
      await db.query(`delete from ${table} where day < $1::date`, [dayOf(new Date(until.getTime() - keptDays * dayMs))])
  return { closedUntil: end, hasMore: !isDone }
}

/** The end of as many hours as have so many rows at most, one hour at least. Plan: the key of tally_hour, as many entries as there are rows. */
async function hoursOf(db: TenantDb, from: Date, until: Date, most: number): Promise<Date> {
  const {
    rows: [hour],
  } = await db.query<{ past: Date | null }>(
    `select min(hour) as past from (select hour, sum(count(*)) over (order by hour) as rows from tally_hour where hour >= $1 and hour < $2 group by hour) h where h.rows > $3`,
    [from, until, most],
  )
  return hour!.past === null ? until : new Date(Math.max(hour!.past.getTime(), from.getTime() + hourMs))
}

/** Until when the business is counted, locked: of two processes the second goes on where the first ended. */
async function begin(db: TenantDb, until: Date): Promise<Date | null> {
  const lock = async () =>
    (await db.query<{ closed_until: Date }>('select closed_until from count_state for update')).rows[0]?.closed_until ?? null
  const known = await lock()
  if (known !== null) return known
  const {
    rows: [first],
  } = await db.query<{ hour: Date | null }>('select min(hour) as hour from tally_hour')
  if (!first!.hour || first!.hour >= until) return null
  // what is older than is ever asked for is in none of the differences
  const from = startOfDay(new Date(Math.max(first!.hour.getTime(), until.getTime() - (keptDays - 1) * dayMs)))
  await db.query('insert into count_state (partner_id, closed_until) values ($1, $2) on conflict do nothing', [db.tenant.partnerId, from])
  return await lock()
}

const ownOf = (table: Totals) =>
  keys[table]
    .split(', ')
    .map((column) => `x.${column}`)
    .join(', ')

/** Changes (customer_id, category, type_id, hour, change) at the three depths, by day and hour (n, 0 to 23). `part`: a CTE for each table. */
const folded = (changes: string, part: (table: Totals, steps: string) => string) => `
  steps as materialized (
    select customer_id, category, type_id, (hour at time zone 'UTC')::date as day, extract(hour from hour at time zone 'UTC')::integer as n, sum(change)::integer as change from (${changes}) c
    group by 1, 2, 3, 4, 5 having sum(change) <> 0),
  by_customer as materialized (select customer_id, day, n, sum(change)::integer as change from steps group by 1, 2, 3 having sum(change) <> 0),
  by_kind as materialized (select category, type_id, day, n, sum(change)::integer as change from steps group by 1, 2, 3, 4 having sum(change) <> 0),
  each as (${part('tally_day', 'steps')}),
  customers as (${part('tally_day_customer', 'by_customer')})
  ${part('tally_day_all', 'by_kind')}`

/**
 * Hours of one day, the newest. Its first ones make its rows: of all that had any before, with what the day before ended with; those of customers that are no more end when nothing is left of them.
 * In the order of their key, in which a day is read: a page of the table is visited once, and not once for each of its rows.
 * What is noted of these hours is in tally_hour already, which is counted here.
 */
async function closeHours(db: TenantDb, from: Date, until: Date): Promise<void> {
  const part = (table: Totals, steps: string) => {
    const isAlive =
      table === 'tally_day_all'
        ? 'true'
        : '(t.totals[25] <> 0 or exists (select from customer c where c.partner_id = t.partner_id and c.id = t.customer_id))'
    return `insert into ${table} as t (partner_id, day, ${keys[table]}, totals)
      select $1, $2::date, ${ownOf(table)}, ${sums('false')} from (
        select ${keys[table]}, n, change::bigint from ${steps}
        union all
        select ${keys[table]}, -1, t.totals[25] from ${table} t where t.day = $2::date - 1 and not exists (select from ${table} o where o.day = $2::date) and ${isAlive}) x
      group by ${ownOf(table)} order by ${ownOf(table)} on conflict (partner_id, day, ${keys[table]}) do update set totals = ${added}`
  }
  await db.query(
    `with gone as (delete from tally_late where hour >= $3 and hour < $4),
     moved as (insert into count_state (partner_id, closed_until) values ($1, $4) on conflict (partner_id) do update set closed_until = excluded.closed_until),
     ${folded('select customer_id, category, type_id, hour, count as change from tally_hour where hour >= $3 and hour < $4', part)}`,
    [db.tenant.partnerId, dayOf(from), from, until],
  )
}

/** Adds what came late to its day's totals after its hour and to those of every later day, whatever rows there are: one that is missing stands for nothing yet. Of days that are kept: what is older is in no difference. @returns how many were taken */
async function foldLate(db: TenantDb, closed: Date, most: number): Promise<number> {
  const part = (table: Totals, steps: string) => `insert into ${table} as t (partner_id, day, ${keys[table]}, totals)
    select $1, d.day, ${ownOf(table)}, ${sums('x.day < d.day')} from ${steps} x, lateral (select generate_series(x.day, $2::date, interval '1 day')::date as day) d group by d.day, ${ownOf(table)}
    on conflict (partner_id, day, ${keys[table]}) do update set totals = ${added}`
  const {
    rows: [late],
  } = await db.query<{ last: string | null; count: number }>(
    'select max(id)::text as last, count(*)::integer as count from (select id from tally_late where hour < $1 order by id limit $2) l',
    [closed, most],
  )
  if (late!.last === null) return 0
  await db.query(
    `with taken as (delete from tally_late where id <= $5::bigint and hour < $3 returning customer_id, category, type_id, hour, change),
     ${folded('select customer_id, category, type_id, hour, change from taken where hour >= $4', part)}`,
    [
      db.tenant.partnerId,
      dayOf(new Date(closed.getTime() - hourMs)),
      closed,
      startOfDay(new Date(closed.getTime() - keptDays * dayMs)),
      late!.last,
    ],
  )
  return late!.count
}
