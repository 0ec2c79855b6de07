import { restrictView } from '../consent/index.ts'
import type { TenantDb } from '../platform/index.ts'
import { ofScope } from './tallies.ts'
import { added, dayMs, dayOf, edges, hourMs, keptDays, startOfDay, sums } from './totals.ts'

/**
 * Gateways' detections by appliance (decision 41). Ingest counts them in `tally_appliance`; the fold moves what is older than an hour before where counting stands into running totals of days. A row is in the one
 * or in the other, so whoever reads adds both up in one statement, and is right whatever was folded, came late, moved or was deleted.
 */

/** So long after it is closed an hour still lies there by five minutes: the last 60 minutes of whichever server's clock are read from there. */
const marginMs = hourMs

/** With each batch of the fold, in its transaction. The rows first, in the order in which every transaction takes them; then all of it in one statement. @param closed until when all hours are */
export async function foldAppliances(db: TenantDb, closed: Date): Promise<void> {
  const taken = new Date(closed.getTime() - marginMs)
  await db.query(
    'select count(*) from (select from tally_appliance where hour < $1 order by hour, category, customer_id, product_id for update) locked',
    [taken],
  )
  await db.query(
    `with taken as (delete from tally_appliance where hour < $3 returning hour, category, customer_id, product_id, count),
     steps as materialized (
       select coalesce(category, '') as category, customer_id, product_id, day, n, sum(count)::integer as change
       from (select category, customer_id, product_id, (hour at time zone 'UTC')::date as day, extract(hour from hour at time zone 'UTC')::integer as n, count from taken where hour >= $4) t
       group by grouping sets ((category, customer_id, product_id, day, n), (customer_id, product_id, day, n)) having sum(count) <> 0)
     insert into tally_appliance_day as t (partner_id, day, category, customer_id, product_id, totals)
     select $1, x.on_day, x.category, x.customer_id, x.product_id, ${sums('x.day < x.on_day')} from (
       -- on its day after its hour, and on every day since
       select s.*, d.day as on_day from steps s, lateral (select generate_series(s.day, $2::date, interval '1 day')::date as day) d
       union all
       -- a day that begins, with what the day before ended with; what is gone ends when nothing is left of it
       select t.category, t.customer_id, t.product_id, $2::date, -1, t.totals[25], $2::date from tally_appliance_day t
       where t.day = $2::date - 1 and not exists (select from tally_appliance_day o where o.day = $2::date)
         and (t.totals[25] <> 0 or exists (select from product p where p.partner_id = t.partner_id and p.id = t.product_id))) x
     group by x.on_day, x.category, x.customer_id, x.product_id order by x.on_day, x.category, x.customer_id, x.product_id
     on conflict (partner_id, day, category, customer_id, product_id) do update set totals = ${added}`,
    [db.tenant.partnerId, dayOf(new Date(closed.getTime() - hourMs)), taken, startOfDay(new Date(closed.getTime() - keptDays * dayMs))],
  )
}

/** Which number of `tally_appliance` rows lies between two instants: whole hours, or 60 minutes from five minutes to five minutes (`1h`). */
function inRecent(from: Date, until: Date): string {
  const slot = (from.getTime() % hourMs) / (hourMs / 12)
  if (slot === 0) return 't.count'
  if (until.getTime() - from.getTime() !== hourMs) throw new Error(`not whole hours: ${from.toISOString()}`)
  return `case when t.hour < $1 then t.count - t.totals[${slot}] else t.totals[${slot}] end`
}

/**
 * What each customer's or appliance's gateways told between two instants, of one category or of all. Two days' rows of each and the newest hours, whatever lies between and however many detections there were; sums of
 * doubles as in tallies.ts. From its first hour on nothing of the last 60 minutes is in the totals.
 */
const counted = (db: TenantDb, of: 'customer_id' | 'product_id', from: Date, until: Date, seen: string) => {
  const where = `${ofScope(db)} and ${seen}`
  const hasTotals = from.getTime() % hourMs === 0
  const day = (n: 1 | 2) => `select t.${of} as id, ${n === 1 ? '-' : ''}t.totals[(select place from edge where n = ${n})]::float8 as change
      from tally_appliance_day t where t.day = (select day from edge where n = ${n}) and t.category = $3 and ${where} union all`
  return `${hasTotals ? `${edges},` : ''}
  counted as materialized (
    select id, sum(change) as count from (
      ${hasTotals ? `${day(2)} ${day(1)}` : ''}
      select t.${of}, (${inRecent(from, until)})::float8 from tally_appliance t
      where t.hour >= date_trunc('hour', $1::timestamptz) and t.hour < $2::timestamptz and ($3 = '' or t.category = $3) and ${where}) one (id, change)
    group by 1)`
}

export interface TopCustomer {
  id: string
  company: string
  count: number
}
export interface TopAppliance {
  id: string
  name: string
  customerId: string
  company: string
  count: number
}

/** The most, by name of the few that are shown (`lateral`, `offset 0`: looked up until there are enough), and what all have together. */
const best = (columns: string, names: string) => `
  best as materialized (
    select n.*, k.count from (select id, count from counted where count > 0 order by count desc, id) k, lateral (select ${columns} from ${names} offset 0) n order by k.count desc, k.id limit $4)
  select a.total, b.* from (select coalesce(sum(count), 0) as total from counted) a left join best b on true order by b.count desc, b.id`

async function top<Row extends { id: string }>(
  db: TenantDb,
  {
    of,
    from,
    until,
    category,
    most,
  }: { of: 'customer_id' | 'product_id'; from: Date; until: Date; category: string | undefined; most: number },
  named: string,
): Promise<{ total: number; best: Row[] }> {
  const seen = (await restrictView(db, 'view-detections', 't.customer_id', {})) ?? 'true'
  const { rows } = await db.query<Row & { total: number }>(`with ${counted(db, of, from, until, seen)}, ${named}`, [
    from,
    until,
    category ?? '',
    most,
  ])
  return { total: rows[0]!.total, best: rows.filter(({ id }) => id !== null).map(({ total: _, ...row }) => row as unknown as Row) }
}

type Asked = { from: Date; until: Date; category: string | undefined; most: number }

export const topCustomersOfGateways = (db: TenantDb, asked: Asked): Promise<{ total: number; best: TopCustomer[] }> =>
  top(db, { of: 'customer_id', ...asked }, best('id, company', 'customer where id = k.id'))

export const topAppliances = (db: TenantDb, asked: Asked): Promise<{ total: number; best: TopAppliance[] }> =>
  top(
    db,
    { of: 'product_id', ...asked },
    best(
      'p.id, p.description as name, c.id as "customerId", c.company',
      'product p join customer c on c.partner_id = p.partner_id and c.id = p.customer_id where p.id = k.id',
    ),
  )
