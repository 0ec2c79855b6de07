import { Problem, type QueryOf } from '@vigie/domain/kernel'
import {
  isCarrying,
  noCounts,
  type Order,
  type OrderCause,
  type OrderCounts,
  type OrderParams,
  type ordersApi,
  type OrderState,
  type OrderStep,
  type OrderTarget,
  type OrderType,
  shownOrderStates,
} from '@vigie/domain/orders'
import { keyset, likePattern, Params, type TenantDb } from '../platform/index.ts'
import type { Carried } from './carrying.ts'

const columns = `b.id, b.type, b.params, b.target, b.state, b.cause, b.ring_percents, b.ring_minutes, b.failure_percent, b.ring, b.ring_at, b.agent_count, b.customer_count, b.planned, b.skipped, b.offline_count,
  b.is_in_rings, b.is_beyond_caps, b.weakens, b.carried, b.undo_of, b.places_planned, b.places_set, b.places_skipped, b.outcomes_at,
  (select u.id from command_order u where u.undo_of = b.id and u.state not in ('draft', 'refused', 'halted') order by u.id desc limit 1) as undone_by, b.starts_at, b.approved_by, b.again_of, b.created_by_id, b.created_by, b.created_at, b.given_at, b.ended_at, b.left_alone_since, b.version`

export interface OrderRow {
  id: string
  type: OrderType
  params: OrderParams | null
  target: OrderTarget
  state: OrderState
  cause: OrderCause | null
  ring_percents: number[]
  ring_minutes: number
  failure_percent: number
  ring: number
  ring_at: Date | null
  agent_count: number
  customer_count: number
  planned: number
  skipped: number
  offline_count: number
  is_in_rings: boolean
  is_beyond_caps: boolean
  weakens: boolean
  /** Null: it carries nothing. */
  carried: Carried | null
  undo_of: string | null
  undone_by: string | null
  places_planned: number
  places_set: number
  places_skipped: number
  /** As of when `order_agent.outcome` is kept; null: never looked at. */
  outcomes_at: Date | null
  starts_at: Date | null
  approved_by: string | null
  again_of: string | null
  created_by_id: string | null
  created_by: string
  created_at: Date
  given_at: Date | null
  ended_at: Date | null
  /** Of Vigie's own outbreak defence: endpoints that a person told something about it since then are left alone. Null: not such an order. */
  left_alone_since: Date | null
  version: number
}

/** @throws order.not-found */
export async function row(db: TenantDb, id: string): Promise<OrderRow> {
  const {
    rows: [order],
  } = await db.query<OrderRow>(`select ${columns} from command_order b where b.id = $1`, [id])
  if (!order) throw new Problem('order.not-found', { orderId: id })
  return order
}

/** Locks until commit. @throws order.not-found */
export async function lock(db: TenantDb, id: string): Promise<OrderRow> {
  const {
    rows: [order],
  } = await db.query<OrderRow>(`select ${columns} from command_order b where b.id = $1 for no key update`, [id])
  if (!order) throw new Problem('order.not-found', { orderId: id })
  return order
}

/** Null: not there, or another process has it in hand. */
export async function lockFree(db: TenantDb, id: string): Promise<OrderRow | null> {
  const {
    rows: [order],
  } = await db.query<OrderRow>(`select ${columns} from command_order b where b.id = $1 for no key update skip locked`, [id])
  return order ?? null
}

export async function set(
  db: TenantDb,
  id: string,
  values: Partial<
    Record<
      'state' | 'cause' | 'ring' | 'ring_at' | 'starts_at' | 'given_at' | 'ended_at' | 'approved_by' | 'approved_by_id' | 'is_beyond_caps',
      unknown
    >
  >,
): Promise<void> {
  const names = Object.keys(values)
  await db.query(
    `update command_order set ${names.map((name, i) => `${name} = $${i + 2}`).join(', ')}, version = version + 1 where id = $1`,
    [id, ...Object.values(values)],
  )
  db.announce({ kind: 'order', id, customerId: null })
}

