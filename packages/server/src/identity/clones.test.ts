import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  aDetection,
  aMachine,
  anEndpoint,
  connected,
  testAgentSide,
  type TestAgentSide,
  type TestIdentity,
} from '../agents/testing/index.ts'
import { anActor } from '../platform/testing/database.ts'
import { findDuplicates } from './duplicates.ts'
import { moveHistory } from './history.ts'
import { wrongCounts } from './testing/counts.ts'
import { heal } from './testing/heal.ts'

let world: TestAgentSide
beforeAll(async () => void (world = await testAgentSide()))
afterAll(() => world.close())

const rows = async (text: string, values: unknown[] = []) => (await world.server.database.owner.query(text, values)).rows

describe('two hundred machines from one image (R10, AGT-9)', () => {
  it.each([
    ['all at once', 200, 200],
    ['trickling in', 60, 3],
  ] as const)(
    '%s: each ends with its own identity, no endpoint is lost, none double, none loops, one notice',
    async (_, count, atOnce) => {
      const { identity, productId, partnerId } = await world.anAgent()
      const original = await connected(world.target, identity)
      original.channel.batch(identity, 1, [anEndpoint(identity.machine), aDetection(identity.machine)])
      await original.channel.next('ack')
      const copies = Array.from({ length: count }, (_copy, i) => identity.copy(aMachine(`copy-${atOnce}-${i}`)))
      const healed: Awaited<ReturnType<typeof heal>>[] = []
      for (let i = 0; i < copies.length; i += atOnce)
        healed.push(...(await Promise.all(copies.slice(i, i + atOnce).map((copy) => heal(world.target, copy)))))
      expect(Math.max(...healed.map(({ told }) => told))).toBe(1)
      const agents = await rows('select id, cloned_from_id from agent where product_id = $1', [productId])
      expect([agents.length, agents.filter((agent) => agent.cloned_from_id === identity.agentId).length]).toEqual([count + 1, count])
      const endpoints = await rows('select agent_id, name from endpoint where product_id = $1', [productId])
      expect([endpoints.length, new Set(endpoints.map((row) => row.agent_id)).size]).toEqual([count + 1, count + 1])
      expect(await rows('select count(*)::integer as n from detection where product_id = $1', [productId])).toEqual([{ n: count + 1 }])
      expect(await wrongCounts(world.server.database, partnerId)).toEqual([])
      // one notice for the original; each registration has its record
      expect(
        await rows(
          `select activity, count(*)::integer as n from audit where partner_id = $1 and activity like 'agent.clone%' group by 1 order by 1`,
          [partnerId],
        ),
      ).toEqual([
        { activity: 'agent.clone-found', n: 1 },
        { activity: 'agent.clone-registered', n: count },
      ])
      // the original still speaks, and nobody is asked to decide anything
      original.channel.batch(identity, 3, [aDetection(identity.machine)])
      await original.channel.next('ack')
      await world.server.database.transaction({ partnerId, scope: 'all', principalId: null }, (db) => findDuplicates(db, new Date()))
      const list = await world.server.as(await anActor(world.server.database, partnerId))('GET', '/v1/duplicates?limit=200')
      expect([list.body.rows.length, list.body.waiting]).toEqual([count, 0])
      await Promise.all([original.channel.kill(), ...healed.map(({ close }) => close())])
    },
    240_000,
  )
})

