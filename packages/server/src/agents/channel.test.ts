import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sendCommand } from '../commands/index.ts'
import {
  aDetection,
  aKey,
  aMachine,
  anEndpoint,
  connected,
  post,
  testAgentSide,
  TestChannel,
  TestIdentity,
  type TestAgentSide,
} from './testing/index.ts'

let world: TestAgentSide
beforeAll(async () => void (world = await testAgentSide()))
afterAll(() => world.close())

const rows = async (text: string, values: unknown[] = []) => (await world.server.database.owner.query(text, values)).rows
const agentRow = async (id: string) => (await rows('select * from agent where id = $1', [id]))[0]

describe('enrolment (R9, PRD-2)', () => {
  it('registers once, and answers the same key pair again when the answer was lost', async () => {
    const { productId } = await world.aBusiness()
    const enrolment = await aKey(world.server.database, productId)
    const identity = new TestIdentity()
    const first = await identity.enrol(world.target, enrolment)
    expect(first).toMatchObject({
      product: { typeId: 'clamav-endpoint', description: 'Main' },
      channel: 'wss://127.0.0.1:8443/agent/v1/channel',
    })
    expect(await identity.enrol(world.target, enrolment)).toEqual(first)
    expect(await rows('select state from product where id = $1', [productId])).toEqual([{ state: 'unknown' }])
    expect(await rows(`select activity from audit where activity = 'agent.registered' and object_id = $1`, [first.agentId])).toHaveLength(1)
    const other = await post(world.target, '/agent/v1/enrol', new TestIdentity().enrolBody(enrolment.guid, enrolment.key))
    expect([other.status, other.body.code]).toEqual([409, 'agent.key-used'])
  })

  it.each([
    [
      'a wrong key',
      async () => ({ ...(await aKey(world.server.database, (await world.aBusiness()).productId)), key: 'guessed' }),
      'agent.key-wrong',
    ],
    ['a GUID that never was', async () => ({ guid: crypto.randomUUID(), key: 'any' }), 'agent.key-wrong'],
    [
      "another business's GUID with a key of one's own",
      async () => {
        const [own, foreign] = [await world.aBusiness(), await world.aBusiness()]
        return {
          guid: (await aKey(world.server.database, foreign.productId)).guid,
          key: (await aKey(world.server.database, own.productId)).key,
        }
      },
      'agent.key-wrong',
    ],
    [
      'an expired key',
      async () => await aKey(world.server.database, (await world.aBusiness()).productId, new Date(Date.now() - 1)),
      'agent.key-expired',
    ],
  ])('%s: refused by name', async (_, make, code) => {
    const { guid, key } = await make()
    const { status, body } = await post(world.target, '/agent/v1/enrol', new TestIdentity().enrolBody(guid, key))
    expect([status, body.code]).toEqual([403, code])
    expect(body.remedy).not.toBe('')
  })

  it.each([
    ['no JSON', '{', 400, 'request.invalid'],
    ['a shape that is none', '{"guid":1}', 400, 'request.invalid'],
    ['64 kB and more', `{"guid":"${'a'.repeat(70_000)}"}`, 413, 'request.too-large'],
  ])('%s: refused before work (R18)', async (_, body, status, code) => {
    const answer = await post(world.target, '/agent/v1/enrol', body)
    expect([answer.status, answer.body.code]).toEqual([status, code])
  })

  it('a protocol nobody here speaks is told so (AGT-2)', async () => {
    const answer = await post(world.target, '/agent/v1/enrol', { ...new TestIdentity().enrolBody(crypto.randomUUID(), 'x'), protocol: 99 })
    expect([answer.status, answer.body.code]).toEqual([426, 'agent.version-unsupported'])
  })

  it('twenty wrong keys for one GUID are enough for an hour (R9, R43)', async () => {
    const { productId } = await world.aBusiness()
    const enrolment = await aKey(world.server.database, productId)
    await world.server.database.owner.query('delete from attempt')
    const answers = []
    for (let i = 0; i < 21; i++)
      answers.push((await post(world.target, '/agent/v1/enrol', new TestIdentity().enrolBody(enrolment.guid, `wrong-${i}`))).body.code)
    expect(answers.filter((code) => code === 'agent.key-wrong')).toHaveLength(20)
    expect(answers[20]).toBe('request.rate-limited')
    await world.server.database.owner.query('delete from attempt')
  })
})

