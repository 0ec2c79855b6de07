import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { writeConnectionCode, type ConnectionSwitch } from '@vigie/domain/identity'
import { applyOutcomes, takeWaitingOfMany } from '../commands/index.ts'
import { newId, type Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { takeBack } from '../agents/going.ts'
import { createSwitchRunner, type SwitchRunner } from './switch-runner.ts'

let server: TestServer
let runner: SwitchRunner
beforeAll(async () => {
  server = await testServer()
  runner = createSwitchRunner(server.services)
})
afterAll(() => server.close())
afterEach(() => server.clock.set(new Date()))

interface Site {
  partnerId: string
  owner: Actor
  customerId: string
  productId: string
  /** The site server, and its endpoints. */
  own: string
  endpoints: string[]
}
const name = 'Head office'

async function aSite(
  endpoints = 2,
  takes: { isSupported: boolean; reason: string | null } = { isSupported: true, reason: null },
): Promise<Site> {
  const partnerId = await aPartner(server.database)
  const owner = await anActor(server.database, partnerId, { role: 'owner', isPrimary: true })
  const customerId = await aCustomer(server.database, partnerId, { company: 'Acme' })
  const productId = await aProduct(server.database, partnerId, customerId, { typeId: 'clamav-site-server', description: name })
  const ids = Array.from({ length: endpoints + 1 }, () => newId())
  await server.database.owner.query(
    `insert into agent (partner_id, id, customer_id, product_id, public_key, switch, state, hostname, platform, fingerprint, agent_version, protocol, commands, registered_at, role)
     select $1, id, $2, $3, decode(replace(id::text, '-', ''), 'hex'), 'enabled', 'online', 'srv-' || n, 'Debian', $5, '0.1.0', 2, $6, now(), case n when 1 then 'own' else 'endpoint' end from unnest($4::uuid[]) with ordinality t (id, n)`,
    [partnerId, customerId, productId, ids, 'a'.repeat(64), JSON.stringify([{ type: 'move-agent', ...takes }])],
  )
  return { partnerId, owner, customerId, productId, own: ids[0]!, endpoints: ids.slice(1) }
}

const stranger = (more: object = {}) =>
  writeConnectionCode({
    v: 1,
    server: 'https://new.example:8443',
    caFingerprint: 'ab'.repeat(32),
    commandKey: 'k'.repeat(43),
    guid: newId(),
    key: 'own-key-of-the-new-side',
    endpointKey: 'endpoint-key-of-the-new-side',
    machines: 10,
    expiresAt: new Date(server.clock.now().getTime() + 86_400_000).toISOString(),
    ...more,
  })
const call = (actor: Actor) => server.as(actor)
const begin = (site: Site, connectionCode: string, more: object = {}) =>
  call(site.owner)('POST', `/v1/products/${site.productId}/switch`, { connectionCode, confirmName: name, reason: 'merger', ...more })
const seen = async (site: Site, id: string): Promise<ConnectionSwitch> => (await call(site.owner)('GET', `/v1/switches/${id}`)).body
const stepsOf = async (site: Site, id: string) =>
  Object.fromEntries(
    (await call(site.owner)('GET', `/v1/switches/${id}/agents`)).body.rows.map((one: { name: string; step: string }) => [
      one.name,
      one.step,
    ]),
  )
const inBusiness = ({ partnerId }: Site) => ({ partnerId, scope: 'all' as const, principalId: null })

interface Told {
  agentId: string
  commandId: string
  params: Record<string, any>
}
/** What agents of the site were told and have not answered. */
const take = (site: Site): Promise<Told[]> =>
  server.database.transaction(inBusiness(site), async (db) => {
    const ids = [site.own, ...site.endpoints]
    await db.query('select from agent where id = any($1) order by id for no key update', [ids])
    return [...(await takeWaitingOfMany(db, ids, false, server.clock.now()))].flatMap(([agentId, frames]) =>
      frames.map((frame) => ({ agentId, commandId: frame.order.commandId, params: frame.order.params! })),
    )
  })
const answer = (site: Site, { agentId, commandId }: Told, step: 'succeeded' | 'failed', evidence: Record<string, string> = {}) =>
  server.database.transaction(inBusiness(site), (db) =>
    applyOutcomes(
      db,
      [{ agentId, item: { kind: 'outcome', commandId, at: server.clock.now().toISOString(), step, evidence } }],
      server.clock.now(),
    ),
  )
/** Whoever is told answers well, until nobody is. @returns who was told what, in order */
async function goOn(site: Site, most = 10): Promise<string[]> {
  const log: string[] = []
  for (let i = 0; i < most; i++) {
    await runner.runDue()
    const told = await take(site)
    if (told.length === 0) break
    for (const one of told) {
      log.push(`${one.params['step']} ${one.agentId === site.own ? 'own' : 'endpoint'}`)
      await answer(site, one, 'succeeded', one.params['step'] === 'prepare' ? { newAgentId: newId() } : {})
    }
  }
  return log
}
/** With somebody who said yes. */
async function approved(site: Site, code = stranger()): Promise<string> {
  const second = await anActor(server.database, site.partnerId, { role: 'administrator' })
  const codeOf = await withMfa(second)
  const { body, status } = await begin(site, code)
  expect([status, body.state], JSON.stringify(body)).toEqual([200, 'waiting'])
  const judged = await call(second)('POST', `/v1/switches/${body.id}/judge`, { isApproved: true, code: await codeOf() })
  expect([judged.status, judged.body.state, judged.body.approvedBy], JSON.stringify(judged.body)).toEqual([200, 'preparing', second.name])
  return body.id
}
async function withMfa(actor: Actor): Promise<() => Promise<string>> {
  const { generateSecret, generate } = await import('otplib')
  const secret = generateSecret()
  await server.database.transaction({ partnerId: actor.partnerId, scope: 'all', principalId: null }, async (db) => {
    const sealed = await server.services.vault.seal(
      db,
      'secrets',
      { table: 'account', column: 'totp_secret', row: actor.accountId },
      secret,
    )
    await db.query('update account set totp_secret = $2 where id = $1', [actor.accountId, sealed])
  })
  return () => generate({ secret, epoch: Math.floor(server.clock.now().getTime() / 1000) })
}
const agentRows = async (site: Site) =>
  (
    await server.database.owner.query(`select role, switch, state, cause from agent where product_id = $1 order by role desc, id`, [
      site.productId,
    ])
  ).rows

describe('a fleet leaves for another installation (AGT-11)', () => {
  it('all or none: the site server prepares first, goes last; the old side keeps what it had and shows where they went', async () => {
    const site = await aSite()
    const id = await approved(site)
    expect(await goOn(site)).toEqual([
      'prepare own',
      'prepare endpoint',
      'prepare endpoint',
      'switch endpoint',
      'switch endpoint',
      'switch own',
    ])
    await runner.runDue()
    expect(await seen(site, id)).toMatchObject({
      state: 'done',
      server: 'https://new.example:8443',
      agentCount: 3,
      switchedCount: 3,
      troubledCount: 0,
      endedAt: expect.any(String),
    })
    expect(await agentRows(site)).toEqual(
      Array.from({ length: 3 }, (_, i) => ({
        role: i === 0 ? 'own' : 'endpoint',
        switch: 'unregistered',
        state: 'unregistered',
        cause: 'moved',
      })),
    )
    expect((await call(site.owner)('GET', `/v1/products/${site.productId}`)).body).toMatchObject({
      description: name,
      state: 'unregistered',
    })
    const { rows } = await server.database.owner.query(
      `select activity from audit where partner_id = $1 and activity like 'switch.%' order by sequence`,
      [site.partnerId],
    )
    expect(rows.map(({ activity }) => activity)).toEqual(['switch.submitted', 'switch.approved', 'switch.decided', 'switch.done'])
  })

  it('the two keys: the one-use one for the site server, the counted one for endpoints; neither stays readable once used (R39)', async () => {
    const site = await aSite()
    const id = await approved(site)
    const keys: string[] = []
    for (let i = 0; i < 2; i++) {
      await runner.runDue()
      for (const one of await take(site)) {
        keys.push(`${one.agentId === site.own ? 'own' : 'endpoint'} ${one.params['key']}`)
        await answer(site, one, 'succeeded', { newAgentId: newId() })
      }
    }
    await runner.runDue()
    expect(keys).toEqual(['own own-key-of-the-new-side', 'endpoint endpoint-key-of-the-new-side', 'endpoint endpoint-key-of-the-new-side'])
    const { rows } = await server.database.owner.query(
      `select count(*)::integer as n from command where partner_id = $1 and frame::text like '%of-the-new-side%'`,
      [site.partnerId],
    )
    const {
      rows: [row],
    } = await server.database.owner.query('select keys from connection_switch where id = $1', [id])
    expect([rows, row]).toEqual([[{ n: 0 }], { keys: null }])
  })

  it.each([
    ['the site server can’t', 0],
    ['one of its endpoints can’t', 1],
  ])('%s: nobody goes, and those who registered there drop it', async (_, failing) => {
    const site = await aSite()
    const id = await approved(site)
    for (let n = 0; n <= failing; n++) {
      await runner.runDue()
      for (const [i, one] of (await take(site)).entries())
        await (n === failing && i === 0
          ? answer(site, one, 'failed', { reason: 'move-refused' })
          : answer(site, one, 'succeeded', { newAgentId: newId() }))
    }
    expect(await goOn(site)).toEqual(failing === 0 ? [] : ['give-up own', 'give-up endpoint'])
    expect(await seen(site, id)).toMatchObject({ state: 'given-up', cause: 'agent-failed' })
    expect((await agentRows(site)).map((one) => one.switch)).toEqual(['enabled', 'enabled', 'enabled'])
  })

  it('an agent that was killed over the order is told again: that is no refusal', async () => {
    const site = await aSite(0)
    const id = await approved(site)
    for (const step of ['prepare', 'switch']) {
      await runner.runDue()
      const [told] = await take(site)
      expect(told!.params['step']).toBe(step)
      await answer(site, told!, 'failed', { reason: 'agent-restarted' })
      await runner.runDue()
      const [again] = await take(site)
      expect(again!.params['step']).toBe(step)
      await answer(site, again!, 'succeeded', { newAgentId: newId() })
    }
    await runner.runDue()
    expect((await seen(site, id)).state).toBe('done')
  })

  it('a person gives it up while it prepares; once it is decided nobody can', async () => {
    const site = await aSite(0)
    const id = await approved(site)
    await runner.runDue()
    await answer(site, (await take(site))[0]!, 'succeeded', { newAgentId: newId() })
    const other = await aSite(0)
    const otherId = await approved(other)
    expect((await call(other.owner)('POST', `/v1/switches/${otherId}/give-up`)).body).toMatchObject({
      state: 'giving-up',
      cause: 'by-person',
    })
    await goOn(other)
    expect((await seen(other, otherId)).state).toBe('given-up')
    await runner.runDue()
    expect((await call(site.owner)('POST', `/v1/switches/${id}/give-up`)).body.code).toBe('switch.not-possible-now')
  })

  it('who is away follows when it is back: the decision stands, and is told again, not doubled', async () => {
    const site = await aSite(1)
    const id = await approved(site)
    for (let i = 0; i < 2; i++) {
      await runner.runDue()
      for (const one of await take(site)) await answer(site, one, 'succeeded', { newAgentId: newId() })
    }
    await runner.runDue()
    expect((await take(site)).map((one) => one.params['step'])).toEqual(['switch'])
    // its word never comes: the order's time is over
    server.clock.add(61 * 60_000)
    await server.database.owner.query(`update command set step = 'unknown' where partner_id = $1 and step = 'delivered'`, [site.partnerId])
    expect(await goOn(site)).toEqual(['switch endpoint', 'switch own'])
    await runner.runDue()
    expect(await seen(site, id)).toMatchObject({ state: 'done', switchedCount: 2 })
  })

  it('not all ready before the keys end: all stay', async () => {
    const site = await aSite(1)
    const id = await approved(site)
    await runner.runDue()
    await answer(site, (await take(site))[0]!, 'succeeded', { newAgentId: newId() })
    server.clock.add(25 * 3_600_000)
    await server.database.owner.query(`update command set step = 'expired' where partner_id = $1 and step in ('waiting', 'delivered')`, [
      site.partnerId,
    ])
    expect(await goOn(site)).toEqual(['give-up own'])
    expect(await seen(site, id)).toMatchObject({ state: 'given-up', cause: 'expired' })
  })

  it('one that was not welcome there comes back under its old name, and is told again after a while', async () => {
    const site = await aSite(0)
    const id = await approved(site)
    await goOn(site)
    await runner.runDue()
    expect(await server.database.transaction(inBusiness(site), (db) => takeBack(db, site.own, server.clock.now()))).toBe(true)
    expect([await seen(site, id), await stepsOf(site, id)]).toMatchObject([
      { state: 'switching', troubledCount: 1 },
      { 'srv-1': 'returned' },
    ])
    expect(await goOn(site)).toEqual([])
    server.clock.add(61_000)
    expect(await goOn(site)).toEqual(['switch own'])
  })

  it('two processes at once lead it over once', async () => {
    const site = await aSite(5)
    const id = await approved(site)
    const other = createSwitchRunner(server.services)
    const log: string[] = []
    for (let i = 0; i < 10 && (await seen(site, id)).state !== 'done'; i++) {
      await Promise.all([runner.runDue(), other.runDue()])
      for (const one of await take(site)) {
        log.push(`${one.agentId} ${one.params['step']}`)
        await answer(site, one, 'succeeded', { newAgentId: newId() })
      }
    }
    expect([(await seen(site, id)).state, log.length, new Set(log).size]).toEqual(['done', 12, 12])
  })
})

describe('who may send a fleet away (R16)', () => {
  it('one stolen session is not enough: a second person with a fresh second factor, not oneself; refused, nobody is told', async () => {
    const site = await aSite(0)
    const second = await anActor(server.database, site.partnerId, { role: 'administrator' })
    const { body } = await begin(site, stranger())
    expect(body).toMatchObject({ state: 'waiting', isOwn: true })
    expect(await goOn(site)).toEqual([])
    const judge = (actor: Actor, more: object) => call(actor)('POST', `/v1/switches/${body.id}/judge`, more)
    expect((await judge(second, { isApproved: true })).body.code).toBe('mfa.needed-here')
    await withMfa(second)
    expect((await judge(second, { isApproved: true, code: '000000' })).body.code).toBe('mfa.code-wrong')
    const ownCode = await withMfa(site.owner)
    expect((await judge(site.owner, { isApproved: true, code: await ownCode() })).body.code).toBe('order.own')
    expect((await judge(second, { isApproved: false })).body.state).toBe('refused')
    expect(await goOn(site)).toEqual([])
  })

  it('with one person only: the second factor, an hour, and the owners are told by mail', async () => {
    const site = await aSite(0)
    expect((await begin(site, stranger())).body.code).toBe('mfa.needed-here')
    const codeOf = await withMfa(site.owner)
    const { body } = await begin(site, stranger(), { code: await codeOf() })
    expect(body).toMatchObject({ state: 'delayed', startsAt: expect.any(String) })
    expect((await server.database.owner.query(`select recipient, kind from outbox where partner_id = $1`, [site.partnerId])).rows).toEqual([
      { recipient: site.owner.email, kind: 'switch-delayed' },
    ])
    expect(await goOn(site)).toEqual([])
    server.clock.add(61 * 60_000)
    expect(await goOn(site)).toEqual(['prepare own', 'switch own'])
  })

  it.each([
    ['half a code', () => stranger().slice(0, 80), 'switch.code-wrong'],
    ['something else', () => 'vigie-agent enrol --server x', 'switch.code-wrong'],
    ['an old code', () => stranger({ expiresAt: new Date(Date.now() - 1_000).toISOString() }), 'switch.code-expired'],
    ['a code for too few', () => stranger({ machines: 1 }), 'switch.too-many'],
  ])('%s is refused, and says so', async (_, code, problem) => {
    const site = await aSite(3)
    const { status, body } = await begin(site, code())
    expect([status, body.code]).toEqual([422, problem])
  })

  it('one at a time; not where an agent can’t take it; not without its name', async () => {
    const site = await aSite(0)
    await anActor(server.database, site.partnerId, { role: 'administrator' })
    expect((await begin(site, stranger(), { confirmName: 'another' })).body.code).toBe('product.name-differs')
    expect((await begin(site, stranger())).status).toBe(200)
    expect((await begin(site, stranger())).body.code).toBe('switch.under-way')
    expect((await begin(await aSite(0, { isSupported: false, reason: 'not-supported' }), stranger())).body.code).toBe(
      'command.not-supported',
    )
  })
})

describe('to another product of this installation (AGT-11, INV-3)', () => {
  it('its code is made there; within the caps nobody is asked; the endpoints take their history along', async () => {
    const site = await aSite(1)
    const targetId = await aProduct(server.database, site.partnerId, site.customerId, {
      typeId: 'clamav-site-server',
      description: 'New office',
    })
    const made = await call(site.owner)('POST', `/v1/products/${targetId}/connection-code`, { machines: 5 })
    expect(made.status, JSON.stringify(made.body)).toBe(200)
    const own = await call(site.owner)('POST', `/v1/products/${site.productId}/connection-code`, { machines: 5 })
    expect(own.body.code).toBe('product.already-registered') // somebody speaks for it: it takes no others
    const { body } = await begin(site, made.body.connectionCode)
    expect(body, JSON.stringify(body)).toMatchObject({ state: 'preparing', isInternal: true })
    const old = newId()
    await server.database.owner.query(
      `insert into endpoint (partner_id, id, customer_id, product_id, agent_id, key, name, "group", received_at, platform) values ($1, $2, $3, $4, $5, 'machine', 'PC 1', 'servers', now(), 'Debian')`,
      [site.partnerId, old, site.customerId, site.productId, site.endpoints[0]],
    )
    const newIds = new Map<string, string>()
    for (let i = 0; i < 6; i++) {
      await runner.runDue()
      for (const one of await take(site)) {
        if (one.params['step'] === 'prepare') newIds.set(one.agentId, newId())
        await answer(site, one, 'succeeded', { newAgentId: newIds.get(one.agentId)! })
      }
    }
    expect((await seen(site, body.id)).state).toBe('done')
    // its agent reports at the new product
    const fresh = newId()
    await server.database.owner.query(
      `insert into agent (partner_id, id, customer_id, product_id, public_key, hostname, platform, fingerprint, agent_version, protocol, registered_at, role) values ($1, $2::uuid, $3, $4, decode(replace($2::uuid::text, '-', ''), 'hex'), 'PC 1', 'Debian', $5, '0.1.0', 2, now(), 'endpoint')`,
      [site.partnerId, newIds.get(site.endpoints[0]!), site.customerId, targetId, 'c'.repeat(64)],
    )
    await server.database.owner.query(
      `insert into endpoint (partner_id, id, customer_id, product_id, agent_id, key, name, "group", received_at, platform) values ($1, $2, $3, $4, $5, 'machine', 'PC 1', 'servers', now(), 'Debian')`,
      [site.partnerId, fresh, site.customerId, targetId, newIds.get(site.endpoints[0]!)],
    )
    await runner.runDue()
    expect(
      (await server.database.owner.query('select endpoint_id, merged_id from endpoint_alias where partner_id = $1', [site.partnerId])).rows,
    ).toEqual([{ endpoint_id: fresh, merged_id: old }])
  })
})
