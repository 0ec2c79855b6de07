import { takeWaitingOfMany } from '../commands/index.ts'
import type { Services } from '../platform/index.ts'
import type { Connection } from './connection.ts'
import { systemOf } from './enrol.ts'

/** Agents handed their commands in one transaction: their locks are held so long. */
const atOnce = 200

/**
 * Hands commands over to many agents at once. An order wakes a thousand agents in one moment: a transaction each would take seconds (2026-11-21, 2 cores: 2 to 3 ms each), so those woken
 * together are looked at together. Whoever needs more than commands (switched, gone, connected elsewhere) is looked at alone, as ever.
 * @param lookAlone all that may have to be done for one agent
 */
export function createHanding(
  { database, clock, log }: Services,
  lookAlone: (connection: Connection) => Promise<void>,
): (connection: Connection) => void {
  let woken = new Set<Connection>()
  let isUnderWay = false

  async function work(): Promise<void> {
    while (woken.size > 0) {
      // notices of one commit come in one read of the socket: all of them are here before this goes on
      await new Promise((resolve) => setImmediate(resolve))
      const now = woken
      woken = new Set()
      for (const [partnerId, connections] of Map.groupBy(now, (connection) => connection.partnerId)) {
        for (let i = 0; i < connections.length; i += atOnce) await handOver(partnerId, connections.slice(i, i + atOnce))
      }
    }
    isUnderWay = false
  }

  async function handOver(partnerId: string, connections: readonly Connection[]): Promise<void> {
    const others = connections.length === 1 ? connections : await together(partnerId, connections).catch(() => connections)
    for (const connection of others)
      await lookAlone(connection).catch((error: unknown) => log.warn('an agent could not be looked after', { error: String(error) }))
  }

  /** @returns those that need more */
  async function together(partnerId: string, connections: readonly Connection[]): Promise<readonly Connection[]> {
    const byAgent = new Map(connections.map((connection) => [connection.agentId, connection]))
    const taken = await database.transaction(systemOf(partnerId), async (db) => {
      const { rows } = await db.query<{ id: string; connection_id: string | null; is_plain: boolean }>(
        `select id, connection_id, switch = 'enabled' and state <> 'disabled' as is_plain from agent where id = any($1) order by id for no key update`,
        [[...byAgent.keys()]],
      )
      const plain = rows.filter((row) => row.is_plain && row.connection_id === byAgent.get(row.id)!.connectionId).map(({ id }) => id)
      return { plain: new Set(plain), commands: await takeWaitingOfMany(db, plain, false, clock.now()) }
    })
    for (const [agentId, frames] of taken.commands) for (const frame of frames) byAgent.get(agentId)!.send(frame)
    return connections.filter((connection) => !taken.plain.has(connection.agentId))
  }

  return (connection) => {
    woken.add(connection)
    if (isUnderWay) return
    isUnderWay = true
    void work()
  }
}
