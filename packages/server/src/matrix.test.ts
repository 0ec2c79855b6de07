import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type * as z from 'zod'
import { rolePermissions, roles, type Role } from '@vigie/domain/access'
import type { AnyRoute } from '@vigie/domain/kernel'
import { hashPassword } from './access/passwords.ts'
import { examples, publicRoutes, type Request } from './matrix/examples.ts'
import { aPrincipal, aWorld, type Principal, type World } from './matrix/world.ts'
import { testServer, type TestServer } from './platform/testing/server.ts'

/**
 * Every route there is × every principal × every place an id may stand in (R1, R2, R6, R33, R38, ACC-1, ACC-2). Generated from compose()'s own list: a route without its line in
 * `matrix/examples.ts` fails. What it calls is the whole server, with real sessions.
 */
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

interface Answer {
  status: number
  text: string
  code: string | undefined
}
interface CallOptions {
  token?: string | undefined
  headers?: Record<string, string>
  path?: string
}

/** Over the wire, so that streams can be cut after their head. Every answer, whatever it is, keeps R38 and is no fault of ours. */
async function call(
  route: Pick<AnyRoute, 'method' | 'path'>,
  request: Request,
  { token, headers = {}, path }: CallOptions = {},
): Promise<Answer> {
  const filled = path ?? `/api${route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(request.params?.[name] ?? 'x'))}`
  const query = request.query ? `?${new URLSearchParams(request.query)}` : ''
  const answer = await fetch(`${address}${filled}${query}`, {
    method: route.method,
    headers: {
      ...(token === undefined ? {} : { cookie: `vigie-session=${token}` }),
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(request.ifMatch === undefined ? {} : { 'if-match': `"${request.ifMatch}"` }),
      ...headers,
    },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
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
const self = ({ accountId, sessionId }: Principal) => ({ self: { accountId, sessionId } })
const requestOf = (route: AnyRoute, world: World, who: Principal) =>
  examples[route.id]!.request({ ...world.shown, ...world.own, ...self(who) })
const isPublic = (route: AnyRoute) => route.permission === 'public'

describe('the matrix is whole (R1)', () => {
  it('every route has its place, and every place its route once all slices are there', () => {
    expect(routes.map((route) => route.id).filter((id) => !(id in examples))).toEqual([])
    expect(new Set(routes.map((route) => route.id)).size).toBe(routes.length)
    expect(new Set(routes.map((route) => `${route.method} ${route.path}`)).size).toBe(routes.length)
  })
  it('what needs no session is a closed list', () => {
    expect(
      routes
        .filter(isPublic)
        .map((route) => route.id)
        .sort(),
    ).toEqual([...publicRoutes].sort())
  })
  it('each example is a request that is taken, so that a refusal below means what it says', async () => {
    const wrong: string[] = []
    const worldOf = worlds()
    const owners = new Map<World, Principal>()
    for (const route of routes) {
      const world = await worldOf(route)
      const who = owners.get(world) ?? (await owner(world)) // a business has one primary
      owners.set(world, who)
      const answer = await call(route, requestOf(route, world, who), { token: who.token })
      if (answer.status !== (examples[route.id]!.status ?? 200)) wrong.push(`${route.id}: ${answer.status} ${answer.text.slice(0, 300)}`)
    }
    expect(wrong).toEqual([])
  })
})

describe('who may call (ACC-2, ACC-3, R1, R31)', () => {
  it('without a session: 401 everywhere but on public routes', async () => {
    const world = await newWorld()
    const who = await owner(world)
    for (const route of routes.filter((one) => !isPublic(one))) {
      for (const token of [undefined, 'x'.repeat(43), '', `${who.token.slice(0, -1)}!`]) {
        expect(await call(route, requestOf(route, world, who), { token }), route.id).toMatchObject({ status: 401, code: 'session.missing' })
      }
    }
  })

  it.each(['mfa-needed', 'mfa-enrolment-needed'] as const)(
    'with half a session (%s): nothing but the page that completes it',
    async (state) => {
      const world = await newWorld()
      if (state === 'mfa-enrolment-needed')
        await server.database.owner.query('update partner set is_mfa_required = true where id = $1', [world.partnerId])
      const who = await owner(world, { state })
      const reached: string[] = []
      for (const route of routes.filter((one) => !isPublic(one) && one.id !== 'session.sign-out')) {
        const answer = await call(route, requestOf(route, world, who), { token: who.token })
        if (answer.code === `session.${state}`) expect(answer.status, route.id).toBe(401)
        else reached.push(route.id)
      }
      expect(reached.sort()).toEqual(['me.confirm-totp', 'me.start-totp', 'session.get', 'session.verify-mfa'])
    },
  )

  it.each([...roles])('%s: 403 where the role does not reach, and never where it does', async (role: Role) => {
    const world = await newWorld()
    const never = nobodys()
    for (const route of routes.filter((one) => !['public', 'half-signed-in'].includes(one.permission))) {
      const who = await aPrincipal(server.database, world, passwordHash, { role })
      const request = examples[route.id]!.request({ ...never, ...self(who) })
      const answer = await call(route, request, { token: who.token })
      const may = route.permission === 'signed-in' || (rolePermissions[role] as readonly string[]).includes(route.permission)
      // an owner who is not the primary has nothing to hand over
      if (route.id === 'business.transfer-primary' && may) continue
      if (may) expect(answer.code, `${role} ${route.id}`).not.toBe('permission.missing')
      else expect(answer, `${role} ${route.id}`).toMatchObject({ status: 403, code: 'permission.missing' })
    }
  })
})

const nobodys = () => {
  const id = () => randomUUID()
  return {
    customerId: id(),
    emptyCustomerId: id(),
    contactId: id(),
    productId: id(),
    agentId: id(),
    endpointId: id(),
    eventId: id(),
    commentId: id(),
    commandId: id(),
    orderId: id(),
    deliveryId: id(),
    endpointKeyId: id(),
    mergeId: id(),
    twinId: id(),
    duplicateId: id(),
    moveId: id(),
    switchId: id(),
    consentId: id(),
    accountId: id(),
    invitedAccountId: id(),
    sessionId: id(),
    viewId: id(),
    templateId: id(),
    urlEntryId: id(),
    windowId: id(),
  }
}

/** The request with one id's place filled by another. */
const replaced = (request: Request, from: string, to: string): Request =>
  JSON.parse(JSON.stringify(request).replaceAll(from, to)) as Request

describe("others' ids answer byte for byte like ids that never were (R2, ACC-1, ACC-14)", () => {
  /** @param strange ids of the same kinds that the caller may not know of */
  async function compare(
    route: AnyRoute,
    request: Request,
    ids: Record<string, string>,
    strange: Record<string, string>,
    who: Principal,
  ): Promise<number> {
    let places = 0
    for (const [kind, mine] of Object.entries(ids)) {
      if (!JSON.stringify(request).includes(mine)) continue
      places++
      const neverWas = randomUUID()
      const [foreign, never] = [
        await call(route, replaced(request, mine, strange[kind]!), { token: who.token }),
        await call(route, replaced(request, mine, neverWas), { token: who.token }),
      ]
      const where = `${route.id}, ${kind}`
      expect({ ...foreign, text: foreign.text.replaceAll(strange[kind]!, '<id>') }, where).toEqual({
        ...never,
        text: never.text.replaceAll(neverWas, '<id>'),
      })
      // a filter by it finds nothing; a thing by it is not there
      if (!Object.values(request.query ?? {}).some((value) => value.includes(mine))) expect(foreign.status, where).toBe(404)
      else expect([200, 404], where).toContain(foreign.status)
    }
    return places
  }

  it("another business's", async () => {
    let places = 0
    const [world, theirs] = [await newWorld(), await newWorld()]
    const before = await countRows(theirs.partnerId)
    for (const route of routes) {
      const who = await aPrincipal(server.database, world, passwordHash, { role: 'owner' })
      // ownership is the primary's
      if (route.id === 'business.transfer-primary')
        await server.database.owner.query('update account set is_primary = id = $2 where partner_id = $1', [world.partnerId, who.accountId])
      const ids = { ...world.shown, ...world.own, ownSession: who.sessionId }
      const strange = { ...theirs.shown, ...theirs.own, ownSession: theirs.own.sessionId }
      places += await compare(route, requestOf(route, world, who), ids, strange, who)
    }
    expect(places).toBeGreaterThan(30)
    expect(await countRows(theirs.partnerId)).toEqual(before)
  })

  it("out-of-scope customers' of one's own business", async () => {
    let places = 0
    const world = await newWorld()
    const before = await countRows(world.partnerId, world.hidden.customerId)
    for (const route of routes) {
      const who = await aPrincipal(server.database, world, passwordHash, { role: 'owner', isLimited: true })
      places += await compare(route, requestOf(route, world, who), { ...world.shown }, { ...world.hidden }, who)
    }
    expect(places).toBeGreaterThan(25)
    expect(await countRows(world.partnerId, world.hidden.customerId)).toEqual(before)
  })

  it('no answer to a lawful request names anything of them', async () => {
    const theirs = await newWorld()
    const worldOf = worlds()
    for (const route of routes) {
      const world = await worldOf(route)
      const who = await aPrincipal(server.database, world, passwordHash, { role: 'owner', isLimited: true })
      const { ifMatch, query: _filters, ...rest } = requestOf(route, world, who)
      // lists without their filters: all that one may see
      const { text } = await call(route, { ...rest, ...(ifMatch === undefined ? {} : { ifMatch }) }, { token: who.token })
      for (const [what, mark] of [
        ['another business', theirs.mark],
        ['another business', theirs.hiddenMark],
        ['an unseen customer', world.hiddenMark],
      ] as const) {
        expect(text.includes(mark), `${route.id} names ${what}: ${text.slice(0, 500)}`).toBe(false)
      }
      const strange = [...Object.entries(theirs.shown), ...Object.entries(theirs.hidden), ...Object.entries(world.hidden)]
      expect(
        strange.filter(([, id]) => text.includes(id)).map(([kind]) => kind),
        route.id,
      ).toEqual([])
    }
  })

  it('each table by itself hides them: dropping any one policy shows here (R4)', async () => {
    const [world, theirs] = [await newWorld(), await newWorld()]
    const who = await aPrincipal(server.database, world, passwordHash, { role: 'owner', isLimited: true })
    const { rows: tables } = await server.database.owner.query<{ name: string; has_customer: boolean }>(`
      select c.relname as name, exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'customer_id') as has_customer
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition and has_table_privilege('vigie_app', c.oid, 'select') and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'partner_id')`)
    const untried: string[] = []
    for (const { name, has_customer } of tables) {
      const column = name === 'customer' ? 'id' : has_customer ? 'customer_id' : null
      const count = async (
        query: (text: string, values: unknown[]) => Promise<{ rows: Record<string, unknown>[] }>,
        where: string,
        value: string,
      ) => Number((await query(`select count(*)::integer as n from ${name} where ${where} = $1`, [value])).rows[0]!['n'])
      const asOwner = (text: string, values: unknown[]) => server.database.owner.query(text, values)
      if ((await count(asOwner, 'partner_id', theirs.partnerId)) === 0) untried.push(name)
      await server.database.transaction({ partnerId: world.partnerId, scope: 'all', principalId: null }, async (db) =>
        expect(await count(db.query, 'partner_id', theirs.partnerId), name).toBe(0),
      )
      // a scope's lines and the list of what is to be purged name customers, which no reader is shown by them
      if (column === null || ['scope_line', 'purge'].includes(name)) continue
      if ((await count(asOwner, column, world.hidden.customerId)) === 0) untried.push(`${name} (customer)`)
      await server.database.transaction({ partnerId: world.partnerId, scope: 'limited', principalId: who.accountId }, async (db) =>
        expect(await count(db.query, column, world.hidden.customerId), name).toBe(0),
      )
    }
    expect(tables.length).toBeGreaterThan(20)
    // of their own tests: access, audit, platform
    expect(untried.sort()).toEqual(['audit', 'audit (customer)', 'audit_head', 'idempotency', 'mail_link', 'recovery_code', 'tenant_key'])
  })

  /** Nothing of them was touched: rows by table, and what moves when one changes. */
  async function countRows(partnerId: string, customerId?: string): Promise<unknown> {
    const tables = [
      'customer',
      'contact',
      'customer_tag',
      'product',
      'agent',
      'endpoint',
      'event',
      'event_step',
      'command',
      'command_step',
      'detection',
      'index_value',
      'outbox',
      'scope_line',
    ]
    const found: Record<string, unknown> = {}
    for (const table of tables) {
      const column = table === 'customer' ? 'id' : 'customer_id'
      const { rows } = await server.database.owner.query(
        `select count(*)::integer as n, md5(string_agg(t::text, ',' order by t::text)) as sum from ${table} t where partner_id = $1 ${customerId ? `and ${column} = $2` : ''}`,
        customerId ? [partnerId, customerId] : [partnerId],
      )
      found[table] = rows[0]
    }
    return found
  }
})

describe('strict shapes (R6)', () => {
  const privileged = {
    partnerId: randomUUID(),
    partner_id: randomUUID(),
    id: randomUUID(),
    isPrimary: true,
    is_primary: true,
    role: 'owner',
    permissions: ['account.remove'],
    passwordHash: 'x',
    state: 'active',
    version: 99,
    createdAt: '2020-01-01T00:00:00Z',
    kind: 'operator',
    scope: null,
    isScopeLimited: false,
    constructor: {},
    guid: randomUUID(),
    customerId: randomUUID(),
    sessionState: 'full',
  }
  const own = (shape: unknown) => (shape as { shape?: Record<string, z.ZodType> } | undefined)?.shape ?? {}

  it('a field that a body does not have is refused, at every depth, before anything happens', async () => {
    let tried = 0
    const world = await newWorld()
    const who = await owner(world)
    for (const route of routes.filter((one) => one.body !== undefined && one.id !== 'session.sign-out')) {
      const request = requestOf(route, world, who)
      for (const path of objectsIn(request.body)) {
        for (const [field, value] of Object.entries(privileged)) {
          const body = structuredClone(request.body)
          const target = path.reduce<unknown>((inside, key) => (inside as Record<string, unknown>)[key], body) as Record<string, unknown>
          if (Object.hasOwn(target, field) || (path.length === 0 && field in own(route.body))) continue
          Object.defineProperty(target, field, { value, enumerable: true })
          const answer = await call(route, { ...request, body }, { token: who.token })
          tried++
          expect(answer, `${route.id} takes ${[...path, field].join('.')}`).toMatchObject({ status: 400, code: 'request.invalid' })
        }
      }
    }
    expect(tried).toBeGreaterThan(300)
  })

  it('a body where none belongs, and a filter that a list does not have', async () => {
    const world = await newWorld()
    const who = await owner(world)
    for (const route of routes) {
      const request = requestOf(route, world, who)
      if (route.body === undefined && route.method !== 'GET') {
        expect(await call(route, { ...request, body: { partnerId: world.partnerId } }, { token: who.token }), route.id).toMatchObject({
          status: 400,
          code: 'request.invalid',
        })
      }
      if (route.query !== undefined) {
        expect(
          await call(route, { ...request, query: { ...request.query, partnerId: world.partnerId } }, { token: who.token }),
          route.id,
        ).toMatchObject({ status: 400, code: 'request.invalid' })
      }
    }
  })

  function objectsIn(value: unknown, path: string[] = []): string[][] {
    if (value === null || typeof value !== 'object') return []
    const inner = Object.entries(value).flatMap(([key, one]) => objectsIn(one, [...path, key]))
    return Array.isArray(value) ? inner : [path, ...inner]
  }
})

describe('only from our own pages (R33)', () => {
  it.each([
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { origin: 'http://127.0.0.1:8081' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'http://127.0.0.1:8080.evil.example' },
  ])('a change with %j is refused, and changes nothing', async (headers) => {
    const world = await newWorld()
    const who = await owner(world)
    for (const route of routes.filter((one) => one.method !== 'GET')) {
      expect(
        await call(route, requestOf(route, world, who), { token: who.token, headers: headers as unknown as Record<string, string> }),
        route.id,
      ).toMatchObject({ status: 403, code: 'request.other-origin' })
    }
  })

  it('no GET changes anything a mail scanner could trigger', async () => {
    const world = await newWorld()
    const who = await owner(world)
    const sum = async () => {
      const { rows } = await server.database.owner.query(
        `select md5(string_agg(x, ',')) as sum from (select a::text as x from account a where partner_id = $1 union all select c::text from customer c where partner_id = $1
         union all select e::text from event e where partner_id = $1 union all select l::text from mail_link l where partner_id = $1 order by 1) all_of_it`,
        [world.partnerId],
      )
      return rows[0]
    }
    const before = await sum()
    for (const route of routes.filter((one) => one.method === 'GET')) await call(route, requestOf(route, world, who), { token: who.token })
    expect(await sum()).toEqual(before)
  })
})

describe('tricks with the address (R1)', () => {
  const tricks: ((path: string) => string)[] = [
    (path) => `${path}/`,
    (path) => `${path}//`,
    (path) => path.replace('/v1/', '//v1/'),
    (path) => path.replace('/v1/', '/v1//'),
    (path) => path.replaceAll('/', '%2f').replace('%2f', '/'),
    (path) => path.replace('/v1/', '/v1%2f'),
    (path) => `${path};x=1`,
    (path) => path.replace('/v1/', '/v1;x/'),
    (path) => path.replace('/api/', '/API/'),
    (path) => path.replace('/v1/', '/V1/'),
    (path) => `${path}.`,
    (path) => `${path}.json`,
    (path) => `${path}%00`,
    (path) => `${path}%20`,
    (path) => path.replace('/v1/', '/v1/./'),
    (path) => path.replace('/v1/', '/v1/x/../'),
    (path) => path.replace('/v1/', '/v1/x/%2e%2e/'),
    (path) => `/api/v1/session/..%2f..${path}`,
    (path) => `${path}/extra`,
    (path) => path.replace('/api', ''),
    (path) => `/api${path}`,
    (path) => path.replace('/v1/', '/v1\\'),
    (path) => `${path}?_method=GET`,
    (path) => `${path}#x`,
    (path) => path.replace(/[a-z](?=[^/]*$)/, (letter) => letter.toUpperCase()),
  ]

  it('a thousand of them reach nothing without a session', async () => {
    const world = await newWorld()
    const who = await owner(world)
    let tried = 0
    for (const route of routes.filter((one) => !isPublic(one))) {
      const request = requestOf(route, world, who)
      const path = `/api${route.path.replace(/:(\w+)/g, (_, name: string) => request.params?.[name] ?? 'x')}`
      for (const trick of tricks) {
        const answer = await call(route, request, { path: trick(path) })
        tried++
        expect([400, 401, 403, 404, 405], `${route.method} ${trick(path)}: ${answer.status}`).toContain(answer.status)
      }
    }
    expect(tried).toBeGreaterThan(1_000)
  })
})

describe('every answer keeps its head (R38)', () => {
  it.each([
    ['GET', '/api/v1/never-was', undefined, 404],
    ['POST', '/api/v1/session', '{"email":', 400],
    ['POST', '/api/v1/session', 'x'.repeat(1_100_000), 413],
    ['PATCH', '/api/v1/session', '{}', 404],
    ['GET', '/agent/v1/never-was', undefined, 404],
    ['GET', '/..%2f..%2fetc/passwd', undefined, 404],
  ] as const)('%s %s', async (method, path, body, status) => {
    const answer = await fetch(`${address}${path}`, {
      method,
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
    })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(await answer.text()).not.toMatch(/node_modules|SyntaxError|at \w+ \(/)
  })
})
