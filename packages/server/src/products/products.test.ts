import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId, type Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { purgeDeleted } from './purge.ts'

let server: TestServer
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())

let partnerId: string
let customerId: string
let actor: Actor
let call: ReturnType<TestServer['as']>
beforeEach(async () => {
  partnerId = await aPartner(server.database)
  customerId = await aCustomer(server.database, partnerId)
  actor = await anActor(server.database, partnerId)
  call = server.as(actor)
})

const sql = async (text: string, values: unknown[] = []) => (await server.database.owner.query(text, values)).rows

/** An agent that registered with the product, made past the wall. */
async function anAgent(
  productId: string,
  agent: { state?: string; switch?: string; hostname?: string; registeredAt?: string; isConnected?: boolean } = {},
) {
  const id = newId()
  await sql(
    `insert into agent (partner_id, id, customer_id, product_id, public_key, switch, state, hostname, platform, fingerprint, addresses, agent_version, protocol, held_by, connection_id, registered_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, 'Debian 13', '', '{10.0.0.7}', '0.1.0', 1, $9, $10, $11)`,
    [
      partnerId,
      id,
      customerId,
      productId,
      randomBytes(32),
      agent.switch ?? 'enabled',
      agent.state ?? 'online',
      agent.hostname ?? 'srv-1',
      agent.isConnected ? 1 : null,
      agent.isConnected ? newId() : null,
      agent.registeredAt ?? new Date(),
    ],
  )
  return id
}
async function anEndpoint(
  productId: string,
  endpoint: {
    name: string
    group?: string
    agentId?: string
    infections?: number
    addresses?: string[]
    received?: string
    realTimeScan?: string
  },
) {
  const id = newId()
  await sql(
    `insert into endpoint (partner_id, id, customer_id, product_id, agent_id, key, name, "group", open_infections, addresses, engine, real_time_scan, received_at, collected_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'clamav', $11, $12, $12)`,
    [
      partnerId,
      id,
      customerId,
      productId,
      endpoint.agentId ?? null,
      id,
      endpoint.name,
      endpoint.group ?? 'servers',
      endpoint.infections ?? 0,
      endpoint.addresses ?? [],
      endpoint.realTimeScan ?? 'on',
      endpoint.received ?? null,
    ],
  )
  return id
}
/** What other processes are told at commit. */
async function told(work: () => Promise<unknown>): Promise<string[]> {
  const heard: string[] = []
  const listening = await server.database.listen(
    'vigie_agent',
    (payload) => heard.push(payload),
    () => {},
  )
  await work()
  await server.database.owner.query(`select pg_notify('vigie_agent', 'end')`)
  await expect.poll(() => heard.includes('end')).toBe(true)
  await listening.close()
  return heard.filter((payload) => payload !== 'end').map((payload) => JSON.parse(payload).agentId)
}

describe('the catalogue (PRD-1)', () => {
  it('tells what each type is, for every signed-in account', async () => {
    const { body } = await server.as(await anActor(server.database, partnerId, { role: 'portal-viewer' }))('GET', '/v1/catalogue')
    expect(body.types.map((type: { id: string }) => type.id)).toContain('clamav-endpoint')
  })
})

