import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { feedPrefix } from '@vigie/domain/outbreak'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { createAssessor, type Assessor } from '../assessment/index.ts'
import { newId, type Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { spreadAlerts } from './spreading.ts'

let server: TestServer
let assessor: Assessor
let operator: Actor
beforeAll(async () => {
  server = await testServer()
  assessor = createAssessor(server.services)
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
