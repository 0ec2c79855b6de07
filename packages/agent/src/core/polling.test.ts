import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Agent } from '../cli/agent.ts'
import { aMachine, enrolled, newStateFolder, quick, remove, started } from '../testing/in-process.ts'
import { Middlebox } from '../testing/middlebox.ts'
import { Peer } from '../testing/peer.ts'
import { TestProxy } from '../testing/proxy.ts'
import { probe } from './probe.ts'
import { saveProxy } from './proxy-store.ts'
import type { Identity } from './identity.ts'
import type { SessionEnd } from './session.ts'
import { Ways } from './ways.ts'

const minuteMs = 60_000
const lost = (reason: Extract<SessionEnd, { kind: 'lost' }>['reason'], wasWelcome = false): SessionEnd => ({
  kind: 'lost',
  reason,
  wasWelcome,
})

describe('when long polling has its turn (AGT-2)', () => {
  const make = (identity: Partial<Identity> = { channel: 'wss://vigie:8443/agent/v1/channel', direct: null }) => {
    let nowMs = 0
    const ways = new Ways({ directAfterMs: 5 * minuteMs, socketFirstMs: minuteMs, socketAgainMs: 60 * minuteMs }, () => nowMs)
    return (end: SessionEnd, livedMs = 1_000) => {
      const way = ways.next(identity as Identity, 'ca', null)
      nowMs += livedMs
      ways.ended(way, end)
      return way.carrier
    }
  }
  const many = (session: ReturnType<typeof make>, n: number, end: SessionEnd, livedMs?: number) =>
    Array.from({ length: n }, () => session(end, livedMs))

  it.each(['websocket-refused', 'websocket-cut', 'closed', 'timeout'] as const)(
    'a WebSocket that ends as %s twice before a welcome',
    (reason) => {
      expect(many(make(), 3, lost(reason))).toEqual(['websocket', 'websocket', 'polling'])
    },
  )

  it('one that falls silent soon after its welcome three times; not one that lived', () => {
    expect(many(make(), 4, lost('silent', true))).toEqual(['websocket', 'websocket', 'websocket', 'polling'])
    expect(many(make(), 6, lost('silent', true), 3 * minuteMs)).not.toContain('polling')
  })

  it.each(['name-unknown', 'refused', 'unreachable', 'tls-not-trusted', 'ca-differs', 'proxy-sign-in', 'proxy-refused'] as const)(
    'never for %s: that is the same for both',
    (reason) => {
      expect(many(make(), 8, lost(reason))).not.toContain('polling')
    },
  )

  it('where that does not work either, both in turn; what worked goes on', () => {
    const session = make()
    many(session, 2, lost('closed'))
    expect(many(session, 4, lost('closed'))).toEqual(['polling', 'websocket', 'polling', 'websocket'])
    expect(many(session, 3, lost('closed', true), 5 * minuteMs)).toEqual(['polling', 'polling', 'polling'])
  })

  it('back to a WebSocket that was found again; fails it once more, there is no second try', () => {
    const session = make()
    many(session, 2, lost('websocket-refused'))
    expect([session({ kind: 'moved', to: 'websocket' }), session(lost('silent')), session(lost('closed', true))]).toEqual([
      'polling',
      'websocket',
      'polling',
    ])
    expect([
      session({ kind: 'moved', to: 'websocket' }),
      session(lost('closed', true), 10 * minuteMs),
      session(lost('closed')),
      session(lost('closed')),
      session(lost('closed')),
    ]).toEqual(['polling', 'websocket', 'websocket', 'websocket', 'polling'])
  })

  it('not between an endpoint and its site server: no proxy stands there (AGT-8)', () => {
    const session = make({
      channel: 'wss://site:8444/agent/v1/channel',
      direct: { channel: 'wss://vigie:8443/agent/v1/channel', ca: 'ca' },
    })
    expect(many(session, 4, lost('closed'))).not.toContain('polling')
    many(session, 1, lost('closed'), 6 * minuteMs)
    expect(many(session, 6, lost('closed'))).toEqual(['websocket', 'websocket', 'websocket', 'websocket', 'polling', 'websocket'])
  })
})

