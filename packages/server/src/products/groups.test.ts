import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../platform/index.ts'
import { aCustomer, anActor, aPartner } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { upsertEndpoints } from '../ingest/store.ts'

let server: TestServer
let partnerId: string
let customerId: string
let productId: string
let call: ReturnType<TestServer['as']>
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())
const sql = async (text: string, values: unknown[] = []) => (await server.database.owner.query(text, values)).rows
beforeEach(async () => {
  partnerId = await aPartner(server.database)
  customerId = await aCustomer(server.database, partnerId)
  call = server.as(await anActor(server.database, partnerId))
  productId = (await call('POST', `/v1/customers/${customerId}/products`, { typeId: 'clamav-endpoint', description: 'Site' })).body.id
})

const tenant = () => ({ partnerId, scope: 'all' as const, principalId: null })
/** As an agent reports them. */
const report = (names: string[], platform = 'Debian 13') =>
  server.database.transaction(tenant(), async (db) => {
    const now = new Date()
    await upsertEndpoints(
      db,
      names.map((name) => ({
        id: newId(now),
        customerId,
        productId,
        agentId,
        key: name,
        name,
        report: {
          collectedAt: now,
          item: {
            kind: 'endpoint' as const,
            endpoint: name,
            at: now.toISOString(),
            name,
            platform,
            addresses: ['10.0.0.7'],
            engine: null,
            commands: [],
          },
        },
      })),
      now,
    )
  })
let agentId: string
beforeEach(async () => {
  agentId = newId()
  await sql(
    `insert into agent (partner_id, id, customer_id, product_id, public_key, state, hostname, platform, fingerprint, agent_version, protocol, registered_at) values ($1, $2, $3, $4, $5, 'online', 'srv', 'Linux', '', '1', 1, now())`,
    [partnerId, agentId, customerId, productId, randomBytes(32)],
  )
})
const counts = async () =>
  Object.fromEntries(
    (await call('GET', `/v1/products/${productId}/groups`)).body.rows.map(
      (group: { label: string; name: string; endpointCount: number }) => [group.label ?? group.name, group.endpointCount],
    ),
  )
/** What is kept and what is there. */
const drift = () =>
  sql(
    `select g.name, g.endpoint_count, (select count(*)::int from endpoint e where e.product_id = g.product_id and e."group" = g.name) as there from endpoint_group g
   where g.product_id = $1 and g.endpoint_count <> (select count(*) from endpoint e where e.product_id = g.product_id and e."group" = g.name)`,
    [productId],
  )
const add = async (label: string) => (await call('POST', `/v1/products/${productId}/groups`, { label })).body
const version = async () => (await sql('select version from product where id = $1', [productId]))[0].version as number
const idsOf = async (names: string[]) =>
  (await sql('select id from endpoint where product_id = $1 and name = any($2)', [productId, names])).map(({ id }) => id)

