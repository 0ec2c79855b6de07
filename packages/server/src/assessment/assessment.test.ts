import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aCleared, aDetection, anEndpoint, connected, testAgentSide, type TestAgentSide } from '../agents/testing/index.ts'
import { anActor } from '../platform/testing/database.ts'
import { assessProducts, createAssessor, type Assessor } from './assessor.ts'
import { makePartitions } from './jobs.ts'

let world: TestAgentSide
let assessor: Assessor
beforeAll(async () => {
  world = await testAgentSide()
  assessor = createAssessor(world.server.services)
})
afterAll(() => world.close())

const rows = async (text: string, values: unknown[] = []) => (await world.server.database.owner.query(text, values)).rows
const eventsOf = (productId: string) =>
  rows('select condition, severity, state, count, figures from event where product_id = $1 order by opened_at, condition', [productId])
const stepsOf = async (productId: string) =>
  (
    await rows(
      'select s.what from event_step s join event e on e.id = s.event_id where e.product_id = $1 order by s.at, s.event_id, s.position',
      [productId],
    )
  ).map(({ what }) => what)
const countsOf = (productId: string) =>
  rows(
    'select p.action_required_count as product, c.action_required_count as customer, p.warning_count as yellow, c.warning_count as "customerYellow" from product p join customer c on c.id = p.customer_id where p.id = $1',
    [productId],
  )

/** The freshness contract: tests that move the clock by days are about something else. */
const promise = (productId: string, seconds: number) =>
  rows('update product set fresh_for_seconds = $2 where id = $1', [productId, seconds])

/** An agent that told of its endpoint, and what it says next is stored before the call returns. */
async function aTalker() {
  const agent = await world.anAgent()
  const { channel } = await connected(world.target, agent.identity)
  let seq = 1
  const tell = async (...items: unknown[]) => {
    channel.batch(agent.identity, seq, items)
    seq += items.length
    await channel.until(() => channel.heard.some((frame) => frame.kind === 'ack' && frame.seq === seq - 1))
  }
  await tell(anEndpoint(agent.identity.machine))
  await promise(agent.productId, 100 * 86_400)
  return { ...agent, channel, tell, machine: agent.identity.machine }
}

