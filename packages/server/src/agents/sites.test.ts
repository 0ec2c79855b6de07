import { randomUUID } from 'node:crypto'
import { helloText, protocolVersion } from '@vigie/domain/agents'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { agentChannel } from '../commands/index.ts'
import { startAgentSide, type AgentSide } from './side.ts'
import {
  aDetection,
  aMachine,
  anEndpoint,
  connected,
  post,
  testAgentSide,
  TestIdentity,
  type Target,
  type TestAgentSide,
} from './testing/index.ts'
import { anEndpointKey, aSite, siteChannel, TestRoute } from './testing/site.ts'

// not shorter: on a busy machine who says nothing for a moment would be lost in the middle of a test
const timing = { silentAfterMs: 4_000, flushMs: 100, sweepMs: 100, answerMs: 500, helloMs: 1_500 }
let world: TestAgentSide
let second: AgentSide
let other: Target
beforeAll(async () => {
  world = await testAgentSide(timing)
  second = await startAgentSide({ services: world.server.services, port: 0, host: '127.0.0.1', timing })
  other = { port: second.port, ca: second.caCertificate }
})
afterAll(async () => {
  await second.close()
  await world.close()
})
const rows = async (text: string, values: unknown[] = []) => (await world.server.database.owner.query(text, values)).rows
const agentRow = async (id: string) => (await rows('select * from agent where id = $1', [id]))[0]
const newSite = (of?: { partnerId: string; customerId: string }) => aSite(world.server.database, world.target, of)
const count = async (table: string, productId: string) =>
  (await rows(`select count(*)::integer as n from ${table} where product_id = $1`, [productId]))[0].n

describe('endpoint keys (R9, AGT-8)', () => {
  it('as many machines as it was made for, each once; the same key pair is answered again without using it up', async () => {
    const site = await newSite()
    const key = await anEndpointKey(world.server.database, site, { maxUses: 2 })
    const [one, two] = [new TestIdentity(), new TestIdentity()]
    const first = await one.enrol(world.target, key)
    expect(first).toMatchObject({ isSiteServer: false, ca: expect.stringContaining('BEGIN CERTIFICATE') })
    expect(await one.enrol(world.target, key)).toEqual(first)
    await two.enrol(world.target, key)
    const third = await post(world.target, '/agent/v1/enrol', new TestIdentity().enrolBody(key.guid, key.key))
    expect([third.status, third.body.code]).toEqual([409, 'agent.key-used'])
    expect(await rows('select uses from site_key where id = $1', [key.id])).toEqual([{ uses: 2 }])
    expect((await agentRow(one.agentId)).role).toBe('endpoint')
    expect((await agentRow(site.identity.agentId)).role).toBe('own')
  })

  it('of twenty machines at once with a key for five, five get in', async () => {
    const site = await newSite()
    const key = await anEndpointKey(world.server.database, site, { maxUses: 5 })
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post(world.target, '/agent/v1/enrol', new TestIdentity().enrolBody(key.guid, key.key))),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5)
    expect(await rows('select uses from site_key where id = $1', [key.id])).toEqual([{ uses: 5 }])
  })

  it.each([
    ['expired', { expiresAt: new Date(Date.now() - 1) }, 'agent.key-expired'],
    ['revoked', { isRevoked: true }, 'agent.key-expired'],
  ])('one that is %s is refused', async (_, state, code) => {
    const site = await newSite()
    const key = await anEndpointKey(world.server.database, site, state)
    const { status, body } = await post(world.target, '/agent/v1/enrol', new TestIdentity().enrolBody(key.guid, key.key))
    expect([status, body.code]).toEqual([403, code])
  })

  it('of another product: as wrong as any', async () => {
    const [site, theirs] = [await newSite(), await newSite()]
    const { key } = await anEndpointKey(world.server.database, theirs)
    const { guid } = await anEndpointKey(world.server.database, site)
    const { body } = await post(world.target, '/agent/v1/enrol', new TestIdentity().enrolBody(guid, key))
    expect(body.code).toBe('agent.key-wrong')
  })
})