describe('a product (PRD-2)', () => {
  it('comes with a GUID, pending, and is counted with its customer', async () => {
    const { body } = await call('POST', `/v1/customers/${customerId}/products`, { typeId: 'clamav-endpoint', description: 'Caisse1' })
    expect(body).toMatchObject({
      customerId,
      customerName: 'Boulangerie Martin',
      typeId: 'clamav-endpoint',
      family: 'endpoint-hosted',
      state: 'pending',
      isStale: false,
      keyExpiresAt: null,
      version: 1,
    })
    expect((await call('GET', `/v1/customers/${customerId}`)).body.productCount).toBe(1)
    expect((await call('GET', `/v1/products/${body.id}`)).body).toEqual(body)
  })

  it('of a type that is not in the catalogue is refused', async () => {
    const { status, body } = await call('POST', `/v1/customers/${customerId}/products`, { typeId: 'abacus', description: 'A' })
    expect([status, body.code, body.fields[0].path]).toEqual([422, 'product.type-unknown', 'typeId'])
  })

  it('two clicks are one product', async () => {
    const click = () =>
      call('POST', `/v1/customers/${customerId}/products`, { typeId: 'clamav-endpoint', description: 'A' }, { 'idempotency-key': 'k' })
    const [one, two] = await Promise.all([click(), click()])
    expect(one.body).toEqual(two.body)
    expect(
      await sql(
        'select product_count, (select count(*)::int from product where customer_id = customer.id) as rows from customer where id = $1',
        [customerId],
      ),
    ).toEqual([{ product_count: 1, rows: 1 }])
  })

  it('is renamed by version: the second tab is told', async () => {
    const id = await aProduct(server.database, partnerId, customerId)
    const rename = (description: string, version: string) => call('PATCH', `/v1/products/${id}`, { description }, { 'if-match': version })
    expect((await rename('Büro２', '1')).body).toMatchObject({ description: 'Büro２', version: 2 })
    expect((await rename('Other', '1')).body.code).toBe('request.changed-meanwhile')
    expect((await rename('with space', '2')).body.fields[0].code).toBe('description.shape')
  })

  it('says when what is known of it is older than promised (PRD-8)', async () => {
    const id = await aProduct(server.database, partnerId, customerId)
    const seen = async (at: Date) => {
      await sql('update product set last_seen_at = $2 where id = $1', [id, at])
      return (await call('GET', `/v1/products/${id}`)).body.isStale
    }
    const now = server.clock.now().getTime()
    expect([await seen(new Date(now - 100_000)), await seen(new Date(now - 130_000))]).toEqual([false, true])
  })
})

describe('the list of products', () => {
  it('is a file too, of exactly what matches, in the reader’s words, and recorded (ACC-11)', async () => {
    const id = await aProduct(server.database, partnerId, customerId, { description: 'Alpha' })
    await aProduct(server.database, partnerId, customerId, { description: 'Beta', typeId: 'clamav-site-server' })
    const { status, body } = await call('GET', '/v1/products.csv?typeId=clamav-endpoint')
    const [{ guid }] = (await sql('select guid from product where id = $1', [id])) as [{ guid: string }]
    expect(status).toBe(200)
    expect((body as string).trimEnd().split('\r\n')).toEqual([
      expect.stringContaining('Product,Customer,Product type'),
      expect.stringMatching(new RegExp(`^Alpha,Boulangerie Martin,ClamAV endpoint,.*${guid}$`)),
    ])
    expect(await sql(`select activity from audit where partner_id = $1 and activity = 'product.exported'`, [partnerId])).toHaveLength(1)
  })

  it('filters by customer, type, family and state; finds by description, customer and GUID; pages', async () => {
    const other = await aCustomer(server.database, partnerId, { company: 'Zoo' })
    const ids = [
      await aProduct(server.database, partnerId, customerId, { description: 'Écran' }),
      await aProduct(server.database, partnerId, other, { description: 'Beta', typeId: 'clamav-site-server' }),
      await aProduct(server.database, partnerId, other, { description: 'Alpha' }),
    ]
    await sql(`update product set state = 'abnormal' where id = $1`, [ids[2]])
    const names = async (query: string) =>
      (await call('GET', `/v1/products?${query}`)).body.rows.map((row: { description: string }) => row.description)
    expect(await names('')).toEqual(['Alpha', 'Beta', 'Écran'])
    expect(await names(`customerId=${other}&sort=-description`)).toEqual(['Beta', 'Alpha'])
    expect(await names('typeId=clamav-site-server')).toEqual(['Beta'])
    expect(await names('state=abnormal,online')).toEqual(['Alpha'])
    expect(await names('q=ecr')).toEqual(['Écran'])
    expect(await names('q=zoo')).toEqual(['Alpha', 'Beta'])
    const [{ guid }] = await sql('select guid from product where id = $1', [ids[1]])
    expect(await names(`q=${guid.toUpperCase()}`)).toEqual(['Beta'])
    const { body } = await call('GET', '/v1/products?limit=2')
    expect(await names(`limit=2&cursor=${body.nextCursor}`)).toEqual(['Écran'])
  })
})