describe('from detection to attention (EVT-2, EVT-3, EVT-9)', () => {
  it('an infection opens one event, counts up, and resolves itself when it is gone', async () => {
    const { tell, machine, productId, channel } = await aTalker()
    const [first, second] = [aDetection(machine, { outcome: 'failed' }), aDetection(machine, { outcome: 'blocked' })]
    await tell(first)
    await assessor.assessDue()
    expect(await eventsOf(productId)).toEqual([
      { condition: 'uncleaned', severity: 'action-required', state: 'unresolved', count: 1, figures: { infections: 1 } },
    ])
    expect(await countsOf(productId)).toEqual([{ product: 1, customer: 1, yellow: 0, customerYellow: 0 }])
    await tell(second)
    await assessor.assessDue()
    expect(await eventsOf(productId)).toEqual([expect.objectContaining({ count: 2, figures: { infections: 2 } })])
    expect(await rows('select open_infections from endpoint where product_id = $1', [productId])).toEqual([{ open_infections: 2 }])
    await tell(aCleared(machine, first), aDetection(machine, { object: second.object, outcome: 'quarantined' }))
    await assessor.assessDue()
    expect(await eventsOf(productId)).toEqual([expect.objectContaining({ state: 'resolved' })])
    expect(await countsOf(productId)).toEqual([{ product: 0, customer: 0, yellow: 0, customerYellow: 0 }])
    expect(await rows('select open_infections from endpoint where product_id = $1', [productId])).toEqual([{ open_infections: 0 }])
    expect(await stepsOf(productId)).toEqual(['opened', 'raised', 'resolved'])
    await channel.kill()
  })

  it('counts by the group of the category on product and customer, whoever died meanwhile, and heals what was wrong (CUS-2)', async () => {
    const { tell, machine, productId, channel } = await aTalker()
    const groups = async () =>
      (
        await rows(
          `select p.threat_action_count as threat, p.system_action_count as system, c.threat_action_count as "customerThreat", c.system_action_count as "customerSystem", c.licence_action_count as licence
       from product p join customer c on c.id = p.customer_id where p.id = $1`,
          [productId],
        )
      )[0]
    const one = aDetection(machine, { outcome: 'failed' })
    await tell(one)
    // a process that dies in the middle leaves neither event nor count
    const tenant = {
      partnerId: (await rows('select partner_id from product where id = $1', [productId]))[0]!.partner_id as string,
      scope: 'all' as const,
      principalId: null,
    }
    await expect(
      world.server.database.transaction(tenant, async (db) => {
        await assessProducts(db, world.server.services, [productId], new Date(Date.now() + 30_000))
        throw new Error('killed')
      }),
    ).rejects.toThrow('killed')
    expect(await groups()).toEqual({ threat: 0, system: 0, customerThreat: 0, customerSystem: 0, licence: 0 })
    await assessor.assessDue()
    expect(await groups()).toEqual({ threat: 1, system: 0, customerThreat: 1, customerSystem: 0, licence: 0 })
    await rows(
      'update customer set system_action_count = 7, licence_action_count = 3 where id = (select customer_id from product where id = $1)',
      [productId],
    )
    await tell(aCleared(machine, one))
    await assessor.assessDue()
    expect(await groups()).toEqual({ threat: 0, system: 0, customerThreat: 0, customerSystem: 0, licence: 0 })
    await channel.kill()
  })

  it('what comes again soon goes on as the same event; much later it is a new one (flapping)', async () => {
    const { tell, machine, productId, channel } = await aTalker()
    const one = aDetection(machine, { outcome: 'failed' })
    await tell(one)
    await assessor.assessDue()
    await tell(aCleared(machine, one))
    await assessor.assessDue()
    await tell(aDetection(machine, { outcome: 'failed' }))
    await assessor.assessDue()
    expect(await eventsOf(productId)).toEqual([expect.objectContaining({ state: 'unresolved', count: 2 })])
    expect(await stepsOf(productId)).toEqual(['opened', 'resolved', 'reopened'])
    await channel.kill()
  })

  it('15 incidents in the hour warn; history that arrives late does not (EVT-3)', async () => {
    const { tell, machine, productId, channel } = await aTalker()
    const old = new Date(Date.now() - 2 * 3_600_000).toISOString()
    await tell(
      ...Array.from({ length: 100 }, () => aDetection(machine, { at: old })),
      ...Array.from({ length: 14 }, () => aDetection(machine)),
    )
    await assessor.assessDue()
    expect(await eventsOf(productId)).toEqual([])
    await tell(aDetection(machine))
    await assessor.assessDue()
    expect(await eventsOf(productId)).toEqual([
      { condition: 'many-incidents', severity: 'warning', state: 'unresolved', count: 1, figures: { incidents: 15, threshold: 15 } },
    ])
    expect(await countsOf(productId)).toEqual([{ product: 0, customer: 0, yellow: 1, customerYellow: 1 }])
    const [{ due_at }] = await rows('select due_at from assessment_due where product_id = $1', [productId])
    expect(due_at.getTime() - Date.now()).toBeGreaterThan(58 * 60_000)
    expect(due_at.getTime() - Date.now()).toBeLessThan(61 * 60_000)
    await channel.kill()
  })

  it('reset, what came before counts no more, not even that of this minute; so many again raise it again (EVT-4)', async () => {
    const { tell, machine, productId, partnerId, channel } = await aTalker()
    await tell(...Array.from({ length: 40 }, () => aDetection(machine)))
    await assessor.assessDue()
    expect(await eventsOf(productId)).toEqual([expect.objectContaining({ condition: 'many-incidents', state: 'unresolved' })])
    const [{ id }] = await rows('select id from event where product_id = $1', [productId])
    expect((await world.server.as(await anActor(world.server.database, partnerId))('POST', `/v1/events/${id}/reset`)).status).toBe(200)
    await assessor.assessDue()
    expect(await eventsOf(productId)).toEqual([expect.objectContaining({ state: 'resolved' })])
    await tell(...Array.from({ length: 14 }, () => aDetection(machine)))
    await assessor.assessDue()
    expect(await eventsOf(productId)).toEqual([expect.objectContaining({ state: 'resolved' })])
    await tell(aDetection(machine))
    await assessor.assessDue()
    expect(await eventsOf(productId)).toEqual([expect.objectContaining({ state: 'unresolved', figures: { incidents: 15, threshold: 15 } })])
    await channel.kill()
  })

  it('an hour later it is over without anything having come', async () => {
    const { tell, machine, productId, channel } = await aTalker()
    await tell(...Array.from({ length: 15 }, () => aDetection(machine)))
    await assessor.assessDue()
    expect(await eventsOf(productId)).toEqual([expect.objectContaining({ state: 'unresolved' })])
    world.server.clock.add(3_700_000)
    try {
      await assessor.assessDue()
      expect(await eventsOf(productId)).toEqual([expect.objectContaining({ condition: 'many-incidents', state: 'resolved' })])
    } finally {
      world.server.clock.add(-3_700_000)
      await channel.kill()
    }
  })

  it('real-time scan off and old components are events of their own, and look again each day', async () => {
    const { tell, machine, productId, channel } = await aTalker()
    const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000 - 60_000).toISOString()
    await tell(anEndpoint(machine, { realTimeScan: 'off', patternBuiltAt: daysAgo(8), updateCheckedAt: daysAgo(8) }))
    await assessor.assessDue()
    expect((await eventsOf(productId)).map(({ condition, figures }) => [condition, figures])).toEqual([
      ['old', { days: 8, threshold: 7 }],
      ['real-time-scan-off', { endpoints: 1, threshold: 1 }],
    ])
    world.server.clock.add(7 * 86_400_000)
    try {
      await assessor.assessDue()
      const now = await eventsOf(productId)
      expect(
        now
          .filter(({ state }) => state !== 'resolved')
          .map(({ condition }) => condition)
          .sort(),
      ).toEqual(['real-time-scan-off', 'very-old'])
    } finally {
      world.server.clock.add(-7 * 86_400_000)
    }
    await tell(anEndpoint(machine))
    await assessor.assessDue()
    expect((await eventsOf(productId)).filter(({ state }) => state !== 'resolved')).toEqual([])
    await channel.kill()
  })

  it('a share of endpoints left behind is told in per cent; a day behind is not behind', async () => {
    const { tell, machine, productId, channel } = await aTalker()
    // others of its site, as their own agents would tell of them (R11)
    await rows(
      `insert into endpoint (partner_id, id, customer_id, product_id, key, name, "group", real_time_scan, pattern_built_at, received_at)
       select partner_id, gen_random_uuid(), customer_id, product_id, key || i, name, "group", 'on', now() - case when i <= 2 then 5 else 1 end * interval '1 day', now()
       from endpoint, generate_series(1, 9) i where product_id = $1`,
      [productId],
    )
    await tell(anEndpoint(machine))
    await assessor.assessDue()
    expect((await eventsOf(productId)).map(({ condition, figures }) => [condition, figures])).toEqual([
      ['not-all-deployed', { percent: 80, threshold: 90 }],
    ])
    await channel.kill()
  })

  it('two processes assess the same product at once: one event (R43)', async () => {
    const { tell, machine, productId, customerId, partnerId, channel } = await aTalker()
    const others = [assessor, createAssessor(world.server.services), createAssessor(world.server.services)]
    for (let i = 0; i < 10; i++) {
      await tell(aDetection(machine, { outcome: 'failed' }))
      await Promise.all(
        others.map(async (one) => {
          await rows(
            'insert into assessment_due (partner_id, product_id, customer_id, due_at) values ($1, $2, $3, $4) on conflict (partner_id, product_id) do update set due_at = $4',
            [partnerId, productId, customerId, new Date()],
          )
          await one.assessDue()
        }),
      )
    }
    await assessor.assessDue()
    expect(await eventsOf(productId)).toEqual([expect.objectContaining({ figures: { infections: 10 }, state: 'unresolved' })])
    expect((await stepsOf(productId)).filter((what) => what === 'opened')).toHaveLength(1)
    await channel.kill()
  })

  it('data that comes while a product is assessed makes it due again (R22)', async () => {
    const { tell, machine, productId, channel } = await aTalker()
    await tell(aDetection(machine))
    await assessor.assessDue()
    // taken by a process that died
    await rows(`update assessment_due set due_at = now() + interval '30 seconds' where product_id = $1`, [productId])
    expect(await assessor.assessDue()).toBe(0)
    await tell(aDetection(machine, { outcome: 'failed' }))
    expect(await assessor.assessDue()).toBeGreaterThan(0)
    expect(await eventsOf(productId)).toEqual([expect.objectContaining({ condition: 'uncleaned' })])
    await channel.kill()
  })
})