describe('a copy that takes turns with its original (R10)', () => {
  it('nobody is refused; somebody is told, once', async () => {
    const { identity, partnerId } = await world.anAgent()
    identity.machine.addresses = ['10.1.0.5']
    const turn = async (of: TestIdentity) => {
      const { channel } = await connected(world.target, of)
      channel.send({ kind: 'bye', reason: 'stopped' })
      await channel.closed
      await vi.waitUntil(
        async () => (await rows('select connection_id from agent where id = $1', [identity.agentId]))[0].connection_id === null,
        10_000,
      )
    }
    await turn(identity)
    const copy = identity.copy({ ...identity.machine, addresses: ['10.2.0.5'] })
    for (let i = 0; i < 6; i++) for (const one of [identity, copy]) await turn(one)
    expect(
      await rows(`select count(*)::integer as n from audit where partner_id = $1 and activity = 'agent.possible-clone'`, [partnerId]),
    ).toEqual([{ n: 1 }])
    const { channel } = await connected(world.target, identity)
    expect((await rows('select cause from agent where id = $1', [identity.agentId]))[0].cause).toBe('possible-clone')
    await channel.kill()
  })
})

describe('reinstalled within three days (AGT-6, INV-3)', () => {
  it('a new key pair on the same product: the same endpoint by its fingerprint, and what the engine’s log tells again is not doubled', async () => {
    const { identity, productId, partnerId, customerId } = await world.anAgent()
    const first = await connected(world.target, identity)
    const log = Array.from({ length: 30 }, () => aDetection(identity.machine))
    first.channel.batch(identity, 1, [anEndpoint(identity.machine), ...log.slice(0, 20)])
    await first.channel.next('ack')
    await first.channel.kill()
    const { identity: again } = await world.anAgent({ partnerId, customerId, productId }, identity.machine)
    const second = await connected(world.target, again)
    second.channel.batch(again, 1, [anEndpoint(again.machine), ...log])
    await second.channel.next('ack')
    expect(again.agentId).not.toBe(identity.agentId)
    expect(await rows('select agent_id from endpoint where product_id = $1', [productId])).toEqual([{ agent_id: again.agentId }])
    expect(
      await rows('select count(*)::integer as n, count(distinct content_id)::integer as distinct from detection where product_id = $1', [
        productId,
      ]),
    ).toEqual([{ n: 30, distinct: 30 }])
    expect(await wrongCounts(world.server.database, partnerId)).toEqual([])
    await second.channel.kill()
  })
})

describe('a product moves while its agent is connected (AGT-11, R22)', () => {
  it('the agent is heard as the new customer’s from the next moment on; what was on its way comes once', async () => {
    const { identity, productId, partnerId, customerId } = await world.anAgent()
    const first = await connected(world.target, identity)
    first.channel.batch(identity, 1, [anEndpoint(identity.machine), aDetection(identity.machine)])
    await first.channel.next('ack')
    const toCustomer = (
      await rows(
        `insert into customer (partner_id, id, company, country, account_id, time_zone, locale) values ($1, gen_random_uuid(), 'Next', 'FR', 'next-' || left($2::text, 8), 'UTC', 'en') returning id`,
        [partnerId, productId],
      )
    )[0].id
    const as = world.server.as(await anActor(world.server.database, partnerId))
    const { status, body } = await as('POST', `/v1/products/${productId}/move`, {
      customerId: toCustomer,
      confirmName: 'Main',
      hasConsent: true,
      reason: '',
    })
    expect([status, body.code]).toEqual([200, undefined])
    // on its way when the product moved: not stored under the old customer
    first.channel.batch(identity, 3, [aDetection(identity.machine)])
    await first.channel.closed
    const second = await connected(world.target, identity)
    expect(second.welcome.ackedSeq).toBe(2)
    second.channel.batch(identity, 3, [aDetection(identity.machine)])
    await second.channel.next('ack')
    await moveHistory(world.server.database, new Date())
    expect(await rows('select customer_id, count(*)::integer as n from detection where product_id = $1 group by 1', [productId])).toEqual([
      { customer_id: toCustomer, n: 2 },
    ])
    expect(await wrongCounts(world.server.database, partnerId)).toEqual([])
    expect((await rows('select endpoint_count, product_count from customer where id = $1', [customerId]))[0]).toEqual({
      endpoint_count: 0,
      product_count: 0,
    })
    await second.channel.kill()
  })
})