describe('an agent behind something that breaks WebSockets (AGT-2, AGT-5, AGT-6)', () => {
  let peer: Peer
  let box: Middlebox
  let folder: string
  let proxy: TestProxy | null = null
  let agent: Agent | null = null
  const timing = { ...quick, answerMs: 3_000, beatMs: 5_000, socketFirstMs: 3_600_000 }

  beforeEach(async () => {
    peer = await Peer.start()
    folder = await newStateFolder()
    box = await Middlebox.start(peer.certificates, () => ({ port: Number(new URL(peer.url).port), ca: peer.certificates.ca }))
    peer.publicUrl = box.url
    await enrolled(peer, folder)
  })
  afterEach(async () => {
    await agent?.stop()
    agent = null
    await proxy?.close()
    proxy = null
    await box.close()
    await peer.close()
    await remove(folder)
  })
  const isOnline = () => peer.until(() => agent!.status().state === 'online', 'online')

  it.each([
    ['takes the upgrade away', 'strips', 'websocket-refused'],
    ['answers 400 itself', { answers: 400 }, 'websocket-refused'],
    ['answers 426 itself', { answers: 426 }, 'websocket-refused'],
    ['answers 501 itself', { answers: 501 }, 'websocket-refused'],
    ['answers 502 itself', { answers: 502 }, 'websocket-refused'],
    ['answers 200, as if all were well', { answers: 200 }, 'websocket-refused'],
    ['hangs up', 'cuts', 'websocket-cut'],
    ['upgrades and lets nothing through', 'silent', 'websocket-cut'],
  ] as const)('that %s: long polling, and it says why', async (_, mood, reason) => {
    box.mood = mood
    agent = await started(folder, { timing: mood === 'silent' ? { ...timing, answerMs: 600 } : timing }) // only there it is waited for
    await peer.until(() => peer.of('endpoint').length > 0, 'endpoint told')
    await isOnline()
    expect(agent.status().way).toEqual({ carrier: 'polling', reason })
    expect(peer.hellos.at(-1)).toMatchObject({ pollingReason: reason })
    expect(peer.lines.open).toBe(1)
    await agent.stop()
    agent = null
    expect(peer.byes).toEqual(['stopped'])
    expect(peer.faults).toEqual([])
  })

  it.each([
    ['HTTP', 'http'],
    ['SOCKS5', 'socks5'],
  ] as const)('through a proxy besides (%s): no other way is taken, connections are kept', async (_, protocol) => {
    proxy = await TestProxy.start({ protocol, asks: 'basic', user: 'u', password: 'p' })
    await saveProxy(folder, { protocol, host: '127.0.0.1', port: proxy.port, user: 'u', auth: 'auto', password: 'p' })
    agent = await started(folder, { timing })
    await peer.until(() => peer.of('endpoint').length > 0 && peer.lines.holds.length > 8, 'polled')
    // two tries by WebSocket, one connection that asks, one or two that say: not one a request
    expect(proxy.tunnels).toBeLessThan(box.requests)
    expect(agent.status()).toMatchObject({ state: 'online', way: { carrier: 'polling' } })
  })

  it('answers lost both ways, and a server that forgets every line (killed): nothing lost, nothing twice, orders arrive', async () => {
    agent = await started(folder, { timing })
    await isOnline()
    peer.lines.lose = { up: 2, down: 2 }
    const [agentId] = peer.agents.keys()
    for (let number = 1; number <= 3; number++) {
      const order = peer.order(agentId!, number)
      peer.send(order)
      await peer.until(
        () => peer.of('outcome').some(({ commandId, step }) => commandId === order.order.commandId && step === 'succeeded'),
        `order ${number} done`,
      )
      if (number !== 2) continue
      const hellos = peer.hellos.length
      peer.lines.forget()
      await peer.until(() => peer.hellos.length > hellos, 'hello again')
      await isOnline()
    }
    await peer.until(() => agent!.status().queue.pending === 0, 'all acknowledged')
    const outcomes = peer.of('outcome').map(({ commandId, step }) => `${commandId} ${step}`)
    expect(new Set(outcomes).size).toBe(outcomes.length)
    expect(peer.lines.repeats).toBeGreaterThan(0)
    expect(peer.faults).toEqual([])
  })

  it('something on the way that answers 504 to whoever waits: it waits less', async () => {
    Object.assign(peer.lines, { holdMs: 25_000 })
    box.cutsAfterMs = 2_100
    agent = await started(folder, { timing })
    await peer.until(() => peer.lines.holds.some((ms) => ms <= 2_000), 'waits less')
    expect(agent.status()).toMatchObject({ state: 'online', way: { carrier: 'polling' } })
    expect(peer.hellos).toHaveLength(1) // the same line all the time
  })

  it('back to a WebSocket when one gets through, at the look or at once in another network; no item twice', async () => {
    let addresses = ['192.0.2.1']
    agent = await started(folder, {
      timing: { ...timing, beatMs: 100, answerMs: 1_500 },
      machine: { ...aMachine('one'), addresses: () => addresses },
    })
    await isOnline()
    const tries = box.upgrades
    addresses = ['198.51.100.7'] // another network, as bad as the one before
    await peer.until(() => box.upgrades > tries, 'looked at once')
    expect(agent.status().way).toMatchObject({ carrier: 'polling' })
    box.mood = 'passes'
    addresses = ['203.0.113.9']
    await peer.until(() => agent!.status().way?.carrier === 'websocket' && agent!.status().state === 'online', 'by WebSocket')
    await peer.until(() => peer.lines.open === 0, 'the line is closed')
    expect(agent.status().way).toEqual({ carrier: 'websocket', reason: null })
    expect(peer.faults).toEqual([])
  })

  it('by the clock too', async () => {
    agent = await started(folder, { timing: { ...timing, socketFirstMs: 100, socketAgainMs: 100 } })
    await isOnline()
    expect(agent.status().way).toMatchObject({ carrier: 'polling' })
    box.mood = 'passes'
    await peer.until(() => agent!.status().way?.carrier === 'websocket' && agent!.status().state === 'online', 'by WebSocket')
  })

  it('a server that knows no long polling yet: the agent goes on trying, and is there when it can be', async () => {
    peer.lines.isOffered = false
    agent = await started(folder, { timing })
    await peer.until(() => box.requests > 3, 'asked for a line')
    box.mood = 'passes'
    await isOnline()
    expect(agent.status().way).toEqual({ carrier: 'websocket', reason: null })
  })

  it('the connection test names it, and goes on: the clock is read over long polling', async () => {
    const { results, isGood, clockOffsetMs } = await probe(box.url, peer.certificates.ca)
    expect(isGood).toBe(true)
    expect(results.find(({ step }) => step === 'channel')).toMatchObject({
      isGood: true,
      fault: 'websocket-refused',
      detail: 'HTTPS long polling',
    })
    expect(Math.abs(clockOffsetMs!)).toBeLessThan(10_000)
    peer.lines.isOffered = false
    expect((await probe(box.url, peer.certificates.ca)).results.at(-1)).toMatchObject({
      step: 'channel',
      isGood: false,
      fault: 'websocket-refused',
    })
  })
})
