import type { ServerResponse } from 'node:http'
import { lineLimits, linePath, lineUnknown } from '@vigie/domain/agents'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { Connection } from './connection.ts'
import { createPolls, PollLine, strangers } from './polls.ts'
import { startAgentSide, type AgentSide } from './side.ts'
import { aDetection, connected, PollSocket, post, testAgentSide, TestChannel, type TestAgentSide } from './testing/index.ts'
import { aSite, siteChannel, TestRoute } from './testing/site.ts'

// a question is held for 150 ms in place of 25 s; at the second side, who is silent for four seconds in place of 85 is abnormal
const timing = { holdMs: 150, tickMs: 20, lingerMs: 5_000, flushMs: 100, answerMs: 1_500 }
let world: TestAgentSide
let second: AgentSide
beforeAll(async () => {
  world = await testAgentSide(timing)
  second = await startAgentSide({
    services: world.server.services,
    port: 0,
    host: '127.0.0.1',
    timing: { ...timing, silentAfterMs: 4_000, sweepMs: 200 },
  })
})
afterAll(async () => {
  await second.close()
  await world.close()
})

const rows = async (text: string, values: unknown[] = []) => (await world.server.database.owner.query(text, values)).rows
const agentRow = async (id: string) => (await rows('select * from agent where id = $1', [id]))[0]
const socketOf = (channel: TestChannel) => channel.socket as unknown as PollSocket
const polling = (identity: Parameters<typeof connected>[1], change: Record<string, unknown> = {}) =>
  connected(world.target, identity, change, 'polling')

describe('the channel over long polling (AGT-2, AGT-6, R22)', () => {
  it('welcomes, stores, acknowledges; says by what, and why; goodbye is offline', async () => {
    const { identity, productId } = await world.anAgent()
    const { channel, welcome } = await polling(identity, { pollingReason: 'websocket-refused' })
    expect(welcome).toMatchObject({ ackedSeq: 0, state: 'enabled' })
    expect(await agentRow(identity.agentId)).toMatchObject({
      state: 'online',
      carrier: 'polling',
      polling_reason: 'websocket-refused',
      counter: 1,
    })
    channel.batch(identity, 1, [aDetection(identity.machine), aDetection(identity.machine)])
    expect(await channel.next('ack')).toEqual({ kind: 'ack', epoch: identity.epoch, seq: 2 })
    expect(await rows('select count(*)::integer as n from detection where product_id = $1', [productId])).toEqual([{ n: 2 }])
    channel.send({ kind: 'bye', reason: 'stopped' })
    expect(await channel.closed).toBe(1000)
    expect(await agentRow(identity.agentId)).toMatchObject({ state: 'offline', connection_id: null, last_seq: 2 })
  })

  it('answers lost on the way, both ways: said again, taken once, heard once', async () => {
    const { identity, productId } = await world.anAgent()
    const { channel } = await polling(identity)
    const socket = socketOf(channel)
    for (let seq = 1; seq <= 5; seq++) {
      Object.assign(socket.lose, { up: 2, down: 2 })
      channel.batch(identity, seq, [aDetection(identity.machine)])
      expect((await channel.next('ack')).seq).toBe(seq)
    }
    await channel.until(() => socket.lose.down <= 0 && socket.lose.up <= 0)
    expect(channel.heard).toEqual([]) // no acknowledgement twice, nothing missed
    expect(await rows('select count(*)::integer as n from detection where product_id = $1', [productId])).toEqual([{ n: 5 }])
    await channel.kill()
  })

  it('a question that is held is a sign of life, and costs no query; who asks no more is abnormal (AGT-2)', async () => {
    const { identity, partnerId } = await world.anAgent()
    const { channel } = await connected({ port: second.port, ca: second.caCertificate }, identity, {}, 'polling')
    const [{ last_seen_at: before }] = await rows('select last_seen_at from agent where id = $1', [identity.agentId])
    const polls = socketOf(channel).polls
    const transactions = vi.spyOn(world.server.services.database, 'transaction')
    const lookups = vi.spyOn(world.server.services.database, 'lookup')
    await channel.until(() => socketOf(channel).polls >= polls + 8, 20_000) // each held to its end
    const beats = transactions.mock.calls.filter(([tenant]) => tenant.partnerId === partnerId).length
    const asked = lookups.mock.calls.filter(([text]) => !String(text).includes('partners_with_silent_agents')).length
    vi.restoreAllMocks()
    expect(beats).toBeLessThanOrEqual(socketOf(channel).polls - polls + 1) // signs of life, gathered; nothing else
    expect(asked).toBe(0)
    const now = await agentRow(identity.agentId)
    expect([now.state, now.last_seen_at > before]).toEqual(['online', true])
    await channel.kill()
    await vi.waitFor(async () => expect(await agentRow(identity.agentId)).toMatchObject({ state: 'abnormal', connection_id: null }), 15_000)
  }, 60_000)

  it('a site server that has no WebSocket carries its endpoints all the same (AGT-8)', async () => {
    const site = await aSite(world.server.database, world.target)
    const endpoint = await site.anEndpointAgent()
    const channel = await siteChannel(world.target, site.identity, new Set([1]), 'polling')
    const route = new TestRoute(channel, 1)
    await route.welcomed(endpoint)
    route.send({ kind: 'batch', epoch: endpoint.epoch, firstSeq: 1, items: [aDetection(endpoint.machine)] })
    expect((await route.next('ack')).seq).toBe(1)
    expect(await agentRow(endpoint.agentId)).toMatchObject({
      state: 'online',
      via_agent_id: site.identity.agentId,
      carrier: 'websocket',
      polling_reason: null,
    })
    await channel.kill()
  })
})

