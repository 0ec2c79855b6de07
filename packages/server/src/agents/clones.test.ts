import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  aDetection,
  aMachine,
  anEndpoint,
  connected,
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