describe('endpoints through a site server (AGT-8, R11, R22)', () => {
  it('each has its own challenge, count and acknowledgement; the product stays what its site server is', async () => {
    const site = await newSite()
    const channel = await siteChannel(world.target, site.identity)
    const agents = await Promise.all(Array.from({ length: 3 }, () => site.anEndpointAgent()))
    const routes = agents.map((_, i) => new TestRoute(channel, i + 1))
    for (const [i, route] of routes.entries())
      expect(await route.welcomed(agents[i]!)).toMatchObject({ ackedSeq: 0, state: 'enabled', isSiteServer: false })
    for (const [i, route] of routes.entries())
      route.send({
        kind: 'batch',
        epoch: agents[i]!.epoch,
        firstSeq: 1,
        items: [anEndpoint(agents[i]!.machine), aDetection(agents[i]!.machine)],
      })
    for (const [i, route] of routes.entries()) expect(await route.next('ack')).toEqual({ kind: 'ack', epoch: agents[i]!.epoch, seq: 2 })
    expect(await count('detection', site.productId)).toBe(3)
    expect(await rows('select endpoint_count, state from product where id = $1', [site.productId])).toEqual([
      { endpoint_count: 3, state: 'online' },
    ])
    expect(await agentRow(agents[0]!.agentId)).toMatchObject({ state: 'online', via_agent_id: site.identity.agentId })
    routes[0]!.send({ kind: 'bye', reason: 'stopped' })
    await routes[0]!.ended()
    expect((await agentRow(agents[0]!.agentId)).state).toBe('offline')
    expect(await rows('select state from product where id = $1', [site.productId])).toEqual([{ state: 'online' }])
    await channel.kill()
  })

  it('an order for an endpoint goes through its route', async () => {
    const site = await newSite()
    const channel = await siteChannel(world.target, site.identity)
    const agent = await site.anEndpointAgent()
    const route = new TestRoute(channel, 1)
    await route.welcomed(agent)
    await rows(`update agent set switch = 'disabled' where id = $1`, [agent.agentId])
    await rows('select pg_notify($1, $2)', [agentChannel, JSON.stringify({ kind: 'wake', agentId: agent.agentId })])
    expect(await route.next('switch')).toEqual({ kind: 'switch', state: 'disabled' })
    await channel.kill()
  })

  it('the site server lost: its endpoints are abnormal because it is away, and say so (AGT-2)', async () => {
    const site = await newSite()
    const channel = await siteChannel(world.target, site.identity)
    const agents = await Promise.all(Array.from({ length: 4 }, () => site.anEndpointAgent()))
    for (const [i, agent] of agents.entries()) await new TestRoute(channel, i + 1).welcomed(agent)
    await channel.kill()
    await vi.waitFor(
      async () =>
        expect(await rows(`select distinct state, cause from agent where product_id = $1 and role = 'endpoint'`, [site.productId])).toEqual(
          [{ state: 'abnormal', cause: 'site-server-away' }],
        ),
      25_000,
    )
    await vi.waitFor(async () => expect(await agentRow(site.identity.agentId)).toMatchObject({ state: 'abnormal', cause: null }), 25_000)
  })

  it('beats of many at once keep them online; one whose route ended without a word is abnormal by itself', async () => {
    const site = await newSite()
    const channel = await siteChannel(world.target, site.identity)
    const [kept, gone] = [await site.anEndpointAgent(), await site.anEndpointAgent()]
    await new TestRoute(channel, 1).welcomed(kept)
    await new TestRoute(channel, 2).welcomed(gone)
    channel.send({ kind: 'via-end', route: 2 })
    const beating = setInterval(() => {
      channel.send({ kind: 'via-beats', routes: [1, 2, 77] })
      channel.send({ kind: 'beat', at: new Date().toISOString() })
    }, 200)
    await vi.waitFor(async () => expect(await agentRow(gone.agentId)).toMatchObject({ state: 'abnormal', cause: null }), 25_000)
    expect((await agentRow(kept.agentId)).state).toBe('online')
    expect((await agentRow(site.identity.agentId)).state).toBe('online')
    clearInterval(beating)
    await channel.kill()
  })

  it('from the site to a direct way and back: same endpoint, same history, counted once, no clone (INV-3, R10)', async () => {
    const site = await newSite()
    const channel = await siteChannel(world.target, site.identity, new Set([2]))
    const agent = await site.anEndpointAgent()
    const route = new TestRoute(channel, 1)
    await route.welcomed(agent)
    const detection = aDetection(agent.machine, { outcome: 'failed' })
    route.send({ kind: 'batch', epoch: agent.epoch, firstSeq: 1, items: [anEndpoint(agent.machine), detection] })
    await route.next('ack')
    const [endpoint] = await rows('select id from endpoint where product_id = $1', [site.productId])
    // the laptop left without a word: its route still stands, and nobody answers on it
    const direct = await connected(other, agent)
    expect(direct.welcome.ackedSeq).toBe(2)
    await route.ended()
    expect(await agentRow(agent.agentId)).toMatchObject({ state: 'online', via_agent_id: null, clone_seen_at: null })
    direct.channel.batch(agent, 3, [aDetection(agent.machine)])
    await direct.channel.next('ack')
    await direct.channel.kill()
    const back = new TestRoute(channel, 2)
    expect((await back.welcomed(agent)).ackedSeq).toBe(3)
    back.send({ kind: 'batch', epoch: agent.epoch, firstSeq: 3, items: [aDetection(agent.machine)] })
    await back.next('ack')
    expect(await rows('select id, open_infections from endpoint where product_id = $1', [site.productId])).toEqual([
      { id: endpoint.id, open_infections: 1 },
    ])
    expect(await rows('select endpoint_count from product where id = $1', [site.productId])).toEqual([{ endpoint_count: 1 }])
    expect(await count('detection', site.productId)).toBe(2)
    await channel.kill()
  })

  it('two copies, one through the site and one direct, both answering: a clone all the same (R10)', async () => {
    const site = await newSite()
    const channel = await siteChannel(world.target, site.identity, new Set([1]))
    const agent = await site.anEndpointAgent()
    await new TestRoute(channel, 1).welcomed(agent)
    await expect(connected(other, agent.copy(aMachine()))).rejects.toThrow('agent.is-clone')
    await channel.kill()
  })

  it('says where it listens, once for each change', async () => {
    const site = await newSite()
    const channel = await siteChannel(world.target, site.identity)
    channel.send({ kind: 'via-site', urls: ['https://192.0.2.7:8444'], caFingerprint: 'ab'.repeat(32), problem: null })
    await vi.waitFor(
      async () =>
        expect(await rows('select urls, ca_fingerprint, problem from site_server where product_id = $1', [site.productId])).toEqual([
          { urls: ['https://192.0.2.7:8444'], ca_fingerprint: 'ab'.repeat(32), problem: null },
        ]),
      15_000,
    )
    channel.send({ kind: 'via-site', urls: ['https://192.0.2.7:8444/$(reboot)'], caFingerprint: 'ab'.repeat(32), problem: null })
    expect(await channel.closed).toBe(1008)
  })
})

