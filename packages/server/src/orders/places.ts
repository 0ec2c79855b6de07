import type { QueryOf } from '@vigie/domain/kernel'
import type { OrderPlace, ordersApi, PlaceLine, PlaceStep } from '@vigie/domain/orders'
import { keyset, likePattern, newId, Params, type TenantDb } from '../platform/index.ts'

/** A place of an order that carries: a customer, or one of its products. */
export interface PlaceRow {
  id: string
  customer_id: string
  product_id: string | null
  name: string
  company: string
  ring: number
  step: PlaceStep
  reason: string | null
  lines: PlaceLine[]
  weakens: boolean
  endpoint_count: number
  before: unknown
  after: unknown
  at: Date
}
const columns =
  'i.id, i.customer_id, i.product_id, i.name, i.company, i.ring, i.step, i.reason, i.lines, i.weakens, i.endpoint_count, i.before, i.after, i.at'

export type NewPlace = Pick<PlaceRow, 'customer_id' | 'product_id' | 'name' | 'company' | 'reason' | 'lines' | 'weakens' | 'endpoint_count'>

/** Instead of those of the look before. */
export async function replace(db: TenantDb, orderId: string, places: readonly NewPlace[], now: Date): Promise<void> {
  await db.query('delete from order_place where order_id = $1', [orderId])
  await db.query(
    `insert into order_place (partner_id, order_id, id, customer_id, product_id, name, company, ring, step, reason, lines, weakens, endpoint_count, at)
     select $1, $2, p.id, p.customer_id, p.product_id, p.name, p.company, 0, case when p.reason is null then 'planned' else 'skipped' end, p.reason, p.lines, p.weakens, p.endpoint_count, $3
     from jsonb_to_recordset($4) p (id uuid, customer_id uuid, product_id uuid, name text, company text, reason text, lines jsonb, weakens boolean, endpoint_count integer)`,
    [db.tenant.partnerId, orderId, now, JSON.stringify(places.map((place) => ({ id: newId(now), ...place })))],
  )
}

/** The next of a ring that have not got it, some customers at once and, where these have many endpoints, one. Plan: order_place_ring. */
export async function nextOf(db: TenantDb, orderId: string, ring: number, mostPlaces: number, mostEndpoints: number): Promise<PlaceRow[]> {
  const { rows } = await db.query<PlaceRow>(
    `select ${columns} from order_place i where i.order_id = $1 and i.ring = $2 and i.step = 'planned' order by i.customer_id, i.id limit $3`,
    [orderId, ring, mostPlaces],
  )
  let endpoints = 0
  return rows.filter((row, at) => (endpoints += row.endpoint_count) <= mostEndpoints || at === 0)
}

/** Where something was done: what another order may take back. */
export async function done(db: TenantDb, orderId: string): Promise<PlaceRow[]> {
  return (
    await db.query<PlaceRow>(`select ${columns} from order_place i where i.order_id = $1 and i.step = 'set' order by i.customer_id, i.id`, [
      orderId,
    ])
  ).rows
}

/** The same places with what another order found and left there. Plan: order_place_customer. */
export async function remembering(db: TenantDb, orderId: string, rows: readonly PlaceRow[]): Promise<PlaceRow[]> {
  const { rows: known } = await db.query<Pick<PlaceRow, 'customer_id' | 'product_id' | 'before' | 'after'>>(
    `select customer_id, product_id, before, after from order_place where order_id = $1 and customer_id = any($2) and step = 'set'`,
    [orderId, rows.map((row) => row.customer_id)],
  )
  const memories = new Map(known.map((one) => [`${one.customer_id} ${one.product_id}`, one]))
  return rows.map((row) => ({ ...row, ...memories.get(`${row.customer_id} ${row.product_id}`) }))
}

export interface Outcome {
  id: string
  /** Null: it was set. */
  reason: string | null
  lines: readonly PlaceLine[]
  before: unknown
  after: unknown
}
/** How it went at these places; the order's own figures move with them, under the order's lock. */
export async function settle(db: TenantDb, orderId: string, outcomes: readonly Outcome[], now: Date): Promise<void> {
  await db.query(
    `update order_place i set step = case when o.reason is null then 'set' else 'skipped' end, reason = o.reason, lines = o.lines, before = case when o.reason is null then o.before end,
       after = case when o.reason is null then o.after end, at = $2
     from jsonb_to_recordset($3) o (id uuid, reason text, lines jsonb, before jsonb, after jsonb) where i.order_id = $1 and i.id = o.id`,
    [orderId, now, JSON.stringify(outcomes)],
  )
  const set = outcomes.filter(({ reason }) => reason === null).length
  await db.query(
    'update command_order set places_planned = places_planned - $2, places_set = places_set + $3, places_skipped = places_skipped + $4 where id = $1',
    [orderId, outcomes.length, set, outcomes.length - set],
  )
}

