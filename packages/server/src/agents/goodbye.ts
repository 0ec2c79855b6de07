import { record } from '../audit/index.ts'
import { endOfAgent } from '../commands/index.ts'
import { markClass, type Services } from '../platform/index.ts'
import type { Connection } from './connection.ts'
import { byAgent, systemOf } from './enrol.ts'
import { disconnect, lockAgent, setState } from './store.ts'

/** Closed properly: offline (AGT-2), or what it was switched to. One that was uninstalled speaks for nobody any more; its history stays. */
export async function storeGoodbye(
  { database, clock, vault }: Services,
  connection: Connection,
  reason: 'stopped' | 'disabled' | 'uninstalled' | 'upgrading',
): Promise<void> {
  await database.transaction(systemOf(connection.partnerId), async (db) => {
    const agent = await lockAgent(db, connection.agentId, markClass)
    if (!agent || !(await disconnect(db, agent.id, connection.connectionId, clock.now()))) return
    if (reason === 'uninstalled') {
      await db.query(`update agent set switch = 'unregistered' where id = $1`, [agent.id])
      await endOfAgent(db, agent.id, clock.now())
      await record(db, vault, clock.now(), byAgent(agent.id, agent, connection.address), {
        activity: 'agent.uninstalled',
        object: { kind: 'agent', id: agent.id, name: agent.hostname },
        customerId: agent.customerId,
        before: { switch: agent.switch },
        after: { switch: 'unregistered' },
      })
    }
    const state =
      reason === 'uninstalled' || agent.switch === 'unregistered' ? 'unregistered' : agent.switch === 'disabled' ? 'disabled' : 'offline'
    await setState(db, agent, state, state === 'unregistered' && agent.cause === 'moved' ? 'moved' : null)
  })
}
