import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { channelLimits } from '@vigie/domain/agents'
import { anActor } from '../platform/testing/database.ts'
import { indexesOf, plansOf, scanned, visited } from '../platform/testing/plan.ts'
import { hubTiming } from './hub.ts'
import { presenceTiming } from './presence.ts'
import { startAgentSide, type AgentSide } from './side.ts'
import { loseSilent, storeBeats } from './store.ts'
import {
  aDetection,
  aMachine,
  anEndpoint,
  connected,
  testAgentSide,
  TestChannel,
  type Target,
  type TestAgentSide,
} from './testing/index.ts'

// short times: what takes 85 s in earnest takes one here
const timing = { silentAfterMs: 1_000, flushMs: 100, sweepMs: 100, answerMs: 700 }
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

it('in earnest: whoever falls silent is noticed within 90 s, and not for one beat that was lost (AGT-2)', () => {
  expect(hubTiming.silentAfterMs + hubTiming.sweepMs).toBeLessThanOrEqual(90_000)
  expect(presenceTiming.silentAfterMs + presenceTiming.sweepMs + presenceTiming.flushMs).toBeLessThanOrEqual(90_000)
  expect(channelLimits.beatMs * 2).toBeLessThan(Math.min(hubTiming.silentAfterMs, presenceTiming.silentAfterMs))
})

const rows = async (text: string, values: unknown[] = []) => (await world.server.database.owner.query(text, values)).rows
const stateOf = async (id: string) => (await rows('select state from agent where id = $1', [id]))[0]?.state
const beating = (channel: TestChannel) => {
  const timer = setInterval(
    () => channel.socket.readyState === channel.socket.OPEN && channel.send({ kind: 'beat', at: new Date().toISOString() }),
    150,
  )
  return () => clearInterval(timer)
}

describe('presence (AGT-2, P8, P9)', () => {
  it('a vanished agent is abnormal once its time is over, in whatever process it was; one that beats is not', async () => {
    const [gone, alive] = [await world.anAgent(), await world.anAgent()]
    const lost = await connected(other, gone.identity)
    const kept = await connected(world.target, alive.identity)
    const stop = beating(kept.channel)
    await lost.channel.kill()
    expect(await stateOf(gone.identity.agentId)).toBe('online')
    await vi.waitFor(async () => expect(await stateOf(gone.identity.agentId)).toBe('abnormal'), 8_000)
    expect(await rows('select state from product where id = $1', [gone.productId])).toEqual([{ state: 'abnormal' }])
    expect(await stateOf(alive.identity.agentId)).toBe('online')
    stop()
    // falls silent with its connection open: abnormal too, and back as soon as it returns
    await vi.waitFor(async () => expect(await stateOf(alive.identity.agentId)).toBe('abnormal'), 8_000)
    await kept.channel.closed
    const again = await connected(other, alive.identity)
    expect(await stateOf(alive.identity.agentId)).toBe('online')
    await again.channel.kill()
  }, 30_000)

  it('a beat is stored within a second, a product and a customer see it too', async () => {
    const { identity, productId, customerId } = await world.anAgent()
    const { channel } = await connected(world.target, identity)
    const seen = async () => (await rows('select last_seen_at from agent where id = $1', [identity.agentId]))[0].last_seen_at.getTime()
    const before = await seen()
    await vi.waitFor(async () => {
      channel.send({ kind: 'beat', at: new Date().toISOString() })
      expect(await seen()).toBeGreaterThan(before)
    }, 5_000)
    expect(
      (
        await rows(
          `select p.last_seen_at > now() - interval '30 seconds' as product, c.last_seen_at > now() - interval '30 seconds' as customer from product p join customer c on c.id = p.customer_id where p.id = $1 and c.id = $2`,
          [productId, customerId],
        )
      )[0],
    ).toEqual({ product: true, customer: true })
    await channel.kill()
  })

  it('an agent that was given up while its connection lived is told to come again', async () => {
    const { identity } = await world.anAgent()
    const { channel } = await connected(world.target, identity)
    await rows(`update agent set connection_id = null, state = 'abnormal' where id = $1`, [identity.agentId])
    channel.send({ kind: 'beat', at: new Date().toISOString() })
    expect(await channel.closed).toBe(4001)
  })

  it('a drained server says goodbye, and what was sent before is stored (R44)', async () => {
    const third = await startAgentSide({ services: world.server.services, port: 0, host: '127.0.0.1', timing })
    const { identity, productId } = await world.anAgent()
    const { channel } = await connected({ port: third.port, ca: third.caCertificate }, identity)
    channel.batch(
      identity,
      1,
      Array.from({ length: 500 }, () => aDetection(identity.machine)),
    )
    await new Promise((resolve) => setTimeout(resolve, 30))
    await third.close()
    expect(channel.closeCode ?? (await channel.closed)).toBe(1001)
    const acknowledged = channel.heard.filter(({ kind }) => kind === 'ack').at(-1)?.seq ?? 0
    expect((await rows('select count(*)::integer as n from detection where product_id = $1', [productId]))[0].n).toBe(acknowledged)
  })
})