describe('agents that are not heard, figures that are late (EVT-1, PRD-8)', () => {
  const minutes = 60_000
  const later = async (ms: number, look: () => Promise<void>) => {
    world.server.clock.add(ms)
    try {
      await look()
    } finally {
      world.server.clock.add(-ms)
    }
  }
  /** As the watch over silent agents leaves it. */
  const vanish = (productId: string, state: 'abnormal' | 'offline') =>
    rows('update agent set state = $2, connection_id = null, held_by = null, last_seen_at = now() where product_id = $1', [
      productId,
      state,
    ])
  const open = async (productId: string) =>
    (await eventsOf(productId)).filter(({ state }) => state !== 'resolved').map(({ condition }) => condition)
  const ask = async (productId: string) => {
    await rows("update assessment_due set due_at = now() - interval '1 second' where product_id = $1", [productId])
    await rows(
      "insert into assessment_due (partner_id, product_id, customer_id, due_at) select partner_id, id, customer_id, now() - interval '1 second' from product where id = $1 on conflict do nothing",
      [productId],
    )
    await assessor.assessDue()
  }

  it('one that vanished is an event after half an hour, by itself, and over when it is back', async () => {
    const { identity, productId, channel } = await aTalker()
    await channel.kill()
    await vanish(productId, 'abnormal')
    await ask(productId)
    expect(await open(productId)).toEqual([])
    const [{ due_at }] = await rows('select due_at from assessment_due where product_id = $1', [productId])
    expect(due_at.getTime() - Date.now()).toBeGreaterThan(29 * minutes)
    expect(due_at.getTime() - Date.now()).toBeLessThan(31 * minutes)
    await later(31 * minutes, async () => {
      await assessor.assessDue()
      expect(await open(productId)).toEqual(['vanished'])
    })
    const back = await connected(world.target, identity)
    await assessor.assessDue()
    expect(await open(productId)).toEqual([])
    await back.channel.kill()
  })

  it('one that said goodbye may be away for a night', async () => {
    const { productId, channel } = await aTalker()
    await channel.kill()
    await vanish(productId, 'offline')
    await ask(productId)
    await later(14 * 60 * minutes, async () => {
      await ask(productId)
      expect(await open(productId)).toEqual([])
    })
    await later(25 * 60 * minutes, async () => {
      await ask(productId)
      expect(await open(productId)).toEqual(['shut-down'])
    })
  })

  it('a connected agent that does not report as promised is late; the report closes it', async () => {
    const { tell, machine, productId, channel } = await aTalker()
    await promise(productId, 900)
    await ask(productId)
    expect(await open(productId)).toEqual([])
    await later(16 * minutes, async () => {
      await assessor.assessDue()
      expect(await open(productId)).toEqual(['stale'])
      await tell(anEndpoint(machine))
      await assessor.assessDue()
      expect(await open(productId)).toEqual([])
    })
    await channel.kill()
  })

  it('what explains another silences it: neither opened nor closed meanwhile (EVT-9)', async () => {
    const { tell, machine, productId, channel } = await aTalker()
    await tell(
      anEndpoint(machine, {
        patternBuiltAt: new Date(Date.now() - 8 * 86_400_000).toISOString(),
        updateCheckedAt: new Date(Date.now() - 8 * 86_400_000).toISOString(),
      }),
    )
    await ask(productId)
    expect(await open(productId)).toEqual(['old'])
    await channel.kill()
    await vanish(productId, 'abnormal')
    await later(10 * 86_400_000, async () => {
      await ask(productId)
      expect((await open(productId)).sort()).toEqual(['old', 'vanished'])
    })
  })
})

