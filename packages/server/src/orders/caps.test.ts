import { describe, expect, it } from 'vitest'
import { type Actor } from '../platform/index.ts'
import { anActor } from '../platform/testing/database.ts'
import { endCommands } from '../commands/jobs.ts'
import { tidyOrders } from './jobs.ts'
import { everyone, ordersWorld, type Estate } from './testing/estate.ts'

const world = ordersWorld()
const { anEstate, call, draft, give, seen, answer, withMfa } = world

describe('rings, pause and freeze (R16)', () => {
  it('the next ring leaves when the former has succeeded, and the order halts itself at too many failures', async () => {
    const estate = await anEstate(1, 100)
    const id = await give(estate.owner, 'scan-now', everyone, { isInRings: true })
    await world.runner.runDue()
    expect(await seen(estate.owner, id)).toMatchObject({ ring: 1, counts: { waiting: 1, planned: 99 } })
    expect(await answer(estate, 'succeeded')).toBe(1)
    await world.runner.runDue()
    expect(await seen(estate.owner, id)).toMatchObject({ ring: 2, counts: { waiting: 4, planned: 95 } })
    await answer(estate, 'failed')
    await world.runner.runDue()
    expect(await seen(estate.owner, id)).toMatchObject({
      state: 'halted',
      cause: 'too-many-failures',
      counts: { succeeded: 1, failed: 4, planned: 0, skipped: 95 },
    })
  })

  it('paused: nothing is handed over, until it is resumed; halted: what was not handed over ends', async () => {
    const estate = await anEstate(1, 3)
    const id = await give(estate.owner, 'scan-now')
    await world.runner.runDue()
    const steer = async (to: string) => (await call(estate.owner)('POST', `/v1/orders/${id}/steer`, { to })).body
    await steer('pause')
    expect(await answer(estate, 'succeeded')).toBe(0)
    await steer('resume')
    expect(await answer({ ...estate, agentIds: estate.agentIds.slice(0, 1) }, 'succeeded')).toBe(1)
    await steer('halt')
    expect(await answer(estate, 'succeeded')).toBe(0)
    await world.runner.runDue()
    expect(await seen(estate.owner, id)).toMatchObject({ state: 'halted', counts: { succeeded: 1, expired: 2 } })
    expect((await steer('resume')).code).toBe('order.not-possible-now')
  })

  it('one switch freezes all commands, single ones too, from its commit on; lifted, they go', async () => {
    const estate = await anEstate(1, 2)
    const id = await give(estate.owner, 'scan-now')
    await world.runner.runDue()
    await call(estate.owner)('POST', '/v1/command-policy/freeze')
    expect(await answer(estate, 'succeeded')).toBe(0)
    const during = await give(estate.owner, 'synchronise')
    await world.runner.runDue()
    expect((await seen(estate.owner, during)).counts).toMatchObject({ planned: 2, waiting: 0 })
    const technician = await anActor(world.server.database, estate.partnerId, { role: 'technician' })
    expect((await call(technician)('POST', '/v1/command-policy/unfreeze')).status).toBe(403)
    await call(estate.owner)('POST', '/v1/command-policy/unfreeze')
    await world.runner.runDue()
    expect(await answer(estate, 'succeeded')).toBe(4)
    await world.runner.runDue()
    expect([(await seen(estate.owner, id)).state, (await seen(estate.owner, during)).state]).toEqual(['finished', 'finished'])
  })

  it('stops when who gave it may no longer give orders (R7)', async () => {
    const estate = await anEstate(1, 3)
    const technician = await anActor(world.server.database, estate.partnerId, { role: 'technician' })
    const id = await give(technician, 'scan-now')
    await world.server.database.owner.query(`update account set state = 'disabled' where id = $1`, [technician.accountId])
    await world.runner.runDue()
    expect(await seen(estate.owner, id)).toMatchObject({ state: 'halted', cause: 'giver-gone', counts: { skipped: 3, waiting: 0 } })
  })

  it('agents that expire or are deleted do not keep an order open for ever', async () => {
    const estate = await anEstate(1, 2)
    const id = await give(estate.owner, 'scan-now')
    await world.runner.runDue()
    await world.server.database.owner.query('delete from agent where id = $1', [estate.agentIds[0]])
    world.server.clock.add(25 * 3_600_000)
    await endCommands.run(world.server.services)
    await tidyOrders.run(world.server.services)
    await world.runner.runDue()
    expect(await seen(estate.owner, id)).toMatchObject({ state: 'finished', counts: { expired: 2 } })
  })
})

