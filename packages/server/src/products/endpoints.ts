import { Problem, type QueryOf } from '@vigie/domain/kernel'
import { outdatedBefore, silentAfterDays, type Endpoint, type EndpointDetails, type productsApi } from '@vigie/domain/products'
import { assertConsent, restrictView, withoutAddresses } from '../consent/index.ts'
import { keyset, ofOwn, Params, type TenantDb } from '../platform/index.ts'
import { newestOfEngines, type Newest } from './newest.ts'
import { placesOf } from './places.ts'
import { endpointColumns, endpointJoins, toEndpoint, type EndpointRow } from './rows.ts'
import { behind, foundBy, seesFew } from './search.ts'

const sorts = {
  name: [{ sql: 'e.name_key', type: 'text' }],
  lastSeenAt: [{ sql: 'e.received_key', type: 'timestamptz' }],
  openInfections: [{ sql: 'e.open_infections', type: 'integer' }],
  patternBuiltAt: [{ sql: 'e.pattern_built_key', type: 'timestamptz' }],
} as const

export type EndpointQuery = QueryOf<typeof productsApi.listEndpoints>
export type EndpointFilters = Partial<Omit<EndpointQuery, 'limit' | 'cursor' | 'sort'>>

/**
 * What the filters ask of endpoints `e`, as SQL. Whatever else is to be done with "all that this filter finds" (move, order, count) asks by this, so that it means what
 * the list showed. Filters that ask another table ask it once.
 */
export async function conditionsOf(db: TenantDb, query: EndpointFilters, params: Params, newest: Newest, now: Date): Promise<string[]> {
  const { places, others } = await splitConditions(db, query, params, newest, now)
  return [...places, ...others]
}

/** `places`: whose, and in which group, which the planner knows well. `others`: all that it judges one by one. */
async function splitConditions(
  db: TenantDb,
  query: EndpointFilters,
  params: Params,
  newest: Newest,
  now: Date,
): Promise<{ places: string[]; others: string[]; isGathered: boolean }> {
  const places: string[] = []
  const consented = await restrictView(db, 'view-endpoints', 'e.customer_id', query)
  if (consented !== null) places.push(consented)
  for (const [sql, value] of [
    ['e.customer_id', query.customerId],
    ['e.product_id', query.productId],
    ['e."group"', query.group],
  ] as const)
    if (value !== undefined) places.push(`${sql} = ${params.add(value)}`)
  const where: string[] = []
  const isOneOf = (sql: string, values: readonly string[] | undefined) =>
    void (values && where.push(`${sql} = any(${params.add(values)}::text[])`))
  if (query.state)
    where.push(
      `(e.agent_id in (select id from agent where state = any(${params.add(query.state)}::text[])) ${query.state.includes('unknown') ? 'or e.agent_id is null' : ''})`,
    )
  if (query.agentVersion !== undefined)
    where.push(`e.agent_id in (select id from agent where agent_version = ${params.add(query.agentVersion)})`)
  isOneOf('e.real_time_scan', query.realTimeScan)
  isOneOf('e.platform_kind', query.platformKind)
  if (query.isInfected !== undefined) where.push(query.isInfected ? 'e.open_infections > 0' : 'e.open_infections = 0')
  if (query.isUnprotected !== undefined) where.push(query.isUnprotected ? 'e.is_unprotected' : 'not e.is_unprotected')
  if (query.isOutdated !== undefined) where.push(query.isOutdated ? outdated(newest, params) : `(${outdated(newest, params)}) is not true`)
  if (query.silentDays !== undefined) where.push(silent(query.silentDays, params, now))
  if (query.tag)
    where.push(
      await behind(db, 'customer', 'o.id in (select customer_id from customer_tag where tag = any($1::text[]))', [query.tag], params),
    )
  if (query.typeId) where.push(await behind(db, 'product', 'o.type_id = any($1::text[])', [query.typeId], params))
  if (query.family) where.push(await behind(db, 'product', 'o.family = any($1::text[])', [query.family], params))
  const sought = query.q ? await foundBy(db, query.q, params) : null
  if (sought) {
    where.push(sought.sql)
    return { places, others: where, isGathered: sought.isGathered }
  }
  // of one customer or product there are few anyway
  const isFew = query.customerId === undefined && query.productId === undefined && (await seesFew(db))
  if (isFew) places.push(ofOwn('e.customer_id'))
  return { places, others: where, isGathered: isFew }
}

