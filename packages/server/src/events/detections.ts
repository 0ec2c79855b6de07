import { productTypes } from '@vigie/connectors/products'
import type { Detection, eventsApi } from '@vigie/domain/events'
import type { QueryOf } from '@vigie/domain/kernel'
import { restrictView } from '../consent/index.ts'
import { keyset, type Keyset, Params, sees, type TenantDb } from '../platform/index.ts'

interface Row {
  content: string
  at: Date
  received_at: Date
  customer_id: string
  company: string
  product_id: string
  endpoint_id: string
  endpoint_name: string
  category: string
  threat: string
  object: string
  outcome: string
  engine: string
}

type Asked = QueryOf<typeof eventsApi.listDetections>

const sorts = { at: [{ sql: 'd.at', type: 'timestamptz' }] } as const

/**
 * Raw records. Plan: the primary key by product (an endpoint's product is asked first, and where a threat was found), `detection_customer` by customer (and for accounts that see few), else `detection_newest`: a page costs the same
 * whatever is stored (detections.plan.test.ts).
 */
export async function list(db: TenantDb, query: Asked): Promise<{ rows: Detection[]; nextCursor: string | null }> {
  const params = new Params()
  const where: string[] = []
  const consented = await restrictView(db, 'view-detections', 'd.customer_id', query)
  if (consented !== null) where.push(consented)
  if (query.customerId) where.push(`d.customer_id = ${params.add(query.customerId)}`)
  if (query.productId) where.push(`d.product_id = ${params.add(query.productId)}`)
  if (query.endpointId) {
    const of = await identitiesOf(db, query.endpointId)
    where.push(`d.endpoint_id = any(${params.add(of.ids)}::uuid[])`)
    // one product, as nearly always: its key gives the order as well
    where.push(
      of.productIds.length === 1
        ? `d.product_id = ${params.add(of.productIds[0])}`
        : `d.product_id = any(${params.add(of.productIds)}::uuid[])`,
    )
  }
  const typeIds = typesAsked(query)
  const ofTypes = typeIds === undefined ? null : await fewProducts(db, typeIds, query)
  if (query.category) where.push(`d.category = ${params.add(query.category)}`)
  if (query.threat) where.push(`d.threat = ${params.add(query.threat)}`)
  if (query.outcome) where.push(`d.outcome = any(${params.add(query.outcome)})`)
  if (query.from) where.push(`d.at >= ${params.add(query.from)}`)
  if (query.until) where.push(`d.at < ${params.add(query.until)}`)
  // the content id names a record within a product and instant; as a UUID it ends the sort
  const page = keyset(sorts, contentUuid, query, params)
  where.push(page.where)
  const before = [...where]
  const ofType = typeIds === undefined || ofTypes !== null ? null : productsOf(params.add(typeIds))
  // `is true`: looked up, never joined, for which all that these products ever told would be put in order
  if (ofType !== null) where.push(`(d.product_id in (${ofType})) is true`)
  const among =
    (ofTypes === null ? null : ofProducts(`select unnest(${params.add(ofTypes)}::uuid[])`, query, where, page, params)) ??
    (await whereFound(db, query, where, page, params)) ??
    countedBetween(query, where, page, params) ??
    (await ofFewCustomers(db, query, where, page, params))
  // The page first, then what is told of its rows. `case`, for behind row-level security `coalesce` reaches no index (PostgreSQL does not take it for leakproof): each page read all endpoints.
  const limit = params.add(page.limit)
  const read = async (from: string) =>
    (
      await db.query<Row & { keys: string[] }>(
        `select ${contentUuid}::text as content, d.at, d.received_at, d.customer_id, c.company, d.product_id, coalesce(l.endpoint_id, d.endpoint_id) as endpoint_id, coalesce((select e.name from endpoint e where e.partner_id = d.partner_id and e.id = case when l.endpoint_id is null then d.endpoint_id else l.endpoint_id end), '') as endpoint_name, d.category, d.threat, d.object, d.outcome,
       d.engine, ${page.keys} as keys
     from (select d.* from ${from} d where ${where.join(' and ')} order by ${page.orderBy} limit ${limit}) d join customer c on c.partner_id = d.partner_id and c.id = d.customer_id left join endpoint_alias l on l.partner_id = d.partner_id and l.merged_id = d.endpoint_id
     order by ${page.orderBy}`,
        params.values,
      )
    ).rows
  if (among === null && ofType !== null && query.productId === undefined && query.endpointId === undefined) {
    const lately = `(select d.* from detection d where ${before.join(' and ')} order by ${page.orderBy} limit ${looked})`
    const rows = await read(lately)
    return shownOf(page, rows.length === page.limit ? rows : await read(ofProducts(ofType, query, before, page, params)))
  }
  return shownOf(page, await read(among ?? 'detection'))
}

function shownOf(page: Keyset, rows: (Row & { keys: string[] })[]): { rows: Detection[]; nextCursor: string | null } {
  const shown = page.page(rows)
  return { rows: shown.rows.map(toDetection), nextCursor: shown.nextCursor }
}

