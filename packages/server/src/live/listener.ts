import { randomUUID } from 'node:crypto'
import type { Database, Log } from '../platform/index.ts'

export interface Listener {
  /** Resolves once the database has been asked to tell us: what commits from then on is heard. */
  ready(): Promise<void>
  close(): Promise<void>
}

interface Options {
  database: Database
  log: Log
  channel: string
  onMessage(payload: string): void
  /** Heard again after a time in which messages may have been missed. */
  onAgain(): void
  /** A connection can die without a word (a firewall forgot it): we say something ourselves this often and expect to hear it. */
  pingMs?: number
}

const pingPrefix = 'ping '

/** One LISTEN for the process, begun when first needed and begun again whenever its connection is lost (R43). */
export function createListener({ database, log, channel, onMessage, onAgain, pingMs = 15_000 }: Options): Listener {
  const own = `${pingPrefix}${randomUUID()}`
  let listening: Promise<{ close(): Promise<void> }> | undefined
  let isClosed = false
  let hasListened = false
  let isPingOut = false

  async function connect(): Promise<{ close(): Promise<void> }> {
    for (let tries = 0; ; tries++) {
      if (isClosed) throw new Error('closed')
      try {
        const connection = await database.listen(channel, hear, lost)
        isPingOut = false
        if (hasListened) onAgain()
        hasListened = true
        return connection
      } catch (error) {
        if (tries === 0) log.warn('live updates wait for the database', { error: String(error) })
        await new Promise((resolve) => setTimeout(resolve, Math.min(5_000, 100 * 2 ** tries)))
      }
    }
  }
  function begin() {
    listening = connect()
    listening.catch(() => {}) // only when closed
  }
  function hear(payload: string) {
    if (payload === own) isPingOut = false
    else if (!payload.startsWith(pingPrefix)) onMessage(payload)
  }
  function lost() {
    if (!isClosed) begin()
  }
  const timer = setInterval(() => {
    if (!listening) return
    if (isPingOut) {
      log.warn('live updates fell silent and are asked for again', {})
      const silent = listening
      begin()
      void silent.then((connection) => connection.close()).catch(() => {})
      return
    }
    isPingOut = true
    database.lookup('select pg_notify($1, $2)', [channel, own]).catch(() => (isPingOut = false)) // the database is away: its connection says so itself
  }, pingMs).unref()

  return {
    async ready() {
      if (!listening) begin()
      await listening
    },
    async close() {
      isClosed = true
      clearInterval(timer)
      await listening?.then((connection) => connection.close()).catch(() => {})
    },
  }
}
