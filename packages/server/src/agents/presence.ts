import { channelLimits } from '@vigie/domain/agents'
import type { Services } from '../platform/index.ts'
import type { Connection } from './connection.ts'
import { systemOf } from './enrol.ts'
import { letGo, loseSilent, showProductState, storeBeats, touch } from './store.ts'

export interface PresenceTiming {
  flushMs: number
  sweepMs: number
  /** Without a sign of life for so long an agent is abnormal (AGT-2). */
  silentAfterMs: number
  /** A sign of life counts for the product and the customer at most so often. */
  touchMs: number
}
export const presenceTiming: PresenceTiming = {
  flushMs: 1_000,
  sweepMs: 2_000,
  silentAfterMs: channelLimits.silentAfterMs,
  touchMs: 45_000,
}

export interface Presence {
  beat(connection: Connection): void
  /** Its connection broke without a goodbye. */
  lost(connection: Connection): void
  /** Stores what is buffered. */
  flush(): Promise<void>
  /** Finds the agents that vanished, of every process. */
  sweep(): Promise<void>
  close(): Promise<void>
}

/**
 * Signs of life, gathered for a second and stored in one statement a business (performance.md, P8): losing them costs one beat. And the watch over agents that
 * give none any more, by index over all of them, whichever process held them: so it also finds those of a process that died.
 */
export function createPresence(services: Services, timing: PresenceTiming = presenceTiming): Presence {
  const { database, log, clock } = services
  let beats = new Map<string, Connection>()
  let broken: Connection[] = []
  const touchedMs = new Map<string, number>()
  /** Nobody is missed while we could not hear anybody: after a start, and after the database was away (R23: monotonic). */
  let watchFromMs = performance.now() + timing.silentAfterMs
  let working: Promise<void> = Promise.resolve()

  const inTurn = (work: () => Promise<void>) => (working = working.then(work))

  async function flush(): Promise<void> {
    const [seen, gone] = [beats, broken]
    beats = new Map()
    broken = []
    for (const [partnerId, some] of Map.groupBy(seen.values(), ({ partnerId }) => partnerId)) {
      await guarded(
        () => storeSeen(partnerId, some),
        () => {
          for (const connection of some) if (connection.isOpen && !beats.has(connection.agentId)) beats.set(connection.agentId, connection)
        },
      )
    }
    for (const [partnerId, some] of Map.groupBy(gone, ({ partnerId }) => partnerId)) {
      const release = async () => {
        await database.transaction(systemOf(partnerId), (db) =>
          letGo(
            db,
            some.map(({ connectionId }) => connectionId),
            some.map(({ agentId }) => agentId),
          ),
        )
      }
      await guarded(release, () => void broken.push(...some))
    }
  }

  async function guarded(work: () => Promise<void>, putBack: () => void): Promise<void> {
    try {
      await work()
    } catch (error) {
      putBack()
      watchFromMs = performance.now() + timing.silentAfterMs
      log.warn('signs of life could not be stored, tried again', { error: String(error) })
    }
  }

  async function storeSeen(partnerId: string, some: readonly Connection[]): Promise<void> {
    const at = clock.now()
    const nowMs = performance.now()
    const isStale = (id: string) => nowMs - (touchedMs.get(id) ?? -Infinity) > timing.touchMs
    const products = [...new Set(some.map(({ productId }) => productId))].filter(isStale)
    const customers = [...new Set(some.map(({ customerId }) => customerId))].filter(isStale)
    const held = await database.transaction(systemOf(partnerId), async (db) => {
      const stored = await storeBeats(
        db,
        some.map(({ agentId, connectionId, clockOffsetMs }) => ({ agentId, connectionId, at, clockOffsetMs })),
      )
      if (products.length + customers.length > 0) await touch(db, products, customers, at)
      return stored
    })
    if (touchedMs.size > 200_000) touchedMs.clear()
    for (const id of [...products, ...customers]) touchedMs.set(id, nowMs)
    // another connection speaks for it, or it was given up as lost: it comes back by itself
    for (const connection of some) if (!held.has(connection.agentId)) connection.superseded()
  }

  async function sweep(): Promise<void> {
    if (performance.now() < watchFromMs) return
    const since = new Date(clock.now().getTime() - timing.silentAfterMs)
    const partners = await database.lookup<{ id: string }>('select vigie.partners_with_silent_agents($1) as id', [since])
    for (const { id } of partners) {
      await database.transaction(systemOf(id), async (db) => {
        const lost = await loseSilent(db, since, 500)
        const products = [...new Map(lost.map((agent) => [agent.productId, agent])).values()].toSorted((a, b) =>
          a.productId < b.productId ? -1 : 1,
        )
        // all products before any assessment, as the assessor takes them
        await db.query('select from product where id = any($1) order by id for no key update', [products.map(({ productId }) => productId)])
        for (const product of products) await showProductState(db, product)
      })
    }
  }

  const flushing = setInterval(() => void inTurn(flush), timing.flushMs)
  const sweeping = setInterval(
    () => void inTurn(() => sweep().catch((error: unknown) => log.warn('silent agents could not be looked for', { error: String(error) }))),
    timing.sweepMs,
  )
  return {
    beat: (connection) => void beats.set(connection.agentId, connection),
    lost(connection) {
      beats.delete(connection.agentId)
      broken.push(connection)
    },
    flush: () => inTurn(flush),
    sweep: () => inTurn(sweep),
    async close() {
      clearInterval(flushing)
      clearInterval(sweeping)
      await inTurn(flush)
    },
  }
}
