import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { newId, type Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { applyOutcomes, takeWaitingOfMany } from '../commands/index.ts'
import { createOrderRunner, type OrderRunner } from '../orders/index.ts'
import { defendCustomers } from './defending.ts'

let server: TestServer
let operator: Actor
let runner: OrderRunner
beforeAll(async () => {
  server = await testServer()
  runner = createOrderRunner(server.services)
  operator = await anActor(server.database, await aPartner(server.database, { kind: 'operator', name: 'Operations' }))
})
afterAll(() => server.close())
afterEach(async () => {
  server.clock.set(new Date())
  await sql('update virus_alert set withdrawn_at = now(), version = version + 1 where withdrawn_at is null', [])
})

const sql = (text: string, values: readonly unknown[]) => server.database.owner.query(text, [...values])
const hours = (count: number) => new Date(server.clock.now().getTime() + count * 3_600_000).toISOString()
const worm = (more: Record<string, unknown> = {}) => ({
  level: 'red',
  name: 'Sample worm',
  threats: ['SampleWorm'],
  ports: [445],
  endsAt: hours(48),
  ...more,
})

async function declare(more: Record<string, unknown> = {}): Promise<{ id: string; version: number }> {
  const { status, body } = await server.as(operator)('POST', '/v1/virus-alerts', worm(more))
  expect(status, JSON.stringify(body)).toBe(200)
  return body
}

describe('outbreak defence that begins by itself (EVT-5, R16)', () => {
  const rule = { from: 'red', days: 2, mayBlockPorts: true, mayDenyWrites: false, mayBlockAttachments: false }
  const takes = ['start-outbreak-defence', 'stop-outbreak-defence'].map((type) => ({ type, isSupported: true, reason: null }))

  /** A business whose customers, each with one agent, allow it from red on and said so. */
  async function anEstate(
    customers: number,
    { consent = 'given', commands = takes as unknown }: { consent?: 'given' | 'withdrawn' | null; commands?: unknown } = {},
  ) {
    const partnerId = await aPartner(server.database)
    const owner = await anActor(server.database, partnerId)
    const customerIds: string[] = []
    const agentIds: string[] = []
    for (let n = 0; n < customers; n++) {
      const [customerId, agentId] = [await aCustomer(server.database, partnerId, { company: `C${n}` }), newId()]
      const productId = await aProduct(server.database, partnerId, customerId)
      await sql(
        `insert into agent (partner_id, id, customer_id, product_id, public_key, switch, state, hostname, platform, fingerprint, agent_version, protocol, commands, registered_at)
         values ($1, $2::uuid, $3, $4, decode(replace($2::uuid::text, '-', ''), 'hex'), 'enabled', 'online', 'pc', 'Debian', $5, '0.1.0', 2, $6, now())`,
        [partnerId, agentId, customerId, productId, 'a'.repeat(64), JSON.stringify(commands)],
      )
      customerIds.push(customerId)
      agentIds.push(agentId)
    }
    await server.as(owner)('PUT', '/v1/outbreak-rules', { customerIds, rule })
    if (consent)
      for (const customerId of customerIds) {
        const said = await server.as(owner)('POST', `/v1/customers/${customerId}/consent`, {
          activities: ['outbreak-defence'],
          decision: consent,
          saidBy: 'Ada',
          saidOn: '2026-11-20',
        })
        expect(said.status, JSON.stringify(said.body)).toBe(200)
      }
    return { partnerId, owner, customerIds, agentIds }
  }
  type Estate = Awaited<ReturnType<typeof anEstate>>
  async function defend(): Promise<void> {
    await defendCustomers.run(server.services)
    await runner.runDue()
  }
  /** What the agents were handed; they answer that it happened. */
  async function handed({ partnerId, agentIds }: Pick<Estate, 'partnerId' | 'agentIds'>) {
    const frames = await server.database.transaction({ partnerId, scope: 'all', principalId: null }, async (db) => {
      await db.query('select from agent where id = any($1) order by id for no key update', [agentIds])
      const taken = [...(await takeWaitingOfMany(db, agentIds, false, server.clock.now()))].flatMap(([agentId, of]) =>
        of.map((frame) => ({ agentId, frame })),
      )
      await applyOutcomes(
        db,
        taken.map(({ agentId, frame }) => ({
          agentId,
          item: {
            kind: 'outcome' as const,
            commandId: frame.order.commandId,
            at: new Date().toISOString(),
            step: 'succeeded' as const,
            evidence: {},
          },
        })),
        server.clock.now(),
      )
      return taken.map(({ frame }) => frame.order)
    })
    await runner.runDue()
    return frames
  }
  const ordersOf = async ({ partnerId }: Pick<Estate, 'partnerId'>) =>
    (await sql(`select id, type, state, created_by, agent_count from command_order where partner_id = $1 order by created_at`, [partnerId]))
      .rows

  it('closes what the alert names and the customer allows, for its days, once; withdrawn, it is opened again', async () => {
    const estate = await anEstate(2)
    const { id } = await declare({ ports: [445, 3389], folders: ['/srv'], endsAt: hours(24 * 9) })
    await defend()
    await defend()
    expect(await ordersOf(estate)).toMatchObject([{ type: 'start-outbreak-defence', created_by: 'Vigie', agent_count: 2 }])
    const told = [...(await handed(estate)), ...(await handed(estate))]
    expect(told.map(({ type, params }) => [type, params])).toEqual(
      Array.from({ length: 2 }, () => ['start-outbreak-defence', { until: expect.any(String), blockPorts: [445, 3389], denyWrites: [] }]),
    )
    const lastsMs = Date.parse((told[0]!.params as { until: string }).until) - server.clock.now().getTime()
    expect(lastsMs).toBeGreaterThan(47 * 3_600_000)
    expect(lastsMs).toBeLessThanOrEqual(48 * 3_600_000)
    expect(
      (await server.as(estate.owner)('GET', '/v1/outbreak-rules')).body.rows.map(
        (one: { defendedUntil: string | null }) => one.defendedUntil !== null,
      ),
    ).toEqual([true, true])
    await server.as(operator)('POST', `/v1/virus-alerts/${id}/withdraw`)
    await defend()
    await defend()
    expect([...(await handed(estate))].map(({ type }) => type)).toEqual(['stop-outbreak-defence', 'stop-outbreak-defence'])
    expect(
      (await server.as(estate.owner)('GET', '/v1/outbreak-rules')).body.rows.map(
        (one: { defendedUntil: string | null }) => one.defendedUntil,
      ),
    ).toEqual([null, null])
  })

  it('made to end earlier, what is closed is opened when the alert ends, not when it was to end', async () => {
    const estate = await anEstate(1)
    const { id, version } = await declare({ endsAt: hours(48) })
    await defend()
    expect((await handed(estate)).map(({ type }) => type)).toEqual(['start-outbreak-defence'])
    const changed = await server.as(operator)('PUT', `/v1/virus-alerts/${id}`, worm({ endsAt: hours(2) }), { 'if-match': `"${version}"` })
    expect(changed.status, JSON.stringify(changed.body)).toBe(200)
    await defend()
    expect(await handed(estate)).toEqual([])
    server.clock.add(2 * 3_600_000)
    await defend()
    expect((await handed(estate)).map(({ type }) => type)).toEqual(['stop-outbreak-defence'])
    await defend()
    expect(await handed(estate)).toEqual([])
    expect(
      (await server.as(estate.owner)('GET', '/v1/outbreak-rules')).body.rows.map(
        (one: { defendedUntil: string | null }) => one.defendedUntil,
      ),
    ).toEqual([null])
  })

  it('a customer that withdraws its consent is opened again, and can be by hand; the others stay closed (ACC-12)', async () => {
    const estate = await anEstate(2)
    await declare()
    await defend()
    expect([...(await handed(estate)), ...(await handed(estate))]).toHaveLength(2)
    const [first, second] = estate.customerIds
    const said = await server.as(estate.owner)('POST', `/v1/customers/${first}/consent`, {
      activities: ['outbreak-defence'],
      decision: 'withdrawn',
      saidBy: 'Ada',
      saidOn: '2026-11-20',
    })
    expect(said.status, JSON.stringify(said.body)).toBe(200)
    await defend()
    await defend()
    expect((await handed({ ...estate, agentIds: [estate.agentIds[0]!] })).map(({ type }) => type)).toEqual(['stop-outbreak-defence'])
    expect(await handed(estate)).toEqual([])
    const { rows } = (await server.as(estate.owner)('GET', '/v1/outbreak-rules')).body as {
      rows: { id: string; defendedUntil: string | null }[]
    }
    expect([first, second].map((id) => rows.find((one) => one.id === id)!.defendedUntil === null)).toEqual([true, false])
    // and a person may open again what another closed
    const {
      rows: [product],
    } = await sql('select id from product where customer_id = $1', [first])
    const byHand = await server.as(estate.owner)('POST', `/v1/products/${product.id}/commands`, { type: 'stop-outbreak-defence' })
    expect(byHand.status, JSON.stringify(byHand.body)).toBe(200)
  })

  it('customers with rules of their own are counted together: the caps are not passed by many small orders (R16)', async () => {
    const estate = await anEstate(4)
    await server.as(estate.owner)('PUT', '/v1/outbreak-rules', { customerIds: estate.customerIds.slice(2), rule: { ...rule, days: 1 } })
    await declare()
    await defend()
    await defend()
    const orders = await ordersOf(estate)
    expect(orders.map(({ state, agent_count }) => [state === 'waiting', agent_count]).toSorted()).toEqual([
      [false, 2],
      [true, 2],
    ])
  })

  it.each<[string, Parameters<typeof anEstate>[1], Record<string, unknown>]>([
    ['the alert is yellow', {}, { level: 'yellow' }],
    ['nobody said yes', { consent: null }, {}],
    ['consent was withdrawn', { consent: 'withdrawn' }, {}],
    ['the alert names nothing to close', {}, { ports: [] }],
    ['no engine there can', { commands: [{ type: 'start-outbreak-defence', isSupported: false, reason: 'firewall-missing' }] }, {}],
  ])('not where %s', async (_, how, alert) => {
    const estate = await anEstate(1, how)
    await declare(alert)
    await defend()
    expect(await ordersOf(estate)).toEqual([])
  })

  it('obeys the caps: eleven customers wait for a person, and all who may approve are told once', async () => {
    const estate = await anEstate(11)
    await declare()
    await defend()
    await defend()
    const [order, ...more] = await ordersOf(estate)
    expect([order.state, more]).toEqual(['waiting', []])
    expect(await handed(estate)).toEqual([])
    expect((await sql(`select kind from outbox where partner_id = $1`, [estate.partnerId])).rows).toEqual([{ kind: 'order-waiting' }])
    // a stolen session approves nothing without the second factor
    expect((await server.as(estate.owner)('POST', `/v1/orders/${order.id}/judge`, { isApproved: true, code: '000000' })).body.code).toBe(
      'mfa.needed-here',
    )
    await sql(`update command_order set state = 'running', approved_by = 'Grace' where id = $1`, [order.id])
    await runner.runDue()
    expect((await handed(estate)).length).toBe(1) // the first ring
  })

  it('frozen, nobody is told (R16)', async () => {
    const estate = await anEstate(1)
    await server.as(estate.owner)('POST', '/v1/command-policy/freeze')
    await declare()
    await defend()
    expect(await handed(estate)).toEqual([])
    await server.as(estate.owner)('POST', '/v1/command-policy/unfreeze')
    await runner.runDue()
    expect((await handed(estate)).length).toBe(1)
  })

  /** The operator changes the alert; a minute passes. */
  async function change({ id }: { id: string }, to: Record<string, unknown>): Promise<void> {
    const { version } = (await server.as(operator)('GET', `/v1/virus-alerts/${id}`)).body
    const { status, body } = await server.as(operator)('PUT', `/v1/virus-alerts/${id}`, worm(to), { 'if-match': `"${version}"` })
    expect(status, JSON.stringify(body)).toBe(200)
    await defend()
  }
  const defendedUntil = async ({ owner }: Pick<Estate, 'owner'>) =>
    (await server.as(owner)('GET', '/v1/outbreak-rules')).body.rows.map((one: { defendedUntil: string | null }) => one.defendedUntil)
  const toMinute = (at: string) => `${at.slice(0, 16)}:00.000Z`
  /** What the agents that are told something are told. */
  const told = async (estate: Pick<Estate, 'partnerId' | 'agentIds'>) =>
    [...(await handed(estate)), ...(await handed(estate))].map(({ type, params }) => ({ type, ...(params as object) }))

  it('made to last longer, so does what is closed: by new orders, once, within the customer’s days', async () => {
    const estate = await anEstate(1)
    const [short, long] = [hours(12), hours(20)]
    const alert = await declare({ endsAt: short })
    await defend()
    expect(await told(estate)).toMatchObject([{ until: toMinute(short) }])
    const {
      rows: [began],
    } = await sql('select started_at as at from outbreak_defence where partner_id = $1', [estate.partnerId])
    server.clock.add(3_600_000)
    await change(alert, { endsAt: long })
    await defend()
    expect(await told(estate)).toEqual([{ type: 'start-outbreak-defence', until: toMinute(long), blockPorts: [445], denyWrites: [] }])
    expect(await defendedUntil(estate)).toEqual([toMinute(long)])
    // two days are what the customer allowed, counted from the beginning
    await change(alert, { endsAt: hours(24 * 9) })
    const allowed = toMinute(new Date(began.at.getTime() + 48 * 3_600_000).toISOString())
    expect(await told(estate)).toMatchObject([{ until: allowed }])
    await change(alert, { endsAt: hours(24 * 10) })
    expect(await told(estate)).toEqual([])
    expect(await defendedUntil(estate)).toEqual([allowed])
    const { rows } = await sql(`select activity from audit where partner_id = $1 and activity like 'outbreak.defence%' order by sequence`, [
      estate.partnerId,
    ])
    expect(rows.map(({ activity }) => activity)).toEqual([
      'outbreak.defence-started',
      'outbreak.defence-changed',
      'outbreak.defence-changed',
    ])
  })

  it('made to name more, that is closed too; naming nothing any more, it is opened', async () => {
    const estate = await anEstate(1)
    const alert = await declare()
    await defend()
    await told(estate)
    await change(alert, { ports: [445, 3389], advice: 'More' })
    expect(await told(estate)).toMatchObject([{ blockPorts: [445, 3389] }])
    await change(alert, { ports: [445, 3389], advice: 'Only words' })
    expect(await told(estate)).toEqual([])
    await change(alert, { ports: [] })
    expect(await told(estate)).toMatchObject([{ type: 'stop-outbreak-defence' }])
    expect(await defendedUntil(estate)).toEqual([null])
  })

  it('fallen below the customer’s level, it lasts no longer than it would have', async () => {
    const estate = await anEstate(1)
    const alert = await declare({ endsAt: hours(12) })
    await defend()
    await told(estate)
    await change(alert, { level: 'yellow', endsAt: hours(40) })
    expect(await told(estate)).toEqual([])
  })

  it('lengthened, it obeys the caps again; what had not gone out of the shorter order never does (R16)', async () => {
    const estate = await anEstate(4)
    const alert = await declare({ endsAt: hours(12) })
    await defend()
    const [first] = await ordersOf(estate)
    expect(first.state).toBe('waiting')
    await sql(`update command_order set state = 'running', approved_by = 'Grace' where id = $1`, [first.id])
    await runner.runDue()
    expect(await handed(estate)).toHaveLength(1) // the first ring
    await change(alert, { endsAt: hours(20) })
    expect((await ordersOf(estate)).map(({ state, agent_count }) => [state, agent_count])).toEqual([
      ['halted', 4],
      ['waiting', 4],
    ])
    expect(await told(estate)).toEqual([])
    // refused: nobody asks again because the alert lasts longer still
    await sql(`update command_order set state = 'refused', ended_at = now() where partner_id = $1 and state = 'waiting'`, [
      estate.partnerId,
    ])
    await change(alert, { endsAt: hours(30) })
    expect(await ordersOf(estate)).toHaveLength(2)
  })

  /** A person's own order over these customers, given and taken. */
  async function byHand(estate: Estate, type: string, customerId: string, params?: object): Promise<void> {
    const call = server.as(estate.owner)
    const { body } = await call('POST', '/v1/orders', {
      type,
      ...(params ? { params } : {}),
      target: { kind: 'customers', customerIds: [customerId] },
    })
    const confirmed = await call('POST', `/v1/orders/${body.order?.id}/confirm`, {})
    expect(confirmed.status, JSON.stringify([body, confirmed.body])).toBe(200)
    await runner.runDue()
    expect(await told(estate)).toMatchObject([{ type }])
  }

  it('what a person closed for longer stays closed: no alert replaces, lengthens or ends it', async () => {
    const estate = await anEstate(2)
    const [own, other] = estate.customerIds
    const [until, short] = [hours(24 * 6), hours(12)]
    await byHand(estate, 'start-outbreak-defence', own!, { until, blockPorts: [22, 445], denyWrites: [] })
    const alert = await declare({ endsAt: short })
    await defend()
    expect(await told(estate)).toMatchObject([{ until: toMinute(short) }])
    await change(alert, { endsAt: hours(20) })
    expect(await told(estate)).toHaveLength(1)
    await server.as(operator)('POST', `/v1/virus-alerts/${alert.id}/withdraw`)
    await defend()
    expect(await told(estate)).toMatchObject([{ type: 'stop-outbreak-defence' }])
    const { rows } = await sql(`select type, customer_id from command where partner_id = $1 order by customer_id, number`, [
      estate.partnerId,
    ])
    const of = (id: string) => rows.filter(({ customer_id }) => customer_id === id).map(({ type }) => type)
    expect(of(own!)).toEqual(['start-outbreak-defence'])
    expect(of(other!)).toEqual(['start-outbreak-defence', 'start-outbreak-defence', 'stop-outbreak-defence'])
  })

  it('what a person opened again stays open, however long the alert lasts', async () => {
    const estate = await anEstate(2)
    const alert = await declare({ endsAt: hours(12) })
    await defend()
    await told(estate)
    await byHand(estate, 'stop-outbreak-defence', estate.customerIds[0]!)
    await change(alert, { endsAt: hours(20) })
    expect(await told(estate)).toHaveLength(1)
    const { rows } = await sql(`select step, reason from order_agent where partner_id = $1 and customer_id = $2 and reason is not null`, [
      estate.partnerId,
      estate.customerIds[0],
    ])
    expect(rows).toEqual([{ step: 'skipped', reason: 'decided-by-people' }])
  })

  it('a second alert opens nothing that the first closed; each ends at its own time', async () => {
    const estate = await anEstate(1)
    await declare({ name: 'First', endsAt: hours(12) })
    await defend()
    await told(estate)
    const endsAt = hours(30)
    const until = toMinute(endsAt)
    const second = await declare({ name: 'Second', ports: [3389], endsAt })
    await defend()
    expect(await told(estate)).toMatchObject([{ blockPorts: [445, 3389], until }])
    server.clock.add(12 * 3_600_000)
    await defend()
    expect(await told(estate)).toMatchObject([{ blockPorts: [3389], until }])
    await server.as(operator)('POST', `/v1/virus-alerts/${second.id}/withdraw`)
    await defend()
    expect(await told(estate)).toMatchObject([{ type: 'stop-outbreak-defence' }])
    expect(await defendedUntil(estate)).toEqual([null])
  })

  it('two alerts at once are one order, and one question where it takes a person (R16)', async () => {
    const estate = await anEstate(4)
    await server.as(estate.owner)('PUT', '/v1/outbreak-rules', {
      customerIds: estate.customerIds.slice(2),
      rule: { ...rule, from: 'yellow' },
    })
    await declare({ name: 'Worse', level: 'red' })
    await declare({ name: 'Better', level: 'yellow', ports: [3389] })
    await defend()
    const orders = (await sql('select state, params, agent_count from command_order where partner_id = $1', [estate.partnerId])).rows
    expect(orders.map(({ state }) => state)).not.toContain('halted')
    expect(orders.map(({ params, agent_count }) => [params.blockPorts, agent_count]).toSorted()).toEqual([
      [[445], 2],
      [[445, 3389], 2],
    ])
    const mails = (await sql(`select kind from outbox where partner_id = $1`, [estate.partnerId])).rows.map(({ kind }) => kind)
    expect(mails.filter((kind) => kind === 'order-waiting')).toHaveLength(1)
  })

  it(
    'killed after any statement, it goes on where it stood: each is told once, nobody is forgotten (R15)',
    { timeout: 120_000 },
    async () => {
      const { database } = server.services
      /** Dies in the statement after `count` others, of all that look after these customers. */
      const dyingAfter = (count: number, partnerId: string) => {
        let left = count
        return {
          ...server.services,
          database: Object.assign(Object.create(database) as typeof database, {
            transaction: ((tenant, work) =>
              database.transaction(tenant, (db) =>
                work(
                  tenant.partnerId !== partnerId
                    ? db
                    : new Proxy(db, {
                        get(of, name) {
                          const value = Reflect.get(of, name) as unknown
                          if (name !== 'query' || left-- > 0) return value
                          throw new Error('killed')
                        },
                      }),
                ),
              )) as typeof database.transaction,
          }),
        }
      }
      let deaths = 0
      const alive = async ({ partnerId }: Estate) => {
        for (let count = 1; ; count += 7) {
          const isDone = await defendCustomers.run(dyingAfter(count, partnerId)).then(
            () => true,
            () => false,
          )
          if (isDone) return
          deaths++
        }
      }
      const estate = await anEstate(2)
      const longer = hours(20)
      const alert = await declare({ endsAt: hours(12) })
      await alive(estate)
      await runner.runDue()
      expect(await told(estate)).toHaveLength(2)
      const { version } = (await server.as(operator)('GET', `/v1/virus-alerts/${alert.id}`)).body
      await server.as(operator)('PUT', `/v1/virus-alerts/${alert.id}`, worm({ endsAt: longer }), { 'if-match': `"${version}"` })
      await alive(estate)
      await runner.runDue()
      expect(await told(estate)).toMatchObject([{ until: toMinute(longer) }, { until: toMinute(longer) }])
      await server.as(operator)('POST', `/v1/virus-alerts/${alert.id}/withdraw`)
      await alive(estate)
      await runner.runDue()
      expect(await told(estate)).toMatchObject([{ type: 'stop-outbreak-defence' }, { type: 'stop-outbreak-defence' }])
      expect(deaths).toBeGreaterThan(15)
      expect((await ordersOf(estate)).map(({ type }) => type)).toEqual([
        'start-outbreak-defence',
        'start-outbreak-defence',
        'stop-outbreak-defence',
      ])
    },
  )
})
