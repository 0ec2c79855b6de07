import type { CommandFrame } from '@vigie/domain/agents'
import type * as z from 'zod'
import type { TenantDb } from '../platform/index.ts'
import { addStep } from './outcomes.ts'

type Frame = z.infer<typeof CommandFrame>

/**
 * Commands to hand to this agent now, in the order of their numbers, and marks them delivered. Given again as long as no outcome came: the agent takes each number
 * once, so the same order twice takes effect once (R15).
 * @param isAnew the agent just connected: what was delivered before may have been lost on the way
 */
export async function takeWaiting(db: TenantDb, agentId: string, isAnew: boolean, now: Date): Promise<Frame[]> {
  const { rows } = await db.query<{ id: string; customer_id: string; step: string; frame: Frame }>(
    `select id, customer_id, step, frame from command where agent_id = $1 and step = any($2) and expires_at > $3 order by number for no key update`,
    [agentId, isAnew ? ['waiting', 'delivered'] : ['waiting'], now],
  )
  for (const row of rows.filter(({ step }) => step === 'waiting')) {
    await db.query(`update command set step = 'delivered' where id = $1`, [row.id])
    await addStep(db, row, 'delivered', now)
  }
  return rows.map(({ frame }) => frame)
}