/** What stands in the counts and what moved since (`order_move`), by order and ring. */
export async function counts(db: TenantDb, orderIds: readonly string[]): Promise<(orderId: string, ring?: number) => OrderCounts> {
  const { rows } = await db.query<{ order_id: string; ring: number; step: OrderStep; count: number }>(
    `select order_id, ring, step, sum(count)::integer as count from (
       select order_id, ring, step, count from order_count where order_id = any($1) union all select order_id, ring, step, count from order_move where order_id = any($1)) all_counts
     group by order_id, ring, step`,
    [orderIds],
  )
  return (orderId, ring) => {
    const sum = noCounts()
    for (const one of rows)
      if (one.order_id === orderId && (ring === undefined || one.ring === ring) && one.step in sum) sum[one.step] += one.count
    return sum
  }
}

/** Adds what moved to the counts. The caller holds the order's lock; what commits meanwhile is left for the next time. */
export async function fold(db: TenantDb, orderId: string): Promise<void> {
  await db.query(
    `with moved as (delete from order_move where order_id = $2 returning ring, step, count)
     insert into order_count (partner_id, order_id, ring, step, count) select $1::uuid, $2::uuid, ring, step, sum(count) from moved group by ring, step
     on conflict (partner_id, order_id, ring, step) do update set count = order_count.count + excluded.count`,
    [db.tenant.partnerId, orderId],
  )
}

export async function move(db: TenantDb, orderId: string, ring: number, steps: Partial<Record<OrderStep, number>>): Promise<void> {
  const changed = Object.entries(steps).filter(([, count]) => count !== 0)
  if (changed.length === 0) return
  await db.query(
    'insert into order_move (partner_id, order_id, ring, step, count) select $1::uuid, $2::uuid, $3::integer, * from unnest($4::text[], $5::integer[])',
    [db.tenant.partnerId, orderId, ring, changed.map(([step]) => step), changed.map(([, count]) => count)],
  )
}

export function toOrder(b: OrderRow, counted: OrderCounts): Order {
  // a dry run has no counts yet: nothing was told
  const ofDraft = b.given_at === null ? { ...counted, planned: b.planned, skipped: b.skipped } : counted
  return {
    id: b.id,
    type: b.type,
    params: b.params,
    target: b.target,
    state: b.state,
    cause: b.cause,
    agentCount: b.agent_count,
    customerCount: b.customer_count,
    counts: ofDraft,
    ring: b.ring,
    ringPercents: b.ring_percents,
    ringMinutes: b.ring_minutes,
    failurePercent: b.failure_percent,
    isBeyondCaps: b.is_beyond_caps,
    startsAt: b.starts_at?.toISOString() ?? null,
    approvedBy: b.approved_by,
    againOf: b.again_of,
    undoOf: b.undo_of,
    undoneBy: b.undone_by,
    templateName: b.carried?.kind === 'template' ? b.carried.template.name : null,
    places: isCarrying(b.type) ? { planned: b.places_planned, set: b.places_set, skipped: b.places_skipped } : null,
    weakens: b.weakens,
    createdById: b.created_by_id,
    createdBy: b.created_by,
    createdAt: b.created_at.toISOString(),
    givenAt: b.given_at?.toISOString() ?? null,
    endedAt: b.ended_at?.toISOString() ?? null,
    version: b.version,
  }
}

export async function get(db: TenantDb, id: string): Promise<Order> {
  const order = await row(db, id)
  return toOrder(order, (await counts(db, [id]))(id))
}

const sorts = { createdAt: [{ sql: 'b.created_at', type: 'timestamptz' }] } as const

/** Plan: command_order_newest. */
export async function list(
  db: TenantDb,
  query: QueryOf<typeof ordersApi.listOrders>,
  accountId: string,
): Promise<{ rows: Order[]; nextCursor: string | null }> {
  const params = new Params()
  const where = [`b.state = any(${params.add(query.state ?? shownOrderStates)}::text[])`]
  if (query.type) where.push(`b.type = any(${params.add(query.type)}::text[])`)
  if (query.isMine === true) where.push(`b.created_by_id = ${params.add(accountId)}`)
  if (query.q) where.push(`vigie.fold(b.created_by) like vigie.fold(${params.add(likePattern(query.q))})`)
  const page = keyset(sorts, 'b.id', query, params)
  where.push(page.where)
  const { rows } = await db.query<OrderRow & { keys: string[] }>(
    `select ${columns}, ${page.keys} as keys from command_order b where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)}`,
    params.values,
  )
  const shown = page.page(rows)
  const of = await counts(
    db,
    shown.rows.map(({ id }) => id),
  )
  return { rows: shown.rows.map((one) => toOrder(one, of(one.id))), nextCursor: shown.nextCursor }
}