describe('groups of a product (PRD-3)', () => {
  it('new endpoints go to the default group of their platform, or where the product says', async () => {
    await report(['a'])
    await report(['b'], 'Windows 11')
    await report(['c'], 'Windows Server 2022')
    expect(await counts()).toEqual({ servers: 2, desktops: 1 })
    const tills = await add('Tills')
    expect(
      (await call('PATCH', `/v1/products/${productId}/new-endpoint-group`, { group: tills.name }, { 'if-match': String(await version()) }))
        .body,
    ).toEqual({ newEndpointGroup: tills.name })
    await report(['d'], 'Windows 11')
    await report(['a'])
    expect(await counts()).toEqual({ servers: 2, desktops: 1, Tills: 1 })
  })

  it('are added, renamed by version, and their names are free once', async () => {
    const tills = await add('Tills')
    const rename = (label: string, of = tills.name, at = '1') =>
      call('PATCH', `/v1/products/${productId}/groups/${of}`, { label }, { 'if-match': at })
    expect((await call('POST', `/v1/products/${productId}/groups`, { label: 'TILLS' })).body).toMatchObject({
      code: 'group.label-taken',
      fields: [{ path: 'label' }],
    })
    expect((await rename('Caisses')).body).toMatchObject({ name: tills.name, label: 'Caisses', version: 2 })
    expect((await rename('Other')).body.code).toBe('request.changed-meanwhile')
    expect((await rename('Other', 'servers')).body.code).toBe('group.is-default')
    expect((await call('DELETE', `/v1/products/${productId}/groups/servers`, undefined, { 'if-match': '1' })).body.code).toBe(
      'group.is-default',
    )
    expect((await call('POST', `/v1/products/${productId}/groups`, { label: 'two\nlines' })).body.fields[0].code).toBe('group.shape')
  })

  it('deleted, theirs go to the first default group', async () => {
    await report(['a', 'b', 'c'])
    const tills = await add('Tills')
    await call('POST', `/v1/products/${productId}/groups/${tills.name}/endpoints`, { filter: {} })
    expect(await counts()).toEqual({ servers: 0, desktops: 0, Tills: 3 })
    expect((await call('DELETE', `/v1/products/${productId}/groups/${tills.name}`, undefined, { 'if-match': '1' })).body).toEqual({
      moved: 3,
    })
    expect(await counts()).toEqual({ servers: 3, desktops: 0 })
    expect(await drift()).toEqual([])
  })

  it('endpoints move one, many, or all that a filter finds; counts stay right; a second click moves nothing', async () => {
    await report(['till-1', 'till-2', 'office'])
    const tills = await add('Tills')
    const move = async (body: unknown, to = tills.name) =>
      (await call('POST', `/v1/products/${productId}/groups/${to}/endpoints`, body)).body
    expect(await move({ endpointIds: await idsOf(['till-1']) })).toEqual({ moved: 1 })
    expect(await move({ filter: { q: 'till' } })).toEqual({ moved: 1 })
    expect(await move({ filter: { q: 'till' } })).toEqual({ moved: 0 })
    expect(await counts()).toEqual({ servers: 1, desktops: 0, Tills: 2 })
    expect(await move({ filter: { group: tills.name } }, 'desktops')).toEqual({ moved: 2 })
    expect((await move({ endpointIds: await idsOf(['office']) }, 'nowhere')).code).toBe('group.not-found')
    expect((await move({ endpointIds: [newId()] })).code).toBe('endpoint.not-found')
    expect((await move({})).code).toBe('request.invalid')
    expect(await drift()).toEqual([])
    expect(
      await sql(
        `select activity, after->>'moved' as moved from audit_record where partner_id = $1 and activity = 'endpoint.moved' and after->>'moved' = '2'`,
        [partnerId],
      ).catch(() => 'sealed'),
    ).toBeDefined()
  })

  it('counts stay right while agents report, people move and a group is deleted, all at once', async () => {
    const tills = await add('Tills')
    await call('PATCH', `/v1/products/${productId}/new-endpoint-group`, { group: tills.name }, { 'if-match': String(await version()) })
    const names = Array.from({ length: 40 }, (_, n) => `pc-${n}`)
    await report(names.slice(0, 20))
    await Promise.all([
      report(names.slice(10, 40)),
      report(names.slice(0, 30).toReversed()),
      call('POST', `/v1/products/${productId}/groups/desktops/endpoints`, { filter: { group: tills.name } }),
      call('DELETE', `/v1/products/${productId}/groups/${tills.name}`, undefined, { 'if-match': '1' }),
      report(names),
    ])
    expect(await drift()).toEqual([])
    const shown = await counts()
    expect(shown.servers + shown.desktops).toBe(40)
    expect(
      await sql(
        `select name from endpoint where product_id = $1 and "group" not in (select name from endpoint_group where product_id = $1)`,
        [productId],
      ),
    ).toEqual([])
  })

  it("another business's groups are not there (R2)", async () => {
    const other = server.as(await anActor(server.database, await aPartner(server.database)))
    for (const [method, path, body] of [
      ['GET', 'groups'],
      ['POST', 'groups', { label: 'x' }],
      ['POST', 'groups/servers/endpoints', { filter: {} }],
    ] as const) {
      expect((await other(method, `/v1/products/${productId}/${path}`, body)).status).toBe(404)
    }
  })
})