describe('two carriers of one agent (R10)', () => {
  it('its WebSocket went dead without a word: by long polling it is the same agent, and back again', async () => {
    const { identity } = await world.anAgent()
    const dead = await connected(world.target, identity)
    ;(dead.channel.socket as unknown as { _socket: { pause(): void } })._socket.pause() // nothing comes through any more, either way
    const polled = await polling(identity)
    expect(await agentRow(identity.agentId)).toMatchObject({ state: 'online', carrier: 'polling', clone_seen_at: null })
    // it goes back while its last question still hangs on the way: answered, but not with the number of what it is asked
    socketOf(polled.channel).isDeaf = true
    const back = await connected(world.target, identity)
    expect(await agentRow(identity.agentId)).toMatchObject({
      state: 'online',
      carrier: 'websocket',
      polling_reason: null,
      clone_seen_at: null,
    })
    expect(await polled.channel.closed).toBe(4001)
    dead.channel.socket.terminate()
    await back.channel.kill()
  }, 20_000)

  it.each([
    ['websocket', 'polling'],
    ['polling', 'websocket'],
    ['polling', 'polling'],
  ] as const)('a copy is a copy, by whatever it comes: %s, then %s', async (first, second) => {
    const { identity } = await world.anAgent()
    const original = await connected(world.target, identity, {}, first)
    const copy = new TestChannel(world.target, second)
    await copy.hello(identity.copy())
    expect((await copy.next('problem')).code).toBe('agent.is-clone')
    expect(await copy.closed).toBe(1008)
    expect(original.channel.closeCode).toBeNull()
    await original.channel.kill()
  })
})

describe('what a line bears (R1, R18)', () => {
  const opened = async () => {
    const { identity } = await world.anAgent()
    const { channel } = await polling(identity)
    return { identity, channel, socket: socketOf(channel) }
  }

  it.each([
    ['a number that leaves one out', { number: 9, frames: [] }],
    ['no shape of ours', { number: 'one' }],
    ['a frame that is none', { number: 2, frames: [{ kind: 'nonsense' }] }],
    ['more than a frame’s size', JSON.stringify({ number: 2, frames: ['a'.repeat(lineLimits.bodyBytes)] })],
  ])('%s: the line ends', async (_, body) => {
    const { socket, channel } = await opened()
    await socket.ask('/up', body).catch(() => {})
    expect(await channel.closed).toBe(1008)
  })

  it('before the hello only a hello is taken, and a small one', async () => {
    for (const body of [
      { number: 1, frames: [{ kind: 'beat', at: new Date().toISOString() }] },
      { number: 1, frames: ['a'.repeat(lineLimits.greetingBytes)] },
    ]) {
      const channel = new TestChannel(world.target, 'polling')
      await channel.next('challenge')
      await socketOf(channel)
        .ask('/up', body)
        .catch(() => {})
      expect(await channel.closed).toBe(1008)
    }
  })

  it.each([`${linePath}/up`, `${linePath}/down`])('%s of a line that nobody knows: closed, whatever is said', async (url) => {
    for (const headers of [{}, { authorization: 'Bearer x' }, { authorization: `Bearer ${'A'.repeat(43)}` }]) {
      expect(await post(world.target, url, 'no JSON at all', headers as Record<string, string>)).toMatchObject({
        status: 200,
        body: { closed: lineUnknown },
      })
    }
  })

  it('strangers get no more lines than they may have; those who were welcomed don’t count', () => {
    const polls = createPolls({
      open: (_, address) => ({ address, identity: address === 'known' ? {} : null }) as Connection,
      onFrame() {},
      onBeat() {},
      closed() {},
      timing: { ...timing, tickMs: 60_000 },
    })
    for (let i = 0; i < strangers.all; i++) polls.open('known')
    for (let i = 0; i < strangers.ofOneAddress; i++) polls.open('10.0.0.1')
    expect(() => polls.open('10.0.0.1')).toThrow('server.busy')
    expect(polls.open('10.0.0.2').line).toMatch(/^[A-Za-z0-9_-]{43}$/)
    polls.close()
  })

  it('whose items the store can’t take yet is told to wait, not read further; one that does not listen is let go', () => {
    const said: unknown[] = []
    const response = () =>
      ({ destroyed: false, writeHead: () => ({ end: (text: string) => said.push(JSON.parse(text)) }) }) as unknown as ServerResponse
    let ends = 0
    const line = new PollLine(() => ends++)
    line.pause()
    line.holdUp(response(), 10)
    expect(said).toEqual([])
    line.tick(Infinity) // held long enough
    line.holdUp(response(), 10)
    line.resume()
    expect(said).toEqual([
      { isFull: true, closed: null },
      { isFull: false, closed: null },
    ])
    for (let i = 0; i < 9; i++) line.send('x'.repeat(1_000_000))
    expect([ends, line.closed?.code]).toEqual([1, 1008])
  })
})
