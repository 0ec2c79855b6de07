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
    const { rows: [row] } = await db.query<Row>(
      `update command set step = $3, evidence = case when $3 = 'running' then evidence else $4::jsonb end where id = $1 and agent_id = $2 and step = any($5)
       returning id, customer_id, product_id, event_id`,
      [item.commandId, agentId, item.step, JSON.stringify(item.evidence), from],
    )
    if (!row) continue
    await addStep(db, row, item.step, now, item.evidence)
    changed.push(row)
  }
  const concerned = new Map(changed.filter(({ event_id }) => event_id !== null).map((row) => [row.product_id, { productId: row.product_id, customerId: row.customer_id }]))
  await markDue(db, [...concerned.values()], now)
}

export async function addStep(db: TenantDb, command: { id: string; customer_id: string }, step: string, at: Date, evidence: Record<string, unknown> = {}): Promise<void> {
  await db.query(
    `insert into command_step (partner_id, command_id, position, customer_id, step, at, evidence)
     select $1, $2, coalesce(max(position), 0) + 1, $3, $4, $5, $6 from command_step where command_id = $2`,
    [db.tenant.partnerId, command.id, command.customer_id, step, at, JSON.stringify(evidence)],
  )
  db.announce({ kind: 'command', id: command.id, customerId: command.customer_id })
}