describe('the channel (AGT-2, AGT-6, R22)', () => {
  it('welcomes, stores, acknowledges after commit, and shows the agent online', async () => {
    const { identity, productId, customerId } = await world.anAgent()
    const { channel, welcome } = await connected(world.target, identity)
    expect(welcome).toMatchObject({ ackedSeq: 0, state: 'enabled' })
    expect(await agentRow(identity.agentId)).toMatchObject({ state: 'online', cause: null, counter: 1 })
    channel.batch(identity, 1, [anEndpoint(identity.machine), aDetection(identity.machine), aDetection(identity.machine)])
    expect(await channel.next('ack')).toEqual({ kind: 'ack', epoch: identity.epoch, seq: 3 })
    expect(await rows('select count(*)::integer as n from detection where product_id = $1', [productId])).toEqual([{ n: 2 }])
    expect(await rows('select sum(count)::integer as n from tally_hour where customer_id = $1', [customerId])).toEqual([{ n: 2 }])
    expect(await rows('select sum(count)::integer as n from tally_minute where product_id = $1', [productId])).toEqual([{ n: 2 }])
    expect(await rows('select name, engine, pattern_version, agent_id, "group" from endpoint where product_id = $1', [productId])).toEqual([
      { name: identity.machine.hostname, engine: 'clamav', pattern_version: '27500', agent_id: identity.agentId, group: 'servers' },
    ])
    expect(
      await rows(
        'select p.endpoint_count as product, c.endpoint_count as customer, g.endpoint_count as "group" from product p join customer c on c.id = p.customer_id join endpoint_group g on g.product_id = p.id where p.id = $1',
        [productId],
      ),
    ).toEqual([{ product: 1, customer: 1, group: 1 }])
    await channel.kill()
  })

  it('stores a batch sent twice once, asks for what is missing, takes what overlaps (R22)', async () => {
    const { identity, productId } = await world.anAgent()
    const { channel } = await connected(world.target, identity)
    const items = Array.from({ length: 6 }, () => aDetection(identity.machine))
    channel.batch(identity, 1, items.slice(0, 2))
    channel.batch(identity, 1, items.slice(0, 2))
    await channel.until(() => channel.heard.some((frame) => frame.kind === 'ack' && frame.seq === 2))
    channel.batch(identity, 5, items.slice(4, 6))
    expect(await channel.next('nack')).toEqual({ kind: 'nack', epoch: identity.epoch, expectedSeq: 3 })
    channel.batch(identity, 2, items.slice(1, 5))
    await channel.until(() => channel.heard.some((frame) => frame.kind === 'ack' && frame.seq === 5))
    channel.batch(identity, 6, items.slice(5))
    await channel.until(() => channel.heard.some((frame) => frame.kind === 'ack' && frame.seq === 6))
    expect(await rows('select count(*)::integer as n from detection where product_id = $1', [productId])).toEqual([{ n: 6 }])
    await channel.kill()
  })

  it('counts nothing twice over a reinstall: the same records come again in a new life (AGT-6)', async () => {
    const { identity, productId, customerId } = await world.anAgent()
    const first = await connected(world.target, identity)
    const items = Array.from({ length: 5 }, () => aDetection(identity.machine))
    first.channel.batch(identity, 1, items)
    await first.channel.next('ack')
    await first.channel.kill()
    identity.epoch = crypto.randomUUID()
    const second = await connected(world.target, identity)
    expect(second.welcome.ackedSeq).toBe(0)
    second.channel.batch(identity, 1, [...items, aDetection(identity.machine)])
    expect((await second.channel.next('ack')).seq).toBe(6)
    expect(await rows('select count(*)::integer as n from detection where product_id = $1', [productId])).toEqual([{ n: 6 }])
    expect(await rows('select sum(count)::integer as n from tally_hour where customer_id = $1', [customerId])).toEqual([{ n: 6 }])
    await second.channel.kill()
  })

  it('an agent that was uninstalled gives its identity up, and that is recorded (AGT-2, R40)', async () => {
    const { identity } = await world.anAgent()
    const { channel } = await connected(world.target, identity)
    channel.send({ kind: 'bye', reason: 'uninstalled' })
    await channel.closed
    expect(await agentRow(identity.agentId)).toMatchObject({ state: 'unregistered', switch: 'unregistered' })
    expect(
      await rows(`select actor_kind, object_name from audit where activity = 'agent.uninstalled' and object_id = $1`, [identity.agentId]),
    ).toEqual([{ actor_kind: 'agent', object_name: identity.machine.hostname }])
  })

  it('told to uninstall itself: its own goodbye is the outcome, and nothing else is (AGT-3, R15)', async () => {
    const { identity, productId, customerId, partnerId } = await world.anAgent()
    const first = await connected(world.target, identity)
    await world.server.database.owner.query('update agent set commands = $2 where id = $1', [
      identity.agentId,
      JSON.stringify([{ type: 'uninstall-agent', isSupported: true, reason: null }]),
    ])
    const doer = { kind: 'system' as const, name: 'test' }
    const [command] = await world.server.database.transaction({ partnerId, scope: 'all', principalId: null }, (db) =>
      sendCommand(db, world.server.services, world.server.clock.now(), {
        product: { id: productId, customerId, description: 'Main' },
        type: 'uninstall-agent',
        agentIds: [identity.agentId],
        eventId: null,
        doer,
      }),
    )
    const step = async () => (await rows('select step from command where id = $1', [command!.id]))[0].step
    expect((await first.channel.next('command')).order).toMatchObject({ commandId: command!.id, type: 'uninstall-agent' })
    // gone without a word: nothing proves that it left
    await first.channel.kill()
    expect(await step()).toBe('delivered')
    const second = await connected(world.target, identity)
    second.channel.send({ kind: 'bye', reason: 'uninstalled' })
    await second.channel.closed
    expect(await agentRow(identity.agentId)).toMatchObject({ state: 'unregistered', switch: 'unregistered' })
    expect(await rows('select step, evidence from command where id = $1', [command!.id])).toEqual([
      { step: 'succeeded', evidence: { saidGoodbyeAt: expect.any(String) } },
    ])
    expect(await rows('select step from command_step where command_id = $1 order by position', [command!.id])).toEqual([
      { step: 'waiting' },
      { step: 'delivered' },
      { step: 'succeeded' },
    ])
  })

  it('goodbye is offline; a lost connection is abnormal once the time is over, and not before (AGT-2)', async () => {
    const { identity, productId } = await world.anAgent()
    const first = await connected(world.target, identity)
    first.channel.batch(identity, 1, [aDetection(identity.machine)])
    first.channel.send({ kind: 'bye', reason: 'stopped' })
    await first.channel.closed
    expect(await agentRow(identity.agentId)).toMatchObject({ state: 'offline', connection_id: null, last_seq: 1 })
    const second = await connected(world.target, identity)
    expect(second.welcome.ackedSeq).toBe(1)
    await second.channel.kill()
    await world.side.look()
    expect(await agentRow(identity.agentId)).toMatchObject({ state: 'online' })
    expect(await rows('select state from product where id = $1', [productId])).toEqual([{ state: 'online' }])
  })

  it('an engine that is missing is a plug-in error, and over when it is there (AGT-2, AGT-7)', async () => {
    const { identity, productId } = await world.anAgent()
    const { channel } = await connected(world.target, identity)
    channel.batch(identity, 1, [anEndpoint(identity.machine, { problem: 'clamd-missing' })])
    await channel.next('ack')
    expect(await agentRow(identity.agentId)).toMatchObject({ state: 'plug-in-error', cause: 'engine-missing' })
    expect(await rows('select state from product where id = $1', [productId])).toEqual([{ state: 'plug-in-error' }])
    channel.batch(identity, 2, [anEndpoint(identity.machine, { problem: 'update-failed' })])
    await channel.next('ack')
    expect(await agentRow(identity.agentId)).toMatchObject({ state: 'online', cause: null })
    expect(await rows('select state from product where id = $1', [productId])).toEqual([{ state: 'online' }])
    await channel.kill()
  })

  it('a disabled agent is told so and stays disabled; an unregistered one is turned away (AGT-2, AGT-3)', async () => {
    const { identity } = await world.anAgent()
    await world.server.database.owner.query(`update agent set switch = 'disabled' where id = $1`, [identity.agentId])
    const { channel, welcome } = await connected(world.target, identity)
    expect(welcome.state).toBe('disabled')
    channel.send({ kind: 'bye', reason: 'disabled' })
    await channel.closed
    expect(await agentRow(identity.agentId)).toMatchObject({ state: 'disabled', connection_id: null })
    await world.server.database.owner.query(`update agent set switch = 'unregistered' where id = $1`, [identity.agentId])
    await expect(connected(world.target, identity)).rejects.toThrow('agent.unregistered')
  })
})

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

