import { soughtWords } from '../consent/index.ts'
import { likePattern, type Params, type TenantDb } from '../platform/index.ts'

/** So many found are brought by their ids; where more are, the list in its own order soon meets them (decision 0022). */
const most = { endpoints: 5_000, customers: 300 } as const

/** What someone types to find a machine by its address: the beginning of one. */
const looksLikeAddress = /^[0-9a-f]*[.:][0-9a-f.:]*$/i

/** `vigie.endpoint_words`: the name in the first line, addresses in the second, each after a blank. */
const patternsOf = (q: string): string[] => (looksLikeAddress.test(q) ? [likePattern(` ${q}`), `${likePattern(q)}\n %`] : [likePattern(q)])

/**
 * INV-1: endpoints `e` by name, address, platform or customer. Asked first, by index, is which there are; only when they are many does the list itself compare the words
 * of what it passes.
 */
export async function foundBy(db: TenantDb, q: string, params: Params): Promise<string> {
  const { rows: [found] } = await db.query<{ endpoints: string[] | null; customers: string[]; patterns: string[]; customer: string }>(
    `with folded as (select array(select vigie.fold(p) from unnest($2::text[]) p) as patterns, vigie.fold($3) as customer)
     select vigie.search_endpoints(vigie.fold($1), patterns, $4) as endpoints, array(select id from customer where search_key like (select customer from folded) limit $5) as customers, patterns, customer from folded`,
    [q, patternsOf(q), likePattern(q), most.endpoints, most.customers + 1],
  )
  const { endpoints, customers, patterns, customer } = found!
  const isIn = (words: string) => `(${patterns.map((pattern) => `${words} like ${params.add(pattern)}`).join(' or ')})`
  if (endpoints !== null && customers.length <= most.customers) {
    // the index knows all words: what it found by an address that may not be seen is not found
    const seen = await soughtWords(db, 's.words', 's.customer_id')
    const own = `e.id = any(${params.add(endpoints)}::uuid[])`
    return `(${seen === 's.words' ? own : `(${own} and exists (select from endpoint_search s where s.partner_id = e.partner_id and s.endpoint_id = e.id and ${isIn(seen)}))`} or e.customer_id = any(${params.add(customers)}::uuid[]))`
  }
  return `(${isIn(await soughtWords(db, 'e.search_key', 'e.customer_id'))} or e.customer_id in (select id from customer where search_key like ${params.add(customer)}))`
}

/** Up to so many endpoints are reached from their products or customers; more, and the list in its own order soon meets some. */
const mostBehind = 20_000

/**
 * Endpoints `e` whose product or customer has something in common. Under row-level security the planner knows nothing of how many endpoints stand behind them; the kept counts do.
 * @param where of `p`, resp. `c`, its parameters among `values`
 */
export async function behind(db: TenantDb, table: 'product' | 'customer', where: string, values: readonly unknown[], params: Params): Promise<string> {
  const { rows: [all] } = await db.query<{ ids: string[] | null; endpoints: number }>(
    `select case when sum(o.endpoint_count) <= ${mostBehind} then array_agg(o.id) end as ids, coalesce(sum(o.endpoint_count), 0)::integer as endpoints from ${table} o where o.endpoint_count > 0 and ${where}`, values)
  if (all!.endpoints === 0) return 'false'
  if (all!.ids) return `e.${table}_id = any(${params.add(all!.ids)}::uuid[])`
  const places = values.map((value) => params.add(value))
  return `e.${table}_id in (select o.id from ${table} o where ${where.replaceAll(/\$(\d+)/g, (_, n: string) => places[Number(n) - 1]!)})`
}