describe('who is told (NTF-1, NTF-4, NTF-10, ACC-14)', () => {
  it('everyone who wants to be told and sees the customer gets one mail, once', async () => {
    const { tell, machine, productId, customerId, partnerId, channel } = await aTalker()
    const { database } = world.server
    const told = async (change: object, isTold = true) => {
      const actor = await anActor(database, partnerId, change)
      await rows('update account set is_told_of_events = $2 where id = $1', [actor.accountId, isTold])
      return actor
    }
    const owner = await told({})
    await told({}, false)
    await told({ role: 'billing' }) // sees no events
    const limited = await told({ role: 'technician', isScopeLimited: true })
    const denied = await told({ role: 'technician', isScopeLimited: true })
    const line = (accountId: string, effect: string, target: string, id: string | null) =>
      rows(
        'insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id) values ($1, gen_random_uuid(), $2, 0, $3, $4, $5)',
        [partnerId, accountId, effect, target, id],
      )
    await line(limited.accountId, 'allow', 'customer', customerId)
    await line(denied.accountId, 'allow', 'all', null)
    await line(denied.accountId, 'deny', 'customer', customerId)
    await told({ role: 'technician', isScopeLimited: true }) // sees nothing
    // of the customer's own people, who does not want them told (ACC-12)
    const theirs = await told({ role: 'portal-viewer', isScopeLimited: true })
    await line(theirs.accountId, 'allow', 'customer', customerId)
    await rows(
      `with said as (insert into consent (partner_id, id, customer_id, activity, decision, said_by, said_on, recorded_by, recorded_at) values ($1, gen_random_uuid(), $2, 'notify', 'withdrawn', 'Camille', current_date, 'Ada', now()) returning *)
      insert into consent_state (partner_id, customer_id, activity, decision, consent_id, since) select partner_id, customer_id, activity, decision, id, recorded_at from said`,
      [partnerId, customerId],
    )
    const one = aDetection(machine, { outcome: 'failed' })
    await tell(one)
    await assessor.assessDue()
    const mails = await rows('select recipient, kind, content from outbox where partner_id = $1 order by recipient', [partnerId])
    expect(mails.map(({ recipient }) => recipient)).toEqual([owner.email, limited.email].sort())
    expect(mails[0]).toMatchObject({
      kind: 'action-required',
      content: {
        values: {
          customer: 'Boulangerie Martin',
          condition: 'uncleaned',
          figures: { infections: 1 },
          endpoints: [machine.hostname],
          endpointCount: 1,
        },
      },
    })
    await tell(aCleared(machine, one))
    await assessor.assessDue()
    await tell(aDetection(machine, { outcome: 'failed' }))
    await assessor.assessDue()
    expect(await stepsOf(productId)).toEqual(['opened', 'resolved', 'reopened'])
    expect(await rows('select from outbox where partner_id = $1', [partnerId])).toHaveLength(2)
    await channel.kill()
  })
})

