import type { TenantDb } from '../platform/index.ts'

/** What processes that hold agents tell one another. */
export const agentChannel = 'vigie_agent'
export type AgentNotice =
  /** Something waits for this agent, or it was switched, or it is gone: whoever holds it looks. */
  | { kind?: 'wake'; agentId: string }
  /** Does this connection answer? */
  | { kind: 'ask'; connectionId: string; question: string }
  | { kind: 'answer'; question: string }
  /** This connection speaks for nobody any more. `code`: told to the agent first. */
  | { kind: 'evict'; connectionId: string; code: string | null }

/**
 * At commit the process that holds the agent's channel looks at what waits for it: commands, a switch, the loss of its identity. An agent that is not connected
 * finds the same when it comes.
 */
export async function wakeAgent(db: TenantDb, agentId: string): Promise<void> {
  await wakeAgents(db, [agentId])
}

/** Many at once: one statement, one notice each (PostgreSQL's limit is 8,000 bytes a notice). */
export async function wakeAgents(db: TenantDb, agentIds: readonly string[]): Promise<void> {
  await db.query('select pg_notify($1, notice) from unnest($2::text[]) notice', [
    agentChannel,
    agentIds.map((agentId) => JSON.stringify({ agentId } satisfies AgentNotice)),
  ])
}
