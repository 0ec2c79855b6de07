import type pg from 'pg'
import type { LiveMessage } from '@vigie/domain/live'
import { isRetryable } from './errors.ts'

/** Whose transaction it is. `principalId` null with `all`: the system working for the business (jobs, ingest). */
export interface Tenant {
  partnerId: string
  scope: 'all' | 'limited'
  principalId: string | null
}

/**
 * One transaction under the app role, in which row-level security shows only `tenant`'s rows (ACC-1, R4). Nothing else in the server talks to the
 * database. Begin and scope travel together with the first query: no extra round trip (stack.md §3).
 */
export interface TenantDb {
  readonly tenant: Tenant
  query<R extends object = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<{ rows: R[]; rowCount: number }>
  /**
   * Runs `work` past the principal's scope, still within the business: for a change that the scope can only judge when it is whole (a new customer is in nobody's scope before its
   * tags are there). The caller looks afterwards, under the scope again, whether what it made may be there. No outside id goes in that was not looked up under the scope before.
   */
  widely<T>(work: () => Promise<T>): Promise<T>
  /** Tells every open console of this business at commit that something changed (EVT-8). Twice the same is once. */
  announce(message: LiveMessage): void
  /** Runs once after the commit; never when it did not happen. Must not fail: it wakes, it does not work. */
  afterCommit(run: () => void): void
  /** Called by audit.record; handle() refuses to commit a change without (ACC-11). */
  markAudited(): void
  readonly isAudited: boolean
}

export interface Database {
  /** Opens the transaction, commits what `work` did or rolls it all back. A deadlock or serialisation failure is tried again, at most 3 times. */
  transaction<T>(tenant: Tenant, work: (db: TenantDb) => Promise<T>): Promise<T>
  /** The keys-only functions of schema `vigie` that say whose something is, and the attempt counters: what must be asked before a tenant is known. */
  lookup<R extends object>(text: string, values?: readonly unknown[]): Promise<R[]>
  /**
   * A connection of its own for LISTEN; the caller ends it. `mark`: it also holds the advisory lock (markClass, mark) for as long as it lives, by which other
   * processes know that this one does.
   */
  listen(channel: string, onMessage: (payload: string) => void, onLost: () => void, mark?: number): Promise<{ close(): Promise<void> }>
  /** As the one who owns the tables: migrations, installation secrets, partitions. Nothing a tenant's request can reach. */
  readonly owner: pg.Pool
  close(): Promise<void>
}

const beginScope = `select set_config('vigie.partner', $1, true), set_config('vigie.scope', $2, true), set_config('vigie.principal', $3, true)`
export const liveChannel = 'vigie_live'
/** First half of the advisory locks by which processes show that they live. */
export const markClass = 7216

export function createDatabase(app: pg.Pool, owner: pg.Pool): Database {
  async function once<T>(tenant: Tenant, work: (db: TenantDb) => Promise<T>): Promise<T> {
    const client = await app.connect()
    const announced = new Map<string, LiveMessage>()
    const afterwards: (() => void)[] = []
    let isAudited = false
    let isBroken = false
    const opening = [client.query('begin'), client.query(beginScope, [tenant.partnerId, tenant.scope, tenant.principalId ?? ''])]
    for (const sent of opening) sent.catch(() => {}) // reported by the await below or by the first query
    const db: TenantDb = {
      tenant,
      async query<R extends object>(text: string, values: readonly unknown[] = []) {
        const result = await client.query(text, values as unknown[])
        return { rows: result.rows as R[], rowCount: result.rowCount ?? 0 }
      },
      async widely(run) {
        if (tenant.scope === 'all') return await run()
        await client.query(`select set_config('vigie.scope', 'all', true)`)
        try {
          return await run()
        } finally {
          // refused only in a transaction that is broken, in which nothing else happens any more
          await client.query(`select set_config('vigie.scope', 'limited', true)`).catch(() => {})
        }
      },
      announce: (message) => void announced.set(`${message.kind} ${message.id}`, message),
      afterCommit: (run) => void afterwards.push(run),
      markAudited: () => void (isAudited = true),
      get isAudited() {
        return isAudited
      },
    }
    try {
      const result = await work(db)
      await Promise.all(opening)
      const notices = [...announced.values()].map((message) => JSON.stringify({ partnerId: tenant.partnerId, ...message }))
      const closing =
        notices.length > 0 ? [client.query(`select pg_notify('${liveChannel}', text) from unnest($1::text[]) text`, [notices])] : []
      closing.push(client.query('commit'))
      const ends = await Promise.allSettled(closing)
      const failed = ends.find((end) => end.status === 'rejected')
      if (failed) throw failed.reason
      // a transaction that a query broke answers COMMIT with ROLLBACK
      const end = ends.at(-1) as PromiseFulfilledResult<pg.QueryResult>
      if (end.value.command !== 'COMMIT')
        throw new Error('the transaction was rolled back: a query in it failed and its error was swallowed')
      for (const run of afterwards) run()
      return result
    } catch (error) {
      await client.query('rollback').catch(() => void (isBroken = true))
      throw error
    } finally {
      client.release(isBroken)
    }
  }

  return {
    owner,
    async transaction(tenant, work) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await once(tenant, work)
        } catch (error) {
          if (attempt >= 3 || !isRetryable(error)) throw error
        }
      }
    },
    async lookup<R extends object>(text: string, values: readonly unknown[] = []) {
      const { rows } = await app.query(text, values as unknown[])
      return rows as R[]
    },
    async listen(channel, onMessage, onLost, mark) {
      const client = await app.connect()
      let isClosed = false
      client.on('notification', (notice) => onMessage(notice.payload ?? ''))
      const lost = () => {
        if (isClosed) return
        isClosed = true
        client.release(true)
        onLost()
      }
      client.on('error', lost)
      client.on('end', lost)
      await client.query(`listen ${channel}`)
      if (mark !== undefined) await client.query('select pg_advisory_lock($1, $2)', [markClass, mark])
      return {
        async close() {
          if (isClosed) return
          isClosed = true
          client.release(true)
        },
      }
    },
    async close() {
      await Promise.all([app.end(), owner.end()])
    },
  }
}
