import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { rolePermissions, roles, type Role } from '@vigie/domain/access'
import type { AnyRoute } from '@vigie/domain/kernel'
import { examples, publicRoutes, type Request } from './matrix/examples.ts'
import type { Principal } from './matrix/principals.ts'
import { isPublic, matrixServer, self } from './matrix/testing/caller.ts'
import type { World } from './matrix/world.ts'

/**
 * Every route there is × every principal × every place an id may stand in (R1, R2, R31, ACC-1, ACC-2). Generated from compose()'s own list: a route without its line in
 * `matrix/examples.ts` fails. What may stand in a request beside ids: `requests.matrix.test.ts`.
 */
const matrix = matrixServer()
const { call, owner, somebody, newWorld, worlds, requestOf } = matrix

describe('the matrix is whole (R1)', () => {
  it('every route has its place, and every place its route once all slices are there', () => {
    expect(matrix.routes.map((route) => route.id).filter((id) => !(id in examples))).toEqual([])
    expect(new Set(matrix.routes.map((route) => route.id)).size).toBe(matrix.routes.length)
    expect(new Set(matrix.routes.map((route) => `${route.method} ${route.path}`)).size).toBe(matrix.routes.length)
  })
  it('what needs no session is a closed list', () => {
    expect(
      matrix.routes
        .filter(isPublic)
        .map((route) => route.id)
        .sort(),
    ).toEqual([...publicRoutes].sort())
  })
  it('each example is a request that is taken, so that a refusal below means what it says', async () => {
    const wrong: string[] = []
    const worldOf = worlds()
    const owners = new Map<World, Principal>()
    for (const route of matrix.routes) {
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
    for (const route of matrix.routes.filter((one) => !isPublic(one))) {
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
        await matrix.server.database.owner.query('update partner set is_mfa_required = true where id = $1', [world.partnerId])
      const who = await owner(world, { state })
      const reached: string[] = []
      for (const route of matrix.routes.filter((one) => !isPublic(one) && one.id !== 'session.sign-out')) {
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
    for (const route of matrix.routes.filter((one) => !['public', 'half-signed-in'].includes(one.permission))) {
      const who = await somebody(world, { role })
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
    for (const route of matrix.routes) {
      const who = await somebody(world, { role: 'owner' })
      // ownership is the primary's
      if (route.id === 'business.transfer-primary')
        await matrix.server.database.owner.query('update account set is_primary = id = $2 where partner_id = $1', [
          world.partnerId,
          who.accountId,
        ])
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
    for (const route of matrix.routes) {
      const who = await somebody(world, { role: 'owner', isLimited: true })
      places += await compare(route, requestOf(route, world, who), { ...world.shown }, { ...world.hidden }, who)
    }
    expect(places).toBeGreaterThan(25)
    expect(await countRows(world.partnerId, world.hidden.customerId)).toEqual(before)
  })

  it('no answer to a lawful request names anything of them', async () => {
    const theirs = await newWorld()
    const worldOf = worlds()
    for (const route of matrix.routes) {
      const world = await worldOf(route)
      const who = await somebody(world, { role: 'owner', isLimited: true })
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
    const who = await somebody(world, { role: 'owner', isLimited: true })
    const { rows: tables } = await matrix.server.database.owner.query<{ name: string; has_customer: boolean }>(`
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
      const asOwner = (text: string, values: unknown[]) => matrix.server.database.owner.query(text, values)
      if ((await count(asOwner, 'partner_id', theirs.partnerId)) === 0) untried.push(name)
      await matrix.server.database.transaction({ partnerId: world.partnerId, scope: 'all', principalId: null }, async (db) =>
        expect(await count(db.query, 'partner_id', theirs.partnerId), name).toBe(0),
      )
      // a scope's lines and the list of what is to be purged name customers, which no reader is shown by them
      if (column === null || ['scope_line', 'purge'].includes(name)) continue
      if ((await count(asOwner, column, world.hidden.customerId)) === 0) untried.push(`${name} (customer)`)
      await matrix.server.database.transaction({ partnerId: world.partnerId, scope: 'limited', principalId: who.accountId }, async (db) =>
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
      const { rows } = await matrix.server.database.owner.query(
        `select count(*)::integer as n, md5(string_agg(t::text, ',' order by t::text)) as sum from ${table} t where partner_id = $1 ${customerId ? `and ${column} = $2` : ''}`,
        customerId ? [partnerId, customerId] : [partnerId],
      )
      found[table] = rows[0]
    }
    return found
  }
})
