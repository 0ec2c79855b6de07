import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { newId, type Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { applyOutcomes, takeWaitingOfMany } from '../commands/index.ts'
import { createOrderRunner, type OrderRunner } from './index.ts'

let server: TestServer
let runner: OrderRunner
beforeAll(async () => {
  server = await testServer()
  runner = createOrderRunner(server.services)
})
afterAll(() => server.close())
afterEach(() => server.clock.set(new Date()))

const takes = ['scan-now', 'stop-scan', 'update-components', 'synchronise'].map((type) => ({
  type,
  isSupported: true,
  reason: null as string | null,
}))

interface Estate {
  partnerId: string
  owner: Actor
  customerIds: string[]
  agentIds: string[]
}

/** A business of its own: so many customers with so many agents each. */
async function anEstate(
  customers: number,
  agentsEach: number,
  agent: { state?: string; switch?: string; commands?: unknown } = {},
): Promise<Estate> {
  const partnerId = await aPartner(server.database)
  const owner = await anActor(server.database, partnerId, { role: 'owner', isPrimary: true })
  const estate: Estate = { partnerId, owner, customerIds: [], agentIds: [] }
  for (let i = 0; i < customers; i++) {
    const customerId = await aCustomer(server.database, partnerId, { company: `Customer ${i}`, tags: i === 0 ? ['gold'] : [] })
    estate.customerIds.push(customerId)
    const productId = await aProduct(server.database, partnerId, customerId)
    estate.agentIds.push(...(await someAgents(partnerId, customerId, productId, agentsEach, agent)))
  }
  return estate
}

async function someAgents(
  partnerId: string,
  customerId: string,
  productId: string,
  count: number,
  agent: { state?: string; switch?: string; commands?: unknown } = {},
): Promise<string[]> {
  const ids = Array.from({ length: count }, () => newId())
  await server.database.owner.query(
    `insert into agent (partner_id, id, customer_id, product_id, public_key, switch, state, hostname, platform, fingerprint, agent_version, protocol, commands, registered_at)
     select $1, id, $2, $3, decode(replace(id::text, '-', ''), 'hex'), $5, $6, 'srv-' || right(id::text, 4), 'Debian', $7, '0.1.0', 2, $8, now() from unnest($4::uuid[]) id`,
    [
      partnerId,
      customerId,
      productId,
      ids,
      agent.switch ?? 'enabled',
      agent.state ?? 'online',
      'a'.repeat(64),
      JSON.stringify(agent.commands ?? takes),
    ],
  )
  return ids
}

const everyone = { kind: 'matching' }
const call = (actor: Actor) => server.as(actor)
const inBusiness = (partnerId: string) => ({ partnerId, scope: 'all' as const, principalId: null })

async function draft(actor: Actor, type: string, target: unknown = everyone, more: Record<string, unknown> = {}) {
  const { body, status } = await call(actor)('POST', '/v1/orders', { type, target, ...more })
  expect(status, JSON.stringify(body)).toBe(200)
  return body as { order: { id: string }; dryRun: any }
}
async function give(actor: Actor, type: string, target: unknown = everyone, more: Record<string, unknown> = {}): Promise<string> {
  const { order } = await draft(actor, type, target, more)
  const { body, status } = await call(actor)('POST', `/v1/orders/${order.id}/confirm`, {})
  expect([status, body.hasMoved], JSON.stringify(body)).toEqual([200, false])
  return order.id
}
const seen = async (actor: Actor, id: string) => (await call(actor)('GET', `/v1/orders/${id}`)).body.order

/** What connected agents do: take what waits, and answer. */
async function answer({ partnerId, agentIds }: Pick<Estate, 'partnerId' | 'agentIds'>, outcome: 'succeeded' | 'failed'): Promise<number> {
  return await server.database.transaction(inBusiness(partnerId), async (db) => {
    await db.query('select from agent where id = any($1) order by id for no key update', [agentIds])
    const taken = await takeWaitingOfMany(db, agentIds, false, server.clock.now())
    const told = [...taken].flatMap(([agentId, frames]) =>
      frames.map((frame) => ({
        agentId,
        item: {
          kind: 'outcome' as const,
          commandId: frame.order.commandId,
          at: new Date().toISOString(),
          step: outcome,
          evidence: (outcome === 'failed' ? { reason: 'scan-failed' } : {}) as Record<string, string>,
        },
      })),
    )
    await applyOutcomes(db, told, server.clock.now())
    return told.length
  })
}

describe('an order over many (AGT-3)', () => {
  it('tells first what would happen, and why not where it would not', async () => {
    const estate = await anEstate(2, 2)
    const [customerId] = estate.customerIds
    const add = async (agent: { state?: string; switch?: string; commands?: unknown }) =>
      await someAgents(estate.partnerId, customerId!, await aProduct(server.database, estate.partnerId, customerId!), 1, agent)
    await add({ state: 'offline' })
    await add({ switch: 'disabled' })
    await add({ switch: 'unregistered' })
    await add({ commands: [{ type: 'scan-now', isSupported: false, reason: 'engine-missing' }] })
    await add({ commands: [] })
    const { dryRun, order } = await draft(estate.owner, 'scan-now')
    expect(dryRun).toMatchObject({ customers: 2, agents: 9, willGet: 5, offline: 1, needs: 'nobody' })
    expect(Object.fromEntries(dryRun.skipped.map((one: any) => [one.reason, one.agents]))).toEqual({
      'agent-disabled': 1,
      'agent-unregistered': 1,
      'engine-missing': 1,
      'not-supported': 1,
    })
    await runner.runDue()
    expect((await server.database.owner.query('select from command where partner_id = $1', [estate.partnerId])).rowCount).toBe(0)
    expect((await call(estate.owner)('GET', '/v1/orders')).body.rows).toEqual([])
    const given = await call(estate.owner)('POST', `/v1/orders/${order.id}/confirm`, {})
    expect(given.body.order.state).toBe('running')
    await runner.runDue()
    expect((await seen(estate.owner, order.id)).counts).toMatchObject({ waiting: 5, skipped: 4, planned: 0 })
  })

  it('numbers that moved since the dry run are told, and confirmed again', async () => {
    const estate = await anEstate(1, 3)
    const { order } = await draft(estate.owner, 'scan-now')
    await server.database.owner.query(`update agent set switch = 'disabled' where id = $1`, [estate.agentIds[0]])
    const first = await call(estate.owner)('POST', `/v1/orders/${order.id}/confirm`, {})
    expect([first.body.hasMoved, first.body.order.state, first.body.dryRun.willGet]).toEqual([true, 'draft', 2])
    const second = await call(estate.owner)('POST', `/v1/orders/${order.id}/confirm`, {})
    expect([second.body.hasMoved, second.body.order.state]).toEqual([false, 'running'])
  })

  it.each([
    ['a tag', () => ({ kind: 'matching', tags: ['gold'], typeIds: ['clamav-endpoint'] }), 2],
    ['customers', (e: Estate) => ({ kind: 'customers', customerIds: e.customerIds.slice(1) }), 4],
    ['agents', (e: Estate) => ({ kind: 'agents', agentIds: e.agentIds.slice(0, 1) }), 1],
    ["the customers list's filter", () => ({ kind: 'customers-list', filter: { q: 'Customer 1' } }), 2],
    ["the inventory's filter, of agents without endpoints", () => ({ kind: 'endpoints-list', filter: { q: 'nothing' } }), 0],
  ])('to %s', async (_, target, agents) => {
    const estate = await anEstate(3, 2)
    expect((await draft(estate.owner, 'scan-now', target(estate))).dryRun.agents).toBe(agents)
  })

  it('a site server is not told to leave as long as endpoints report through it: not in the dry run, and not afterwards (AGT-8)', async () => {
    const estate = await anEstate(0, 0)
    const customerId = await aCustomer(server.database, estate.partnerId)
    const productId = await aProduct(server.database, estate.partnerId, customerId)
    const commands = [{ type: 'uninstall-agent', isSupported: true, reason: null }]
    const [site] = await someAgents(estate.partnerId, customerId, productId, 1, { commands })
    const below = await someAgents(estate.partnerId, customerId, productId, 2, { commands })
    const set = (what: string) => server.database.owner.query(`update agent set ${what} where id = any($1)`, [below])
    await set(`role = 'endpoint'`)
    const target = { kind: 'agents', agentIds: [site] }
    expect((await draft(estate.owner, 'uninstall-agent', target)).dryRun).toMatchObject({
      willGet: 0,
      skipped: [{ reason: 'carries-endpoints', agents: 1 }],
    })
    await set(`switch = 'unregistered'`)
    const id = await give(estate.owner, 'uninstall-agent', target)
    await set(`switch = 'enabled'`)
    await runner.runDue()
    const { body } = await call(estate.owner)('GET', `/v1/orders/${id}/agents`)
    expect(body.rows.map(({ step, reason }: any) => [step, reason])).toEqual([['skipped', 'carries-endpoints']])
    expect((await call(estate.owner)('POST', `/v1/orders/${id}/undo`)).body).toMatchObject({
      code: 'order.not-undoable',
      data: { reason: 'uninstalled' },
    })
  })

  it('a filter that the list does not have is refused: leaving it out would reach more than was shown', async () => {
    const { owner } = await anEstate(1, 1)
    const { body } = await call(owner)('POST', '/v1/orders', {
      type: 'scan-now',
      target: { kind: 'customers-list', filter: { madeUp: 'x' } },
    })
    expect(body.code).toBe('request.invalid')
  })

  it('whoever is limited to a scope reaches only that, and sees no orders of others (ACC-14)', async () => {
    const estate = await anEstate(2, 2)
    const limited = await anActor(server.database, estate.partnerId, { role: 'technician', isScopeLimited: true })
    await server.database.owner.query(
      `insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id) values ($1, $2, $3, 0, 'allow', 'customer', $4)`,
      [estate.partnerId, newId(), limited.accountId, estate.customerIds[0]],
    )
    const foreign = await give(estate.owner, 'scan-now')
    expect((await call(limited)('GET', `/v1/orders/${foreign}`)).status).toBe(404)
    const own = await give(limited, 'update-components')
    // taken from his scope before it left: not reached any more
    await server.database.owner.query(`delete from scope_line where account_id = $1`, [limited.accountId])
    await runner.runDue()
    expect((await seen(estate.owner, own)).counts).toMatchObject({ waiting: 0, skipped: 2 })
  })

  it('confirmed twice, run by two processes at once: no agent gets two commands (R15)', async () => {
    const estate = await anEstate(1, 700)
    const { order } = await draft(estate.owner, 'scan-now')
    await Promise.all([1, 2].map(() => call(estate.owner)('POST', `/v1/orders/${order.id}/confirm`, {})))
    const other = createOrderRunner(server.services)
    await Promise.all([runner.runDue(), other.runDue(), runner.runDue(), other.runDue()])
    await runner.runDue()
    const { rows } = await server.database.owner.query(
      'select count(*)::integer as commands, count(distinct agent_id)::integer as agents from command where order_id = $1',
      [order.id],
    )
    expect(rows).toEqual([{ commands: 700, agents: 700 }])
    expect((await seen(estate.owner, order.id)).counts.waiting).toBe(700)
  })

  it('counts follow what the agents say; failed ones are tried again by a new order', async () => {
    const estate = await anEstate(1, 4)
    const id = await give(estate.owner, 'scan-now')
    await runner.runDue()
    await answer({ ...estate, agentIds: estate.agentIds.slice(0, 3) }, 'succeeded')
    expect((await seen(estate.owner, id)).counts).toMatchObject({ succeeded: 3, waiting: 1 })
    await answer(estate, 'failed')
    await runner.runDue()
    expect(await seen(estate.owner, id)).toMatchObject({ state: 'finished', counts: { succeeded: 3, failed: 1, waiting: 0 } })
    const { rows } = (await call(estate.owner)('GET', `/v1/orders/${id}/agents?step=failed`)).body
    expect(rows.map((row: any) => [row.step, row.reason])).toEqual([['failed', 'scan-failed']])
    const csv = await call(estate.owner)('GET', `/v1/orders/${id}/agents.csv`)
    expect(csv.body.trim().split('\r\n')).toHaveLength(5)
    const again = await draft(estate.owner, 'scan-now', { kind: 'failed-of', orderId: id })
    expect(again.dryRun.agents).toBe(1)
  })

  it('counted steps and counted rows are the same, whatever happened', async () => {
    const estate = await anEstate(2, 20)
    const id = await give(estate.owner, 'scan-now', everyone, { isInRings: true })
    await runner.runDue()
    await answer(estate, 'succeeded')
    await runner.runDue()
    await answer({ ...estate, agentIds: estate.agentIds.slice(0, 5) }, 'failed')
    await runner.runDue()
    await call(estate.owner)('POST', `/v1/orders/${id}/steer`, { to: 'halt' })
    await runner.runDue()
    const { counts } = await seen(estate.owner, id)
    const { rows } = await server.database.owner.query(
      'select step, count(*)::integer as count from order_agent where order_id = $1 group by step',
      [id],
    )
    expect(Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0))).toEqual(
      Object.fromEntries(rows.map(({ step, count }) => [step, count])),
    )
  })

  it('a later order for the same supersedes what still waits, and says so', async () => {
    const estate = await anEstate(1, 2)
    const first = await give(estate.owner, 'scan-now')
    await runner.runDue()
    await give(estate.owner, 'stop-scan')
    await runner.runDue()
    await runner.runDue()
    expect(await seen(estate.owner, first)).toMatchObject({ state: 'finished', counts: { expired: 2, waiting: 0 } })
    const { rows } = (await call(estate.owner)('GET', `/v1/orders/${first}/agents`)).body
    expect(rows.map((row: any) => row.reason)).toEqual(['superseded', 'superseded'])
  })
})

