import { judge, type Deed, type OpenCommand } from '@vigie/domain/commands'
import type { TenantDb } from '../platform/index.ts'
import { addSteps } from './outcomes.ts'

interface Row extends OpenCommand {
  id: string
  customer_id: string
  agent_id: string
}

/**
 * Before agents are told to do `deed`: commands that still wait for them and that it supersedes end unsent (`contradictions`). The caller holds the agents' locks, under which commands are
 * added and handed over, so that nothing slips between.
 * @returns agents for which what they were told before forbids it; nothing of theirs was ended
 */
export async function giveWay(db: TenantDb, agentIds: readonly string[], deed: Deed, now: Date): Promise<Set<string>> {
  const { rows } = await db.query<Row>(
    `select id, customer_id, agent_id, type, step from command where agent_id = any($1) and step in ('waiting', 'delivered', 'running') and expires_at > $2`,
    [agentIds, now],
  )
  const verdicts = [...Map.groupBy(rows, (row) => row.agent_id)].map(([agentId, open]) => ({ agentId, ...judge(deed, open) }))
  await endUnsent(
    db,
    verdicts.flatMap(({ superseded }) => superseded),
    'superseded',
    now,
  )
  return new Set(verdicts.filter(({ isRefusedBy }) => isRefusedBy !== null).map(({ agentId }) => agentId))
}

/** Commands that wait end as `expired`, with the reason (text key below `command-reason.`). One that was handed over meanwhile stays as it is. */
export async function endUnsent(
  db: TenantDb,
  commands: readonly { id: string }[],
  reason: 'superseded' | 'order-halted' | 'version-withdrawn' | 'agent-unregistered',
  now: Date,
): Promise<void> {
  if (commands.length === 0) return
  const evidence = { reason }
  const { rows } = await db.query<{ id: string; customer_id: string }>(
    `update command set step = 'expired', evidence = $2 where id = any($1) and step = 'waiting' returning id, customer_id`,
    [commands.map(({ id }) => id), JSON.stringify(evidence)],
  )
  await addSteps(db, rows, 'expired', now, evidence)
}

/**
 * The agent said goodbye for good: that is what proves that an order to go took effect (AGT-3), and nobody else may say so. What waits for it ends unsent. The caller holds the agent's lock.
 */
export async function endOfAgent(db: TenantDb, agentId: string, now: Date): Promise<void> {
  const evidence = { saidGoodbyeAt: now.toISOString() }
  const { rows: gone } = await db.query<{ id: string; customer_id: string }>(
    `update command set step = 'succeeded', evidence = $2 where agent_id = $1 and type = 'uninstall-agent' and step in ('delivered', 'running', 'unknown') returning id, customer_id`,
    [agentId, JSON.stringify(evidence)],
  )
  await addSteps(db, gone, 'succeeded', now, evidence)
  const { rows: waiting } = await db.query<{ id: string }>(`select id from command where agent_id = $1 and step = 'waiting'`, [agentId])
  await endUnsent(db, waiting, 'agent-unregistered', now)
}

/** Of these agents the site servers that others still report through (AGT-8): they are not told to go. */
export async function carrying(db: TenantDb, agentIds: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>(`select a.id from agent a where a.id = any($1) and ${carriesEndpoints}`, [agentIds])
  return new Set(rows.map(({ id }) => id))
}
/** Of a row `a` of agents. */
export const carriesEndpoints = `a.role = 'own' and exists (select from agent below where below.partner_id = a.partner_id and below.product_id = a.product_id and below.role = 'endpoint' and below.switch <> 'unregistered')`