describe('clones (R10, AGT-9)', () => {
  it('the second of two that both answer is told, takes an identity of its own, and both are shown with all they said', async () => {
    const { identity, productId } = await world.anAgent()
    const original = await connected(world.target, identity)
    original.channel.batch(identity, 1, [anEndpoint(identity.machine), aDetection(identity.machine)])
    await original.channel.next('ack')
    const copy = identity.copy(aMachine())
    const second = new TestChannel(world.target)
    await second.hello(copy)
    expect((await second.next('problem')).code).toBe('agent.is-clone')
    expect(await agentRow(identity.agentId)).toMatchObject({ state: 'online', cause: 'is-clone' })
    const { status, identity: own } = await copy.fork(world.target)
    expect(status).toBe(200)
    const forked = await connected(world.target, own)
    forked.channel.batch(own, 1, [anEndpoint(own.machine), aDetection(own.machine), aDetection(own.machine)])
    await forked.channel.next('ack')
    original.channel.batch(identity, 3, [aDetection(identity.machine)])
    await original.channel.next('ack')
    const agents = await rows('select id, cloned_from_id, state, cause from agent where product_id = $1 order by registered_at', [
      productId,
    ])
    expect(agents).toEqual([
      { id: identity.agentId, cloned_from_id: null, state: 'online', cause: null },
      { id: own.agentId, cloned_from_id: identity.agentId, state: 'online', cause: null },
    ])
    expect(await rows('select agent_id from endpoint where product_id = $1 order by created_at', [productId])).toEqual([
      { agent_id: identity.agentId },
      { agent_id: own.agentId },
    ])
    expect(await rows('select count(*)::integer as n from detection where product_id = $1', [productId])).toEqual([{ n: 4 }])
    expect(
      await rows(`select activity from audit where object_id = any($1) and activity like 'agent.clone%' order by sequence`, [
        [identity.agentId, own.agentId],
      ]),
    ).toEqual([{ activity: 'agent.clone-found' }, { activity: 'agent.clone-registered' }])
    await original.channel.kill()
    await forked.channel.kill()
  })

  it('a twin that differs by nothing gets endpoints of its own', async () => {
    const { identity, productId } = await world.anAgent()
    const original = await connected(world.target, identity)
    original.channel.batch(identity, 1, [anEndpoint(identity.machine)])
    await original.channel.next('ack')
    const copy = identity.copy()
    const second = new TestChannel(world.target)
    await second.hello(copy)
    expect((await second.next('problem')).code).toBe('agent.is-clone')
    const { identity: own } = await copy.fork(world.target)
    const forked = await connected(world.target, own)
    forked.channel.batch(own, 1, [anEndpoint(own.machine)])
    await forked.channel.next('ack')
    expect(await rows('select agent_id from endpoint where product_id = $1 order by created_at', [productId])).toEqual([
      { agent_id: identity.agentId },
      { agent_id: own.agentId },
    ])
    await original.channel.kill()
    await forked.channel.kill()
  })

  it('an identity of its own is given only where a copy was met, once, to the shared key', async () => {
    const { identity } = await world.anAgent()
    expect((await identity.fork(world.target)).body.code).toBe('agent.is-clone')
    const stranger = Object.assign(new TestIdentity(), { agentId: identity.agentId })
    expect((await stranger.fork(world.target)).body.code).toBe('agent.signature-wrong')
  })

  it('lawful lives raise no alarm: lost welcome, half-open connection, restore from a backup, another name', async () => {
    const { identity, productId } = await world.anAgent()
    const first = await connected(world.target, identity)
    first.channel.batch(identity, 1, [aDetection(identity.machine), aDetection(identity.machine)])
    await first.channel.next('ack')
    const backup = identity.copy()
    await first.channel.kill()

    identity.counter += 3 // hellos that never arrived
    const second = await connected(world.target, identity)
    expect(second.welcome.ackedSeq).toBe(2)

    // half open: the old connection is there for the server, and answers nothing
    ;(second.channel.socket as unknown as { _socket: { pause(): void } })._socket.pause()
    const third = await connected(world.target, identity)
    expect(third.welcome.ackedSeq).toBe(2)
    third.channel.batch(identity, 3, [aDetection(identity.machine)])
    await third.channel.next('ack')
    await third.channel.kill()

    // restored: counter and queue are older than what the server knows
    const pending = [aDetection(backup.machine), aDetection(backup.machine)]
    const fourth = await connected(world.target, backup)
    expect(fourth.welcome.ackedSeq).toBe(0)
    backup.epoch = crypto.randomUUID() // as the agent does when the counts don't meet
    await fourth.channel.kill()
    const fifth = await connected(world.target, backup)
    fifth.channel.batch(backup, 1, pending)
    expect((await fifth.channel.next('ack')).seq).toBe(2)
    await fifth.channel.kill()

    backup.machine = { ...aMachine('renamed'), addresses: [] }
    const sixth = await connected(world.target, backup)
    await sixth.channel.kill()
    second.channel.socket.terminate()
    expect(await rows('select count(*)::integer as n from agent where product_id = $1', [productId])).toEqual([{ n: 1 }])
    expect(await agentRow(identity.agentId)).toMatchObject({ hostname: 'renamed', clone_seen_at: null })
    expect(await rows('select count(*)::integer as n from detection where product_id = $1', [productId])).toEqual([{ n: 5 }])
  }, 30_000)
})
