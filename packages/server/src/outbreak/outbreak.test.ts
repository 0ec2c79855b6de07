import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { feedPrefix } from '@vigie/domain/outbreak'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { createAssessor, type Assessor } from '../assessment/index.ts'
import { newId, type Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { applyOutcomes, takeWaitingOfMany } from '../commands/index.ts'
import { createOrderRunner, type OrderRunner } from '../orders/index.ts'
import { defendCustomers } from './defending.ts'
import { spreadAlerts } from './spreading.ts'

let server: TestServer
let assessor: Assessor
let operator: Actor
let runner: OrderRunner
beforeAll(async () => {
  server = await testServer()
  assessor = createAssessor(server.services)
  runner = createOrderRunner(server.services)
  operator = await anActor(server.database, await aPartner(server.database, { kind: 'operator', name: 'Operations' }))
})
afterAll(() => server.close())
afterEach(async () => {
  server.clock.set(new Date())
  await sql('update virus_alert set withdrawn_at = now(), version = version + 1 where withdrawn_at is null', [])
})

const sql = (text: string, values: readonly unknown[]) => server.database.owner.query(text, [...values])
const hours = (count: number) => new Date(server.clock.now().getTime() + count * 3_600_000).toISOString()
const worm = (more: Record<string, unknown> = {}) => ({
  level: 'red',
  name: 'Sample worm',
  threats: ['SampleWorm'],
  ports: [445],
  endsAt: hours(48),
  ...more,
})

async function declare(more: Record<string, unknown> = {}): Promise<{ id: string; version: number }> {
  const { status, body } = await server.as(operator)('POST', '/v1/virus-alerts', worm(more))
  expect(status, JSON.stringify(body)).toBe(200)
  return body
}

interface Endpoint {
  platform?: string
  realTimeScan?: string
  builtAt?: string
  threat?: string
}
/** A reseller with one product and these endpoints. */
async function aReseller(endpoints: Record<string, Endpoint> = { pc: {} }) {
  const partnerId = await aPartner(server.database)
  const owner = await anActor(server.database, partnerId)
  const customerId = await aCustomer(server.database, partnerId)
  const productId = await aProduct(server.database, partnerId, customerId)
  await sql('update product set last_seen_at = now() where id = $1', [productId])
  for (const [name, { platform, realTimeScan, builtAt, threat }] of Object.entries(endpoints)) {
    const id = newId()
    await sql(
      `insert into endpoint (partner_id, id, customer_id, product_id, key, name, "group", platform, real_time_scan, pattern_built_at, open_infections, received_at, created_at)
       values ($1, $2, $3, $4, $5, $5, 'servers', $6, $7, $8, $9, now(), now())`,
      [
        partnerId,
        id,
        customerId,
        productId,
        name,
        platform ?? 'Debian GNU/Linux 12',
        realTimeScan ?? 'on',
        builtAt ?? hours(-1),
        threat ? 1 : 0,
      ],
    )
    if (threat) {
      await sql(
        `insert into infection (partner_id, id, customer_id, product_id, endpoint_id, category, threat, object, object_hash, opened_at) values ($1, $2, $3, $4, $5, 'antivirus', $6, '/x', '\\x00', now())`,
        [partnerId, newId(), customerId, productId, id, threat],
      )
    }
  }
  return { partnerId, owner, customerId, productId }
}
/** What a minute brings. */
async function minute(): Promise<void> {
  await spreadAlerts.run(server.services)
  await assessor.assessDue()
}
const eventsOf = async (owner: Actor) =>
  (
    (await server.as(owner)('GET', '/v1/events?category=outbreak-defence')).body.rows as {
      state: string
      condition: string
      figures: { endpoints: number }
    }[]
  )
    .filter(({ state }) => state !== 'resolved')
    .map(({ condition, figures }) => `${condition} ${figures.endpoints}`)
    .toSorted()
const namesOf = async (owner: Actor, id: string, kind: string) =>
  ((await server.as(owner)('GET', `/v1/virus-alerts/${id}/endpoints?kind=${kind}`)).body.rows as { name: string }[]).map(({ name }) => name)

describe('a virus alert (EVT-5)', () => {
  it('is everybody’s from its declaration until its time; nobody ends it', async () => {
    const { owner } = await aReseller()
    const alert = await declare()
    const read = server.as(owner)
    expect((await read('GET', '/v1/virus-alerts/now')).body.rows).toMatchObject([
      { id: alert.id, level: 'red', state: 'in-force', declaredBy: null },
    ])
    expect((await server.as(operator)('GET', `/v1/virus-alerts/${alert.id}`)).body.declaredBy).toBe('Ada Test')
    await minute()
    expect(await eventsOf(owner)).toEqual(['red-alert 1'])
    server.clock.add(48 * 3_600_000)
    expect((await read('GET', '/v1/virus-alerts/now')).body.rows).toEqual([])
    expect((await read('GET', `/v1/virus-alerts/${alert.id}`)).body.state).toBe('ended')
    await assessor.assessDue()
    expect(await eventsOf(owner)).toEqual([])
  })

  it('withdrawn, it ends at once, and can’t be withdrawn again', async () => {
    const { owner } = await aReseller()
    const { id } = await declare({ level: 'yellow' })
    await minute()
    expect(await eventsOf(owner)).toEqual(['yellow-alert 1'])
    expect((await server.as(operator)('POST', `/v1/virus-alerts/${id}/withdraw`)).body.state).toBe('withdrawn')
    await minute()
    expect(await eventsOf(owner)).toEqual([])
    expect((await server.as(operator)('POST', `/v1/virus-alerts/${id}/withdraw`)).body.code).toBe('alert.over')
  })

  it('lists who could be hit and who is; what it does not concern hears nothing', async () => {
    const knownFrom = hours(-24)
    const { owner, partnerId, customerId } = await aReseller({
      safe: {},
      old: { builtAt: hours(-48) },
      off: { realTimeScan: 'off' },
      desk: { platform: 'Windows 11', realTimeScan: 'off' },
      hit: { threat: 'Win.SampleWorm-42' },
      other: { threat: 'Eicar' },
    })
    const untouched = await aReseller({ desk: { platform: 'Windows 11' } })
    // a gateway is not assessed: nothing of it can stop an outbreak, and its events are no rows of the number
    const gateway = await aProduct(server.database, partnerId, customerId, { typeId: 'squid-gateway' })
    await sql(
      `insert into endpoint (partner_id, id, customer_id, product_id, key, name, "group", platform, real_time_scan, received_at, created_at) values ($1, $2, $3, $4, 'proxy', 'proxy', 'servers', 'Debian GNU/Linux 12', 'unsupported', now(), now())`,
      [partnerId, newId(), customerId, gateway],
    )
    const alert = await declare({ platforms: ['linux'], recognisedFrom: knownFrom })
    await minute()
    expect(await namesOf(owner, alert.id, 'vulnerable')).toEqual(['off', 'old'])
    expect(await namesOf(owner, alert.id, 'to-clean')).toEqual(['hit'])
    expect(await eventsOf(owner)).toEqual(['red-alert 2', 'to-clean 1'])
    expect((await server.as(owner)('GET', '/v1/virus-alerts/now')).body).toMatchObject({ vulnerable: 2, toClean: 1, customers: 1 })
    expect(await eventsOf(untouched.owner)).toEqual([])
    const csv = await server.as(owner)('GET', `/v1/virus-alerts/${alert.id}/endpoints.csv`)
    expect(
      csv.body
        .split('\r\n')
        .slice(1, 3)
        .map((line: string) => line.split(',')[0]),
    ).toEqual(['off', 'old'])
  })

  it('wakes nobody twice: one mail an alert, however many products and minutes; again when yellow becomes red', async () => {
    const { partnerId, owner } = await aReseller()
    await sql('update account set is_told_of_events = true where id = $1', [owner.accountId])
    await aProduct(server.database, partnerId, await aCustomer(server.database, partnerId))
    const alert = await declare({ level: 'yellow' })
    await minute()
    const mails = async () => (await sql('select kind from outbox where partner_id = $1', [partnerId])).rows.map(({ kind }) => kind)
    expect(await mails()).toEqual([])
    expect((await server.as(operator)('PUT', `/v1/virus-alerts/${alert.id}`, worm(), { 'if-match': `"${alert.version}"` })).status).toBe(
      200,
    )
    await minute()
    await minute()
    expect(await mails()).toEqual(['virus-alert'])
    expect(await eventsOf(owner)).toEqual(['red-alert 1'])
  })

  it('is declared by the business that runs the installation alone, and refused where it could not be in force (ACC-1)', async () => {
    const { owner } = await aReseller()
    const refused = await server.as(owner)('POST', '/v1/virus-alerts', worm())
    expect([refused.status, refused.body.code]).toEqual([403, 'alert.operator-only'])
    await expect(
      server.database.transaction({ partnerId: owner.partnerId, scope: 'all', principalId: null }, (db) =>
        db.query(
          `insert into virus_alert (id, level, name, advice, threats, ports, folders, attachments, platforms, starts_at, ends_at, created_at) values ($1, 'red', 'x', '', '{}', '{}', '{}', '{}', '{}', now(), now(), now())`,
          [newId()],
        ),
      ),
    ).rejects.toThrow(/row-level security/)
    for (const [endsAt, code] of [
      [hours(-1), 'until.past'],
      [hours(31 * 24), 'until.too-far'],
    ] as const) {
      expect((await server.as(operator)('POST', '/v1/virus-alerts', worm({ endsAt }))).body.fields ?? [], code).toMatchObject([
        { path: 'endsAt', code },
      ])
    }
    const { rows } = await sql(`select activity from audit where partner_id = $1 and activity = 'virus-alert.declared'`, [
      operator.partnerId,
    ])
    expect(rows.length).toBeGreaterThan(0)
  })
})

describe('the signed feed (EVT-5, R16: forged feed)', () => {
  const keys = generateKeyPairSync('ed25519')
  const publicKey = (key: KeyObject) => key.export({ format: 'jwk' }).x as string
  const document = (sequence: number, alerts: unknown[], more: Record<string, unknown> = {}) =>
    JSON.stringify({ sequence, issuedAt: hours(-1), validUntil: hours(24), alerts, ...more })
  const item = (id: string, more: Record<string, unknown> = {}) => ({ ...worm(), id, startsAt: hours(-1), ...more })
  const signed = (text: string, key = keys.privateKey) =>
    JSON.stringify({
      format: 'vigie-virus-alerts-1',
      document: text,
      signature: sign(null, Buffer.from(feedPrefix + text), key).toString('base64url'),
    })
  const take = (file: string) => server.as(operator)('POST', '/v1/virus-alert-feed/import', { file })
  const pin = async (sequence = 0) => {
    await sql('delete from virus_alert_feed', [])
    await sql('insert into virus_alert_feed (partner_id, name, public_key, sequence) values ($1, $2, $3, $4)', [
      operator.partnerId,
      'Feed',
      publicKey(keys.publicKey),
      sequence,
    ])
  }

  it('declares, changes and withdraws what its files say, each file once', async () => {
    await pin()
    const first = signed(document(7, [item('a'), item('b', { level: 'yellow' })]))
    expect((await take(first)).body).toMatchObject({ declared: 2, changed: 0, withdrawn: 0, sequence: 7 })
    expect((await take(first)).body.code).toBe('feed.replayed')
    expect((await take(signed(document(6, [])))).body.code).toBe('feed.replayed')
    expect((await take(signed(document(8, [item('b')])))).body).toMatchObject({ declared: 0, changed: 1, withdrawn: 1 })
    const { rows } = (await server.as(operator)('GET', '/v1/virus-alerts/now')).body
    expect(rows).toMatchObject([{ level: 'red', isFromFeed: true, declaredBy: null }])
    expect(
      (await server.as(operator)('PUT', `/v1/virus-alerts/${rows[0].id}`, worm(), { 'if-match': `"${rows[0].version}"` })).body.code,
    ).toBe('alert.of-feed')
  })

  it('nobody believed: nothing is taken', async () => {
    await sql('delete from virus_alert_feed', [])
    expect((await take(signed(document(1, [item('a')])))).body.code).toBe('feed.none')
  })

  it.each<[string, () => string, string]>([
    ['another key', () => signed(document(9, [item('a')]), generateKeyPairSync('ed25519').privateKey), 'feed.signature-wrong'],
    ['one sign changed', () => signed(document(9, [item('a')])).replace('Sample worm', 'Simple worm'), 'feed.signature-wrong'],
    [
      'a signature over the bare document',
      () =>
        JSON.stringify({
          ...JSON.parse(signed(document(9, []))),
          signature: sign(null, Buffer.from(document(9, [])), keys.privateKey).toString('base64url'),
        }),
      'feed.signature-wrong',
    ],
    ['no file of alerts', () => '{"hello": 1}', 'feed.unreadable'],
    ['not JSON', () => 'PK\u0003\u0004', 'feed.unreadable'],
    ['signed nonsense', () => signed('{"sequence": "many"}'), 'feed.unreadable'],
    ['a port that is none', () => signed(document(9, [item('a', { ports: [70_000] })])), 'feed.unreadable'],
    ['past its validity', () => signed(document(9, [], { validUntil: hours(-1) })), 'feed.expired'],
    ['from the future', () => signed(document(9, [], { issuedAt: hours(48), validUntil: hours(72) })), 'feed.wrong'],
    ['the same alert twice', () => signed(document(9, [item('a'), item('a')])), 'feed.wrong'],
    ['an alert without end', () => signed(document(9, [item('a', { endsAt: hours(24 * 365) })])), 'feed.wrong'],
    ['an end before the start', () => signed(document(9, [item('a', { startsAt: hours(1), endsAt: hours(-1) })])), 'feed.wrong'],
  ])('refused, and nothing taken: %s', async (_, file, code) => {
    await pin(8)
    expect((await take(file())).body.code).toBe(code)
    expect((await server.as(operator)('GET', '/v1/virus-alerts/now')).body.rows).toEqual([])
    expect((await server.as(operator)('GET', '/v1/virus-alert-feed')).body.feed.sequence).toBe(8)
  })

  it('the key is set with a second factor only, and is a key (R16)', async () => {
    const set = (key: string) => server.as(operator)('PUT', '/v1/virus-alert-feed', { name: 'Mine', publicKey: key, code: '000000' })
    expect((await set(publicKey(keys.publicKey))).body.code).toBe('mfa.needed-here')
    expect((await set('no key')).body.fields).toMatchObject([{ path: 'publicKey', code: 'key.shape' }])
  })
})

describe('what customers allow by itself (EVT-5, ACC-12)', () => {
  it('is nothing until somebody says so; many at once; recorded where it changed', async () => {
    const { owner, customerId, partnerId } = await aReseller()
    const other = await aCustomer(server.database, partnerId, { company: 'Other' })
    const call = server.as(owner)
    expect((await call('GET', '/v1/outbreak-rules')).body.rows).toMatchObject([
      { rule: { from: 'never' }, hasConsented: false, defendedUntil: null },
      { company: 'Other' },
    ])
    const rule = { from: 'red', days: 2, mayBlockPorts: true, mayDenyWrites: false, mayBlockAttachments: false }
    expect((await call('PUT', '/v1/outbreak-rules', { customerIds: [customerId, other], rule })).body).toEqual({ changed: 2, unchanged: 0 })
    expect((await call('PUT', '/v1/outbreak-rules', { customerIds: [customerId, other], rule })).body).toEqual({ changed: 0, unchanged: 2 })
    expect((await call('GET', '/v1/outbreak-rules?from=never')).body.rows).toEqual([])
    expect((await call('PUT', '/v1/outbreak-rules', { customerIds: [newId()], rule })).body.code).toBe('customer.not-found')
    expect(
      (await sql(`select count(*)::integer as n from audit where partner_id = $1 and activity = 'outbreak.rule-changed'`, [partnerId]))
        .rows[0].n,
    ).toBe(2)
  })
})

describe('outbreak defence that begins by itself (EVT-5, R16)', () => {
  const rule = { from: 'red', days: 2, mayBlockPorts: true, mayDenyWrites: false, mayBlockAttachments: false }
  const takes = ['start-outbreak-defence', 'stop-outbreak-defence'].map((type) => ({ type, isSupported: true, reason: null }))

  /** A business whose customers, each with one agent, allow it from red on and said so. */
  async function anEstate(
    customers: number,
    { consent = 'given', commands = takes as unknown }: { consent?: 'given' | 'withdrawn' | null; commands?: unknown } = {},
  ) {
    const partnerId = await aPartner(server.database)
    const owner = await anActor(server.database, partnerId)
    const customerIds: string[] = []
    const agentIds: string[] = []
    for (let n = 0; n < customers; n++) {
      const [customerId, agentId] = [await aCustomer(server.database, partnerId, { company: `C${n}` }), newId()]
      const productId = await aProduct(server.database, partnerId, customerId)
      await sql(
        `insert into agent (partner_id, id, customer_id, product_id, public_key, switch, state, hostname, platform, fingerprint, agent_version, protocol, commands, registered_at)
         values ($1, $2::uuid, $3, $4, decode(replace($2::uuid::text, '-', ''), 'hex'), 'enabled', 'online', 'pc', 'Debian', $5, '0.1.0', 2, $6, now())`,
        [partnerId, agentId, customerId, productId, 'a'.repeat(64), JSON.stringify(commands)],
      )
      customerIds.push(customerId)
      agentIds.push(agentId)
    }
    await server.as(owner)('PUT', '/v1/outbreak-rules', { customerIds, rule })
    if (consent)
      for (const customerId of customerIds) {
        const said = await server.as(owner)('POST', `/v1/customers/${customerId}/consent`, {
          activities: ['outbreak-defence'],
          decision: consent,
          saidBy: 'Ada',
          saidOn: '2026-11-20',
        })
        expect(said.status, JSON.stringify(said.body)).toBe(200)
      }
    return { partnerId, owner, customerIds, agentIds }
  }
  type Estate = Awaited<ReturnType<typeof anEstate>>
  async function defend(): Promise<void> {
    await defendCustomers.run(server.services)
    await runner.runDue()
  }
  /** What the agents were handed; they answer that it happened. */
  async function handed({ partnerId, agentIds }: Pick<Estate, 'partnerId' | 'agentIds'>) {
    const frames = await server.database.transaction({ partnerId, scope: 'all', principalId: null }, async (db) => {
      await db.query('select from agent where id = any($1) order by id for no key update', [agentIds])
      const taken = [...(await takeWaitingOfMany(db, agentIds, false, server.clock.now()))].flatMap(([agentId, of]) =>
        of.map((frame) => ({ agentId, frame })),
      )
      await applyOutcomes(
        db,
        taken.map(({ agentId, frame }) => ({
          agentId,
          item: {
            kind: 'outcome' as const,
            commandId: frame.order.commandId,
            at: new Date().toISOString(),
            step: 'succeeded' as const,
            evidence: {},
          },
        })),
        server.clock.now(),
      )
      return taken.map(({ frame }) => frame.order)
    })
    await runner.runDue()
    return frames
  }
  const ordersOf = async ({ partnerId }: Pick<Estate, 'partnerId'>) =>
    (await sql(`select id, type, state, created_by, agent_count from command_order where partner_id = $1 order by created_at`, [partnerId]))
      .rows

  it('closes what the alert names and the customer allows, for its days, once; withdrawn, it is opened again', async () => {
    const estate = await anEstate(2)
    const { id } = await declare({ ports: [445, 3389], folders: ['/srv'], endsAt: hours(24 * 9) })
    await defend()
    await defend()
    expect(await ordersOf(estate)).toMatchObject([{ type: 'start-outbreak-defence', created_by: 'Vigie', agent_count: 2 }])
    const told = [...(await handed(estate)), ...(await handed(estate))]
    expect(told.map(({ type, params }) => [type, params])).toEqual(
      Array.from({ length: 2 }, () => ['start-outbreak-defence', { until: expect.any(String), blockPorts: [445, 3389], denyWrites: [] }]),
    )
    const lastsMs = Date.parse((told[0]!.params as { until: string }).until) - server.clock.now().getTime()
    expect(lastsMs).toBeGreaterThan(47 * 3_600_000)
    expect(lastsMs).toBeLessThanOrEqual(48 * 3_600_000)
    expect(
      (await server.as(estate.owner)('GET', '/v1/outbreak-rules')).body.rows.map(
        (one: { defendedUntil: string | null }) => one.defendedUntil !== null,
      ),
    ).toEqual([true, true])
    await server.as(operator)('POST', `/v1/virus-alerts/${id}/withdraw`)
    await defend()
    await defend()
    expect([...(await handed(estate))].map(({ type }) => type)).toEqual(['stop-outbreak-defence', 'stop-outbreak-defence'])
    expect(
      (await server.as(estate.owner)('GET', '/v1/outbreak-rules')).body.rows.map(
        (one: { defendedUntil: string | null }) => one.defendedUntil,
      ),
    ).toEqual([null, null])
  })

  it('made to end earlier, what is closed is opened when the alert ends, not when it was to end', async () => {
    const estate = await anEstate(1)
    const { id, version } = await declare({ endsAt: hours(48) })
    await defend()
    expect((await handed(estate)).map(({ type }) => type)).toEqual(['start-outbreak-defence'])
    const changed = await server.as(operator)('PUT', `/v1/virus-alerts/${id}`, worm({ endsAt: hours(2) }), { 'if-match': `"${version}"` })
    expect(changed.status, JSON.stringify(changed.body)).toBe(200)
    await defend()
    expect(await handed(estate)).toEqual([])
    server.clock.add(2 * 3_600_000)
    await defend()
    expect((await handed(estate)).map(({ type }) => type)).toEqual(['stop-outbreak-defence'])
    await defend()
    expect(await handed(estate)).toEqual([])
    expect(
      (await server.as(estate.owner)('GET', '/v1/outbreak-rules')).body.rows.map(
        (one: { defendedUntil: string | null }) => one.defendedUntil,
      ),
    ).toEqual([null])
  })

  it('a customer that withdraws its consent is opened again, and can be by hand; the others stay closed (ACC-12)', async () => {
    const estate = await anEstate(2)
    await declare()
    await defend()
    expect([...(await handed(estate)), ...(await handed(estate))]).toHaveLength(2)
    const [first, second] = estate.customerIds
    const said = await server.as(estate.owner)('POST', `/v1/customers/${first}/consent`, {
      activities: ['outbreak-defence'],
      decision: 'withdrawn',
      saidBy: 'Ada',
      saidOn: '2026-11-20',
    })
    expect(said.status, JSON.stringify(said.body)).toBe(200)
    await defend()
    await defend()
    expect((await handed({ ...estate, agentIds: [estate.agentIds[0]!] })).map(({ type }) => type)).toEqual(['stop-outbreak-defence'])
    expect(await handed(estate)).toEqual([])
    const { rows } = (await server.as(estate.owner)('GET', '/v1/outbreak-rules')).body as {
      rows: { id: string; defendedUntil: string | null }[]
    }
    expect([first, second].map((id) => rows.find((one) => one.id === id)!.defendedUntil === null)).toEqual([true, false])
    // and a person may open again what another closed
    const {
      rows: [product],
    } = await sql('select id from product where customer_id = $1', [first])
    const byHand = await server.as(estate.owner)('POST', `/v1/products/${product.id}/commands`, { type: 'stop-outbreak-defence' })
    expect(byHand.status, JSON.stringify(byHand.body)).toBe(200)
  })

  it('customers with rules of their own are counted together: the caps are not passed by many small orders (R16)', async () => {
    const estate = await anEstate(4)
    await server.as(estate.owner)('PUT', '/v1/outbreak-rules', { customerIds: estate.customerIds.slice(2), rule: { ...rule, days: 1 } })
    await declare()
    await defend()
    await defend()
    const orders = await ordersOf(estate)
    expect(orders.map(({ state, agent_count }) => [state === 'waiting', agent_count]).toSorted()).toEqual([
      [false, 2],
      [true, 2],
    ])
  })

  it.each<[string, Parameters<typeof anEstate>[1], Record<string, unknown>]>([
    ['the alert is yellow', {}, { level: 'yellow' }],
    ['nobody said yes', { consent: null }, {}],
    ['consent was withdrawn', { consent: 'withdrawn' }, {}],
    ['the alert names nothing to close', {}, { ports: [] }],
    ['no engine there can', { commands: [{ type: 'start-outbreak-defence', isSupported: false, reason: 'firewall-missing' }] }, {}],
  ])('not where %s', async (_, how, alert) => {
    const estate = await anEstate(1, how)
    await declare(alert)
    await defend()
    expect(await ordersOf(estate)).toEqual([])
  })

  it('obeys the caps: eleven customers wait for a person, and all who may approve are told once', async () => {
    const estate = await anEstate(11)
    await declare()
    await defend()
    await defend()
    const [order, ...more] = await ordersOf(estate)
    expect([order.state, more]).toEqual(['waiting', []])
    expect(await handed(estate)).toEqual([])
    expect((await sql(`select kind from outbox where partner_id = $1`, [estate.partnerId])).rows).toEqual([{ kind: 'order-waiting' }])
    // a stolen session approves nothing without the second factor
    expect((await server.as(estate.owner)('POST', `/v1/orders/${order.id}/judge`, { isApproved: true, code: '000000' })).body.code).toBe(
      'mfa.needed-here',
    )
    await sql(`update command_order set state = 'running', approved_by = 'Grace' where id = $1`, [order.id])
    await runner.runDue()
    expect((await handed(estate)).length).toBe(1) // the first ring
  })

  it('frozen, nobody is told (R16)', async () => {
    const estate = await anEstate(1)
    await server.as(estate.owner)('POST', '/v1/command-policy/freeze')
    await declare()
    await defend()
    expect(await handed(estate)).toEqual([])
    await server.as(estate.owner)('POST', '/v1/command-policy/unfreeze')
    await runner.runDue()
    expect((await handed(estate)).length).toBe(1)
  })
})