/** So far may the time of a machine's clock be from the time that counts, for a record to be looked for beside it. The index `detection_clock_off` has the others. */
const nearMinutes = 10

/**
 * Records by when they count, which has no order of its own: nearly always that is when their machine says they were, so a part of the list's order has them; those of clocks that are off are few and have an index.
 * Null: not asked. Each half ends where the page does.
 */
function countedBetween(
  { countedFrom, countedUntil }: { countedFrom?: string | undefined; countedUntil?: string | undefined },
  where: readonly string[],
  page: { orderBy: string; limit: number },
  params: Params,
): string | null {
  if (countedFrom === undefined && countedUntil === undefined) return null
  const { isNear, isFar, counted } = countedAs(countedFrom, countedUntil, params)
  const order = `order by ${page.orderBy} limit ${params.add(page.limit)}`
  // `offset 0`: all of the few first, by their index; PostgreSQL takes them for a third of all and would walk through the list's order
  return `(
    (select d.* from detection d where ${[...where, isNear, counted].join(' and ')} ${order}) union all
    (select d.* from (select d.* from detection d where ${[isFar, counted].join(' and ')} offset 0) d where ${[...where, 'true'].join(' and ')} ${order}))`
}

/** That a record counts between two instants: by clocks that are about right, with the part of the list's order that has them; and by those that are off. */
function countedAs(countedFrom: string | undefined, countedUntil: string | undefined, params: Params) {
  const [from, until] = [`${params.add(countedFrom ?? '-infinity')}::timestamptz`, `${params.add(countedUntil ?? 'infinity')}::timestamptz`]
  const near = `interval '${nearMinutes} minutes'`
  return {
    isNear: `d.at - d.counted_at <= ${near} and d.counted_at - d.at <= ${near} and d.at >= ${from} - ${near} and d.at < ${until} + ${near}`,
    isFar: `(d.at - d.counted_at > ${near} or d.counted_at - d.at > ${near})`,
    counted: `d.counted_at >= ${from} and d.counted_at < ${until}`,
  }
}

/** Types asked for, by themselves or as a family of the catalogue. Undefined: any. */
function typesAsked({ typeId, family }: Asked): readonly string[] | undefined {
  if (family === undefined) return typeId
  const ofFamily = productTypes.filter((type) => type.family === family).map(({ id }) => id)
  return typeId === undefined ? ofFamily : ofFamily.filter((id) => typeId.includes(id))
}

/** Products of some types, and those that were deleted and have records yet, which stand in lists and figures until they are gone. */
const productsOf = (types: string) =>
  `select id from product where type_id = any(${types}::text[]) union all select product_id from purge where type_id = any(${types}::text[])`

/** Products that are asked one by one; where a type has more, the list's own order soon meets them: in so many of its first records, or else they are asked all the same. */
const mostProducts = 300
const looked = 5_000

/** The few products of some types: of one customer's those that are his, were his when they were deleted, or whose history moves. Null: many, or said more closely by another filter. */
async function fewProducts(
  db: TenantDb,
  typeIds: readonly string[],
  { customerId, productId, endpointId }: Asked,
): Promise<string[] | null> {
  if (productId !== undefined || endpointId !== undefined) return null
  const { rows } = await db.query<{ id: string }>(
    customerId === undefined
      ? `${productsOf('$1')} limit ${mostProducts + 1}`
      : `select id from product where customer_id = $2 and type_id = any($1::text[]) union all select product_id from purge where customer_id = $2 and type_id = any($1::text[])
         union all select p.id from history_due h join product p on p.partner_id = h.partner_id and p.id = h.product_id where p.type_id = any($1::text[]) and p.customer_id <> $2 limit ${mostProducts + 1}`,
    customerId === undefined ? [typeIds] : [typeIds, customerId],
  )
  return rows.length > mostProducts ? null : rows.map(({ id }) => id)
}

/** A page of each of few products, by their key: the list's order would pass all that others told on the way to them. */
function ofProducts(
  products: string,
  { countedFrom, countedUntil }: Asked,
  where: readonly string[],
  page: { orderBy: string; limit: number },
  params: Params,
): string {
  const order = `order by ${page.orderBy} limit ${params.add(page.limit)}`
  const each = (conditions: readonly string[]) =>
    `(select f.* from (${products}) s (p) cross join lateral (select d.* from detection d where ${['d.product_id = s.p', ...conditions].join(' and ')} ${order}) f)`
  if (countedFrom === undefined && countedUntil === undefined) return each(where)
  const { isNear, isFar, counted } = countedAs(countedFrom, countedUntil, params)
  return `(${each([...where, isNear, counted])} union all
    (select d.* from (select d.* from detection d where ${isFar} and ${counted} and d.product_id in (${products}) offset 0) d where ${[...where, 'true'].join(' and ')} ${order}))`
}

/** Customers of a limited account that are asked one by one; more, and the list's order has theirs soon. */
const mostCustomers = 500

