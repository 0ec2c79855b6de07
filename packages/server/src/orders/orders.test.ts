import type { OrderAgent } from '@vigie/domain/orders'
import { describe, expect, it } from 'vitest'
import { newId } from '../platform/index.ts'
import { aCustomer, anActor, aProduct } from '../platform/testing/database.ts'
import { createOrderRunner } from './index.ts'
import { everyone, ordersWorld, type AgentSays, type Estate } from './testing/estate.ts'

const world = ordersWorld()
const { anEstate, someAgents, call, draft, give, seen, answer } = world

describe('an order over many (AGT-3)', () => {
  it('tells first what would happen, and why not where it would not', async () => {
    const estate = await anEstate(2, 2)
    const [customerId] = estate.customerIds
    const add = async (agent: AgentSays) =>
      await someAgents(estate.partnerId, customerId!, await aProduct(world.server.database, estate.partnerId, customerId!), 1, agent)
    await add({ state: 'offline' })
    await add({ switch: 'disabled' })
    await add({ switch: 'unregistered' })
    await add({ commands: [{ type: 'scan-now', isSupported: false, reason: 'engine-missing' }] })
    await add({ commands: [] })
    // of whom nobody gets it is no customer whom it reaches
    const leftOut = await aCustomer(world.server.database, estate.partnerId, { company: 'A left out' })
    await someAgents(estate.partnerId, leftOut, await aProduct(world.server.database, estate.partnerId, leftOut), 1, { switch: 'disabled' })
    const { dryRun, order } = await draft(estate.owner, 'scan-now')
    expect(dryRun).toMatchObject({ customers: 2, agents: 10, willGet: 5, offline: 1, needs: 'nobody' })
    expect(dryRun.someCustomers).not.toContain('A left out')
    expect(Object.fromEntries(dryRun.skipped.map((one) => [one.reason, one.agents]))).toEqual({
      'agent-disabled': 2,
      'agent-unregistered': 1,
      'engine-missing': 1,
      'not-supported': 1,
    })
    await world.runner.runDue()
    expect((await world.server.database.owner.query('select from command where partner_id = $1', [estate.partnerId])).rowCount).toBe(0)
    expect((await call(estate.owner)('GET', '/v1/orders')).body.rows).toEqual([])
    const given = await call(estate.owner)('POST', `/v1/orders/${order.id}/confirm`, {})
    expect(given.body.order.state).toBe('running')
    await world.runner.runDue()
    expect((await seen(estate.owner, order.id)).counts).toMatchObject({ waiting: 5, skipped: 5, planned: 0 })
  })

  it('numbers that moved since the dry run are told, and confirmed again', async () => {
    const estate = await anEstate(1, 3)
    const { order } = await draft(estate.owner, 'scan-now')
    await world.server.database.owner.query(`update agent set switch = 'disabled' where id = $1`, [estate.agentIds[0]])
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
    const customerId = await aCustomer(world.server.database, estate.partnerId)
    const productId = await aProduct(world.server.database, estate.partnerId, customerId)
    const commands = [{ type: 'uninstall-agent', isSupported: true, reason: null }]
    const [site] = await someAgents(estate.partnerId, customerId, productId, 1, { commands })
    const below = await someAgents(estate.partnerId, customerId, productId, 2, { commands })
    const set = (what: string) => world.server.database.owner.query(`update agent set ${what} where id = any($1)`, [below])
    await set(`role = 'endpoint'`)
    const target = { kind: 'agents', agentIds: [site] }
    expect((await draft(estate.owner, 'uninstall-agent', target)).dryRun).toMatchObject({
      willGet: 0,
      skipped: [{ reason: 'carries-endpoints', agents: 1 }],
    })
    await set(`switch = 'unregistered'`)
    const id = await give(estate.owner, 'uninstall-agent', target)
    await set(`switch = 'enabled'`)
    await world.runner.runDue()
    const { body } = await call(estate.owner)('GET', `/v1/orders/${id}/agents`)
    expect((body.rows as OrderAgent[]).map(({ step, reason }) => [step, reason])).toEqual([['skipped', 'carries-endpoints']])
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
    const limited = await anActor(world.server.database, estate.partnerId, { role: 'technician', isScopeLimited: true })
    await world.server.database.owner.query(
      `insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id) values ($1, $2, $3, 0, 'allow', 'customer', $4)`,
      [estate.partnerId, newId(), limited.accountId, estate.customerIds[0]],
    )
    const foreign = await give(estate.owner, 'scan-now')
    expect((await call(limited)('GET', `/v1/orders/${foreign}`)).status).toBe(404)
    const own = await give(limited, 'update-components')
    // taken from his scope before it left: not reached any more
    await world.server.database.owner.query(`delete from scope_line where account_id = $1`, [limited.accountId])
    await world.runner.runDue()
    expect((await seen(estate.owner, own)).counts).toMatchObject({ waiting: 0, skipped: 2 })
  })

  it('confirmed twice, run by two processes at once: no agent gets two commands (R15)', async () => {
    const estate = await anEstate(1, 700)
    const { order } = await draft(estate.owner, 'scan-now')
    await Promise.all([1, 2].map(() => call(estate.owner)('POST', `/v1/orders/${order.id}/confirm`, {})))
    const other = createOrderRunner(world.server.services)
    await Promise.all([world.runner.runDue(), other.runDue(), world.runner.runDue(), other.runDue()])
    await world.runner.runDue()
    const { rows } = await world.server.database.owner.query(
      'select count(*)::integer as commands, count(distinct agent_id)::integer as agents from command where order_id = $1',
      [order.id],
    )
    expect(rows).toEqual([{ commands: 700, agents: 700 }])
    expect((await seen(estate.owner, order.id)).counts.waiting).toBe(700)
  })

  it('counts follow what the agents say; failed ones are tried again by a new order', async () => {
    const estate = await anEstate(1, 4)
    const id = await give(estate.owner, 'scan-now')
    await world.runner.runDue()
    await answer({ ...estate, agentIds: estate.agentIds.slice(0, 3) }, 'succeeded')
    expect((await seen(estate.owner, id)).counts).toMatchObject({ succeeded: 3, waiting: 1 })
    await answer(estate, 'failed')
    await world.runner.runDue()
    expect(await seen(estate.owner, id)).toMatchObject({ state: 'finished', counts: { succeeded: 3, failed: 1, waiting: 0 } })
    const { rows } = (await call(estate.owner)('GET', `/v1/orders/${id}/agents?step=failed`)).body
    expect((rows as OrderAgent[]).map((row) => [row.step, row.reason])).toEqual([['failed', 'scan-failed']])
    const csv = await call(estate.owner)('GET', `/v1/orders/${id}/agents.csv`)
    expect(csv.body.trim().split('\r\n')).toHaveLength(5)
    const again = await draft(estate.owner, 'scan-now', { kind: 'failed-of', orderId: id })
    expect(again.dryRun.agents).toBe(1)
  })

  it('counted steps and counted rows are the same, whatever happened', async () => {
    const estate = await anEstate(2, 20)
    const id = await give(estate.owner, 'scan-now', everyone, { isInRings: true })
    await world.runner.runDue()
    await answer(estate, 'succeeded')
    await world.runner.runDue()
    await answer({ ...estate, agentIds: estate.agentIds.slice(0, 5) }, 'failed')
    await world.runner.runDue()
    await call(estate.owner)('POST', `/v1/orders/${id}/steer`, { to: 'halt' })
    await world.runner.runDue()
    const { counts } = await seen(estate.owner, id)
    const { rows } = await world.server.database.owner.query(
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
    await world.runner.runDue()
    await give(estate.owner, 'stop-scan')
    await world.runner.runDue()
    await world.runner.runDue()
    expect(await seen(estate.owner, first)).toMatchObject({ state: 'finished', counts: { expired: 2, waiting: 0 } })
    const { rows } = (await call(estate.owner)('GET', `/v1/orders/${first}/agents`)).body
    expect((rows as OrderAgent[]).map((row) => row.reason)).toEqual(['superseded', 'superseded'])
  })
})
