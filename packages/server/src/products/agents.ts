import type { TenantDb } from '../platform/index.ts'

/** Tells whichever process holds the agent's channel, at commit, to look at the agent's row again. */
export async function wakeAgent(db: TenantDb, agentId: string): Promise<void> {
  await db.query(`select pg_notify('vigie_agent', $1)`, [JSON.stringify({ agentId })])
}