describe('an assessment that outlasts its lease (R22, R23)', () => {
  it('leaves its products due: who brought data meanwhile could not see that it had to ask', async () => {
    const { productId, partnerId, channel } = await aTalker()
    const lease = new Date(Date.now() - 1_000)
    await rows(
      `insert into assessment_due (partner_id, product_id, customer_id, due_at) select partner_id, id, customer_id, $2 from product where id = $1
      on conflict (partner_id, product_id) do update set due_at = excluded.due_at`,
      [productId, lease],
    )
    await world.server.database.transaction({ partnerId, scope: 'all', principalId: null }, (db) =>
      assessProducts(db, world.server.services, [productId], lease),
    )
    expect(await rows('select due_at from assessment_due where product_id = $1', [productId])).toEqual([{ due_at: lease }])
    await channel.kill()
  })
})

describe('partitions', () => {
  it('are made for this month, the last and three ahead; a record lands in its month', async () => {
    await makePartitions(world.server.database.owner, new Date())
    await makePartitions(world.server.database.owner, new Date())
    const { tell, machine, productId, channel } = await aTalker()
    await tell(aDetection(machine), aDetection(machine, { at: '2199-01-01T00:00:00Z' }))
    const month = new Date().toISOString().slice(0, 7).replace('-', '_')
    const [{ here, far }] = await rows(
      `select count(*) filter (where tableoid::regclass::text <> 'detection_default')::integer as here, count(*) filter (where tableoid::regclass::text = 'detection_default')::integer as far from detection where product_id = $1`,
      [productId],
    )
    const names = (await rows(`select relname from pg_class where relname like 'detection_2%' and relkind = 'r'`)).map(
      ({ relname }) => relname,
    )
    // earlier tests of this file filled the default partition for this month, so it stays there
    expect([here + far, names.length]).toEqual([2, names.includes(`detection_${month}`) ? 5 : 4])
    await channel.kill()
  })
})