/** Ends what was not set, of one ring or of all. */
export async function skipPlanned(db: TenantDb, orderId: string, ring: number | null, reason: string, now: Date): Promise<void> {
  const { rowCount } = await db.query(
    `update order_place set step = 'skipped', reason = $3, at = $4 where order_id = $1 and ($2::integer is null or ring = $2) and step = 'planned'`,
    [orderId, ring, reason, now],
  )
  await db.query('update command_order set places_planned = places_planned - $2, places_skipped = places_skipped + $2 where id = $1', [
    orderId,
    rowCount,
  ])
}

/** Of one ring, for what comes next (`withPlaces`). Plan: order_place_ring, and the primary key. */
export async function countsOf(db: TenantDb, orderId: string, ring: number): Promise<{ planned: number; done: number }> {
  const {
    rows: [row],
  } = await db.query<{ planned: number; done: number }>(
    `select (count(*) filter (where step = 'planned'))::integer as planned, (count(*) filter (where step = 'set'))::integer as done from order_place where order_id = $1 and ring = $2`,
    [orderId, ring],
  )
  return row!
}

export interface Summary {
  planned: number
  skipped: { reason: string; places: number }[]
  lines: { line: PlaceLine; places: number }[]
}

/**
 * What would change, summed up over places: dangerous first, most places first. Plan: the order's places once; what many have in common is taken apart once (of 10,000 places with four lines each 25 ms of CPU
 * instead of 92, 2026-11-22).
 */
export async function summary(db: TenantDb, orderId: string): Promise<Summary> {
  const {
    rows: [row],
  } = await db.query<{ reasons: { reason: string | null; places: number }[]; lines: Summary['lines'] }>(
    `with alike as materialized (select reason, lines, count(*)::integer as places from order_place where order_id = $1 group by 1, 2),
     reasons as (select reason, sum(places)::integer as places from alike group by 1 order by 2 desc, 1 limit 30),
     summed as (
       select l - 'endpoints' - 'by' - 'at' || case when l ->> 'kind' = 'left' then '{"by": null, "at": null}'::jsonb else '{}'::jsonb end as line, coalesce(sum((l ->> 'endpoints')::integer * places), 0)::integer as endpoints, sum(places)::integer as places
       from alike, jsonb_array_elements(lines) l where reason is null or l ->> 'kind' in ('left', 'url') group by 1
     ), most as (
       select line || jsonb_build_object('endpoints', endpoints) as line, places,
         row_number() over (order by (line ->> 'weakens')::boolean is true desc, array_position(array['template', 'setting', 'url', 'left', 'overridden', 'unsupported', 'same'], line ->> 'kind'), places desc, line::text) as place
       from summed order by place limit 40
     )
     select (select coalesce(json_agg(r), '[]') from reasons r) as reasons, (select coalesce(json_agg(json_build_object('line', line, 'places', places) order by place), '[]') from most) as lines`,
    [orderId],
  )
  const { reasons, lines } = row!
  return {
    planned: reasons.find(({ reason }) => reason === null)?.places ?? 0,
    skipped: reasons.flatMap(({ reason, places }) => (reason === null ? [] : [{ reason, places }])),
    lines,
  }
}

const sorts = { customer: [{ sql: 'i.company_key', type: 'text' }] } as const

/** Plan: order_place_company or order_place_step. */
export async function list(
  db: TenantDb,
  orderId: string,
  query: QueryOf<typeof ordersApi.listOrderPlaces>,
): Promise<{ rows: OrderPlace[]; nextCursor: string | null }> {
  const params = new Params()
  const where = [`i.order_id = ${params.add(orderId)}`]
  if (query.step) where.push(`i.step = any(${params.add(query.step)}::text[])`)
  if (query.customerId) where.push(`i.customer_id = ${params.add(query.customerId)}`)
  if (query.q) where.push(`i.company_key like (select vigie.fold(${params.add(likePattern(query.q))}))`)
  const page = keyset(sorts, 'i.id', query, params)
  where.push(page.where)
  const { rows } = await db.query<PlaceRow & { keys: string[] }>(
    `select ${columns}, ${page.keys} as keys from order_place i where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)}`,
    params.values,
  )
  const shown = page.page(rows)
  return {
    rows: shown.rows.map((row) => ({
      id: row.id,
      customerId: row.customer_id,
      customerName: row.company,
      productId: row.product_id,
      productName: row.name,
      ring: row.ring,
      step: row.step,
      reason: row.reason,
      lines: row.lines,
      weakens: row.weakens,
      endpointCount: row.endpoint_count,
      at: row.at.toISOString(),
    })),
    nextCursor: shown.nextCursor,
  }
}
