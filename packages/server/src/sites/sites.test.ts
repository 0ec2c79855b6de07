import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anEndpoint, connected, testAgentSide, TestIdentity, type TestAgentSide } from '../agents/testing/index.ts'
import { aSite, siteChannel, TestRoute } from '../agents/testing/site.ts'
import { anActor } from '../platform/testing/database.ts'

let world: TestAgentSide
beforeAll(async () => void (world = await testAgentSide()))
afterAll(() => world.close())
const newSite = async () => {
  const site = await aSite(world.server.database, world.target)
  const actor = await anActor(world.server.database, site.partnerId)
  return { ...site, call: world.server.as(actor) }
}
const rows = async (text: string, values: unknown[] = []) => (await world.server.database.owner.query(text, values)).rows

describe('endpoint keys from the console (AGT-8, R9)', () => {
  it('is shown once with a command for each way; kept as a hash; counted as machines enrol; audited without itself', async () => {
    const { call, productId, identity } = await newSite()
    const channel = await siteChannel(world.target, identity)
    channel.send({ kind: 'via-site', urls: ['https://192.0.2.7:8444'], caFingerprint: 'ab'.repeat(32), problem: null })
    await expect
      .poll(async () => (await call('GET', `/v1/products/${productId}/site`)).body.server?.urls, { timeout: 10_000 })
      .toEqual(['https://192.0.2.7:8444'])
    const { status, body } = await call('POST', `/v1/products/${productId}/site/keys`, { machines: 2 })
    expect(status).toBe(200)
    expect(body.commands.map(({ url }: { url: string | null }) => url)).toEqual(['https://192.0.2.7:8444', null])
    const [through, direct] = body.commands.map((one: { installCommand: string }) => one.installCommand)
    expect(through).toContain(`https://192.0.2.7:8444/agent/v1/ca.pem`)
    expect(through).toContain('AB'.repeat(32))
    expect(through).toMatch(/--command-key [\w-]{43} --direct-ca-sha256 [0-9a-f]{64}$/)
    expect(direct).not.toContain('--command-key')
    const endpoint = new TestIdentity()
    await endpoint.enrol(world.target, body)
    const site = (await call('GET', `/v1/products/${productId}/site`)).body
    expect(site.keys).toMatchObject([{ id: body.id, machines: 2, used: 1, state: 'usable' }])
    expect(site.endpoints).toEqual({ all: 1, through: 0, direct: 0, away: 1 })
    expect(JSON.stringify(await rows('select * from site_key where id = $1', [body.id]))).not.toContain(body.key)
    expect((await call('GET', '/v1/audit')).body.rows.map((row: { activity: string }) => row.activity)).toContain(
      'product.endpoint-key-issued',
    )
    expect(JSON.stringify((await call('GET', '/v1/audit')).body)).not.toContain(body.key)
    await channel.kill()
  })

  it('revoked: nobody enrols with it any more, who did stays; twice is once', async () => {
    const { call, productId } = await newSite()
    const { body } = await call('POST', `/v1/products/${productId}/site/keys`, { machines: 5 })
    const early = new TestIdentity()
    await early.enrol(world.target, body)
    for (const _ of [1, 2]) expect((await call('DELETE', `/v1/products/${productId}/site/keys/${body.id}`)).status).toBe(200)
    await expect(new TestIdentity().enrol(world.target, body)).rejects.toThrow('agent.key-expired')
    await (await connected(world.target, early)).channel.kill()
    expect((await call('GET', `/v1/products/${productId}/site`)).body.keys).toMatchObject([{ state: 'revoked', used: 1 }])
    expect(
      await rows(`select count(*)::integer as n from audit where activity = 'product.endpoint-key-revoked' and object_id = $1`, [
        productId,
      ]),
    ).toEqual([{ n: 1 }])
  })

  it.each([[0], [501], [1.5]])('for %s machines: refused', async (machines) => {
    const { call, productId } = await newSite()
    expect((await call('POST', `/v1/products/${productId}/site/keys`, { machines })).status).toBe(400)
  })

  it('a product whose type has no site server says so', async () => {
    const { partnerId, productId } = await world.aBusiness()
    const { status, body } = await world.server.as(await anActor(world.server.database, partnerId))('GET', `/v1/products/${productId}/site`)
    expect([status, body.code]).toEqual([409, 'product.no-site-server'])
  })
})

describe('the agents of a site (AGT-8)', () => {
  it('say through whom they report; the site server can be given a new key although its endpoints are registered', async () => {
    const { call, productId, identity, anEndpointAgent } = await newSite()
    const channel = await siteChannel(world.target, identity)
    const endpoint = await anEndpointAgent()
    const route = new TestRoute(channel, 1)
    await route.welcomed(endpoint)
    route.send({ kind: 'batch', epoch: endpoint.epoch, firstSeq: 1, items: [anEndpoint(endpoint.machine)] })
    await route.next('ack')
    const agents = (await call('GET', `/v1/products/${productId}/agents`)).body.rows
    expect(agents.map(({ hostname, role, through }: Record<string, string>) => [hostname, role, through]).toSorted()).toEqual(
      [
        [endpoint.machine.hostname, 'endpoint', identity.machine.hostname],
        [identity.machine.hostname, 'own', null],
      ].toSorted(),
    )
    expect((await call('GET', `/v1/products/${productId}/site`)).body.endpoints).toEqual({ all: 1, through: 1, direct: 0, away: 0 })
    expect((await call('POST', `/v1/products/${productId}/key`)).status).toBe(409)
    await call('DELETE', `/v1/agents/${identity.agentId}`, { confirmName: identity.machine.hostname })
    expect((await call('GET', `/v1/products/${productId}`)).body.state).toBe('unregistered')
    expect((await call('POST', `/v1/products/${productId}/key`)).status).toBe(200)
  })

  it('what the site server holds back of theirs is shown as it says it, and gone with its connection', async () => {
    const { call, productId, identity } = await newSite()
    const channel = await siteChannel(world.target, identity)
    const server = async () => (await call('GET', `/v1/products/${productId}/site`)).body.server
    const agent = async () => (await call('GET', `/v1/products/${productId}/agents`)).body.rows[0].held
    channel.send({ kind: 'via-site', urls: ['https://192.0.2.7:8444'], caFingerprint: 'ab'.repeat(32), problem: null })
    // one of an older version says nothing of it
    channel.send({ kind: 'via-beats', routes: [] })
    await expect.poll(async () => (await server())?.held, { timeout: 10_000 }).toBe(null)
    channel.send({ kind: 'via-beats', routes: [], held: { records: 0, bytes: 0, oldestMs: 0 } })
    await expect.poll(async () => (await server()).held, { timeout: 10_000 }).toMatchObject({ records: 0, sizeBytes: 0, since: null })
    expect(await agent()).toBe(null)
    channel.send({ kind: 'via-beats', routes: [], held: { records: 1_200, bytes: 3_000_000_000, oldestMs: 90_000 } })
    await expect.poll(async () => (await server()).held, { timeout: 10_000 }).toMatchObject({ records: 1_200, sizeBytes: 3_000_000_000 })
    const { since, saidAt } = (await server()).held
    expect(Date.parse(saidAt) - Date.parse(since)).toBe(90_000)
    expect(await agent()).toEqual({ records: 1_200, since })
    await channel.kill()
    await expect.poll(async () => (await server()).held, { timeout: 10_000 }).toMatchObject({ records: 0, since: null })
  })
})
