import type { MaintenanceWindow, maintenanceApi, Schedule, Target } from '@vigie/domain/maintenance'
import { Problem, type BodyOf, type QueryOf } from '@vigie/domain/kernel'
import { keyset, likePattern, newId, Params, type Actor, type TenantDb } from '../platform/index.ts'
import { occurrences } from './occurrences.ts'

export type Written = BodyOf<typeof maintenanceApi.createWindow>
type Matching = Omit<QueryOf<typeof maintenanceApi.listWindows>, 'limit' | 'cursor'>

/** Named names, at most: of a window of 200 endpoints the list shows some. */
const namesShown = 200
const columns = `w.id, w.name, w.reason, w.target, w.customer_id, w.product_id, w.tag, w."group", w.endpoint_ids, w.groups, w.schedule, w.duration_minutes, w.time_zone, w.starts_at, w.ends_at, w.created_by,
  w.created_at, w.version,
  (select c.company from customer c where c.partner_id = w.partner_id and c.id = w.customer_id) as company,
  (select p.description from product p where p.partner_id = w.partner_id and p.id = w.product_id) as product_name,
  (select g.label from endpoint_group g where g.partner_id = w.partner_id and g.product_id = w.product_id and g.name = w."group") as group_label,
  (select jsonb_agg(jsonb_build_object('id', e.id, 'name', e.name) order by e.name_key) from (select distinct coalesce(l.endpoint_id, i.id) as id from unnest(w.endpoint_ids) i (id)
     left join endpoint_alias l on l.partner_id = w.partner_id and l.merged_id = i.id limit ${namesShown}) i join endpoint e on e.partner_id = w.partner_id and e.id = i.id) as endpoints,
  (select count(*)::integer from event_silence s join event e on e.partner_id = s.partner_id and e.silence_id = s.id and e.state <> 'resolved'
   where s.partner_id = w.partner_id and s.window_id = w.id and s.since >= w.starts_at and s.ended_at is null) as silent_count`

interface Row {
  id: string
  name: string
  reason: string
  target: Target['kind']
  customer_id: string | null
  product_id: string | null
  tag: string | null
  group: string | null
  endpoint_ids: string[] | null
  groups: MaintenanceWindow['groups']
  schedule: Schedule
  duration_minutes: number
  time_zone: string
  starts_at: Date | null
  ends_at: Date | null
  created_by: string
  created_at: Date
  version: number
  company: string | null
  product_name: string | null
  group_label: string | null
  endpoints: { id: string; name: string }[] | null
  silent_count: number
}

function targetOf(row: Row): Target {
  switch (row.target) {
    case 'all':
      return { kind: 'all' }
    case 'tag':
      return { kind: 'tag', tag: row.tag! }
    case 'customer':
      return { kind: 'customer', customerId: row.customer_id! }
    case 'product':
      return { kind: 'product', productId: row.product_id! }
    case 'group':
      return { kind: 'group', productId: row.product_id!, group: row.group! }
    case 'endpoints':
      return { kind: 'endpoints', endpointIds: row.endpoint_ids! }
  }
}

function toWindow(row: Row, now: Date): MaintenanceWindow {
  const occurrence =
    row.starts_at === null || row.ends_at === null || row.ends_at <= now
      ? null
      : { startsAt: row.starts_at.toISOString(), endsAt: row.ends_at.toISOString() }
  return {
    id: row.id,
    name: row.name,
    reason: row.reason,
    target: targetOf(row),
    groups: row.groups,
    schedule: row.schedule,
    durationMinutes: row.duration_minutes,
    timeZone: row.time_zone,
    occurrence,
    state: occurrence === null ? 'over' : row.starts_at! <= now ? 'now' : 'next',
    customer: row.customer_id === null ? null : { id: row.customer_id, name: row.company ?? '' },
    product: row.product_id === null ? null : { id: row.product_id, name: row.product_name ?? '' },
    groupLabel: row.group_label,
    endpoints: row.endpoints ?? [],
    silentCount: row.silent_count,
    createdBy: row.created_by,
    createdAt: row.created_at.toISOString(),
    version: row.version,
  }
}

const sorts = {
  startsAt: [{ sql: 'w.starts_key', type: 'timestamptz' }],
  name: [{ sql: 'w.name_key', type: 'text' }],
  createdAt: [{ sql: 'w.created_at', type: 'timestamptz' }],
} as const

const states = {
  now: (now: string) => `(w.starts_at <= ${now} and w.ends_at > ${now})`,
  next: (now: string) => `w.starts_at > ${now}`,
  over: (now: string) => `(w.ends_at is null or w.ends_at <= ${now})`,
}

