import type { TenantDb } from '../platform/index.ts'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/**
 * An hour is closed when its end is so long ago. What comes later than 5 minutes after its end is noted beside (trigger `tally_hour_added_late`), so that a transaction of up to 55 minutes is counted in one way
 * or the other; ours last seconds. By the later of our clock and the database's: the trigger has only the latter.
 */
const closedAfterMs = 60 * 60_000
/** Days kept: the longest range (30 days of any time zone) and one before, from which it is the difference. */
export const keptDays = 34

/** The same totals at three depths; what else their rows are of. */
const keys = { tally_day: 'customer_id, category, type_id', tally_day_customer: 'customer_id', tally_day_all: 'category, type_id' } as const
type Totals = keyof typeof keys
const tables = Object.keys(keys) as Totals[]

const dayOf = (at: Date) => at.toISOString().slice(0, 10)
const startOfDay = (at: Date) => new Date(Math.floor(at.getTime() / dayMs) * dayMs)

/**
 * Brings the running totals up to the newest hour that is over, and folds in what came late. Each step is one statement, so that it sees tally_hour and tally_late as they are at one moment; all of it is one
 * transaction: dies or runs twice without harm. @returns until when all is counted; null: there is nothing to count yet
 */
export async function foldTallies(db: TenantDb, now: Date): Promise<Date | null> {
  const { rows: [clock] } = await db.query<{ until: Date }>(`select date_trunc('hour', least($1::timestamptz, clock_timestamp()) - $2 * interval '1 millisecond') as until`, [now, closedAfterMs])
  const until = clock!.until
  const begun = await begin(db, until)
  if (begun === null) return null
  await foldLate(db, begun)
  for (let from = begun; from < until;) {
    // a day at a time: each begins with what the day before ended with
    const end = new Date(Math.min(until.getTime(), startOfDay(from).getTime() + dayMs))
    await carryOver(db, startOfDay(from))
    await closeHours(db, from, end)
    from = end
  }
  for (const table of tables) await db.query(`delete from ${table} where day < $1::date`, [dayOf(new Date(until.getTime() - keptDays * dayMs))])
  return until > begun ? until : begun
}

/** Until when the business is counted, locked: of two processes the second goes on where the first ended. */
async function begin(db: TenantDb, until: Date): Promise<Date | null> {
  const lock = async () => (await db.query<{ closed_until: Date }>('select closed_until from count_state for update')).rows[0]?.closed_until ?? null
  const known = await lock()
  if (known !== null) return known
  const { rows: [first] } = await db.query<{ hour: Date | null }>('select min(hour) as hour from tally_hour')
  if (!first!.hour || first!.hour >= until) return null
  // what is older than is ever asked for is in none of the differences
  const from = startOfDay(new Date(Math.max(first!.hour.getTime(), until.getTime() - (keptDays - 1) * dayMs)))
  await db.query('insert into count_state (partner_id, closed_until) values ($1, $2) on conflict do nothing', [db.tenant.partnerId, from])
  return await lock()
}

/** The day's rows of all that had any before; those of customers that are no more end when nothing is left of them. */
async function carryOver(db: TenantDb, day: Date): Promise<void> {
  for (const table of tables) {
    const isAlive = table === 'tally_day_all' ? 'true' : '(totals[25] <> 0 or exists (select from customer c where c.id = t.customer_id))'
    await db.query(
      `insert into ${table} (partner_id, day, ${keys[table]}, totals) select $1, $2::date, ${keys[table]}, array_fill(totals[25], array[25]) from ${table} t
       where day = $2::date - 1 and not exists (select from ${table} o where o.day = $2::date) and ${isAlive}`, [db.tenant.partnerId, dayOf(day)])
  }
}

/** The totals of day `d` that steps `x` come to: 25 sums in one pass. */
const sums = `array[${Array.from({ length: 25 }, (_, i) => `coalesce(sum(x.change) filter (where x.day < d.day or x.n < ${i}), 0)::bigint`).join(', ')}]`

/**
 * Adds changes (customer_id, category, type_id, hour, change) to the totals of their day after their hour and of every later day, whatever rows there are: one that is missing stands for nothing yet.
 * `$1` the business, `$2` the last day there is.
 */
const add = (changes: string) => `
  steps as materialized (
    select customer_id, category, type_id, (hour at time zone 'UTC')::date as day, extract(hour from hour at time zone 'UTC')::integer as n, sum(change)::integer as change from (${changes}) c
    group by 1, 2, 3, 4, 5 having sum(change) <> 0),
  by_customer as materialized (select customer_id, day, n, sum(change)::integer as change from steps group by 1, 2, 3 having sum(change) <> 0),
  by_kind as materialized (select category, type_id, day, n, sum(change)::integer as change from steps group by 1, 2, 3, 4 having sum(change) <> 0),
  each as (${addTo('tally_day', 'steps')}),
  customers as (${addTo('tally_day_customer', 'by_customer')})
  ${addTo('tally_day_all', 'by_kind')}`
const addTo = (table: Totals, steps: string) => {
  const own = keys[table].split(', ').map((column) => `x.${column}`).join(', ')
  return `insert into ${table} as t (partner_id, day, ${keys[table]}, totals)
    select $1, d.day, ${own}, ${sums} from ${steps} x, lateral (select generate_series(x.day, $2::date, interval '1 day')::date as day) d group by d.day, ${own}
    on conflict (partner_id, day, ${keys[table]}) do update set totals = vigie.add_totals(t.totals, excluded.totals)`
}

/** What is noted of these hours is in tally_hour already, which is counted here. */
async function closeHours(db: TenantDb, from: Date, until: Date): Promise<void> {
  await db.query(
    `with gone as (delete from tally_late where hour >= $3 and hour < $4),
     moved as (insert into count_state (partner_id, closed_until) values ($1, $4) on conflict (partner_id) do update set closed_until = excluded.closed_until),
     ${add('select customer_id, category, type_id, hour, count as change from tally_hour where hour >= $3 and hour < $4')}`,
    [db.tenant.partnerId, dayOf(from), from, until])
}

/** Of days that are kept: what is older is in no difference. */
async function foldLate(db: TenantDb, closed: Date): Promise<void> {
  await db.query(
    `with taken as (delete from tally_late where hour < $3 returning customer_id, category, type_id, hour, change),
     ${add('select customer_id, category, type_id, hour, change from taken where hour >= $4')}`,
    [db.tenant.partnerId, dayOf(new Date(closed.getTime() - hourMs)), closed, startOfDay(new Date(closed.getTime() - keptDays * dayMs))])
}
