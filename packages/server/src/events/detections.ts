import type { Detection, eventsApi } from '@vigie/domain/events'
import type { QueryOf } from '@vigie/domain/kernel'
import { restrictView } from '../consent/index.ts'
import { keyset, Params, type TenantDb } from '../platform/index.ts'

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

const sorts = { at: [{ sql: 'd.at', type: 'timestamptz' }] } as const

/**
 * Raw records. Plan: the primary key by product (an endpoint's product is asked first), `detection_customer` by customer, else `detection_newest`: a page costs the same
 * whatever is stored (detections.plan.test.ts).
 */
export async function list(db: TenantDb, query: QueryOf<typeof eventsApi.listDetections>): Promise<{ rows: Detection[]; nextCursor: string | null }> {
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
    where.push(of.productIds.length === 1 ? `d.product_id = ${params.add(of.productIds[0])}` : `d.product_id = any(${params.add(of.productIds)}::uuid[])`)
  }
  if (query.typeId) where.push(`d.product_id in (select id from product where type_id = any(${params.add(query.typeId)}::text[]))`)
  if (query.category) where.push(`d.category = ${params.add(query.category)}`)
  if (query.threat) where.push(`d.threat = ${params.add(query.threat)}`)
  if (query.outcome) where.push(`d.outcome = any(${params.add(query.outcome)})`)
  if (query.from) where.push(`d.at >= ${params.add(query.from)}`)
  if (query.until) where.push(`d.at < ${params.add(query.until)}`)
  // the content id names a record within a product and instant; as a UUID it ends the sort
  const page = keyset(sorts, contentUuid, query, params)
  where.push(page.where)
  const { rows } = await db.query<Row & { keys: string[] }>(
    `select ${contentUuid}::text as content, d.at, d.received_at, d.customer_id, c.company, d.product_id, coalesce(l.endpoint_id, d.endpoint_id) as endpoint_id, coalesce(e.name, '') as endpoint_name, d.category, d.threat, d.object, d.outcome,
       d.engine, ${page.keys} as keys
     from ${countedBetween(query, where, page, params) ?? 'detection'} d join customer c on c.partner_id = d.partner_id and c.id = d.customer_id left join endpoint_alias l on l.partner_id = d.partner_id and l.merged_id = d.endpoint_id
       left join endpoint e on e.partner_id = d.partner_id and e.id = coalesce(l.endpoint_id, d.endpoint_id)
     where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)}`, params.values)
  const shown = page.page(rows)
  return { rows: shown.rows.map(toDetection), nextCursor: shown.nextCursor }
}

/** So far may the time of a machine's clock be from the time that counts, for a record to be looked for beside it. The index `detection_clock_off` has the others. */
const nearMinutes = 10

/**
 * Records by when they count, which has no order of its own: nearly always that is when their machine says they were, so a part of the list's order has them; those of clocks that are off are few and have an index.
 * Null: not asked. Each half ends where the page does.
 */
function countedBetween({ countedFrom, countedUntil }: { countedFrom?: string | undefined; countedUntil?: string | undefined }, where: readonly string[], page: { orderBy: string; limit: number }, params: Params): string | null {
  if (countedFrom === undefined && countedUntil === undefined) return null
  const [from, until, limit] = [`${params.add(countedFrom ?? '-infinity')}::timestamptz`, `${params.add(countedUntil ?? 'infinity')}::timestamptz`, params.add(page.limit)]
  const near = `interval '${nearMinutes} minutes'`
  const isNear = `d.at - d.counted_at <= ${near} and d.counted_at - d.at <= ${near} and d.at >= ${from} - ${near} and d.at < ${until} + ${near}`
  const isFar = `(d.at - d.counted_at > ${near} or d.counted_at - d.at > ${near})`
  const counted = `d.counted_at >= ${from} and d.counted_at < ${until}`
  const order = `order by ${page.orderBy} limit ${limit}`
  // `offset 0`: all of the few first, by their index; PostgreSQL takes them for a third of all and would walk through the list's order
  return `(
    (select d.* from detection d where ${[...where, isNear, counted].join(' and ')} ${order}) union all
    (select d.* from (select d.* from detection d where ${[isFar, counted].join(' and ')} offset 0) d where ${[...where, 'true'].join(' and ')} ${order}))`
}

/** The endpoint and what is merged into it, each with its own history (docs/decisions/0024). Nothing of an endpoint that is not there. */
async function identitiesOf(db: TenantDb, endpointId: string): Promise<{ ids: string[]; productIds: string[] }> {
  const { rows } = await db.query<{ id: string; product_id: string }>(
    'select id, product_id from endpoint where id = $1 union all select merged_id, product_id from endpoint_alias where endpoint_id = $1', [endpointId])
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
