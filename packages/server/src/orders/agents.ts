import type { QueryOf } from '@vigie/domain/kernel'
import type { OrderAgent, OrderOutcome, ordersApi, OrderStep } from '@vigie/domain/orders'
import { keyset, likePattern, Params, type TenantDb } from '../platform/index.ts'
import { isKept, keysOf, outcomeOf } from './outcomes.ts'
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

/** Of many agents those of an outcome are found by what is kept; a page of all is looked at. Plan: order_agent_name, order_agent_company, order_agent_step or order_agent_outcome. */
export async function list(
  db: TenantDb,
  order: OrderRow,
  query: QueryOf<typeof ordersApi.listOrderAgents>,
): Promise<{ rows: OrderAgent[]; nextCursor: string | null }> {
  const params = new Params()
  const where = [`i.order_id = ${params.add(order.id)}`]
  if (query.step) where.push(`i.step = any(${params.add(query.step)}::text[])`)
  if (query.customerId) where.push(`i.customer_id = ${params.add(query.customerId)}`)
  if (query.q) {
    const pattern = `(select vigie.fold(${params.add(likePattern(query.q))}))` // once, not for each row
    where.push(`(i.name_key like ${pattern} or i.company_key like ${pattern})`)
  }
  const isByKept = query.outcome !== undefined && isKept(order)
  const outcome = isByKept ? { sql: 'i.outcome', from: '' } : order.type === 'apply-settings' ? outcomeOf(params.add(keysOf(order))) : null
  if (query.outcome) where.push(outcome === null ? 'false' : `${outcome.sql} = any(${params.add(query.outcome)}::text[])`)
  const page = keyset(sorts, 'i.agent_id', query, params)
  where.push(page.where)
  const { rows } = await db.query<Row & { keys: string[] }>(
    `select i.agent_id, i.name, i.customer_id, i.company, i.product_id, i.ring, i.step, i.reason, i.command_id, i.at, ${outcome?.sql ?? 'null'} as outcome, ${page.keys} as keys from order_agent i ${outcome?.from ?? ''}
     where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)}`,
    params.values,
  )
  const shown = page.page(rows)
  return {
    rows: shown.rows.map((one) => ({
      id: one.agent_id,
      name: one.name,
      customerId: one.customer_id,
      customerName: one.company,
      productId: one.product_id,
      ring: one.ring,
      step: one.step,
      reason: one.reason,
      commandId: one.command_id,
      outcome: one.outcome,
      at: one.at.toISOString(),
    })),
    nextCursor: shown.nextCursor,
  }
}