describe('two processes (R43)', () => {
  it('a copy is found across processes, and the original keeps its channel (R10)', async () => {
    const { identity } = await world.anAgent()
    const original = await connected(world.target, identity)
    const stop = beating(original.channel)
    const copy = new TestChannel(other)
    await copy.hello(identity.copy(aMachine()))
    expect((await copy.next('problem')).code).toBe('agent.is-clone')
    original.channel.batch(identity, 1, [aDetection(identity.machine)])
    expect((await original.channel.next('ack')).seq).toBe(1)
    stop()
    await original.channel.kill()
  })

  it('the original comes back while its copy speaks for it elsewhere: the copy is the clone (R10)', async () => {
    const { identity } = await world.anAgent()
    const first = await connected(world.target, identity)
    first.channel.send({ kind: 'bye', reason: 'stopped' })
    await first.channel.closed
    const copy = identity.copy(aMachine())
    const usurper = await connected(other, copy)
    const stop = beating(usurper.channel)
    const back = await connected(world.target, identity)
    expect(back.welcome.state).toBe('enabled')
    expect((await usurper.channel.next('problem')).code).toBe('agent.is-clone')
    stop()
    await back.channel.kill()
  })

  it('an agent that moves to another process is taken over; what comes over its old connection is not stored twice', async () => {
    const { identity, productId } = await world.anAgent()
    const before = await connected(world.target, identity)
    ;(before.channel.socket as unknown as { _socket: { pause(): void } })._socket.pause() // half open
    const after = await connected(other, identity)
    before.channel.batch(identity, 1, [aDetection(identity.machine)])
    after.channel.batch(identity, 1, [aDetection(identity.machine)])
    expect((await after.channel.next('ack')).seq).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(await rows('select count(*)::integer as n from detection where product_id = $1', [productId])).toEqual([{ n: 1 }])
    before.channel.socket.terminate()
    await after.channel.kill()
  })

  it('a command given in one process reaches the agent held by the other, signed, within a second; its outcome comes back (AGT-3, R14, P13)', async () => {
    const { identity, productId, partnerId } = await world.anAgent()
    const { channel } = await connected(other, identity)
    const stop = beating(channel)
    channel.batch(identity, 1, [anEndpoint(identity.machine)])
    await channel.next('ack')
    const call = world.server.as(await anActor(world.server.database, partnerId))
    const startedMs = Date.now()
    const sent = await call('POST', `/v1/products/${productId}/commands`, { type: 'scan-now' })
    expect(sent.status).toBe(200)
    const { order } = await channel.next('command')
    expect(Date.now() - startedMs).toBeLessThan(3_000)
    expect(order).toMatchObject({ agentId: identity.agentId, commandId: sent.body.commands[0].id, number: 1, type: 'scan-now' })
    const outcome = (step: string) => ({
      kind: 'outcome',
      commandId: order.commandId,
      at: new Date().toISOString(),
      step,
      evidence: { filesScanned: 7 },
    })
    channel.batch(identity, 2, [outcome('running'), outcome('succeeded')])
    expect((await channel.next('ack')).seq).toBe(3)
    const { body } = await call('GET', `/v1/commands/${order.commandId}`)
    expect([body.step, body.steps.map(({ step }: { step: string }) => step), body.evidence]).toEqual([
      'succeeded',
      ['waiting', 'delivered', 'running', 'succeeded'],
      { filesScanned: 7 },
    ])
    stop()
    await channel.kill()
  })

  it('an order lost on the way is handed over again when the agent returns, the same order (R15)', async () => {
    const { identity, productId, partnerId } = await world.anAgent()
    const first = await connected(world.target, identity)
    first.channel.batch(identity, 1, [anEndpoint(identity.machine)])
    await first.channel.next('ack')
    const call = world.server.as(await anActor(world.server.database, partnerId))
    await call('POST', `/v1/products/${productId}/commands`, { type: 'scan-now' })
    const once = await first.channel.next('command')
    await first.channel.kill()
    const second = await connected(other, identity)
    expect(await second.channel.next('command')).toEqual(once)
    await second.channel.kill()
  })

  it('disabled and unregistered from the console: the agent hears it at once (AGT-2, AGT-3)', async () => {
    const { identity, partnerId } = await world.anAgent()
    const { channel } = await connected(other, identity)
    const call = world.server.as(await anActor(world.server.database, partnerId))
    expect((await call('PATCH', `/v1/agents/${identity.agentId}`, { isDisabled: true })).status).toBe(200)
    expect((await channel.next('switch')).state).toBe('disabled')
    channel.send({ kind: 'bye', reason: 'disabled' })
    await channel.closed
    expect(await stateOf(identity.agentId)).toBe('disabled')
    await call('PATCH', `/v1/agents/${identity.agentId}`, { isDisabled: false })
    const again = await connected(world.target, identity)
    expect([again.welcome.state, await stateOf(identity.agentId)]).toEqual(['enabled', 'online'])
    await call('DELETE', `/v1/agents/${identity.agentId}`, { confirmName: identity.machine.hostname })
    expect((await again.channel.next('problem')).code).toBe('agent.unregistered')
  })
})