describe('the one-use key (PRD-2, R9)', () => {
  it('is shown once, kept as a hash, lives 24 h, and an earlier one stops working', async () => {
    const id = await aProduct(server.database, partnerId, customerId)
    const first = (await call('POST', `/v1/products/${id}/key`)).body
    const { status, body } = await call('POST', `/v1/products/${id}/key`)
    expect(status).toBe(200)
    expect(Math.abs(Date.parse(body.expiresAt) - server.clock.now().getTime() - 86_400_000)).toBeLessThan(5_000)
    expect(body.key).not.toBe(first.key)
    expect(Buffer.from(body.key, 'base64url')).toHaveLength(32)
    const [row] = await sql('select key_hash, guid from product where id = $1', [id])
    expect(row.key_hash).toEqual(createHash('sha256').update(body.key).digest())
    for (const part of [row.guid, body.key, 'https://127.0.0.1:8443'])
      expect([body.installCommand, body.debCommand]).toEqual([expect.stringContaining(part), expect.stringContaining(part)])
    expect(body.installCommand).not.toContain('\n')
    expect(body.caFingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
    expect(body.installCommand).toContain(body.caFingerprint.replaceAll(':', ''))
    expect((await call('GET', `/v1/products/${id}`)).body.keyExpiresAt).toBe(body.expiresAt)
  })

  it('is nowhere in the database, not even where replies to a repeated request are kept, nor in the audit record (R39)', async () => {
    const id = await aProduct(server.database, partnerId, customerId)
    const { key } = (await call('POST', `/v1/products/${id}/key`, undefined, { 'idempotency-key': 'click' })).body
    const tables = await sql(`select tablename from pg_tables where schemaname = 'public'`)
    for (const { tablename } of tables) {
      expect(
        await sql(`select 1 from ${tablename} t where t::text like '%' || $1 || '%' or t::text like '%' || $2 || '%'`, [
          key,
          Buffer.from(key).toString('hex'),
        ]),
        tablename,
      ).toEqual([])
    }
  })

  it('is not made for a product that an agent speaks for, until that one is unregistered', async () => {
    const id = await aProduct(server.database, partnerId, customerId)
    const agentId = await anAgent(id, { hostname: 'srv-1' })
    expect((await call('POST', `/v1/products/${id}/key`)).body.code).toBe('product.already-registered')
    expect((await call('DELETE', `/v1/agents/${agentId}`, { confirmName: 'srv-2' })).body.code).toBe('product.name-differs')
    expect(
      await told(async () => expect((await call('DELETE', `/v1/agents/${agentId}`, { confirmName: 'srv-1' })).status).toBe(200)),
    ).toEqual([agentId])
    expect((await call('GET', `/v1/products/${id}`)).body.state).toBe('unregistered')
    expect((await call('POST', `/v1/products/${id}/key`)).status).toBe(200)
    expect((await call('DELETE', `/v1/agents/${agentId}`, { confirmName: 'srv-1' })).status).toBe(200)
    expect(await sql(`select activity from audit where partner_id = $1 and activity like 'agent.%'`, [partnerId])).toEqual([
      { activity: 'agent.unregistered' },
    ])
  })
})

describe('switching an agent (AGT-3)', () => {
  it('shows at once, wakes the process that holds its channel, and is audited once for two clicks', async () => {
    const id = await aProduct(server.database, partnerId, customerId)
    const agentId = await anAgent(id, { isConnected: true })
    const flip = (isDisabled: boolean) => call('PATCH', `/v1/agents/${agentId}`, { isDisabled })
    expect(await told(async () => expect((await flip(true)).body.state).toBe('disabled'))).toEqual([agentId])
    expect((await call('GET', `/v1/products/${id}`)).body.state).toBe('disabled')
    expect(await told(() => flip(true))).toEqual([])
    await sql('update agent set held_by = null where id = $1', [agentId])
    expect((await flip(false)).body.state).toBe('offline')
    expect(await sql(`select activity from audit where partner_id = $1 order by sequence`, [partnerId])).toEqual([
      { activity: 'agent.disabled' },
      { activity: 'agent.enabled' },
    ])
  })

  it('is refused for one that lost its identity', async () => {
    const agentId = await anAgent(await aProduct(server.database, partnerId, customerId), { switch: 'unregistered', state: 'unregistered' })
    expect((await call('PATCH', `/v1/agents/${agentId}`, { isDisabled: true })).body.code).toBe('agent.unregistered')
  })

  it('leaves the product as its newest agent is', async () => {
    const id = await aProduct(server.database, partnerId, customerId)
    const older = await anAgent(id, { registeredAt: '2026-01-01T00:00:00Z' })
    await anAgent(id, { state: 'abnormal', registeredAt: '2026-02-01T00:00:00Z' })
    await call('PATCH', `/v1/agents/${older}`, { isDisabled: true })
    expect((await call('GET', `/v1/products/${id}`)).body.state).toBe('abnormal')
    expect((await call('GET', `/v1/products/${id}/agents`)).body.rows.map((row: { state: string }) => row.state)).toEqual([
      'abnormal',
      'disabled',
    ])
  })
})

describe('deleting a product (CUS-5)', () => {
  it('takes its endpoints, agents, events and raw records with it, counts the customer anew, and lets go of its agents', async () => {
    const [gone, stays] = [
      await aProduct(server.database, partnerId, customerId, { description: 'Gone' }),
      await aProduct(server.database, partnerId, customerId, { description: 'Stays' }),
    ]
    for (const [id, events] of [
      [gone, 2],
      [stays, 1],
    ] as const) {
      await sql(`update product set action_required_count = $2, warning_count = 5, endpoint_count = 1, last_seen_at = $3 where id = $1`, [
        id,
        events,
        `2026-11-2${events}T00:00:00Z`,
      ])
      const endpoint = await anEndpoint(id, { name: 'e' })
      await sql(
        `insert into detection (partner_id, customer_id, product_id, at, content_id, endpoint_id, category, threat, object, outcome, engine, received_at, counted_at)
         select $1, $2, $3, '2026-11-01', int4send(n), $4, 'antivirus', 'Eicar', '/tmp', 'failed', 'clamav', now(), now() from generate_series(1, 12000) n`,
        [partnerId, customerId, id, endpoint],
      )
      await sql(
        `insert into event (partner_id, id, customer_id, product_id, category, condition, severity, severity_rank, state, opened_at, last_raised_at) values ($1, gen_random_uuid(), $2, $3, 'antivirus', 'uncleaned', 'action-required', 0, 'unresolved', now(), now())`,
        [partnerId, customerId, id],
      )
    }
    await sql(
      `update customer set action_required_count = 3, warning_count = 10, endpoint_count = 2, product_count = 2, last_seen_at = '2026-11-22' where id = $1`,
      [customerId],
    )
    const agentId = await anAgent(gone)
    expect((await call('DELETE', `/v1/products/${gone}`, { confirmName: 'gone' })).body.code).toBe('product.name-differs')
    expect(
      await told(async () => expect((await call('DELETE', `/v1/products/${gone}`, { confirmName: 'Gone' })).status).toBe(200)),
    ).toEqual([agentId])
    expect((await call('GET', `/v1/customers/${customerId}`)).body).toMatchObject({
      productCount: 1,
      endpointCount: 1,
      attention: { actionRequired: 1, warning: 5 },
      lastSeenAt: '2026-11-21T00:00:00.000Z',
    })
    const left = async (table: string) =>
      (await sql(`select distinct product_id from ${table} where partner_id = $1`, [partnerId])).map((row) => row.product_id)
    for (const table of ['endpoint', 'event', 'endpoint_group']) expect(await left(table), table).toEqual([stays])
    expect(await left('agent')).toEqual([])
    expect(await purgeDeleted(server.database)).toBe(12_000)
    expect(await left('detection')).toEqual([stays])
    expect([await left('purge'), await purgeDeleted(server.database)]).toEqual([[], 0])
    expect((await call('DELETE', `/v1/products/${gone}`, { confirmName: 'Gone' })).status).toBe(404)
  })
})

describe('endpoints (PRD-3)', () => {
  it('lists by product and group, with the state of their agent; filters, finds, pages', async () => {
    const id = await aProduct(server.database, partnerId, customerId)
    const [online, abnormal] = [await anAgent(id), await anAgent(id, { state: 'abnormal' })]
    await anEndpoint(id, {
      name: 'alpha',
      agentId: online,
      infections: 2,
      addresses: ['10.1.2.3', 'fe80::1'],
      received: '2026-11-21T00:00:00Z',
    })
    await anEndpoint(id, { name: 'Émile', agentId: abnormal, group: 'desktops', realTimeScan: 'off' })
    const orphan = await anEndpoint(id, { name: 'zeta' })
    const names = async (query: string) => (await call('GET', `/v1/endpoints?${query}`)).body.rows.map((row: { name: string }) => row.name)
    expect(await names(`productId=${id}`)).toEqual(['alpha', 'Émile', 'zeta'])
    expect(await names(`productId=${id}&group=desktops`)).toEqual(['Émile'])
    expect(await names('state=abnormal')).toEqual(['Émile'])
    expect(await names('state=unknown')).toEqual(['zeta'])
    expect(await names('realTimeScan=off,unknown')).toEqual(['Émile'])
    expect(await names('isInfected=true')).toEqual(['alpha'])
    expect(await names('sort=-openInfections&limit=1')).toEqual(['alpha'])
    expect((await names('sort=-lastSeenAt'))[0]).toBe('alpha')
    expect(await names('q=emi')).toEqual(['Émile'])
    expect(await names('q=10.1.')).toEqual(['alpha'])
    expect(await names('q=martin')).toHaveLength(3)
    const { body } = await call('GET', `/v1/endpoints/${orphan}`)
    expect(body).toMatchObject({
      state: 'unknown',
      agentId: null,
      engine: { engine: 'clamav', patternVersion: null },
      lastSeenAt: null,
      customerName: 'Boulangerie Martin',
    })
  })

  it('exports them with the words of the reader, formulas defused (R36)', async () => {
    const id = await aProduct(server.database, partnerId, customerId)
    await anEndpoint(id, {
      name: '=HYPERLINK("http://evil")',
      agentId: await anAgent(id, { state: 'plug-in-error' }),
      realTimeScan: 'word-of-a-newer-agent',
    })
    const { body } = await server.as({ ...actor, locale: 'ja', sessionId: 'ja' })('GET', '/v1/endpoints.csv')
    expect(body.split('\r\n')[0]).toBe(
      '\uFEFFエンドポイント,顧客,タグ,製品,製品の種類,グループ,IP アドレス,以前の IP アドレス,プラットフォーム,エージェントの状態,エージェントのバージョン,エージェントID,マシンのフィンガープリント,保護の欠如,古いコンポーネント,エンジン,エンジンのバージョン,パターンファイルのバージョン,パターンファイルの作成日時,最終アップデート確認日時,リアルタイムスキャン,前回のスキャンの終了,未解決の感染数,最終レポート受信日時,約束の間隔を超過,状態の確認日時',
    )
    expect(body.split('\r\n')[1]).toMatch(/^"'=HYPERLINK\(""http:\/\/evil""\)",Boulangerie Martin,,[^,]+,ClamAV エンドポイント,/)
    expect(body).toContain('word-of-a-newer-agent')
    // as the list shows them, in its order
    const some = await server.as(actor)('GET', `/v1/endpoints.csv?productId=${id}&columns=openInfections,name`)
    expect(some.body).toMatch(/^\uFEFF[^,\r]+,[^,\r]+\r\n0,"'=HYPERLINK\(""http:\/\/evil""\)"\r\n$/)
  })
})

describe("another business's things are not there (R2)", () => {
  it.each([
    ['GET', '/v1/products/:product', undefined],
    ['PATCH', '/v1/products/:product', { description: 'x' }],
    ['DELETE', '/v1/products/:product', { confirmName: 'Main' }],
    ['POST', '/v1/products/:product/key', undefined],
    ['GET', '/v1/products/:product/agents', undefined],
    ['PATCH', '/v1/agents/:agent', { isDisabled: true }],
    ['DELETE', '/v1/agents/:agent', { confirmName: 'srv-1' }],
    ['GET', '/v1/endpoints/:endpoint', undefined],
  ])('%s %s', async (method, path, body) => {
    const product = await aProduct(server.database, partnerId, customerId)
    const ids: Record<string, string> = { product, agent: await anAgent(product), endpoint: await anEndpoint(product, { name: 'e' }) }
    const stranger = server.as(await anActor(server.database, await aPartner(server.database)))
    const never = '0199d5a0-0000-7000-8000-00000000dead'
    const ask = (id: (name: string) => string) =>
      stranger(
        method,
        path.replace(/:(\w+)/, (_, name: string) => id(name)),
        body,
        { 'if-match': '1' },
      )
    const [theirs, none] = [await ask((name) => ids[name]!), await ask(() => never)]
    expect(theirs.status).toBe(404)
    expect(JSON.stringify(theirs.body).replaceAll(/[0-9a-f-]{36}/g, '')).toBe(JSON.stringify(none.body).replaceAll(/[0-9a-f-]{36}/g, ''))
    const lists = await Promise.all(
      [`/v1/products?customerId=${customerId}`, `/v1/endpoints?productId=${product}`].map((list) => stranger('GET', list)),
    )
    expect(lists.map((list) => list.body.rows)).toEqual([[], []])
  })
})