describe('agent cells of the isolation matrix (R11)', () => {
  it.each([
    ['of another product of the customer', async (site: Awaited<ReturnType<typeof newSite>>) => (await newSite(site)).anEndpointAgent()],
    ['of another business', async () => (await newSite()).anEndpointAgent()],
    ['that is another site server', async (site: Awaited<ReturnType<typeof newSite>>) => (await newSite(site)).identity],
    ['that is the site server itself', async (site: Awaited<ReturnType<typeof newSite>>) => site.identity],
  ])('an agent %s does not come through; the site’s business is told once', async (_, make) => {
    const site = await newSite()
    const channel = await siteChannel(world.target, site.identity)
    const foreign = await make(site)
    for (const number of [1, 2]) {
      const route = new TestRoute(channel, number)
      await route.hello(foreign)
      expect((await route.next('problem')).code).toBe('agent.not-of-this-site')
      await route.ended()
    }
    expect((await agentRow(foreign.agentId)).via_agent_id).toBeNull()
    await vi.waitFor(
      async () =>
        expect(
          await rows(`select partner_id from audit where activity = 'agent.foreign-at-site' and object_id = $1`, [site.identity.agentId]),
        ).toEqual([{ partner_id: site.partnerId }]),
      15_000,
    )
    expect(channel.closeCode).toBeNull()
    await channel.kill()
  })

  it('a signature for another connection’s challenge opens no route', async () => {
    const site = await newSite()
    const channel = await siteChannel(world.target, site.identity)
    const agent = await site.anEndpointAgent()
    const [first, second] = [new TestRoute(channel, 1), new TestRoute(channel, 2)]
    const { nonce } = await first.next('challenge')
    await second.next('challenge')
    const signature = agent.sign(helloText(nonce, agent.agentId, 1, agent.epoch))
    second.send({
      kind: 'hello',
      protocol: protocolVersion,
      agentId: agent.agentId,
      counter: 1,
      epoch: agent.epoch,
      agentVersion: '1',
      machine: agent.machine,
      at: new Date().toISOString(),
      signature,
    })
    expect((await second.next('problem')).code).toBe('agent.signature-wrong')
    await channel.kill()
  })

  it.each([
    ['a batch before the hello', { kind: 'batch', epoch: randomUUID(), firstSeq: 1, items: [{}] }],
    ['a route inside a route', { kind: 'via-open', route: 1, address: 'x' }],
    ['a frame in a frame in a frame', { kind: 'via', route: 1, frame: { kind: 'beat', at: new Date().toISOString() } }],
    ['no frame at all', 'x'],
  ])('%s ends that route alone', async (_, frame) => {
    const site = await newSite()
    const channel = await siteChannel(world.target, site.identity)
    const agent = await site.anEndpointAgent()
    const good = new TestRoute(channel, 1)
    await good.welcomed(agent)
    const bad = new TestRoute(channel, 2)
    await bad.next('challenge')
    bad.send(frame)
    expect((await bad.next('problem')).code).toBe('agent.frame-invalid')
    await bad.ended()
    good.send({ kind: 'batch', epoch: agent.epoch, firstSeq: 1, items: [anEndpoint(agent.machine)] })
    await good.next('ack')
    await channel.kill()
  })

  it('a route number used again ends the site server’s connection; frames for routes that are not there reach nobody', async () => {
    const site = await newSite()
    const channel = await siteChannel(world.target, site.identity)
    const agent = await site.anEndpointAgent()
    const route = new TestRoute(channel, 5)
    await route.welcomed(agent)
    channel.send({ kind: 'via', route: 4, frame: { kind: 'bye', reason: 'stopped' } })
    channel.send({ kind: 'via-end', route: 6 })
    channel.send({ kind: 'via-end', route: 5 })
    channel.send({ kind: 'via', route: 5, frame: { kind: 'batch', epoch: agent.epoch, firstSeq: 1, items: [aDetection(agent.machine)] } })
    channel.send({ kind: 'via-open', route: 5, address: 'x' })
    expect(await channel.closed).toBe(1008)
    expect(await count('detection', site.productId)).toBe(0)
  })

  it.each([
    ['an agent that is no site server', async () => (await world.anAgent()).identity],
    ['an endpoint of a site', async () => (await newSite()).anEndpointAgent()],
  ])('%s carries nobody', async (_, make) => {
    const { channel, welcome } = await connected(world.target, await make())
    expect(welcome.isSiteServer).toBe(false)
    channel.send({ kind: 'via-open', route: 1, address: 'x' })
    expect(await channel.closed).toBe(1008)
  })

  it('what an agent tells of another machine goes to the dead letter, what it tells under its former name is its own', async () => {
    const site = await newSite()
    const [agent, neighbour] = [await site.anEndpointAgent(), await site.anEndpointAgent()]
    const one = await connected(world.target, agent)
    one.channel.batch(agent, 1, [
      anEndpoint(agent.machine),
      aDetection(neighbour.machine),
      anEndpoint(neighbour.machine),
      aDetection(agent.machine),
    ])
    await one.channel.next('ack')
    expect(await rows('select seq::integer, reason from dead_letter where agent_id = $1 order by seq', [agent.agentId])).toEqual([
      { seq: 2, reason: 'not-its-own' },
      { seq: 3, reason: 'not-its-own' },
    ])
    expect(await rows('select key, agent_id from endpoint where product_id = $1', [site.productId])).toEqual([
      { key: agent.machine.fingerprint, agent_id: agent.agentId },
    ])
    await one.channel.kill()
    const before = agent.machine
    agent.machine = aMachine()
    const again = await connected(world.target, agent)
    again.channel.batch(agent, again.welcome.ackedSeq + 1, [aDetection(before), anEndpoint(agent.machine)])
    await again.channel.next('ack')
    expect(
      await rows(
        'select e.key from detection d join endpoint e on e.id = d.endpoint_id where d.product_id = $1 order by d.at desc limit 1',
        [site.productId],
      ),
    ).toEqual([{ key: agent.machine.fingerprint }])
    await again.channel.kill()
  })
})
