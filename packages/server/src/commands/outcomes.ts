import type { OutcomeItem } from '@vigie/domain/agents'
import { markDue } from '../assessment/index.ts'
import type { TenantDb } from '../platform/index.ts'

/** A step as an agent told it; its own commands only (R11). */
export interface Told {
  agentId: string
  item: OutcomeItem
}

interface Row {
  id: string
  customer_id: string
  product_id: string
  event_id: string | null
}

/**
 * Steps in the order they were told. What the agent says outweighs what we assumed meanwhile (unknown, expired); an outcome it gave once stands. A step of a
 * command that is not the agent's, or is not there, changes nothing.
 */
export async function applyOutcomes(db: TenantDb, told: readonly Told[], now: Date): Promise<void> {
  const changed: Row[] = []
  for (const { agentId, item } of told) {
    const from = item.step === 'running' ? ['waiting', 'delivered', 'unknown'] : ['waiting', 'delivered', 'running', 'unknown', 'expired']
    const {
      rows: [row],
    } = await db.query<Row>(
      `update command set step = $3, evidence = case when $3 = 'running' then evidence else $4::jsonb end where id = $1 and agent_id = $2 and step = any($5)
       returning id, customer_id, product_id, event_id`,
      [item.commandId, agentId, item.step, JSON.stringify(item.evidence), from],
    )
    if (!row) continue
    await addStep(db, row, item.step, now, item.evidence)
    changed.push(row)
  }
  const concerned = new Map(
    changed
      .filter(({ event_id }) => event_id !== null)
      .map((row) => [row.product_id, { productId: row.product_id, customerId: row.customer_id }]),
  )
  await markDue(db, [...concerned.values()], now)
}

export async function addStep(
  db: TenantDb,
  command: { id: string; customer_id: string },
  step: string,
  at: Date,
  evidence: Record<string, unknown> = {},
): Promise<void> {
  await addSteps(db, [command], step, at, evidence)
}

/** The same step of many commands at once. The one place where a step is told: the order that a command is a part of follows from here, in the same transaction. */
export async function addSteps(
  db: TenantDb,
  commands: readonly { id: string; customer_id: string }[],
  step: string,
  at: Date,
  evidence: Record<string, unknown> = {},
): Promise<void> {
  if (commands.length === 0) return
  await db.query(
    `insert into command_step (partner_id, command_id, position, customer_id, step, at, evidence)
     select $1, told.id, (select coalesce(max(position), 0) + 1 from command_step s where s.command_id = told.id), told.customer_id, $4, $5, $6
     from unnest($2::uuid[], $3::uuid[]) told (id, customer_id)`,
    [db.tenant.partnerId, commands.map(({ id }) => id), commands.map(({ customer_id }) => customer_id), step, at, JSON.stringify(evidence)],
  )
  for (const command of commands) db.announce({ kind: 'command', id: command.id, customerId: command.customer_id })
  if (step !== 'waiting')
    await moveOrders(
      db,
      commands.map(({ id }) => id),
      step,
      at,
      typeof evidence['reason'] === 'string' ? evidence['reason'] : null,
    )
}

/**
 * The rows of the orders that these commands are parts of, and what moved in their counts: only added here (`order_move`), so that thousands of agents that answer at once wait for no
 * common row; the orders' runner adds it up.
 */
async function moveOrders(db: TenantDb, commandIds: readonly string[], step: string, at: Date, reason: string | null): Promise<void> {
  const { rows } = await db.query<{ order_id: string }>(
    `with before as (
       select order_id, agent_id, ring, step from order_agent where command_id = any($2::uuid[]) and step <> $3::text order by order_id, agent_id for no key update
     ), moved as (
       update order_agent i set step = $3::text, at = $4, reason = $5 from before where i.order_id = before.order_id and i.agent_id = before.agent_id
     )
     insert into order_move (partner_id, order_id, ring, step, count)
     select $1::uuid, order_id, ring, step, -count(*) from before group by order_id, ring, step
     union all select $1::uuid, order_id, ring, $3::text, count(*) from before group by order_id, ring
     returning order_id`,
    [db.tenant.partnerId, commandIds, step, at, reason],
  )
  for (const orderId of new Set(rows.map(({ order_id }) => order_id))) db.announce({ kind: 'order', id: orderId, customerId: null })
}