describe('rings, pause and freeze (R16)', () => {
  it('the next ring leaves when the former has succeeded, and the order halts itself at too many failures', async () => {
    const estate = await anEstate(1, 100)
    const id = await give(estate.owner, 'scan-now', everyone, { isInRings: true })
    await runner.runDue()
    expect(await seen(estate.owner, id)).toMatchObject({ ring: 1, counts: { waiting: 1, planned: 99 } })
    expect(await answer(estate, 'succeeded')).toBe(1)
    await runner.runDue()
    expect(await seen(estate.owner, id)).toMatchObject({ ring: 2, counts: { waiting: 4, planned: 95 } })
    await answer(estate, 'failed')
    await runner.runDue()
    expect(await seen(estate.owner, id)).toMatchObject({
      state: 'halted',
      cause: 'too-many-failures',
      counts: { succeeded: 1, failed: 4, planned: 0, skipped: 95 },
    })
  })

  it('paused: nothing is handed over, until it is resumed; halted: what was not handed over ends', async () => {
    const estate = await anEstate(1, 3)
    const id = await give(estate.owner, 'scan-now')
    await runner.runDue()
    const steer = async (to: string) => (await call(estate.owner)('POST', `/v1/orders/${id}/steer`, { to })).body
    await steer('pause')
    expect(await answer(estate, 'succeeded')).toBe(0)
    await steer('resume')
    expect(await answer({ ...estate, agentIds: estate.agentIds.slice(0, 1) }, 'succeeded')).toBe(1)
    await steer('halt')
    expect(await answer(estate, 'succeeded')).toBe(0)
    await runner.runDue()
    expect(await seen(estate.owner, id)).toMatchObject({ state: 'halted', counts: { succeeded: 1, expired: 2 } })
    expect((await steer('resume')).code).toBe('order.not-possible-now')
  })

  it('one switch freezes all commands, single ones too, from its commit on; lifted, they go', async () => {
    const estate = await anEstate(1, 2)
    const id = await give(estate.owner, 'scan-now')
    await runner.runDue()
    await call(estate.owner)('POST', '/v1/command-policy/freeze')
    expect(await answer(estate, 'succeeded')).toBe(0)
    const during = await give(estate.owner, 'synchronise')
    await runner.runDue()
    expect((await seen(estate.owner, during)).counts).toMatchObject({ planned: 2, waiting: 0 })
    const technician = await anActor(server.database, estate.partnerId, { role: 'technician' })
    expect((await call(technician)('POST', '/v1/command-policy/unfreeze')).status).toBe(403)
    await call(estate.owner)('POST', '/v1/command-policy/unfreeze')
    await runner.runDue()
    expect(await answer(estate, 'succeeded')).toBe(4)
    await runner.runDue()
    expect([(await seen(estate.owner, id)).state, (await seen(estate.owner, during)).state]).toEqual(['finished', 'finished'])
  })

  it('stops when who gave it may no longer give orders (R7)', async () => {
    const estate = await anEstate(1, 3)
    const technician = await anActor(server.database, estate.partnerId, { role: 'technician' })
    const id = await give(technician, 'scan-now')
    await server.database.owner.query(`update account set state = 'disabled' where id = $1`, [technician.accountId])
    await runner.runDue()
    expect(await seen(estate.owner, id)).toMatchObject({ state: 'halted', cause: 'giver-gone', counts: { skipped: 3, waiting: 0 } })
  })

  it('agents that expire or are deleted do not keep an order open for ever', async () => {
    const estate = await anEstate(1, 2)
    const id = await give(estate.owner, 'scan-now')
    await runner.runDue()
    await server.database.owner.query('delete from agent where id = $1', [estate.agentIds[0]])
    server.clock.add(25 * 3_600_000)
    const { tidyOrders } = await import('./jobs.ts')
    const { endCommands } = await import('../commands/jobs.ts')
    await endCommands.run(server.services)
    await tidyOrders.run(server.services)
    await runner.runDue()
    expect(await seen(estate.owner, id)).toMatchObject({ state: 'finished', counts: { expired: 2 } })
  })
})

