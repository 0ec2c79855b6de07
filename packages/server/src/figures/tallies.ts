import { restrictView } from '../consent/index.ts'
import type { TenantDb } from '../platform/index.ts'
import { edges } from './totals.ts'

type Totals = 'tally_day' | 'tally_day_customer' | 'tally_day_all'

/**
 * What was counted between instants of whole hours (`$1`, the last is `$2` too): in the running totals up to where they are closed, in what came late since, and in the hours after. One statement, so that all
 * three are of one moment. Parts: `kind` 'at' what the totals are at the n-th boundary, 'in' what is to be added to the n-th bucket (from 1). A day at a time (`lateral`): joined, PostgreSQL read all days.
 * The newest hours have a row for each customer: they are added up in the order of their key before anything else is asked of them.
 */
const parts = (totals: Totals, where: string, columns: string) => `
  state as materialized (select coalesce((select closed_until from count_state), '-infinity'::timestamptz) as closed),
  point as materialized (
    select n, last::date as day, extract(hour from last)::integer + 2 as place
    from (select b.n::integer, (least(b.at, s.closed) - interval '1 hour') at time zone 'UTC' as last from unnest($1::timestamptz[]) with ordinality b (at, n), state s where s.closed > '-infinity') b),
  part as (
    select 'at' as kind, p.n, k.* from point p, lateral (select ${columns}, sum(t.totals[p.place])::bigint as count from ${totals} t where t.day = p.day and ${where} group by ${columns}) k
    union all
    select 'in', width_bucket(t.hour, $1::timestamptz[]), ${columns}, sum(t.change)::bigint from tally_late t where t.hour >= ($1::timestamptz[])[1] and t.hour < least((select closed from state), $2::timestamptz) and ${where} group by 2, ${columns}
    union all
    select 'in', width_bucket(t.hour, $1::timestamptz[]), ${columns}, sum(t.count)::bigint
    from (select t.hour, ${columns}, sum(t.count) as count from tally_hour t where t.hour >= greatest((select closed from state), ($1::timestamptz[])[1]) and t.hour < $2::timestamptz and ${where} group by t.hour, ${columns}) t group by 2, ${columns}
  )`

/** What the wall says as well, said so that it finds their rows: one with few customers reads few. */
export const ofScope = ({ tenant }: TenantDb) =>
  tenant.scope === 'all' ? 'true' : 't.customer_id = any(array(select vigie.visible_customers()))'

export interface Tally {
  category: string
  typeId: string
  /** One a bucket. */
  counts: number[]
}

/** What one may see of it (ACC-14, consent), by category and product type in each bucket. */
export async function tallies(db: TenantDb, bounds: readonly Date[]): Promise<Tally[]> {
  const found = new Map<string, Tally>()
  const add = async (totals: Totals, where: string, sign: 1 | -1) => {
    const { rows } = await db.query<{ kind: 'at' | 'in'; n: number; category: string; type_id: string; count: string }>(
      `with ${parts(totals, where, 't.category, t.type_id')} select * from part`,
      [bounds, bounds.at(-1)],
    )
    for (const { kind, n, category, type_id: typeId, count } of rows) {
      const key = `${category} ${typeId}`
      const one = found.get(key) ?? { category, typeId, counts: bounds.slice(1).map(() => 0) }
      found.set(key, one)
      const change = sign * Number(count)
      // bucket n is what the totals are at its end less what they are at its beginning
      if (kind === 'in' || n > 1) one.counts[kind === 'in' ? n - 1 : n - 2]! += change
      if (kind === 'at' && n < bounds.length) one.counts[n - 1]! -= change
    }
  }
  const seen = await restrictView(db, 'view-detections', 't.customer_id', {})
  if (db.tenant.scope !== 'all') await add('tally_day', `${ofScope(db)} and ${seen ?? 'true'}`, 1)
  else {
    await add('tally_day_all', 'true', 1)
    // those who do not consent are fewer than those who do
    if (seen !== null) await add('tally_day', `(${seen}) is not true`, -1)
  }
  return [...found.values()].filter(({ counts }) => counts.some((count) => count !== 0))
}

export interface TopCustomer {
  id: string
  company: string
  count: number
  categories: { category: string; count: number }[]
}

/**
 * Each customer's count between two instants: what its total is at the end, less what it was at the beginning, with what came late and the newest hours as above. Two days' rows of each and no more, whatever
 * lies between; spelled out, since all customers are asked for. Sums of doubles: exact up to 2^53, and quicker than of bigint, which are numeric.
 */
const eachCustomer = (where: string) => `${edges},
  counted as materialized (
    select customer_id, sum(change) as count from (
      select t.customer_id, t.totals[(select place from edge where n = 2)]::float8 as change from tally_day_customer t where t.day = (select day from edge where n = 2) and ${where}
      union all
      select t.customer_id, -t.totals[(select place from edge where n = 1)]::float8 from tally_day_customer t where t.day = (select day from edge where n = 1) and ${where}
      union all
      select t.customer_id, t.change::float8 from tally_late t where t.hour >= $1 and t.hour < least((select closed from state), $2) and ${where}
      union all
      select t.customer_id, t.count::float8 from tally_hour t where t.hour >= greatest((select closed from state), $1) and t.hour < $2 and ${where}) one
    group by 1)`

/** The customers with the most between two instants, and what all have together. Each customer's sum first; then the names and categories of the few with the most (`lateral`, `offset 0`: looked up until there are enough; joined, PostgreSQL looked up all). */
export async function topCustomers(
  db: TenantDb,
  from: Date,
  until: Date,
  most: number,
): Promise<{ total: number; customers: TopCustomer[] }> {
  const seen = (await restrictView(db, 'view-detections', 't.customer_id', {})) ?? 'true'
  const { rows } = await db.query<{ total: number; id: string | null; company: string; count: number }>(
    `with ${eachCustomer(`${ofScope(db)} and ${seen}`)},
     best as materialized (
       select c.id, c.company, k.count from (select customer_id, count from counted where count > 0 order by count desc, customer_id) k,
         lateral (select id, company from customer where id = k.customer_id offset 0) c order by k.count desc, k.customer_id limit $3)
     select a.total, b.* from (select coalesce(sum(count), 0) as total from counted) a left join best b on true order by b.count desc, b.id`,
    [from, until, most],
  )
  const best = rows.flatMap(({ id, company, count }) => (id === null ? [] : [{ id, company, count }]))
  const { rows: categories } =
    best.length === 0
      ? { rows: [] }
      : await db.query<{ customer_id: string; category: string; count: string }>(
          `with ${parts('tally_day', 't.customer_id = any($3::uuid[])', 't.customer_id, t.category')}
     select customer_id, category, sum(case when kind = 'at' and n = 1 then -count else count end) as count from part group by 1, 2 having sum(case when kind = 'at' and n = 1 then -count else count end) > 0
     order by 3 desc, 2`,
          [[from, until], until, best.map(({ id }) => id)],
        )
  return {
    total: rows[0]!.total,
    customers: best.map((customer) => ({
      ...customer,
      categories: categories
        .filter(({ customer_id }) => customer_id === customer.id)
        .map(({ category, count }) => ({ category, count: Number(count) })),
    })),
  }
}