/** A limited account's own, of each of its customers as many as a page: the list's order would pass all that others have on the way to them (ACC-14). Null: not limited to few, or said more closely. */
async function ofFewCustomers(
  db: TenantDb,
  { customerId, productId, endpointId }: Asked,
  where: readonly string[],
  page: { orderBy: string; limit: number },
  params: Params,
): Promise<string | null> {
  if (customerId !== undefined || productId !== undefined || endpointId !== undefined || (await sees(db)) !== 'part') return null
  const {
    rows: [own],
  } = await db.query<{ is_few: boolean }>(
    `select count(*) <= ${mostCustomers} as is_few from (select from vigie.visible_customers() limit ${mostCustomers + 1}) v`,
  )
  if (!own!.is_few) return null
  return `(select f.* from vigie.visible_customers() v (id) cross join lateral (select d.* from detection d where d.customer_id = v.id and ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)}) f)`
}

/** Products that had a threat, at most so many: where more had it, the list's own order soon meets it. */
const mostPlaces = 300

/**
 * Records of one threat, which have no order of their own: `threat_seen` knows which products had it between which days, by which records count (decision 31). Of each such product these days are looked through,
 * and the few records whose machine's clock is off by their own index. A product that told more names in a day than are noted has a place without a name (ingest/threats.ts): it may have had any.
 * Null: not asked, or said more closely by another filter, or so many had it that the list's order has it soon.
 */
async function whereFound(
  db: TenantDb,
  query: Asked,
  where: readonly string[],
  page: { orderBy: string; limit: number },
  params: Params,
): Promise<string | null> {
  const { threat, customerId, productId, endpointId, countedFrom = '-infinity', countedUntil = 'infinity' } = query
  if (threat === undefined || productId !== undefined || endpointId !== undefined) return null
  const { rows: places } = await db.query<{ product_id: string; first_on: string; last_on: string }>(
    `select product_id, min(first_on)::text as first_on, max(last_on)::text as last_on from (${[threat, '']
      .map(
        (_, n) =>
          `(select product_id, first_on, last_on from threat_seen where threat_key = vigie.fold($${n + 1}) and threat = $${n + 1} and ($3::uuid is null or customer_id = $3) order by last_on desc, id desc limit ${mostPlaces + 1})`,
      )
      .join(' union all ')}) s group by 1`,
    [threat, '', customerId ?? null],
  )
  if (places.length > mostPlaces) return null
  const near = `interval '${nearMinutes} minutes'`
  const [from, until, limit] = [
    `${params.add(countedFrom)}::timestamptz`,
    `${params.add(countedUntil)}::timestamptz`,
    params.add(page.limit),
  ]
  const [products, firstOn, lastOn] = [
    params.add(places.map((place) => place.product_id)),
    params.add(places.map((place) => place.first_on)),
    params.add(places.map((place) => place.last_on)),
  ]
  const counted = `d.counted_at >= ${from} and d.counted_at < ${until}`
  const order = `order by ${page.orderBy} limit ${limit}`
  const isNear = `d.at - d.counted_at <= ${near} and d.counted_at - d.at <= ${near}`
  const isFar = `(d.at - d.counted_at > ${near} or d.counted_at - d.at > ${near})`
  return `(
    (select f.* from (select p, (a at time zone 'UTC') - ${near} as a, ((z + 1) at time zone 'UTC') + ${near} as z from unnest(${products}::uuid[], ${firstOn}::date[], ${lastOn}::date[]) s (p, a, z)) s
       cross join lateral (select d.* from detection d where d.product_id = s.p and d.at >= s.a and d.at < s.z and ${[...where, isNear, counted].join(' and ')} ${order}) f) union all
    (select d.* from (select d.* from detection d where ${isFar} and ${counted} and d.product_id = any(${products}::uuid[]) offset 0) d where ${[...where, 'true'].join(' and ')} ${order}))`
}

/** The endpoint and what is merged into it, each with its own history (docs/decisions/0024). Nothing of an endpoint that is not there. */
async function identitiesOf(db: TenantDb, endpointId: string): Promise<{ ids: string[]; productIds: string[] }> {
  const { rows } = await db.query<{ id: string; product_id: string }>(
    'select id, product_id from endpoint where id = $1 union all select merged_id, product_id from endpoint_alias where endpoint_id = $1',
    [endpointId],
  )
  return { ids: rows.map(({ id }) => id), productIds: [...new Set(rows.map(({ product_id }) => product_id))] }
}

const contentUuid = `encode(d.content_id, 'hex')::uuid`

const toDetection = (row: Row): Detection => ({
  id: `${row.product_id}.${row.at.getTime()}.${row.content}`,
  at: row.at.toISOString(),
  receivedAt: row.received_at.toISOString(),
  customerId: row.customer_id,
  customerName: row.company,
  productId: row.product_id,
  endpointId: row.endpoint_id,
  endpointName: row.endpoint_name,
  category: row.category,
  threat: row.threat,
  object: row.object,
  outcome: row.outcome,
  engine: row.engine,
})