/** Plan: the sort's own index, or the customer's. A business has dozens, not thousands. */
export async function list(
  db: TenantDb,
  query: Matching & { limit: number; cursor?: string | undefined },
  now: Date,
): Promise<{ rows: MaintenanceWindow[]; nextCursor: string | null }> {
  const params = new Params()
  const where: string[] = []
  if (query.state) {
    const at = `${params.add(now)}::timestamptz`
    where.push(`(${query.state.map((state) => states[state](at)).join(' or ')})`)
  }
  if (query.target) where.push(`w.target = any(${params.add(query.target)}::text[])`)
  if (query.customerId) where.push(`w.customer_id = ${params.add(query.customerId)}`)
  if (query.productId) where.push(`w.product_id = ${params.add(query.productId)}`)
  if (query.q) where.push(`w.name_key like (select vigie.fold(${params.add(likePattern(query.q))}))`)
  const page = keyset(sorts, 'w.id', query, params)
  where.push(page.where)
  const { rows } = await db.query<Row & { keys: string[] }>(
    `select ${columns}, ${page.keys} as keys from maintenance_window w where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)}`,
    params.values,
  )
  const shown = page.page(rows)
  return { rows: shown.rows.map((row) => toWindow(row, now)), nextCursor: shown.nextCursor }
}

/** @throws maintenance.not-found */
export async function get(db: TenantDb, id: string, now: Date): Promise<MaintenanceWindow> {
  const {
    rows: [row],
  } = await db.query<Row>(`select ${columns} from maintenance_window w where w.id = $1`, [id])
  if (!row) throw new Problem('maintenance.not-found', {})
  return toWindow(row, now)
}

/**
 * Locks until commit, against the assessments that silence by it: whoever holds it touches no product and no silence (decision 29), and says whose are to be assessed anew (`silenced`, `audible`).
 * @throws maintenance.not-found
 */
export async function lock(db: TenantDb, id: string, now: Date): Promise<MaintenanceWindow> {
  // one over many customers can be seen by an account that may not change it: then it is not locked, and refused by the caller
  await db.query('select from maintenance_window where id = $1 for update', [id])
  return await get(db, id, now)
}

interface Place {
  customerId: string | null
  productId: string | null
}
/** Whose it is; all of what it names is there (R2). @throws customer.not-found, product.not-found, group.not-found, endpoint.not-found, permission.missing */
export async function placeOf(db: TenantDb, target: Target, actor: Actor): Promise<Place> {
  switch (target.kind) {
    case 'all':
    case 'tag':
      // it silences events of customers that such an account does not see
      if (actor.isScopeLimited) throw new Problem('permission.missing', { permission: 'maintenance.update' })
      return { customerId: null, productId: null }
    case 'customer': {
      const { rowCount } = await db.query('select from customer where id = $1', [target.customerId])
      if (rowCount === 0) throw new Problem('customer.not-found', { customerId: target.customerId })
      return { customerId: target.customerId, productId: null }
    }
    case 'product':
    case 'group': {
      const {
        rows: [product],
      } = await db.query<{ customer_id: string }>('select customer_id from product where id = $1', [target.productId])
      if (!product) throw new Problem('product.not-found', { productId: target.productId })
      if (target.kind === 'group') {
        const { rowCount } = await db.query('select from endpoint_group where product_id = $1 and name = $2', [
          target.productId,
          target.group,
        ])
        if (rowCount === 0) throw new Problem('group.not-found', { group: target.group })
      }
      return { customerId: product.customer_id, productId: target.productId }
    }
    case 'endpoints': {
      const { rows } = await db.query<{ product_id: string; customer_id: string }>(
        'select product_id, customer_id from endpoint where id = any($1)',
        [target.endpointIds],
      )
      if (rows.length !== new Set(target.endpointIds).size) throw new Problem('endpoint.not-found', {})
      if (rows.some(({ product_id }) => product_id !== rows[0]!.product_id))
        throw new Problem('request.invalid', {}, { fields: [{ path: 'target.endpointIds', code: 'endpoints.of-one-product' }] })
      return { customerId: rows[0]!.customer_id, productId: rows[0]!.product_id }
    }
  }
}

const valuesOf = (written: Written, place: Place, now: Date) => {
  const { target } = written
  const [next] = occurrences(written.schedule, written.durationMinutes, written.timeZone, now, 1)
  return [
    place.customerId,
    place.productId,
    written.name,
    written.reason,
    target.kind,
    target.kind === 'tag' ? target.tag : null,
    target.kind === 'group' ? target.group : null,
    target.kind === 'endpoints' ? [...new Set(target.endpointIds)] : null,
    [...new Set(written.groups)],
    JSON.stringify(written.schedule),
    written.durationMinutes,
    written.timeZone,
    next?.startsAt ?? null,
    next?.endsAt ?? null,
  ]
}

