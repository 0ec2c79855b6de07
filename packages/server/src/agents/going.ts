import { wakeAgents } from '../commands/index.ts'
import type { TenantDb } from '../platform/index.ts'
import { showProductState } from './store.ts'

/** For so long an agent that went over, and was not welcome there, may come back by itself (AGT-11). */
const mayReturnDays = 30

/** It said that it goes: it speaks for nobody here any more. The caller holds its lock. Its history stays. */
export async function letGoForGood(db: TenantDb, agent: { id: string; productId: string; customerId: string }): Promise<void> {
  await db.query(`update agent set switch = 'unregistered', state = 'unregistered', cause = 'moved' where id = $1`, [agent.id])
  await showProductState(db, agent)
  await wakeAgents(db, [agent.id])
}

/** An agent that left comes back under its old name: the new side did not take it, so it is ours again, and is told again later. The caller holds its lock and has checked its signature. */
export async function takeBack(db: TenantDb, agentId: string, now: Date): Promise<boolean> {
  const {
    rows: [left],
  } = await db.query<{ switch_id: string }>(
    `update connection_switch_agent a set step = 'returned', reason = 'move-not-welcome', command_id = null, told = null, again_at = $3, at = $2 from connection_switch s
     where a.agent_id = $1 and a.step = 'switched' and s.partner_id = a.partner_id and s.id = a.switch_id and (s.ended_at is null or s.ended_at > $4) returning a.switch_id`,
    [agentId, now, new Date(now.getTime() + 60_000), new Date(now.getTime() - mayReturnDays * 86_400_000)],
  )
  if (!left) return false
  await db.query(
    `update connection_switch set state = 'switching', ended_at = null where id = $1 and state = 'done'
    and not exists (select from connection_switch o where o.product_id = connection_switch.product_id and o.id <> $1 and o.state in ('waiting', 'delayed', 'preparing', 'switching', 'giving-up'))`,
    [left.switch_id],
  )
  await db.query(`update agent set switch = 'enabled', cause = null where id = $1`, [agentId])
  return true
}