/** The same as `outdatedComponents` in domain. */
function outdated(newest: Newest, params: Params): string {
  const lines = [...newest.values()].map((engine) => {
    const before = outdatedBefore(engine)
    const name = params.add(engine.engine)
    const isBehind = `e.engine = ${name} and e.engine_version = any(${params.add(engine.olderVersions)}::text[])`
    return before === null
      ? isBehind
      : `(e.engine = ${name} and e.pattern_built_key < ${params.add(before)} and e.pattern_built_key > '-infinity') or (${isBehind})`
  })
  return lines.length === 0 ? 'false' : `(${lines.join(' or ')})`
}

/** Never heard counts from when it was first known. */
function silent(days: number, params: Params, now: Date): string {
  const since = params.add(new Date(now.getTime() - days * 86_400_000))
  // all are above the least: said all the same, so that PostgreSQL, which knows no `since` when it plans for good, takes it for a short piece of the index
  return `e.received_key >= '-infinity' and e.received_key < ${since} and (e.received_key > '-infinity' or e.created_at < ${since})`
}

/** So many of the list's first rows are looked through for what several conditions ask together. */
const looked = 5_000

/**
 * The page is made of endpoints alone, and only its rows are joined with what else is shown of them. Plan: the sort's own index, or a filter's where it finds few
 * (customers' store.plan.test.ts, inventory.plan.test.ts). `limit` may be above a page's for exports.
 */
export async function list(db: TenantDb, query: EndpointQuery, now: Date): Promise<{ rows: Endpoint[]; nextCursor: string | null }> {
  const params = new Params()
  const newest = await newestOfEngines(db, now)
  const { places, others, isGathered } = await splitConditions(db, query, params, newest, now)
  const page = keyset(sorts, 'e.id', query, params)
  places.push(page.where)
  const limit = params.add(page.limit)
  const read = async (endpoints: string) =>
    (
      await db.query<EndpointRow & { keys: string[] }>(
        `select ${endpointColumns}, ${page.keys} as keys from (${endpoints} order by ${page.orderBy} limit ${limit}) e ${endpointJoins} order by ${page.orderBy}`,
        params.values,
      )
    ).rows
  const conditions = [...places, ...others].join(' and ')
  // One condition the planner judges well. Of several together it knows nothing (row-level security keeps it from their statistics): either the first rows in the list's order have
  // a page of them, or they are so few that all are gathered by what finds the fewest.
  const isHard = others.length > 1 || query.silentDays !== undefined
  const gathered = `select e.* from (select e.* from endpoint e where ${conditions} offset 0) e`
  let rows = await read(
    isGathered
      ? gathered
      : isHard
        ? `select e.* from (select e.* from endpoint e where ${places.join(' and ')} order by ${page.orderBy} limit ${looked}) e where ${conditions}`
        : `select e.* from endpoint e where ${conditions}`,
  )
  if (!isGathered && isHard && rows.length < page.limit) rows = await read(gathered)
  const shown = page.page(rows)
  return { rows: await toEndpoints(db, shown.rows, newest, now), nextCursor: shown.nextCursor }
}

async function toEndpoints(db: TenantDb, rows: readonly EndpointRow[], newest: Newest, now: Date): Promise<Endpoint[]> {
  const withheld = await withoutAddresses(
    db,
    rows.map((row) => row.customer_id),
  )
  return rows.map((row) => toEndpoint(row, newest, !withheld.has(row.customer_id), now))
}

