import type { CommandFrame } from '@vigie/domain/agents'
import type * as z from 'zod'
import type { TenantDb } from '../platform/index.ts'
import { addSteps } from './outcomes.ts'

type Frame = z.infer<typeof CommandFrame>

/**
 * Commands to hand to this agent now, in the order of their numbers, and marks them delivered. Given again as long as no outcome came: the agent takes each number
 * once, so the same order twice takes effect once (R15).
 * @param isAnew the agent just connected: what was delivered before may have been lost on the way
 */
export async function takeWaiting(db: TenantDb, agentId: string, isAnew: boolean, now: Date): Promise<Frame[]> {
  return (await takeWaitingOfMany(db, [agentId], isAnew, now)).get(agentId) ?? []
}

/**
 * The same for many agents in two statements. While the business's commands are frozen nothing is handed over, and nothing of an order that pauses or was halted (R16; settings that a halted order set stay wanted, and go on): looked at here,
 * where it leaves, so that a freeze holds from its commit on, in every process. The caller holds the agents' locks.
 */
export async function takeWaitingOfMany(
  db: TenantDb,
  agentIds: readonly string[],
  isAnew: boolean,
  now: Date,
): Promise<Map<string, Frame[]>> {
  const { rows } = await db.query<{ id: string; agent_id: string; customer_id: string; step: string; frame: Frame }>(
    `select id, agent_id, customer_id, step, frame from command o
     where agent_id = any($1) and step = any($2) and expires_at > $3 and not is_withheld and not exists (select from command_policy where frozen_at is not null)
       and not exists (select from command_order b where b.id = o.order_id and (b.state = 'paused' or b.state in ('halting', 'halted') and o.type <> 'apply-settings'))
     order by agent_id, number for no key update of o`,
    [agentIds, isAnew ? ['waiting', 'delivered'] : ['waiting'], now],
  )
  const fresh = rows.filter(({ step }) => step === 'waiting')
  if (fresh.length > 0) {
    await db.query(`update command set step = 'delivered' where id = any($1)`, [fresh.map(({ id }) => id)])
    await addSteps(db, fresh, 'delivered', now)
  }
  return new Map([...Map.groupBy(rows, (row) => row.agent_id)].map(([agentId, own]) => [agentId, own.map(({ frame }) => frame)]))
}