export async function insert(db: TenantDb, written: Written, place: Place, by: { id: string; name: string }, now: Date): Promise<string> {
  const id = newId(now)
  await db.query(
    `insert into maintenance_window (partner_id, id, created_by_id, created_by, created_at, customer_id, product_id, name, reason, target, tag, "group", endpoint_ids, groups, schedule, duration_minutes, time_zone, starts_at, ends_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)`,
    [db.tenant.partnerId, id, by.id, by.name, now, ...valuesOf(written, place, now)],
  )
  return id
}

export async function update(db: TenantDb, id: string, written: Written, place: Place, now: Date): Promise<void> {
  await db.query(
    `update maintenance_window set customer_id = $2, product_id = $3, name = $4, reason = $5, target = $6, tag = $7, "group" = $8, endpoint_ids = $9, groups = $10, schedule = $11, duration_minutes = $12,
       time_zone = $13, starts_at = $14, ends_at = $15, begun_at = null, version = version + 1 where id = $1`,
    [id, ...valuesOf(written, place, now)],
  )
}

/** The next occurrence after this one, or none. */
export async function skipPresent(db: TenantDb, window: MaintenanceWindow, after: Date): Promise<void> {
  const [next] = window.schedule.kind === 'once' ? [] : occurrences(window.schedule, window.durationMinutes, window.timeZone, after, 1)
  await db.query('update maintenance_window set starts_at = $2, ends_at = $3, version = version + 1 where id = $1', [
    window.id,
    next?.startsAt ?? null,
    next?.endsAt ?? null,
  ])
}

export async function remove(db: TenantDb, id: string): Promise<void> {
  await db.query('delete from maintenance_window where id = $1', [id])
}

/** Those whose occurrence is over get their next. Plan: index maintenance_window_due. */
export async function advance(db: TenantDb, now: Date): Promise<void> {
  const { rows } = await db.query<{ id: string; schedule: Schedule; duration_minutes: number; time_zone: string }>(
    'select id, schedule, duration_minutes, time_zone from maintenance_window where ends_at <= $1 order by id for no key update',
    [now],
  )
  const next = rows.map((row) => {
    const [one] = occurrences(row.schedule, row.duration_minutes, row.time_zone, now, 1)
    return { id: row.id, starts: one?.startsAt ?? null, ends: one?.endsAt ?? null }
  })
  if (next.length === 0) return
  await db.query(
    `update maintenance_window w set starts_at = r.starts, ends_at = r.ends from json_to_recordset($1) as r (id uuid, starts timestamptz, ends timestamptz) where w.id = r.id`,
    [JSON.stringify(next)],
  )
  for (const { id } of next) db.announce({ kind: 'maintenance', id, customerId: null })
}

/** Products with open events that nothing silences, of windows that have just begun: they are looked at anew. */
export async function begin(db: TenantDb, now: Date): Promise<{ productId: string; customerId: string }[]> {
  const { rows: begun } = await db.query<{ id: string }>(
    `update maintenance_window w set begun_at = starts_at from (select id from maintenance_window where starts_key <= $1 and ends_at > $1 and begun_at is distinct from starts_at order by id for update) b
     where w.id = b.id returning w.id`,
    [now],
  )
  for (const { id } of begun) db.announce({ kind: 'maintenance', id, customerId: null })
  return await audible(
    db,
    begun.map(({ id }) => id),
  )
}

/** Products of which it keeps something silent, or would if it came again. Plan: index event_silence_window. */
export async function silenced(db: TenantDb, id: string): Promise<{ productId: string; customerId: string }[]> {
  return (
    await db.query<{ productId: string; customerId: string }>(
      `select distinct product_id as "productId", customer_id as "customerId" from event_silence where window_id = $1 and ended_at is null`,
      [id],
    )
  ).rows
}

/** Products with open events that it may cover and nothing keeps silent. */
export async function audible(db: TenantDb, ids: readonly string[]): Promise<{ productId: string; customerId: string }[]> {
  if (ids.length === 0) return []
  const { rows } = await db.query<{ productId: string; customerId: string }>(
    `select distinct e.product_id as "productId", e.customer_id as "customerId" from event e join maintenance_window w on w.id = any($1) and (w.target = 'all'
       or (e.customer_id = w.customer_id and (w.product_id is null or w.product_id = e.product_id)) or (w.target = 'tag' and e.customer_id in (select t.customer_id from customer_tag t where t.tag = w.tag)))
     where e.state <> 'resolved' and e.silence_id is null`,
    [ids],
  )
  return rows
}
