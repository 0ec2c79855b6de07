import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDetection, anEndpoint, connected, testAgentSide, type TestAgentSide } from '../agents/testing/index.ts'
import { newId, type Actor } from '../platform/index.ts'
import { anActor } from '../platform/testing/database.ts'
import { assessProducts, createAssessor, type Assessor } from './assessor.ts'

let world: TestAgentSide
let assessor: Assessor
beforeAll(async () => {
  world = await testAgentSide()
  assessor = createAssessor(world.server.services)
})
afterAll(() => world.close())

const rows = async (text: string, values: unknown[] = []) => (await world.server.database.owner.query(text, values)).rows
const minute = 60_000

async function aTalker() {
  const agent = await world.anAgent()
  const { channel } = await connected(world.target, agent.identity)
  const {
    partner_id: partnerId,
    customer_id: customerId,
    description,
  } = (await rows('select partner_id, customer_id, description from product where id = $1', [agent.productId]))[0] as Record<string, string>
  let seq = 1
  const send = (...items: unknown[]) => {
    channel.batch(agent.identity, seq, items)
    seq += items.length
  }
  const tell = async (...items: unknown[]) => {
    send(...items)
    await channel.until(() => channel.heard.some((frame) => frame.kind === 'ack' && frame.seq === seq - 1))
  }
  await tell(anEndpoint(agent.identity.machine))
  await rows('update product set fresh_for_seconds = 8640000 where id = $1', [agent.productId])
  return {
    ...agent,
    channel,
    send,
    tell,
    machine: agent.identity.machine,
    partnerId: partnerId!,
    customerId: customerId!,
    description: description!,
  }
}
const assess = (partnerId: string, ...ids: string[]) =>
  world.server.database.transaction({ partnerId, scope: 'all', principalId: null }, (db) =>
    assessProducts(db, world.server.services, ids, new Date(Date.now() + 86_400_000)),
  )
const open = async (productId: string) =>
  (await rows(`select id, condition, count from event where product_id = $1 and state <> 'resolved' order by condition`, [productId])) as {
    id: string
    condition: string
    count: number
  }[]
const counted = async (customerId: string) =>
  (await rows('select action_required_count + warning_count as n from customer where id = $1', [customerId]))[0].n as number
const removal = (owner: Actor, { productId, description }: { productId: string; description: string }) =>
  world.server.as(owner)('DELETE', `/v1/products/${productId}`, { confirmName: description })

describe('a product in the middle of its events (issue 4, bad days)', () => {
  it('vanishes and comes back: its infection is one event all the while, told once; that it vanished is another, and over', async () => {
    const talker = await aTalker()
    await anActor(world.server.database, talker.partnerId).then(({ accountId }) =>
      rows('update account set is_told_of_events = true where id = $1', [accountId]),
    )
    await talker.tell(aDetection(talker.machine, { outcome: 'failed' }))
    await assessor.assessDue()
    const [infection] = await open(talker.productId)
    expect(infection).toMatchObject({ condition: 'uncleaned', count: 1 })
    await rows(`update agent set state = 'abnormal', last_seen_at = $2 where product_id = $1`, [
      talker.productId,
      new Date(world.server.clock.now().getTime() - 31 * minute),
    ])
    await assess(talker.partnerId, talker.productId)
    expect((await open(talker.productId)).map(({ condition }) => condition)).toEqual(['uncleaned', 'vanished'])
    await rows(`update agent set state = 'online', last_seen_at = now() where product_id = $1`, [talker.productId])
    await talker.tell(anEndpoint(talker.machine))
    await assess(talker.partnerId, talker.productId)
    expect(await open(talker.productId)).toEqual([infection])
    const mails = await rows(`select key from outbox where partner_id = $1 and event_id = $2`, [talker.partnerId, infection!.id])
    expect(mails).toHaveLength(1)
    await talker.channel.kill()
  })

  it('deleted between being due and being assessed: the others of its batch are assessed as if nothing were', async () => {
    const [gone, other] = [await aTalker(), await aTalker()]
    await other.tell(aDetection(other.machine, { outcome: 'failed' }))
    await rows('delete from product where id = $1', [gone.productId])
    await assess(other.partnerId, gone.productId, other.productId)
    expect((await open(other.productId)).map(({ condition }) => condition)).toEqual(['uncleaned'])
    for (const one of [gone, other]) await one.channel.kill()
  })

  it.each(Array.from({ length: 4 }, (_, n) => n))(
    'deleted while its agent sends, its events are assessed, and a maintenance window silences them: nothing of it stays, nobody waits for ever (%d)',
    async (round) => {
      const talker = await aTalker()
      const owner = await anActor(world.server.database, talker.partnerId)
      await rows(
        `insert into maintenance_window (partner_id, id, customer_id, product_id, name, target, groups, schedule, duration_minutes, time_zone, starts_at, ends_at, created_by, created_at)
       values ($1, $2, $3, $4, 'w', 'product', '{threat}', '{"kind": "once", "from": "2026-01-01", "time": "00:00"}', 60, 'UTC', now() - interval '1 day', now() + interval '30 days', 'x', now())`,
        [talker.partnerId, newId(), talker.customerId, talker.productId],
      )
      await talker.tell(aDetection(talker.machine, { outcome: 'failed' }))
      await assessor.assessDue()
      expect((await open(talker.productId)).map(({ condition }) => condition)).toEqual(['uncleaned'])
      expect(await counted(talker.customerId)).toBe(0)
      const steps = [
        () => void talker.send(...Array.from({ length: 50 }, () => aDetection(talker.machine, { outcome: 'failed' }))),
        () => assess(talker.partnerId, talker.productId),
        () => removal(owner, talker),
        () => assessor.assessDue(),
      ]
      // each round another of them is first
      const outcomes = await Promise.allSettled([...steps.slice(round), ...steps.slice(0, round)].map(async (step) => await step()))
      expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([])
      expect((await rows('select from product where id = $1', [talker.productId])).length).toBe(0)
      await assessor.assessDue()
      for (const table of ['event', 'event_silence', 'maintenance_window', 'assessment_due', 'endpoint', 'agent'])
        expect((await rows(`select from ${table} where product_id = $1`, [talker.productId])).length, table).toBe(0)
      expect(await counted(talker.customerId)).toBe(0)
      await talker.channel.kill()
    },
  )
})
