import { compose, type Parts, type Vigie } from '../../compose.ts'
import { createLog, type Actor, type Clock } from '../index.ts'
import { testDatabase, type TestDatabase } from './database.ts'

/** The whole server on a database of its own, its clock in the test's hand. `as(actor)` calls the API as that actor, past sign-in. */
export interface TestServer extends Vigie {
  database: TestDatabase
  clock: Clock & { set(at: Date): void; add(ms: number): void }
  as(
    actor: Actor | null,
  ): (
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => Promise<{ status: number; body: any; headers: Record<string, unknown> }>
}

export async function testServer(options: Partial<Pick<Parts, 'smtp' | 'publicUrl' | 'trustedProxies'>> = {}): Promise<TestServer> {
  const database = await testDatabase()
  let offsetMs = 0
  const clock = {
    now: () => new Date(Date.now() + offsetMs),
    set: (at: Date) => void (offsetMs = at.getTime() - Date.now()),
    add: (ms: number) => void (offsetMs += ms),
  }
  const vigie = await compose({
    database,
    clock,
    vault: database.vault,
    log: createLog(process.env['VIGIE_LOG_LEVEL'] ?? 'silent'),
    publicUrl: 'http://127.0.0.1:8080',
    agentUrl: 'https://127.0.0.1:8443',
    consoleFolder: null,
    trustedProxies: [],
    smtp: null,
    ...options,
  })
  const known = new Map<string, Actor>()
  const { actorOf } = vigie.services
  vigie.services.actorOf = async (token) => known.get(token ?? '') ?? (await actorOf(token))
  return {
    ...vigie,
    database,
    clock,
    as(actor) {
      const token = actor ? `test-${actor.accountId}-${actor.sessionId}` : undefined
      if (actor && token) known.set(token, actor)
      return async (method, path, body, headers = {}) => {
        const answer = await vigie.http.inject({
          method: method as 'GET',
          url: `/api${path}`,
          cookies: token ? { 'vigie-session': token } : {},
          headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
          ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
        })
        const isJson = String(answer.headers['content-type'] ?? '').includes('json')
        return {
          status: answer.statusCode,
          body: isJson && answer.body !== '' ? JSON.parse(answer.body) : answer.body,
          headers: answer.headers,
        }
      }
    },
    async close() {
      await vigie.close()
      await database.close()
    },
  }
}
