import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { isPublic, matrixServer } from './matrix/testing/caller.ts'

/** Every route there is × what else than a foreign id may be wrong with a request, and the head of every answer (R1, R6, R18, R33, R38). */
const matrix = matrixServer()
const { call, owner, newWorld, requestOf } = matrix

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
  interface Shape {
    def: {
      type: string
      shape?: Record<string, Shape>
      element?: Shape
      innerType?: Shape
      in?: Shape
      options?: Shape[]
      left?: Shape
      right?: Shape
    }
  }
  /** The shapes that a shape is made of, without what may be absent and the like. */
  const partsOf = (shape: Shape): Shape[] => {
    const { innerType, in: input, options, left, right } = shape.def
    const inner = [innerType, input, ...(options ?? []), left, right].filter((one) => one !== undefined)
    return inner.length > 0 ? inner.flatMap(partsOf) : [shape]
  }
  /** The fields that a body has at a place of it. */
  const fieldsAt = (body: unknown, path: readonly string[]): Set<string> => {
    const here = path.reduce(
      (shapes, key) => shapes.flatMap(({ def }) => [def.element ?? def.shape?.[key]].filter((one) => one !== undefined).flatMap(partsOf)),
      partsOf(body as Shape),
    )
    return new Set(here.flatMap(({ def }) => Object.keys(def.shape ?? {})))
  }

  it('a field that a body does not have is refused, at every depth, before anything happens', async () => {
    let tried = 0
    let told = 0
    const world = await newWorld()
    const who = await owner(world)
    for (const route of matrix.routes.filter((one) => one.body !== undefined && one.id !== 'session.sign-out')) {
      const request = requestOf(route, world, who)
      for (const path of objectsIn(request.body)) {
        const fields = fieldsAt(route.body, path)
        told += fields.size
        for (const [field, value] of Object.entries(privileged)) {
          const body = structuredClone(request.body)
          const target = path.reduce<unknown>((inside, key) => (inside as Record<string, unknown>)[key], body) as Record<string, unknown>
          if (Object.hasOwn(target, field) || fields.has(field)) continue
          Object.defineProperty(target, field, { value, enumerable: true })
          const answer = await call(route, { ...request, body }, { token: who.token })
          tried++
          expect(answer, `${route.id} takes ${[...path, field].join('.')}`).toMatchObject({ status: 400, code: 'request.invalid' })
        }
      }
    }
    expect(tried).toBeGreaterThan(300)
    expect(told).toBeGreaterThan(300)
  })

  it('a body where none belongs, and a filter that a list does not have', async () => {
    const world = await newWorld()
    const who = await owner(world)
    for (const route of matrix.routes) {
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

describe('limits before work (R18)', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

  it('a body that is nested without end is refused, as a whole and in each of its fields', async () => {
    const world = await newWorld()
    const who = await owner(world)
    const withBody = matrix.routes.filter((one) => one.body !== undefined && one.id !== 'session.sign-out')
    expect(withBody.length).toBeGreaterThan(50)
    for (const route of withBody) {
      const request = requestOf(route, world, who)
      const fields = Object.keys(request.body ?? {})
      for (const text of [
        nested(20_000),
        ...(fields.length === 0
          ? []
          : [nested(1_000), `${'{"a":'.repeat(1_000)}1${'}'.repeat(1_000)}`].map(
              (deep) => `{${fields.map((field) => `${JSON.stringify(field)}:${deep}`).join(',')}}`,
            )),
      ]) {
        const answer = await call(route, request, { token: who.token, text, headers: { 'idempotency-key': 'deep' } })
        expect(answer, `${route.id} takes ${text.slice(0, 60)}`).toMatchObject({ status: 400, code: 'request.invalid' })
      }
    }
  })
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
    for (const route of matrix.routes.filter((one) => one.method !== 'GET')) {
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
      const { rows } = await matrix.server.database.owner.query(
        `select md5(string_agg(x, ',')) as sum from (select a::text as x from account a where partner_id = $1 union all select c::text from customer c where partner_id = $1
         union all select e::text from event e where partner_id = $1 union all select l::text from mail_link l where partner_id = $1 order by 1) all_of_it`,
        [world.partnerId],
      )
      return rows[0]
    }
    const before = await sum()
    for (const route of matrix.routes.filter((one) => one.method === 'GET'))
      await call(route, requestOf(route, world, who), { token: who.token })
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
    for (const route of matrix.routes.filter((one) => !isPublic(one))) {
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
    const answer = await fetch(`${matrix.address}${path}`, {
      method,
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
    })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(await answer.text()).not.toMatch(/node_modules|SyntaxError|at \w+ \(/)
  })
})