describe('dangerous orders (R16)', () => {
  const disabled = async ({ partnerId }: Estate) =>
    (await world.server.database.owner.query(`select from agent where partner_id = $1 and switch = 'disabled'`, [partnerId])).rowCount

  it('within the caps: given and done at once', async () => {
    const estate = await anEstate(1, 40)
    const id = await give(estate.owner, 'disable-agents', { kind: 'agents', agentIds: estate.agentIds.slice(0, 3) }, { isInRings: false })
    await world.runner.runDue()
    expect([await disabled(estate), (await seen(estate.owner, id)).state]).toEqual([3, 'finished'])
  })

  it('a stolen session, whatever it tries: single switches, single commands, many small orders, all at once: never beyond the cap', async () => {
    const estate = await anEstate(2, 40)
    const thief = await anActor(world.server.database, estate.partnerId, { role: 'administrator' })
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
    for (let i = 0; i < 3; i++) await world.runner.runDue()
    const { rows } = await world.server.database.owner.query(
      `select count(*)::integer as cut from agent where partner_id = $1 and switch <> 'enabled'`,
      [estate.partnerId],
    )
    expect(rows[0].cut).toBeGreaterThanOrEqual(3)
    expect(rows[0].cut).toBeLessThanOrEqual(cap)
    // and not by coming back after each minute
    world.server.clock.add(14 * 60_000)
    expect((await as('PATCH', `/v1/agents/${estate.agentIds[61]}`, { isDisabled: true })).body.code).toBe('command.needs-second-person')
    world.server.clock.add(2 * 60_000)
    expect((await as('PATCH', `/v1/agents/${estate.agentIds[61]}`, { isDisabled: true })).status).toBe(200)
  })

  it('beyond the caps waits for a second person, not the same, with a fresh second factor', async () => {
    const estate = await anEstate(1, 40)
    const second = await anActor(world.server.database, estate.partnerId, { role: 'administrator' })
    const { order, dryRun } = await draft(estate.owner, 'disable-agents')
    expect(dryRun).toMatchObject({ isBeyondCaps: true, needs: 'second-person' })
    const { body } = await call(estate.owner)('POST', `/v1/orders/${order.id}/confirm`, {})
    expect(body.order.state).toBe('waiting')
    await world.runner.runDue()
    expect(await disabled(estate)).toBe(0)
    const judge = (actor: Actor, code?: string) =>
      call(actor)('POST', `/v1/orders/${order.id}/judge`, { isApproved: true, ...(code ? { code } : {}) })
    expect((await judge(second)).body.code).toBe('mfa.needed-here')
    const codeOf = await withMfa(second)
    expect((await judge(second, '000000')).body.code).toBe('mfa.code-wrong')
    const ownCode = await withMfa(estate.owner)
    expect((await judge(estate.owner, await ownCode())).body.code).toBe('order.own')
    expect((await judge(second, await codeOf())).body).toMatchObject({ state: 'running', approvedBy: second.name })
    await world.runner.runDue()
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
    const { rows } = await world.server.database.owner.query(
      `select recipient from outbox where partner_id = $1 and kind = 'order-delayed'`,
      [estate.partnerId],
    )
    expect(rows).toEqual([{ recipient: estate.owner.email }])
    await world.runner.runDue()
    expect(await disabled(estate)).toBe(0)
    world.server.clock.add(61 * 60_000)
    await world.runner.runDue()
    expect(await disabled(estate)).toBe(40)
  })

  it('refused by the second person: nothing happens', async () => {
    const estate = await anEstate(1, 40)
    const second = await anActor(world.server.database, estate.partnerId, { role: 'administrator' })
    const id = await give(estate.owner, 'disable-agents')
    expect((await call(second)('POST', `/v1/orders/${id}/judge`, { isApproved: false })).body.state).toBe('refused')
    await world.runner.runDue()
    expect(await disabled(estate)).toBe(0)
  })
})
