import type { QueryOf } from '@vigie/domain/kernel'
import { orderOutcomes, type OrderAgent, type OrderOutcome, type ordersApi, type OrderStep } from '@vigie/domain/orders'
import { keyset, likePattern, Params, type TenantDb } from '../platform/index.ts'
import type { OrderRow } from './store.ts'

interface Row {
  agent_id: string
  name: string
  customer_id: string
  company: string
  product_id: string
  ring: number
  step: OrderStep
  reason: string | null
  command_id: string | null
  outcome: OrderOutcome | null
  at: Date
}
const sorts = { name: [{ sql: 'i.name_key', type: 'text' }], customer: [{ sql: 'i.company_key', type: 'text' }] } as const

/**
 * How what a settings order brought stands at an agent's endpoint, by what it reports: against what its command carried, of the keys that the order is about, and against what is wanted of it by
 * now. @param keys the place of those keys among the parameters; null there: all that the command carried (an order that takes another back)
 */
const outcomeOf = (keys: string) => ({
  sql: `case when i.step = 'planned' then 'pending' when i.step = 'skipped' or t.told is null then null
    when not vigie.says_same(s.wanted, t.told, t.keys) then 'changed-since'
    when s.reported_revision >= t.revision and s.reported ?& t.keys and vigie.says_same(s.reported, t.told, t.keys) then 'effective'
    when s.reported_revision >= t.revision and not s.reported ?& t.keys or i.step = 'failed' then 'refused'
    when s.reported_revision >= t.revision and i.step not in ('waiting', 'delivered', 'running') then 'drifted' else 'pending' end`,
  from: `left join lateral (
      select p.told, p.revision, array(select k from jsonb_object_keys(p.told) k where ${keys}::text[] is null or k = any(${keys})) as keys from (
        select o.frame #> '{order,params,values}' as told, (o.frame #>> '{order,params,revision}')::integer as revision from command o where o.partner_id = i.partner_id and o.id = i.command_id) p) t on true
    left join lateral (
      select s.wanted, s.reported, s.reported_revision from endpoint e join setting_state s on s.partner_id = e.partner_id and s.endpoint_id = e.id where e.partner_id = i.partner_id and e.agent_id = i.agent_id limit 1) s on true`,
})

function keysOf({ carried }: OrderRow): string[] | null {
  if (carried?.kind === 'template') return Object.keys(carried.template.values)
  return carried?.kind === 'values' ? Object.keys(carried.values) : null
}

/** Plan: order_agent_name, order_agent_company or order_agent_step. */
export async function list(db: TenantDb, order: OrderRow, query: QueryOf<typeof ordersApi.listOrderAgents>): Promise<{ rows: OrderAgent[]; nextCursor: string | null }> {
  const params = new Params()
  const where = [`i.order_id = ${params.add(order.id)}`]
  if (query.step) where.push(`i.step = any(${params.add(query.step)}::text[])`)
  if (query.customerId) where.push(`i.customer_id = ${params.add(query.customerId)}`)
  if (query.q) {
    const pattern = `(select vigie.fold(${params.add(likePattern(query.q))}))` // once, not for each row
    where.push(`(i.name_key like ${pattern} or i.company_key like ${pattern})`)
  }
  const outcome = order.type === 'apply-settings' ? outcomeOf(params.add(keysOf(order))) : null
  if (query.outcome) where.push(outcome === null ? 'false' : `${outcome.sql} = any(${params.add(query.outcome)}::text[])`)
  const page = keyset(sorts, 'i.agent_id', query, params)
  where.push(page.where)
  const { rows } = await db.query<Row & { keys: string[] }>(
    `select i.agent_id, i.name, i.customer_id, i.company, i.product_id, i.ring, i.step, i.reason, i.command_id, i.at, ${outcome?.sql ?? 'null'} as outcome, ${page.keys} as keys from order_agent i ${outcome?.from ?? ''}
     where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)}`, params.values)
  const shown = page.page(rows)
  return {
    rows: shown.rows.map((one) => ({
      id: one.agent_id, name: one.name, customerId: one.customer_id, customerName: one.company, productId: one.product_id, ring: one.ring, step: one.step, reason: one.reason,
      commandId: one.command_id, outcome: one.outcome, at: one.at.toISOString(),
    })),
    nextCursor: shown.nextCursor,
  }
}

/** Of all endpoints of a settings order. Reads each of its rows; nobody waits for it but who looks at the order. */
export async function countOutcomes(db: TenantDb, order: OrderRow): Promise<Record<OrderOutcome, number>> {
  const counted = Object.fromEntries(orderOutcomes.map((outcome) => [outcome, 0])) as Record<OrderOutcome, number>
  if (order.type !== 'apply-settings') return counted
  const { sql, from } = outcomeOf('$2')
  const { rows } = await db.query<{ outcome: OrderOutcome | null; count: number }>(`select ${sql} as outcome, count(*)::integer as count from order_agent i ${from} where i.order_id = $1 and i.step <> 'skipped' group by 1`, [order.id, keysOf(order)])
  for (const { outcome, count } of rows) if (outcome !== null) counted[outcome] = count
  return counted
}