describe('plans', () => {
  it('beats and the watch over silent agents read by index, whatever the number of agents', async () => {
    const { identity, partnerId, customerId, productId } = await world.anAgent()
    await rows(
      `insert into agent (partner_id, id, customer_id, product_id, public_key, hostname, platform, fingerprint, agent_version, protocol, registered_at, connection_id, last_seen_at)
       select $1, gen_random_uuid(), $2, $3, decode(md5(i::text), 'hex'), 'h', 'l', 'f', '1', 1, now(), gen_random_uuid(), now() + interval '1 hour' from generate_series(1, 20000) i`,
      [partnerId, customerId, productId],
    )
    await rows('analyze agent')
    const tenant = { partnerId, scope: 'all' as const, principalId: null }
    const beats = await plansOf(world.server.database, tenant, (db) =>
      storeBeats(db, [{ agentId: identity.agentId, connectionId: identity.agentId, at: new Date(), clockOffsetMs: 0 }]),
    )
    expect([scanned(beats), visited(beats) < 10]).toEqual([[], true])
    const sweep = await plansOf(world.server.database, tenant, (db) => loseSilent(db, new Date(Date.now() - 85_000), 500))
    expect([scanned(sweep), indexesOf(sweep)]).toEqual([[], expect.arrayContaining(['agent_connected_seen'])])
    await rows('delete from agent where product_id = $1', [productId])
  })
})
