import { describe, expect, it } from 'vitest'
import { newId } from '../platform/index.ts'
import { aCustomer, anActor } from '../platform/testing/database.ts'
import { deliverSettings, settingJobs } from '../settings/index.ts'
import { createOrderRunner } from './index.ts'
import { keepOutcomes } from './outcomes.ts'
import { carryingWorld, hours, scan, type Site } from './testing/carrying.ts'

const world = carryingWorld()
const { sql, all, aSite, call, draft, confirm, give, undo, order, places, outcomes, own, setBy, answer } = world

describe('settings carried to many customers (ADM-3, CUS-2)', () => {
  it('the dry run says for each customer what would change, what is so already, and what can’t; nothing is set', async () => {
    await setBy(world.owner, world.sites[0]!, { [hours]: 6 })
    expect(
      (
        await call()('POST', `/v1/customers/${world.sites[1]!.customerId}/consent`, {
          activities: ['configure'],
          decision: 'withdrawn',
          saidBy: 'Ms Birch',
          saidOn: '2026-11-20',
        })
      ).status,
    ).toBe(200)
    const empty = await aCustomer(world.server.database, world.partnerId, { company: 'Dogwood' })
    const {
      order: { id },
      dryRun,
    } = await draft({ at: 'customer', values: { [hours]: 6 } })
    expect((await places(id)).map((row) => [row.customerName, row.step, row.reason])).toEqual([
      ['Alder', 'skipped', 'as-it-is'],
      ['Birch', 'skipped', 'no-consent'],
      ['Cedar', 'planned', null],
      ['Dogwood', 'skipped', 'no-product-can'],
    ])
    expect((await places(id))[2]!.lines).toEqual([{ kind: 'setting', key: hours, from: null, to: 6, weakens: false, endpoints: 1 }])
    expect((await places(id))[0]!.lines).toEqual([{ kind: 'same', key: hours }])
    expect(dryRun).toMatchObject({
      customers: 4,
      agents: 1,
      willGet: 1,
      needs: 'nobody',
      weakens: false,
      places: { planned: 1, lines: [{ places: 1, line: { key: hours, to: 6, endpoints: 1 } }] },
    })
    await world.runner.runDue()
    expect([
      await own(world.sites[2]!),
      await own({ customerId: empty } as Site),
      (await sql('select from command where partner_id = $1 and order_id = $2', world.partnerId, id)).length,
    ]).toEqual([{}, {}, 0])
  })

  it('the minute’s own work at the very moment when a ring is told: it finds the ring’s command and does not take its place (R15)', async () => {
    const { agentId } = world.sites[0]!
    await setBy(world.owner, world.sites[0]!, { [hours]: 6 })
    await sql('delete from command where agent_id = $1', agentId)
    await sql('update setting_state set command_id = null, command_revision = null where agent_id = $1', agentId)
    const isWaiting = async () =>
      (await sql(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)).length > 0
    let job: Promise<unknown> | undefined
    await world.server.database.transaction(all(), async (db) => {
      await db.query('select from agent where id = $1 for no key update', [agentId])
      job = Promise.all(settingJobs.map((one) => one.run(world.server.services)))
      await expect.poll(isWaiting, { timeout: 15_000, interval: 20 }).toBe(true) // it has looked who is due, and wants the agent
      expect(
        (await deliverSettings(db, world.server.services, world.server.clock.now(), { id: null, name: 'ring' }, { agentIds: [agentId] }))
          .size,
      ).toBe(1)
    })
    await job
    expect(await sql('select sent_by, step from command where agent_id = $1', agentId)).toEqual([{ sent_by: 'ring', step: 'waiting' }])
  })

  it('goes out, and stands as pending, effective, refused, drifted or changed since, by what agents report', async () => {
    const fourth = await aSite('Dogwood', { state: 'offline' })
    const id = await give({ at: 'customer', values: { [hours]: 6 } })
    expect(await order(id)).toMatchObject({ state: 'running', places: { planned: 0, set: 4, skipped: 0 }, counts: { waiting: 4 } })
    await answer([world.sites[0]!])
    await answer([world.sites[1]!], 'failed')
    await answer([world.sites[2]!], 'succeeded', { [hours]: 9 })
    expect(await outcomes(id)).toEqual([
      ['Alder', 'effective'],
      ['Birch', 'refused'],
      ['Cedar', 'drifted'],
      ['Dogwood', 'pending'],
    ])
    expect((await call()('GET', `/v1/orders/${id}/outcomes`)).body).toEqual({
      pending: 1,
      effective: 1,
      refused: 1,
      drifted: 1,
      'changed-since': 0,
      at: null,
    })
    // what would be kept of an order to many is what is seen, and follows what changes
    const kept = async () =>
      Object.fromEntries(
        (
          await world.server.database.owner.query(
            'select outcome, count(*)::integer as n from order_agent where order_id = $1 and outcome is not null group by 1',
            [id],
          )
        ).rows.map(({ outcome, n }) => [outcome, n]),
      )
    expect([await keepOutcomes(world.server.services, world.partnerId, id), await kept()]).toEqual([
      4,
      { pending: 1, effective: 1, refused: 1, drifted: 1 },
    ])
    await world.server.database.owner.query(
      `update order_agent set outcome = 'changed-since' where order_id = $1 and outcome = 'drifted'`,
      [id],
    )
    expect([
      await keepOutcomes(world.server.services, world.partnerId, id),
      await keepOutcomes(world.server.services, world.partnerId, id),
      await kept(),
    ]).toEqual([1, 0, { pending: 1, effective: 1, refused: 1, drifted: 1 }])
    await setBy(world.owner, world.sites[0]!, { [hours]: 3 })
    expect((await outcomes(id))[0]).toEqual(['Alder', 'changed-since'])
    expect(
      (await call()('GET', `/v1/orders/${id}/agents?outcome=drifted`)).body.rows.map((row: { customerName: string }) => row.customerName),
    ).toEqual(['Cedar'])
    expect((await call()('GET', `/v1/orders/${id}/agents.csv`)).body).toContain('Drifted')
    expect((await call()('GET', `/v1/orders/${id}/places.csv`)).body).toContain('Alder')
    expect(fourth.agentId).toBeTruthy()
  })

  it('a version of a template, at products of one type: what a group sets nearer is told', async () => {
    const template = (
      await call()('POST', '/v1/templates', { name: 'Strict', families: ['endpoint-hosted', 'endpoint-server'], values: { [hours]: 2 } })
    ).body
    await call()(
      'PUT',
      `/v1/templates/${template.id}`,
      { name: 'Strict', families: ['endpoint-hosted', 'endpoint-server'], values: { [hours]: 1 } },
      { 'if-match': '1' },
    )
    const path = `/v1/products/${world.sites[0]!.productId}/settings?group=servers`
    await sql(
      `insert into endpoint_group (partner_id, product_id, customer_id, name, position, endpoint_count) values ($1, $2, $3, 'servers', 1, 1) on conflict do nothing`,
      world.partnerId,
      world.sites[0]!.productId,
      world.sites[0]!.customerId,
    )
    expect((await call()('PATCH', path, { values: { [hours]: 8 } }, { 'if-match': '0' })).status).toBe(200)
    const id = await give(
      { at: 'product', template: { id: template.id, version: 1 } },
      { target: { kind: 'matching', typeIds: ['clamav-endpoint'] } },
    )
    expect((await places(id)).map((row) => [row.productName, row.lines.map((line) => line.kind)])).toEqual([
      ['Alder servers', ['template', 'overridden']],
      ['Birch servers', ['template', 'setting']],
      ['Cedar servers', ['template', 'setting']],
    ])
    expect(
      await sql(
        'select template_version, template_values from setting_layer where product_id = $1 and "group" is null',
        world.sites[1]!.productId,
      ),
    ).toEqual([{ template_version: 1, template_values: { [hours]: 2 } }])
    expect((await outcomes(id))[0]).toEqual(['Alder', 'as-it-is'])
  })

  it('what weakens has to be seen, and counts toward the caps (R16)', async () => {
    const {
      order: { id },
      dryRun,
    } = await draft({ at: 'customer', values: { [scan]: false } })
    expect(dryRun).toMatchObject({
      weakens: true,
      needs: 'nobody',
      places: { lines: [{ line: { key: scan, from: null, to: false, weakens: true } }] },
    })
    expect((await call()('POST', `/v1/orders/${id}/confirm`, {})).body.code).toBe('setting.weakens')
    await confirm(id, { confirmWeaker: true })
    expect(await sql('select deed, count(*)::integer as n from danger_spent where partner_id = $1 group by 1', world.partnerId)).toEqual([
      { deed: 'weaken-settings', n: 3 },
    ])
    await aSite('Dogwood')
    const { dryRun: beyond } = await draft({ at: 'customer', values: { [scan]: false } }, { target: { kind: 'matching' } })
    expect(beyond).toMatchObject({ isBeyondCaps: true, needs: 'delay' })
  })

  it('what was set between look and ring is looked at again: one that would now weaken more is left out', async () => {
    await setBy(world.owner, world.sites[0]!, { [scan]: false })
    const {
      order: { id },
    } = await draft(
      { at: 'customer', values: { [scan]: false, [hours]: 6 } },
      { target: { kind: 'customers', customerIds: [world.sites[0]!.customerId] } },
    )
    await confirm(id)
    await setBy(world.owner, world.sites[0]!, { [scan]: true })
    await world.runner.runDue()
    expect(await places(id)).toMatchObject([{ step: 'skipped', reason: 'changed-meanwhile' }])
    expect(await own(world.sites[0]!)).toEqual({ [scan]: true })
  })

  it('in rings of customers: the next ones get it when the first answered, and a failure stops it (R16)', async () => {
    const id = await give({ at: 'customer', values: { [hours]: 6 } }, { isInRings: true })
    expect(await order(id)).toMatchObject({ ring: 1, places: { planned: 2, set: 1 } })
    await answer(world.sites, 'failed')
    expect(await order(id)).toMatchObject({ state: 'halted', cause: 'too-many-failures', places: { planned: 0, set: 1, skipped: 2 } })
    expect((await places(id)).map(({ reason }) => reason).toSorted()).toEqual([null, 'order-halted', 'order-halted'].toSorted())
    expect((await Promise.all(world.sites.map(own))).filter((values) => hours in values)).toHaveLength(1)
  })

  it('numbers that moved since the look are shown again; a customer seen by nobody else is reached by nobody else (ACC-14)', async () => {
    const limited = await anActor(world.server.database, world.partnerId, { role: 'technician', isScopeLimited: true })
    await sql(
      `insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id) values ($1, $2, $3, 0, 'allow', 'customer', $4)`,
      world.partnerId,
      newId(),
      limited.accountId,
      world.sites[1]!.customerId,
    )
    const seen = await draft({ at: 'customer', values: { [hours]: 5 } }, { as: limited })
    expect(
      (await world.server.as(limited)('GET', `/v1/orders/${seen.order.id}/places`)).body.rows.map(
        (row: { customerName: string }) => row.customerName,
      ),
    ).toEqual(['Birch'])
    const {
      order: { id },
    } = await draft({ at: 'customer', values: { [hours]: 6 } })
    await setBy(world.owner, world.sites[0]!, { [hours]: 6 })
    const { body } = await call()('POST', `/v1/orders/${id}/confirm`, {})
    expect([body.hasMoved, body.dryRun.places.planned]).toEqual([true, 2])
  })

  it('told by the minute’s own work in between, an agent’s command is the order’s: nobody is told twice (R15)', async () => {
    const {
      order: { id },
    } = await draft({ at: 'customer', values: { [hours]: 6 } })
    await confirm(id)
    await sql(`update agent set switch = 'disabled' where id = $1`, world.sites[0]!.agentId)
    const {
      body: { version },
    } = await call()('GET', `/v1/customers/${world.sites[1]!.customerId}/settings`)
    expect(version).toBe(0)
    await Promise.all([
      world.runner.runDue(),
      createOrderRunner(world.server.services).runDue(),
      ...settingJobs.map((job) => job.run(world.server.services)),
    ])
    await world.runner.runDue()
    expect(
      await sql(
        'select count(*)::integer as n, count(distinct agent_id)::integer as agents, count(order_id)::integer as mine from command where partner_id = $1',
        world.partnerId,
      ),
    ).toEqual([{ n: 2, agents: 2, mine: 2 }])
    expect(await outcomes(id)).toEqual([
      ['Alder', 'agent-disabled'],
      ['Birch', 'pending'],
      ['Cedar', 'pending'],
    ])
  })

  it('a template of another family, an unknown key, single machines: refused, each with its reason', async () => {
    const post = async (body: object) =>
      (await call()('POST', '/v1/orders', { type: 'apply-settings', target: { kind: 'matching' }, ...body })).body
    expect(await post({ params: { at: 'customer', values: { 'no.such': 1 } } })).toMatchObject({
      code: 'request.invalid',
      fields: [{ path: 'params.values.no.such' }],
    })
    expect(
      await post({ params: { at: 'customer', values: { [hours]: 6 } }, target: { kind: 'agents', agentIds: [world.sites[0]!.agentId] } }),
    ).toMatchObject({ code: 'request.invalid' })
    expect(await post({ params: { at: 'customer', template: { id: newId(), version: 1 } } })).toMatchObject({ code: 'template.not-found' })
    const reader = await anActor(world.server.database, world.partnerId, { role: 'read-only' })
    expect(
      (
        await world.server.as(reader)('POST', '/v1/orders', {
          type: 'apply-settings',
          params: { at: 'customer', values: { [hours]: 6 } },
          target: { kind: 'matching' },
        })
      ).status,
    ).toBe(403)
  })
})