/** @throws endpoint.not-found, consent.missing */
export async function get(db: TenantDb, id: string, now: Date): Promise<EndpointDetails> {
  const {
    rows: [row],
  } = await db.query<EndpointRow & { former_names: string[] | null }>(
    `select ${endpointColumns}, s.former_names from endpoint e ${endpointJoins} left join endpoint_search s on s.partner_id = e.partner_id and s.endpoint_id = e.id where e.id = $1`,
    [id],
  )
  if (!row) throw new Problem('endpoint.not-found', { endpointId: id })
  await assertConsent(db, row.customer_id, 'view-endpoints')
  const newest = await newestOfEngines(db, now)
  const [endpoint] = await toEndpoints(db, [row], newest, now)
  const own = row.engine === null ? undefined : newest.get(row.engine)
  const addressHistory = endpoint!.addresses && ((await placesOf(db, [id])).get(id) ?? [])
  return {
    ...endpoint!,
    addressHistory,
    formerNames: row.former_names ?? [],
    newest: own === undefined ? null : { patternBuiltAt: own.patternBuiltAt?.toISOString() ?? null, engineVersion: own.version },
  }
}

/** The first few, by name: by their words, or their ids, their agents' or their products' or its GUID. */
export async function find(db: TenantDb, by: { q: string } | { ids: readonly string[] }, limit: number, now: Date): Promise<Endpoint[]> {
  const params = new Params()
  const { sql, isGathered } =
    'q' in by
      ? await foundBy(db, by.q, params)
      : {
          isGathered: true,
          sql: `(e.id = any(${params.add(by.ids)}::uuid[]) or e.agent_id = any(${params.add(by.ids)}::uuid[])
    or e.product_id in (select id from product where id = any(${params.add(by.ids)}::uuid[]) or guid = any(${params.add(by.ids)}::uuid[])))`,
        }
  const consented = (await restrictView(db, 'view-endpoints', 'e.customer_id', {})) ?? 'true'
  const { rows } = await db.query<EndpointRow>(
    `select ${endpointColumns} from (select e.* from (select e.* from endpoint e where ${sql} and ${consented}${isGathered ? ' offset 0' : ''}) e order by e.name_key, e.id limit ${params.add(limit)}) e ${endpointJoins} order by e.name_key, e.id`,
    params.values,
  )
  return await toEndpoints(db, rows, await newestOfEngines(db, now), now)
}

export interface Count {
  count: number
  isMore: boolean
}
/** Counts stop here: beyond it a number says no more than "very many". */
const countUpTo = 1_000

/** How many endpoints there are of what the inventory's quick filters show, and the agent versions one can choose. */
export async function summarise(
  db: TenantDb,
  { customerId, productId }: { customerId?: string | undefined; productId?: string | undefined },
  now: Date,
) {
  const newest = await newestOfEngines(db, now)
  const count = async (filters: EndpointFilters): Promise<Count> => {
    const params = new Params()
    const where = await conditionsOf(
      db,
      { ...filters, ...(customerId ? { customerId } : {}), ...(productId ? { productId } : {}) },
      params,
      newest,
      now,
    )
    const {
      rows: [row],
    } = await db.query<{ count: number }>(
      `select count(*)::integer as count from (select from endpoint e where ${where.join(' and ')} limit ${countUpTo + 1}) found`,
      params.values,
    )
    return { count: Math.min(row!.count, countUpTo), isMore: row!.count > countUpTo }
  }
  return {
    unprotected: await count({ isUnprotected: true }),
    outdated: await count({ isOutdated: true }),
    silent: await count({ silentDays: silentAfterDays }),
    infected: await count({ isInfected: true }),
    agentVersions: await distinct(db, 'agent', 'agent_version'),
    tags: await distinct(db, 'customer_tag', 'tag'),
  }
}

/** From value to value of an index, as `newestOfEngines`; so many at most. */
async function distinct(db: TenantDb, table: 'agent' | 'customer_tag', column: 'agent_version' | 'tag'): Promise<string[]> {
  const { rows } = await db.query<{ value: string }>(
    `with recursive found as (
       (select ${column} as value, 1 as n from ${table} order by ${column} limit 1)
       union all
       select (select t.${column} from ${table} t where t.${column} > f.value order by t.${column} limit 1), f.n + 1 from found f where f.value is not null and f.n < 100
     ) select value from found where value is not null`,
  )
  return rows.map(({ value }) => value)
}
