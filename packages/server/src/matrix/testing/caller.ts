import type { AddressInfo } from 'node:net'
import type { AnyRoute } from '@vigie/domain/kernel'
import { afterAll, beforeAll, expect, vi } from 'vitest'
import { hashPassword } from '../../access/passwords.ts'
import { testServer, type TestServer } from '../../platform/testing/server.ts'
import { examples, type Request } from '../examples.ts'
import { aPrincipal, type Principal } from '../principals.ts'
import { aWorld, type World } from '../world.ts'

export interface Answer {
  status: number
  text: string
  code: string | undefined
}
interface CallOptions {
  token?: string | undefined
  headers?: Record<string, string>
  path?: string
  /** In place of the request's body, as it stands. */
  text?: string
}

export const isPublic = (route: AnyRoute) => route.permission === 'public'
export const self = ({ accountId, sessionId }: Principal) => ({ self: { accountId, sessionId } })

/**
 * The whole server with every route there is, for a file of the matrix, and who calls it: with real sessions, over the wire. Worlds are made as they are asked for.
 */
export function matrixServer() {
  let server: TestServer
  let passwordHash: string
  let routes: AnyRoute[]
  let address: string
  // thousands of calls, on a machine that may be busy
  vi.setConfig({ testTimeout: 120_000 })
  // routes are known only once the server is put together: each test walks them itself and names those that fail
  beforeAll(async () => {
    server = await testServer()
    // the installation is not set up: the set-up routes are there and want their token
    passwordHash = await hashPassword('a long enough phrase 71')
    routes = server.handlers.map((handler) => handler.route)
    await server.http.listen({ host: '127.0.0.1', port: 0 })
    address = `http://127.0.0.1:${(server.http.server.address() as AddressInfo).port}`
  })
  afterAll(() => server.close())

  /** Over the wire, so that streams can be cut after their head. Every answer, whatever it is, keeps R38 and is no fault of ours. */
  async function call(
    route: Pick<AnyRoute, 'method' | 'path'>,
    request: Request,
    { token, headers = {}, path, text: written }: CallOptions = {},
  ): Promise<Answer> {
    const filled = path ?? `/api${route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(request.params?.[name] ?? 'x'))}`
    const body = written ?? (request.body === undefined ? undefined : JSON.stringify(request.body))
    const query = request.query ? `?${new URLSearchParams(request.query)}` : ''
    const answer = await fetch(`${address}${filled}${query}`, {
      method: route.method,
      headers: {
        ...(token === undefined ? {} : { cookie: `vigie-session=${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(request.ifMatch === undefined ? {} : { 'if-match': `"${request.ifMatch}"` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body }),
    })
    let text = ''
    if (answer.headers.get('content-type')?.startsWith('text/event-stream')) await answer.body?.cancel()
    else text = await answer.text()
    const where = `${route.method} ${filled}: ${answer.status} ${text.slice(0, 300)}`
    expect(answer.status, where).toBeLessThan(500)
    expect(answer.headers.get('content-security-policy'), where).toMatch(/default-src 'self'.*frame-ancestors 'none'/)
    expect(answer.headers.get('content-security-policy'), where).not.toContain('unsafe')
    expect(answer.headers.get('x-content-type-options'), where).toBe('nosniff')
    expect(answer.headers.get('cache-control'), where).toMatch(/no-store/)
    expect(text, where).not.toMatch(/node_modules|packages\/server|\bselect .* from\b|at \w+ \(/)
    const code = answer.headers.get('content-type')?.includes('problem+json') ? (JSON.parse(text) as { code: string }).code : undefined
    return { status: answer.status, text, code }
  }

  const owner = (world: World, more: Partial<Parameters<typeof aPrincipal>[3]> = {}) =>
    aPrincipal(server.database, world, passwordHash, { role: 'owner', isPrimary: true, ...more })
  const newWorld = () => aWorld(server.database, passwordHash)
  /** A world for each route that changes something, one for all that only look. */
  function worlds(): (route: AnyRoute) => Promise<World> {
    let looked: Promise<World> | null = null
    return (route) => (route.method === 'GET' ? (looked ??= newWorld()) : newWorld())
  }
  const requestOf = (route: AnyRoute, world: World, who: Principal) =>
    examples[route.id]!.request({ ...world.shown, ...world.own, ...self(who) })
  const somebody = (world: World, who: Parameters<typeof aPrincipal>[3]) => aPrincipal(server.database, world, passwordHash, who)

  return {
    /** There once the file's hooks ran. */
    get server() {
      return server
    },
    get routes() {
      return routes
    },
    get address() {
      return address
    },
    call,
    owner,
    somebody,
    newWorld,
    worlds,
    requestOf,
  }
}
