import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDetection, connected, testAgentSide, TestChannel, type TestAgentSide } from './testing/index.ts'

let world: TestAgentSide
beforeAll(async () => void (world = await testAgentSide()))
afterAll(() => world.close())

const rows = async (text: string, values: unknown[] = []) => (await world.server.database.owner.query(text, values)).rows
const agentRow = async (id: string) => (await rows('select * from agent where id = $1', [id]))[0]

describe('hostile and broken frames (R9, R18, R19)', () => {
  it('1,000 altered or repeated hellos: none is taken', async () => {
    const { identity } = await world.anAgent()
    const before = await agentRow(identity.agentId)
    const taken: string[] = []
    const attempt = async (i: number) => {
      const channel = new TestChannel(world.target)
      const { nonce } = await channel.next('challenge')
      const counter = before.counter + 1 + i
      const { agentId, epoch, machine } = identity
      const good = identity.sign(`vigie channel 1\n${nonce}\n${agentId}\n${counter}\n${epoch}`)
      const bytes = Buffer.from(good, 'base64url')
      bytes[i % 64]! ^= 1 << (i % 8)
      const changes: Record<string, unknown>[] = [
        { signature: bytes.toString('base64url') },
        { counter: counter + 1 },
        { epoch: crypto.randomUUID() },
        { signature: identity.sign(`vigie channel 1\n${'0'.repeat(43)}\n${agentId}\n${counter}\n${epoch}`) },
        { signature: 'A'.repeat(86) },
      ]
      channel.send({
        kind: 'hello',
        protocol: 1,
        agentId,
        counter,
        epoch,
        agentVersion: '0.1.0',
        machine,
        at: new Date().toISOString(),
        signature: good,
        ...changes[i % changes.length],
      })
      const heard = await channel.until(() => channel.heard.find(({ kind }) => kind === 'welcome' || kind === 'problem'))
      taken.push(heard.kind === 'welcome' ? 'welcome' : heard.code)
      await channel.kill()
    }
    for (let i = 0; i < 1_000; i += 20) {
      await Promise.all(Array.from({ length: 20 }, (_, k) => attempt(i + k)))
      await world.server.database.owner.query('delete from attempt')
    }
    expect(taken.filter((one) => one !== 'agent.signature-wrong' && one !== 'request.rate-limited')).toEqual([])
    expect(await agentRow(identity.agentId)).toMatchObject({ counter: before.counter, state: before.state })
  }, 180_000)

  it('a hello is good for one connection and one time', async () => {
    const { identity } = await world.anAgent()
    const { channel } = await connected(world.target, identity)
    await new Promise((resolve) => setImmediate(resolve))
    channel.send({
      kind: 'hello',
      protocol: 1,
      agentId: identity.agentId,
      counter: 9,
      epoch: identity.epoch,
      agentVersion: '1',
      machine: identity.machine,
      at: new Date().toISOString(),
      signature: 'A'.repeat(86),
    })
    expect((await channel.next('problem')).code).toBe('agent.frame-invalid')
    await channel.closed
  })

  it('two hellos to one challenge, before the first is answered: the connection ends, and its agent is no clone of itself (R10)', async () => {
    const { identity } = await world.anAgent()
    const channel = new TestChannel(world.target)
    const { nonce } = await channel.next('challenge')
    const { agentId, epoch, machine } = identity
    const counter = (await agentRow(agentId)).counter + 1
    const frame = {
      kind: 'hello',
      protocol: 1,
      agentId,
      counter,
      epoch,
      agentVersion: '0.1.0',
      machine,
      at: new Date().toISOString(),
      signature: identity.sign(`vigie channel 1\n${nonce}\n${agentId}\n${counter}\n${epoch}`),
    }
    channel.send(frame)
    channel.send(frame)
    expect((await channel.next('problem')).code).toBe('agent.frame-invalid')
    await channel.closed
    expect(await rows('select clone_seen_at from agent where id = $1', [agentId])).toEqual([{ clone_seen_at: null }])
  })

  it.each([
    ['no JSON', '{"kind":'],
    ['no frame of ours', '{"kind":"dance"}'],
    ['binary', Buffer.from([1, 2, 3])],
    ['a batch before hello', JSON.stringify({ kind: 'batch', epoch: crypto.randomUUID(), firstSeq: 1, items: [1] })],
    [
      '1,001 items',
      JSON.stringify({ kind: 'batch', epoch: crypto.randomUUID(), firstSeq: 1, items: Array.from({ length: 1_001 }, () => 1) }),
    ],
    ['nested 200,000 deep', `{"kind":"batch","x":${'['.repeat(200_000)}${']'.repeat(200_000)}}`],
  ])('%s: told and closed, the process goes on', async (_, frame) => {
    const channel = new TestChannel(world.target)
    await channel.next('challenge')
    channel.socket.send(frame)
    expect((await channel.next('problem')).code).toBe('agent.frame-invalid')
    expect(await channel.closed).toBe(1008)
  })

  it('more than 1 MB is closed at once', async () => {
    const channel = new TestChannel(world.target)
    await channel.next('challenge')
    channel.socket.send('x'.repeat(1_048_577))
    expect(await channel.closed).toBe(1009)
  })

  it('one bad item in a thousand goes to the dead letter, the others are stored (R19)', async () => {
    const { identity, productId } = await world.anAgent()
    const { channel } = await connected(world.target, identity)
    const items: unknown[] = Array.from({ length: 1_000 }, () => aDetection(identity.machine))
    items[10] = { kind: 'detection', endpoint: 'x' }
    items[500] = { kind: 'from-the-future', payload: '__proto__' }
    items[700] = null
    items[701] = { ...aDetection(identity.machine), at: '0000-01-01T00:00:00Z' }
    items[702] = JSON.parse('{"kind":"detection","__proto__":{"x":1}}')
    channel.batch(identity, 1, items)
    expect((await channel.next('ack')).seq).toBe(1_000)
    expect(await rows('select count(*)::integer as n from detection where product_id = $1', [productId])).toEqual([{ n: 995 }])
    expect(await rows('select seq, reason from dead_letter where product_id = $1 order by seq', [productId])).toEqual([
      { seq: 11, reason: 'shape-wrong' },
      { seq: 501, reason: 'kind-unknown' },
      { seq: 701, reason: 'kind-unknown' },
      { seq: 702, reason: 'time-out-of-range' },
      { seq: 703, reason: 'shape-wrong' },
    ])
    await channel.kill()
  })

  it('words of a newer agent are stored as they are; texts PostgreSQL has no letters for lose only those (R12, R19)', async () => {
    const { identity, productId } = await world.anAgent()
    const { channel } = await connected(world.target, identity)
    channel.batch(identity, 1, [
      aDetection(identity.machine, { category: 'quantum-shield', outcome: 'entangled' }),
      aDetection(identity.machine, { object: '/tmp/\0<script>\ud800', threat: '\u202E=cmd()' }),
    ])
    expect((await channel.next('ack')).seq).toBe(2)
    expect(
      await rows('select category, outcome, object, threat from detection where product_id = $1 order by category desc', [productId]),
    ).toEqual([
      { category: 'quantum-shield', outcome: 'entangled', object: expect.any(String), threat: 'Eicar-Test-Signature' },
      { category: 'antivirus', outcome: 'quarantined', object: '/tmp/\uFFFD<script>\uFFFD', threat: '\u202E=cmd()' },
    ])
    await channel.kill()
  })

  it('a clock off by a day: the record keeps its own time and counts where it belongs (R23)', async () => {
    for (const offMs of [86_400_000, -86_400_000]) {
      const { identity, productId } = await world.anAgent()
      const there = (ms = 0) => new Date(Date.now() + offMs + ms).toISOString()
      const { channel, welcome } = await connected(world.target, identity, { at: there() })
      expect(Math.abs(welcome.clockOffsetMs + offMs)).toBeLessThan(5_000)
      expect(await agentRow(identity.agentId)).toMatchObject({ state: 'online', cause: 'clock-off' })
      channel.batch(identity, 1, [
        aDetection(identity.machine, { at: there() }),
        aDetection(identity.machine, { at: there(-5 * 3_600_000) }),
      ])
      await channel.next('ack')
      const stored = await rows('select at, counted_at, received_at from detection where product_id = $1 order by at desc', [productId])
      expect(stored[0].at.getTime() - Date.now() - offMs).toBeLessThan(5_000)
      expect(Math.abs(stored[0].counted_at - stored[0].received_at)).toBeLessThan(5_000)
      expect(Math.abs(stored[1].counted_at.getTime() - stored[1].received_at.getTime() + 5 * 3_600_000)).toBeLessThan(5_000)
      expect(await rows('select sum(count)::integer as n from tally_minute where product_id = $1', [productId])).toEqual([{ n: 1 }])
      await channel.kill()
    }
  })
})