describe('addresses for many customers (ADM-2)', () => {
  const entries = async ({ customerId }: Site) =>
    (await sql(`select kind || ' ' || entry as line from url_entry where customer_id = $1 order by 1`, customerId)).map(({ line }) => line)

  it('are added where they fit, known where they are, refused where the other list says the opposite; no agent is needed', async () => {
    await call()('POST', '/v1/urls', { customerId: world.sites[0]!.customerId, kind: 'blocked', lines: ['bad.example'] })
    await call()('POST', '/v1/urls', { customerId: world.sites[1]!.customerId, kind: 'approved', lines: ['bad.example', 'good.example'] })
    const id = await give({ list: 'approved', entries: ['bad.example', 'good.example'] }, { type: 'change-urls', isInRings: true })
    expect(await order(id)).toMatchObject({ state: 'finished', places: { planned: 0, set: 2, skipped: 1 } })
    expect((await places(id)).map((row) => [row.customerName, row.reason, row.lines.map((line) => 'does' in line && line.does)])).toEqual([
      ['Alder', null, ['add', 'refused']],
      ['Birch', 'as-it-is', ['known', 'known']],
      ['Cedar', null, ['add', 'add']],
    ])
    expect(await Promise.all(world.sites.map(entries))).toEqual([
      ['approved good.example', 'blocked bad.example'],
      ['approved bad.example', 'approved good.example'],
      ['approved bad.example', 'approved good.example'],
    ])
    expect(
      (
        await sql(
          `select customer_id from audit where partner_id = $1 and activity = 'url.added' and actor_kind = 'system'`,
          world.partnerId,
        )
      )
        .map(({ customer_id }) => customer_id)
        .toSorted(),
    ).toEqual([world.sites[0]!.customerId, world.sites[2]!.customerId].toSorted())
  })

  it('taken back: only what the order added, and not what somebody removed and added again', async () => {
    const id = await give({ list: 'approved', entries: ['a.example', 'b.example'] }, { type: 'change-urls' })
    const [mine] = await sql(`select id from url_entry where customer_id = $1 and entry = 'a.example'`, world.sites[0]!.customerId)
    await call()('POST', '/v1/urls/remove', { ids: [mine.id] })
    await call()('POST', '/v1/urls', { customerId: world.sites[0]!.customerId, kind: 'approved', lines: ['a.example'] })
    const { order: back } = await undo(id)
    expect((await places(back.id))[0]!.lines).toMatchObject([
      { kind: 'left', what: 'a.example', by: 'Ada Test' },
      { kind: 'url', text: 'b.example', does: 'remove' },
    ])
    await confirm(back.id)
    await world.runner.runDue()
    expect(await Promise.all(world.sites.map(entries))).toEqual([['approved a.example'], [], []])
    const again = await undo(back.id)
    await confirm(again.order.id)
    await world.runner.runDue()
    expect(await entries(world.sites[2]!)).toEqual(['approved a.example', 'approved b.example'])
  })
})
