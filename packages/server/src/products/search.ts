import { looksLikeAddress } from '@vigie/domain/search'
import { soughtWords } from '../consent/index.ts'
import { likePattern, ofOwn, sees, type Params, type Sees, type TenantDb } from '../platform/index.ts'

/** So many found are brought by their ids; where more are, the list in its own order soon meets them (decision 0022). */
const most = { endpoints: 5_000, customers: 300 } as const

/** `vigie.endpoint_words`: the name in the first line, addresses in the second, each after a blank. */
const patternsOf = (q: string): string[] => (looksLikeAddress(q) ? [likePattern(` ${q}`), `${likePattern(q)}\n %`] : [likePattern(q)])

/** Up to so many endpoints of a limited account are gathered; more, and the list passes in its own order. */
const mostGathered = 20_000

interface Found {
  /** Null: there are many. */
  endpoints: string[] | null
  customers: string[]
  patterns: string[]
  customer: string
  /** How many the asker sees, by the kept counts; null: all. */
  seen: number | null
}

const folded =
  'with folded as materialized (select array(select vigie.fold(p) from unnest($1::text[]) p) as patterns, vigie.fold($2) as customer)'

async function askIndex(db: TenantDb, q: string): Promise<Found> {
  const {
    rows: [found],
  } = await db.query<Found>(
    `${folded}
     select vigie.search_endpoints(vigie.fold($3), patterns, $4) as endpoints, array(select id from customer where search_key like (select customer from folded) limit $5) as customers, patterns, customer, null::integer as seen from folded`,
    [patternsOf(q), likePattern(q), q, most.endpoints, most.customers + 1],
  )
  return found!
}

/**
 * The index of words knows those of all: how long it takes tells of others (ACC-14). Whoever is limited never asks it: the words of his own are compared, whatever that finds; reached by their customers where
 * these are a part, else as they come, past the few of others.
 */
async function askOwn(db: TenantDb, q: string, seen: Sees): Promise<Found> {
  const {
    rows: [words],
  } = await db.query<Pick<Found, 'patterns' | 'customer'>>(`${folded} select * from folded`, [patternsOf(q), likePattern(q)])
  const {
    rows: [found],
  } = await db.query<{ endpoints: string[]; customers: string[]; seen: number }>(
    `select array(select endpoint_id from endpoint_search where ${own(seen, 'customer_id')}words like any($1::text[]) limit $2) as endpoints, c.customers, c.seen
     from (select coalesce((array_agg(id) filter (where search_key like $3))[:$4], '{}') as customers, coalesce(sum(endpoint_count), 0)::integer as seen from customer where ${own(seen, 'id')}true) c`,
    [words!.patterns, most.endpoints + 1, words!.customer, most.customers + 1],
  )
  return { ...words!, ...found!, endpoints: found!.endpoints.length > most.endpoints ? null : found!.endpoints }
}

const own = (seen: Sees, column: string): string => (seen === 'part' ? `${ofOwn(column)} and ` : '')

/** Asked once a transaction: several lists in one (`summarise`) would each add up thousands of customers. It says only which way is short, never what may be seen. */
const few = new WeakMap<TenantDb, Promise<boolean>>()

/** Are what a limited account sees so few endpoints that they are gathered by their customers, whatever is asked of them? A walk in the list's order would pass all of others on its way to them. */
export function seesFew(db: TenantDb): Promise<boolean> {
  const known = few.get(db) ?? addUp(db)
  few.set(db, known)
  return known
}

async function addUp(db: TenantDb): Promise<boolean> {
  if ((await sees(db)) !== 'part') return false
  const {
    rows: [all],
  } = await db.query<{ is_few: boolean }>(
    `select coalesce(sum(endpoint_count), 0) <= ${mostGathered} as is_few from customer where ${ofOwn('id')}`,
  )
  return all!.is_few
}

export interface Sought {
  sql: string
  /** What is found is to be gathered before it is put in order: a walk in the list's order would pass what the asker must not learn of. */
  isGathered: boolean
}

/**
 * INV-1: endpoints `e` by name, address, platform or customer. Asked first, by index, is which there are; only when they are many does the list itself compare the words
 * of what it passes.
 */
export async function foundBy(db: TenantDb, q: string, params: Params): Promise<Sought> {
  const seen = await sees(db)
  const { endpoints, customers, patterns, customer, seen: count } = seen === 'all' ? await askIndex(db, q) : await askOwn(db, q, seen)
  const isFew = customers.length <= most.customers
  const isIn = (words: string) => `(${patterns.map((pattern) => `${words} like ${params.add(pattern)}`).join(' or ')})`
  if (endpoints !== null && isFew) {
    // the index knows all words: what it found by an address that may not be seen is not found
    const words = await soughtWords(db, 's.words', 's.customer_id')
    const found = `e.id = any(${params.add(endpoints)}::uuid[])`
    const sql = `(${words === 's.words' ? found : `(${found} and exists (select from endpoint_search s where s.partner_id = e.partner_id and s.endpoint_id = e.id and ${isIn(words)}))`} or e.customer_id = any(${params.add(customers)}::uuid[]))`
    return { sql, isGathered: seen !== 'all' }
  }
  const words = await soughtWords(db, 'e.search_key', 'e.customer_id')
  const met = `(${isIn(words)} or ${isFew ? `e.customer_id = any(${params.add(customers)}::uuid[])` : `e.customer_id in (select id from customer where ${own(seen, 'id')}search_key like ${params.add(customer)})`})`
  const isGathered = count !== null && count <= mostGathered
  return { sql: isGathered ? `(${own(seen, 'e.customer_id')}${met})` : met, isGathered }
}

/** Up to so many endpoints are reached from their products or customers; more, and the list in its own order soon meets some. */
const mostBehind = 20_000

/**
 * Endpoints `e` whose product or customer has something in common. Under row-level security the planner knows nothing of how many endpoints stand behind them; the kept counts do.
 * @param where of `p`, resp. `c`, its parameters among `values`
 */
export async function behind(
  db: TenantDb,
  table: 'product' | 'customer',
  where: string,
  values: readonly unknown[],
  params: Params,
): Promise<string> {
  const {
    rows: [all],
  } = await db.query<{ ids: string[] | null; endpoints: number }>(
    `select case when sum(o.endpoint_count) <= ${mostBehind} then array_agg(o.id) end as ids, coalesce(sum(o.endpoint_count), 0)::integer as endpoints from ${table} o where o.endpoint_count > 0 and ${where}`,
    values,
  )
  if (all!.endpoints === 0) return 'false'
  if (all!.ids) return `e.${table}_id = any(${params.add(all!.ids)}::uuid[])`
  const places = values.map((value) => params.add(value))
  return `e.${table}_id in (select o.id from ${table} o where ${where.replaceAll(/\$(\d+)/g, (_, n: string) => places[Number(n) - 1]!)})`
}