describe('the inventory (INV-1)', () => {
  const names = async (query: string) => (await call('GET', `/v1/endpoints?${query}`)).body.rows.map((row: { name: string }) => row.name)
  beforeEach(async () => {
    await report(['alpha', 'beta', 'gamma'])
    await report(['Délta'], 'Windows 11')
    await sql(
      `update endpoint set engine = 'clamav', engine_version = '1.4.3', pattern_built_at = now(), real_time_scan = 'on' where product_id = $1 and name <> 'gamma'`,
      [productId],
    )
    await sql(
      `update endpoint set engine_version = '1.4.2', pattern_built_at = now() - interval '4 days', addresses = '{192.168.1.20,fe80::1}' where product_id = $1 and name = 'beta'`,
      [productId],
    )
    await sql(
      `update endpoint set real_time_scan = 'off', received_at = now() - interval '9 days' where product_id = $1 and name = 'Délta'`,
      [productId],
    )
  })

  it.each([
    ['isUnprotected=true', ['Délta', 'gamma']],
    ['isUnprotected=false', ['alpha', 'beta']],
    ['isOutdated=true', ['beta']],
    ['isOutdated=false', ['alpha', 'Délta', 'gamma']],
    ['silentDays=7', ['Délta']],
    ['silentDays=10', []],
    ['platformKind=desktop', ['Délta']],
    ['typeId=clamav-endpoint,rspamd', ['alpha', 'beta', 'Délta', 'gamma']],
    ['typeId=rspamd', []],
    ['family=email', []],
    ['agentVersion=1&isUnprotected=true&platformKind=desktop', ['Délta']],
    ['agentVersion=2', []],
    ['isUnprotected=true&isOutdated=true', []],
    ['q=delta', ['Délta']],
    ['q=windows 11', ['Délta']],
    ['q=192.168.1', ['beta']],
    ['q=168.1', []],
    ['q=fe80', ['beta']],
    ['q=a', ['alpha', 'beta', 'Délta', 'gamma']],
    ['q=lt', ['Délta']],
    ['q=zzzz', []],
    ['q=%25', []],
    ['q=alpha&isUnprotected=true', []],
    ['q=boulangerie', ['alpha', 'beta', 'Délta', 'gamma']],
  ])('%s', async (query, found) => expect(await names(query)).toEqual(found))

  it('a renamed machine is found by its new name and its former one', async () => {
    await sql(`update endpoint set name = 'omega' where product_id = $1 and name = 'alpha'`, [productId])
    expect([await names('q=alpha'), await names('q=omega')]).toEqual([['omega'], ['omega']])
    const [{ id }] = await sql(`select id from endpoint where product_id = $1 and name = 'omega'`, [productId])
    expect((await call('GET', `/v1/endpoints/${id}`)).body).toMatchObject({ name: 'omega', formerNames: ['alpha'] })
  })

  it('what is outdated says by what it was measured: the newest of the business', async () => {
    const [{ id }] = await sql(`select id from endpoint where product_id = $1 and name = 'beta'`, [productId])
    const { body } = await call('GET', `/v1/endpoints/${id}`)
    expect(body).toMatchObject({
      outdated: ['patterns', 'engine'],
      engine: { engineVersion: '1.4.2' },
      newest: { engineVersion: '1.4.3' },
      formerNames: [],
    })
    expect(Date.parse(body.newest.patternBuiltAt) - Date.parse(body.engine.patternBuiltAt)).toBeGreaterThan(3 * 86_400_000)
  })

  it('tells what is wrong with each', async () => {
    const { body } = await call('GET', '/v1/endpoints')
    expect(
      body.rows.map((row: { missingProtection: string; outdated: string[]; productName: string; platformKind: string }) => [
        row.missingProtection,
        row.outdated,
        row.productName,
        row.platformKind,
      ]),
    ).toEqual([
      [null, [], 'Site', null],
      [null, ['patterns', 'engine'], 'Site', null],
      ['real-time-off', [], 'Site', 'desktop'],
      ['no-engine', [], 'Site', null],
    ])
  })

  it('patterns from the future make no other endpoint old', async () => {
    await sql(`update endpoint set pattern_built_at = now() + interval '1 year' where product_id = $1 and name = 'alpha'`, [productId])
    expect(await names('isOutdated=true')).toEqual(['beta'])
  })

  it('counts over the list what its quick filters find', async () => {
    const one = { count: 1, isMore: false }
    expect((await call('GET', '/v1/inventory/summary')).body).toEqual({
      unprotected: { count: 2, isMore: false },
      outdated: one,
      silent: one,
      infected: { count: 0, isMore: false },
      agentVersions: ['1'],
      tags: [],
    })
  })

  it('several conditions at once page through everything once, also past what is looked through first', async () => {
    await report(Array.from({ length: 30 }, (_, n) => `many-${n}`))
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const { body }: { body: { rows: { name: string }[]; nextCursor: string | null } } = await call(
        'GET',
        `/v1/endpoints?limit=7&q=many&isUnprotected=true&agentVersion=1${cursor && `&cursor=${cursor}`}`,
      )
      seen.push(...body.rows.map((row) => row.name))
      cursor = body.nextCursor
    }
    expect([seen.length, new Set(seen).size]).toEqual([30, 30])
  })
})
