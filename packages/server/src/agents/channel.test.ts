import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sendCommand } from '../commands/index.ts'
import { aDetection, aKey, anEndpoint, connected, post, testAgentSide, TestIdentity, type TestAgentSide } from './testing/index.ts'

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