describe('dangerous orders (R16)', () => {
  const disabled = async ({ partnerId }: Estate) =>
    (await server.database.owner.query(`select from agent where partner_id = $1 and switch = 'disabled'`, [partnerId])).rowCount

  it('within the caps: given and done at once', async () => {
    const estate = await anEstate(1, 40)
    const id = await give(estate.owner, 'disable-agents', { kind: 'agents', agentIds: estate.agentIds.slice(0, 3) }, { isInRings: false })
    await runner.runDue()
    expect([await disabled(estate), (await seen(estate.owner, id)).state]).toEqual([3, 'finished'])
  })

  it('a stolen session, whatever it tries: single switches, single commands, many small orders, all at once: never beyond the cap', async () => {
    const estate = await anEstate(2, 40)
    const thief = await anActor(server.database, estate.partnerId, { role: 'administrator' })
    const cap = 4 // 5 % of 80
    const as = call(thief)
    const switches = estate.agentIds.slice(0, 20).map((id) => () => as('PATCH', `/v1/agents/${id}`, { isDisabled: true }))
    const unregisters = estate.agentIds
      .slice(20, 30)
      .map((id) => () => as('DELETE', `/v1/agents/${id}`, { confirmName: `srv-${id.slice(-4)}` }))
    const small = estate.agentIds.slice(30, 60).map((id) => async () => {
      const { body } = await as('POST', '/v1/orders', {
        type: 'disable-agents',
        target: { kind: 'agents', agentIds: [id] },
        isInRings: false,
      })
      return await as('POST', `/v1/orders/${body.order.id}/confirm`, {})
    })
    await Promise.all([...switches, ...unregisters, ...small].toSorted(() => Math.random() - 0.5).map((attempt) => attempt()))
    for (let i = 0; i < 3; i++) await runner.runDue()
    const { rows } = await server.database.owner.query(
      `select count(*)::integer as cut from agent where partner_id = $1 and switch <> 'enabled'`,
      [estate.partnerId],
    )
    expect(rows[0].cut).toBeGreaterThanOrEqual(3)
    expect(rows[0].cut).toBeLessThanOrEqual(cap)
    // and not by coming back after each minute
    server.clock.add(14 * 60_000)
    expect((await as('PATCH', `/v1/agents/${estate.agentIds[61]}`, { isDisabled: true })).body.code).toBe('command.needs-second-person')
    server.clock.add(2 * 60_000)
    expect((await as('PATCH', `/v1/agents/${estate.agentIds[61]}`, { isDisabled: true })).status).toBe(200)
  })

  it('beyond the caps waits for a second person, not the same, with a fresh second factor', async () => {
    const estate = await anEstate(1, 40)
    const second = await anActor(server.database, estate.partnerId, { role: 'administrator' })
    const { order, dryRun } = await draft(estate.owner, 'disable-agents')
    expect(dryRun).toMatchObject({ isBeyondCaps: true, needs: 'second-person' })
    const { body } = await call(estate.owner)('POST', `/v1/orders/${order.id}/confirm`, {})
    expect(body.order.state).toBe('waiting')
    await runner.runDue()
    expect(await disabled(estate)).toBe(0)
    const judge = (actor: Actor, code?: string) =>
      call(actor)('POST', `/v1/orders/${order.id}/judge`, { isApproved: true, ...(code ? { code } : {}) })
    expect((await judge(second)).body.code).toBe('mfa.needed-here')
    const codeOf = await withMfa(second)
    expect((await judge(second, '000000')).body.code).toBe('mfa.code-wrong')
    const ownCode = await withMfa(estate.owner)
    expect((await judge(estate.owner, await ownCode())).body.code).toBe('order.own')
    expect((await judge(second, await codeOf())).body).toMatchObject({ state: 'running', approvedBy: second.name })
    await runner.runDue()
    // in rings: the first, then all the rest of them as each succeeds at once
    expect([await disabled(estate), (await seen(estate.owner, order.id)).state]).toEqual([40, 'finished'])
  })

  it('with one person only: an hour, and all owners are told', async () => {
    const estate = await anEstate(1, 40)
    const { order, dryRun } = await draft(estate.owner, 'disable-agents')
    expect(dryRun.needs).toBe('delay')
    expect((await call(estate.owner)('POST', `/v1/orders/${order.id}/confirm`, {})).body.code).toBe('mfa.needed-here')
    const codeOf = await withMfa(estate.owner)
    const { body } = await call(estate.owner)('POST', `/v1/orders/${order.id}/confirm`, { code: await codeOf() })
    expect(body.order.state).toBe('delayed')
    const { rows } = await server.database.owner.query(`select recipient from outbox where partner_id = $1 and kind = 'order-delayed'`, [
      estate.partnerId,
    ])
    expect(rows).toEqual([{ recipient: estate.owner.email }])
    await runner.runDue()
    expect(await disabled(estate)).toBe(0)
    server.clock.add(61 * 60_000)
    await runner.runDue()
    expect(await disabled(estate)).toBe(40)
  })

  it('refused by the second person: nothing happens', async () => {
    const estate = await anEstate(1, 40)
    const second = await anActor(server.database, estate.partnerId, { role: 'administrator' })
    const id = await give(estate.owner, 'disable-agents')
    expect((await call(second)('POST', `/v1/orders/${id}/judge`, { isApproved: false })).body.state).toBe('refused')
    await runner.runDue()
    expect(await disabled(estate)).toBe(0)
  })
})

/** Gives an account a second factor past its screens. @returns makes the code of now */
async function withMfa(actor: Actor): Promise<() => Promise<string>> {
  const { generateSecret, generate } = await import('otplib')
  const secret = generateSecret()
  await server.database.transaction(inBusiness(actor.partnerId), async (db) => {
    const sealed = await server.services.vault.seal(
      db,
      'secrets',
      { table: 'account', column: 'totp_secret', row: actor.accountId },
      secret,
    )
    await db.query('update account set totp_secret = $2 where id = $1', [actor.accountId, sealed])
  })
  return async () => await generate({ secret, epoch: Math.floor(server.clock.now().getTime() / 1000) })
}
