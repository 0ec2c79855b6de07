import type { SettingValue } from '@vigie/domain/agents'
import type { DryRun, Order, OrderAgent, OrderPlace } from '@vigie/domain/orders'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { applyOutcomes, takeWaitingOfMany } from '../commands/index.ts'
import { newId, type Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { deliverSettings, noteReported, settingJobs } from '../settings/index.ts'
import { createOrderRunner, type OrderRunner } from './index.ts'
import { keepOutcomes } from './outcomes.ts'

let server: TestServer
let runner: OrderRunner
let partnerId: string
let owner: Actor
let sites: Site[]
beforeAll(async () => {
  server = await testServer()
  runner = createOrderRunner(server.services)
})
afterAll(() => server.close())
beforeEach(async () => {
  partnerId = await aPartner(server.database)
  owner = await anActor(server.database, partnerId, { role: 'owner', isPrimary: true })
  sites = [await aSite('Alder'), await aSite('Birch'), await aSite('Cedar')]
})

interface Site {
  customerId: string
  productId: string
  agentId: string
  endpointId: string
}
// rows are whatever the test asked for: what is not there fails its expectation
const sql = async <R extends object = any>(text: string, ...values: unknown[]) => (await server.database.owner.query<R>(text, values)).rows
const all = () => ({ partnerId, scope: 'all' as const, principalId: null })
const hours = 'update-schedule.every-hours'
const scan = 'real-time-scan.enabled'

async function aSite(company: string, agent: { state?: string; commands?: object[]; switch?: string } = {}): Promise<Site> {
  const customerId = await aCustomer(server.database, partnerId, { company, tags: company === 'Alder' ? ['gold'] : [] })
  const productId = await aProduct(server.database, partnerId, customerId, { description: `${company} servers` })
  return { customerId, productId, ...(await aMachine(customerId, productId, `srv-${company}`, agent)) }
}
async function aMachine(
  customerId: string,
  productId: string,
  name: string,
  agent: { state?: string; commands?: object[]; switch?: string } = {},
) {
  const [agentId, endpointId] = [newId(), newId()]
  await sql(
    `insert into agent (partner_id, id, customer_id, product_id, public_key, switch, state, hostname, platform, fingerprint, agent_version, protocol, commands, registered_at)
     values ($1, $2, $3, $4, decode(replace($2::uuid::text, '-', ''), 'hex'), $5, $6, $7, 'Debian', $8, '0.1.0', 2, $9, now())`,
    partnerId,
    agentId,
    customerId,
    productId,
    agent.switch ?? 'enabled',
    agent.state ?? 'online',
    name,
    'a'.repeat(64),
    JSON.stringify(
      agent.commands ?? [
        { type: 'apply-settings', isSupported: true, reason: null },
        { type: 'start-outbreak-defence', isSupported: true, reason: null },
        { type: 'stop-outbreak-defence', isSupported: true, reason: null },
      ],
    ),
  )
  await sql(
    `insert into endpoint (partner_id, id, customer_id, product_id, agent_id, key, name, "group") values ($1, $2, $3, $4, $5, $6, $7, 'servers')`,
    partnerId,
    endpointId,
    customerId,
    productId,
    agentId,
    agentId,
    name,
  )
  return { agentId, endpointId }
}

const call = (actor = owner) => server.as(actor)
async function draft(
  params: object,
  more: { target?: object; type?: string; isInRings?: boolean; as?: Actor } = {},
): Promise<{ order: Order; dryRun: DryRun }> {
  const { status, body } = await call(more.as)('POST', '/v1/orders', {
    type: more.type ?? 'apply-settings',
    params,
    target: more.target ?? { kind: 'matching' },
    isInRings: more.isInRings ?? false,
  })
  expect(status, JSON.stringify(body)).toBe(200)
  return body
}
async function confirm(id: string, more: object = {}) {
  const { status, body } = await call()('POST', `/v1/orders/${id}/confirm`, more)
  expect([status, body.hasMoved], JSON.stringify(body)).toEqual([200, false])
}
async function give(params: object, more: Parameters<typeof draft>[1] = {}): Promise<string> {
  const { order, dryRun } = await draft(params, more)
  await confirm(order.id, dryRun.weakens ? { confirmWeaker: true } : {})
  await runner.runDue()
  return order.id
}
async function undo(id: string): Promise<{ order: Order; dryRun: DryRun }> {
  const { status, body } = await call()('POST', `/v1/orders/${id}/undo`)
  expect(status, JSON.stringify(body)).toBe(200)
  return body
}
const order = async (id: string) => (await call()('GET', `/v1/orders/${id}`)).body.order
const places = async (id: string) => (await call()('GET', `/v1/orders/${id}/places`)).body.rows as OrderPlace[]
const outcomes = async (id: string) =>
  ((await call()('GET', `/v1/orders/${id}/agents`)).body.rows as OrderAgent[]).map((row) => [row.customerName, row.outcome ?? row.reason])
const own = async ({ customerId }: Site) =>
  (await sql(`select values from setting_layer where customer_id = $1 and product_id is null`, customerId))[0]?.values ?? {}
const setBy = async (actor: Actor, { customerId }: Site, values: object) => {
  const path = `/v1/customers/${customerId}/settings`
  const { version } = (await server.as(actor)('GET', path)).body
  expect((await server.as(actor)('PATCH', path, { values, confirmWeaker: true }, { 'if-match': String(version) })).status).toBe(200)
}

/** Connected agents take what waits, answer, and report what they have then. */
async function answer(some: readonly Site[], step: 'succeeded' | 'failed' = 'succeeded', reported?: object): Promise<void> {
  await server.database.transaction(all(), async (db) => {
    const agentIds = some.map(({ agentId }) => agentId)
    await db.query('select from agent where id = any($1) order by id for no key update', [agentIds])
    const taken = [...(await takeWaitingOfMany(db, agentIds, false, server.clock.now()))].flatMap(([agentId, frames]) =>
      frames.map((frame) => ({ agentId, frame })),
    )
    await applyOutcomes(
      db,
      taken.map(({ agentId, frame }) => ({
        agentId,
        item: {
          kind: 'outcome' as const,
          commandId: frame.order.commandId,
          at: new Date().toISOString(),
          step,
          evidence: (step === 'failed' ? { reason: 'engine-missing' } : {}) as Record<string, string>,
        },
      })),
      server.clock.now(),
    )
    if (step === 'failed') return
    await noteReported(
      db,
      taken.flatMap(({ agentId, frame }) => {
        const params = frame.order.params as { revision: number; values: Record<string, SettingValue> } | undefined
        const site = some.find((one) => one.agentId === agentId)!
        return params && 'revision' in params
          ? [{ ...site, settings: { revision: params.revision, values: { ...params.values, ...reported } } }]
          : []
      }),
      server.clock.now(),
    )
  })
  await runner.runDue()
}

describe('settings carried to many customers (ADM-3, CUS-2)', () => {
  it('the dry run says for each customer what would change, what is so already, and what can’t; nothing is set', async () => {
    await setBy(owner, sites[0]!, { [hours]: 6 })
    expect(
      (
        await call()('POST', `/v1/customers/${sites[1]!.customerId}/consent`, {
          activities: ['configure'],
          decision: 'withdrawn',
          saidBy: 'Ms Birch',
          saidOn: '2026-11-20',
        })
      ).status,
    ).toBe(200)
    const empty = await aCustomer(server.database, partnerId, { company: 'Dogwood' })
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
    await runner.runDue()
    expect([
      await own(sites[2]!),
      await own({ customerId: empty } as Site),
      (await sql('select from command where partner_id = $1 and order_id = $2', partnerId, id)).length,
    ]).toEqual([{}, {}, 0])
  })

  it('the minute’s own work at the very moment when a ring is told: it finds the ring’s command and does not take its place (R15)', async () => {
    const { agentId } = sites[0]!
    await setBy(owner, sites[0]!, { [hours]: 6 })
    await sql('delete from command where agent_id = $1', agentId)
    await sql('update setting_state set command_id = null, command_revision = null where agent_id = $1', agentId)
    const isWaiting = async () =>
      (await sql(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)).length > 0
    let job: Promise<unknown> | undefined
    await server.database.transaction(all(), async (db) => {
      await db.query('select from agent where id = $1 for no key update', [agentId])
      job = Promise.all(settingJobs.map((one) => one.run(server.services)))
      await expect.poll(isWaiting, { timeout: 15_000, interval: 20 }).toBe(true) // it has looked who is due, and wants the agent
      expect(
        (await deliverSettings(db, server.services, server.clock.now(), { id: null, name: 'ring' }, { agentIds: [agentId] })).size,
      ).toBe(1)
    })
    await job
    expect(await sql('select sent_by, step from command where agent_id = $1', agentId)).toEqual([{ sent_by: 'ring', step: 'waiting' }])
  })

  it('goes out, and stands as pending, effective, refused, drifted or changed since, by what agents report', async () => {
    const fourth = await aSite('Dogwood', { state: 'offline' })
    const id = await give({ at: 'customer', values: { [hours]: 6 } })
    expect(await order(id)).toMatchObject({ state: 'running', places: { planned: 0, set: 4, skipped: 0 }, counts: { waiting: 4 } })
    await answer([sites[0]!])
    await answer([sites[1]!], 'failed')
    await answer([sites[2]!], 'succeeded', { [hours]: 9 })
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
          await server.database.owner.query(
            'select outcome, count(*)::integer as n from order_agent where order_id = $1 and outcome is not null group by 1',
            [id],
          )
        ).rows.map(({ outcome, n }) => [outcome, n]),
      )
    expect([await keepOutcomes(server.services, partnerId, id), await kept()]).toEqual([
      4,
      { pending: 1, effective: 1, refused: 1, drifted: 1 },
    ])
    await server.database.owner.query(`update order_agent set outcome = 'changed-since' where order_id = $1 and outcome = 'drifted'`, [id])
    expect([await keepOutcomes(server.services, partnerId, id), await keepOutcomes(server.services, partnerId, id), await kept()]).toEqual([
      1,
      0,
      { pending: 1, effective: 1, refused: 1, drifted: 1 },
    ])
    await setBy(owner, sites[0]!, { [hours]: 3 })
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
    const path = `/v1/products/${sites[0]!.productId}/settings?group=servers`
    await sql(
      `insert into endpoint_group (partner_id, product_id, customer_id, name, position, endpoint_count) values ($1, $2, $3, 'servers', 1, 1) on conflict do nothing`,
      partnerId,
      sites[0]!.productId,
      sites[0]!.customerId,
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
        sites[1]!.productId,
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
    expect(await sql('select deed, count(*)::integer as n from danger_spent where partner_id = $1 group by 1', partnerId)).toEqual([
      { deed: 'weaken-settings', n: 3 },
    ])
    await aSite('Dogwood')
    const { dryRun: beyond } = await draft({ at: 'customer', values: { [scan]: false } }, { target: { kind: 'matching' } })
    expect(beyond).toMatchObject({ isBeyondCaps: true, needs: 'delay' })
  })

  it('what was set between look and ring is looked at again: one that would now weaken more is left out', async () => {
    await setBy(owner, sites[0]!, { [scan]: false })
    const {
      order: { id },
    } = await draft(
      { at: 'customer', values: { [scan]: false, [hours]: 6 } },
      { target: { kind: 'customers', customerIds: [sites[0]!.customerId] } },
    )
    await confirm(id)
    await setBy(owner, sites[0]!, { [scan]: true })
    await runner.runDue()
    expect(await places(id)).toMatchObject([{ step: 'skipped', reason: 'changed-meanwhile' }])
    expect(await own(sites[0]!)).toEqual({ [scan]: true })
  })

  it('in rings of customers: the next ones get it when the first answered, and a failure stops it (R16)', async () => {
    const id = await give({ at: 'customer', values: { [hours]: 6 } }, { isInRings: true })
    expect(await order(id)).toMatchObject({ ring: 1, places: { planned: 2, set: 1 } })
    await answer(sites, 'failed')
    expect(await order(id)).toMatchObject({ state: 'halted', cause: 'too-many-failures', places: { planned: 0, set: 1, skipped: 2 } })
    expect((await places(id)).map(({ reason }) => reason).toSorted()).toEqual([null, 'order-halted', 'order-halted'].toSorted())
    expect((await Promise.all(sites.map(own))).filter((values) => hours in values)).toHaveLength(1)
  })

  it('numbers that moved since the look are shown again; a customer seen by nobody else is reached by nobody else (ACC-14)', async () => {
    const limited = await anActor(server.database, partnerId, { role: 'technician', isScopeLimited: true })
    await sql(
      `insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id) values ($1, $2, $3, 0, 'allow', 'customer', $4)`,
      partnerId,
      newId(),
      limited.accountId,
      sites[1]!.customerId,
    )
    const seen = await draft({ at: 'customer', values: { [hours]: 5 } }, { as: limited })
    expect(
      (await server.as(limited)('GET', `/v1/orders/${seen.order.id}/places`)).body.rows.map(
        (row: { customerName: string }) => row.customerName,
      ),
    ).toEqual(['Birch'])
    const {
      order: { id },
    } = await draft({ at: 'customer', values: { [hours]: 6 } })
    await setBy(owner, sites[0]!, { [hours]: 6 })
    const { body } = await call()('POST', `/v1/orders/${id}/confirm`, {})
    expect([body.hasMoved, body.dryRun.places.planned]).toEqual([true, 2])
  })

  it('told by the minute’s own work in between, an agent’s command is the order’s: nobody is told twice (R15)', async () => {
    const {
      order: { id },
    } = await draft({ at: 'customer', values: { [hours]: 6 } })
    await confirm(id)
    await sql(`update agent set switch = 'disabled' where id = $1`, sites[0]!.agentId)
    const {
      body: { version },
    } = await call()('GET', `/v1/customers/${sites[1]!.customerId}/settings`)
    expect(version).toBe(0)
    await Promise.all([runner.runDue(), createOrderRunner(server.services).runDue(), ...settingJobs.map((job) => job.run(server.services))])
    await runner.runDue()
    expect(
      await sql(
        'select count(*)::integer as n, count(distinct agent_id)::integer as agents, count(order_id)::integer as mine from command where partner_id = $1',
        partnerId,
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
      await post({ params: { at: 'customer', values: { [hours]: 6 } }, target: { kind: 'agents', agentIds: [sites[0]!.agentId] } }),
    ).toMatchObject({ code: 'request.invalid' })
    expect(await post({ params: { at: 'customer', template: { id: newId(), version: 1 } } })).toMatchObject({ code: 'template.not-found' })
    const reader = await anActor(server.database, partnerId, { role: 'read-only' })
    expect(
      (
        await server.as(reader)('POST', '/v1/orders', {
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
    await call()('POST', '/v1/urls', { customerId: sites[0]!.customerId, kind: 'blocked', lines: ['bad.example'] })
    await call()('POST', '/v1/urls', { customerId: sites[1]!.customerId, kind: 'approved', lines: ['bad.example', 'good.example'] })
    const id = await give({ list: 'approved', entries: ['bad.example', 'good.example'] }, { type: 'change-urls', isInRings: true })
    expect(await order(id)).toMatchObject({ state: 'finished', places: { planned: 0, set: 2, skipped: 1 } })
    expect((await places(id)).map((row) => [row.customerName, row.reason, row.lines.map((line) => 'does' in line && line.does)])).toEqual([
      ['Alder', null, ['add', 'refused']],
      ['Birch', 'as-it-is', ['known', 'known']],
      ['Cedar', null, ['add', 'add']],
    ])
    expect(await Promise.all(sites.map(entries))).toEqual([
      ['approved good.example', 'blocked bad.example'],
      ['approved bad.example', 'approved good.example'],
      ['approved bad.example', 'approved good.example'],
    ])
    expect(
      (await sql(`select customer_id from audit where partner_id = $1 and activity = 'url.added' and actor_kind = 'system'`, partnerId))
        .map(({ customer_id }) => customer_id)
        .toSorted(),
    ).toEqual([sites[0]!.customerId, sites[2]!.customerId].toSorted())
  })

  it('taken back: only what the order added, and not what somebody removed and added again', async () => {
    const id = await give({ list: 'approved', entries: ['a.example', 'b.example'] }, { type: 'change-urls' })
    const [mine] = await sql(`select id from url_entry where customer_id = $1 and entry = 'a.example'`, sites[0]!.customerId)
    await call()('POST', '/v1/urls/remove', { ids: [mine.id] })
    await call()('POST', '/v1/urls', { customerId: sites[0]!.customerId, kind: 'approved', lines: ['a.example'] })
    const { order: back } = await undo(id)
    expect((await places(back.id))[0]!.lines).toMatchObject([
      { kind: 'left', what: 'a.example', by: 'Ada Test' },
      { kind: 'url', text: 'b.example', does: 'remove' },
    ])
    await confirm(back.id)
    await runner.runDue()
    expect(await Promise.all(sites.map(entries))).toEqual([['approved a.example'], [], []])
    const again = await undo(back.id)
    await confirm(again.order.id)
    await runner.runDue()
    expect(await entries(sites[2]!)).toEqual(['approved a.example', 'approved b.example'])
  })
})

describe('undo of an order (issue 3)', () => {
  it('puts back what each customer had, and leaves alone what somebody changed since', async () => {
    await setBy(owner, sites[0]!, { [hours]: 3 })
    const id = await give({ at: 'customer', values: { [hours]: 6 } })
    expect((await order(id)).undoneBy).toBe(null)
    expect((await call()('POST', `/v1/orders/${id}/undo`)).body).toMatchObject({
      code: 'order.not-undoable',
      data: { reason: 'not-ended' },
    })
    await answer(sites)
    await setBy(owner, sites[1]!, { [hours]: 11 })
    const { order: back, dryRun } = await undo(id)
    expect(dryRun.places).toMatchObject({ planned: 2, skipped: [{ reason: 'changed-since', places: 1 }] })
    expect((await places(back.id)).map((row) => row.lines[0])).toMatchObject([
      { kind: 'setting', from: 6, to: 3 },
      { kind: 'left', what: hours, by: 'Ada Test' },
      { kind: 'setting', from: 6, to: null },
    ])
    await confirm(back.id)
    await runner.runDue()
    expect(await Promise.all(sites.map(own))).toEqual([{ [hours]: 3 }, { [hours]: 11 }, {}])
    expect([(await order(id)).undoneBy, (await order(back.id)).undoOf]).toEqual([back.id, id])
    expect((await call()('POST', `/v1/orders/${id}/undo`)).body).toMatchObject({ code: 'order.not-undoable', data: { reason: 'undone' } })
    await answer(sites)
    expect(await order(back.id)).toMatchObject({ state: 'finished' })
  })

  it('of a template: the one followed before comes back with the values that had given way; where another is followed by now nothing is touched', async () => {
    const template = async (name: string, values: object) =>
      (await call()('POST', '/v1/templates', { name, families: ['endpoint-hosted', 'endpoint-server'], values })).body.id as string
    const [first, second] = [await template('First', { [hours]: 2 }), await template('Second', { [hours]: 4 })]
    await setBy(owner, sites[0]!, { [hours]: 9 })
    const target = { kind: 'customers', customerIds: sites.slice(0, 2).map(({ customerId }) => customerId) }
    const id = await give({ at: 'customer', template: { id: first, version: 1 } }, { target })
    await answer(sites)
    await call()('POST', `/v1/templates/${second}/apply`, { targets: [{ customerId: sites[1]!.customerId }], version: 1 })
    const { order: back } = await undo(id)
    expect((await places(back.id)).map((row) => [row.customerName, row.reason])).toEqual([
      ['Alder', null],
      ['Birch', 'changed-since'],
    ])
    await confirm(back.id)
    await runner.runDue()
    expect(
      await sql(
        'select template_name, values from setting_layer where customer_id = any($1) order by template_name nulls first',
        sites.map(({ customerId }) => customerId),
      ),
    ).toEqual([
      { template_name: null, values: { [hours]: 9 } },
      { template_name: 'Second', values: {} },
    ])
  })

  it('of outbreak defence: lifts it where the order began it, not where somebody has ended or renewed it since', async () => {
    const {
      order: { id },
    } = await draft(
      { until: new Date(Date.now() + 3_600_000).toISOString(), blockPorts: [445], denyWrites: [] },
      { type: 'start-outbreak-defence' },
    )
    const ended = async (orderId: string) => {
      for (let n = 0; n < 4; n++) {
        await runner.runDue()
        await answer(sites)
      }
      expect((await order(orderId)).state).toBe('finished')
    }
    await confirm(id)
    await ended(id)
    await ended(await draftAndConfirm('stop-outbreak-defence', { kind: 'customers', customerIds: [sites[0]!.customerId] }))
    const { order: back, dryRun } = await undo(id)
    expect([back.type, dryRun.willGet, dryRun.skipped]).toEqual(['stop-outbreak-defence', 2, [{ reason: 'changed-since', agents: 1 }]])
    await confirm(back.id)
    await ended(back.id)
  })

  it('of a scan there is none, and it says so', async () => {
    await sql(`update agent set commands = '[{"type": "scan-now", "isSupported": true, "reason": null}]' where partner_id = $1`, partnerId)
    const id = await draftAndConfirm('scan-now', { kind: 'matching' })
    expect((await call()('POST', `/v1/orders/${id}/undo`)).body).toMatchObject({
      code: 'order.not-undoable',
      data: { reason: 'no-inverse' },
    })
  })
})

async function draftAndConfirm(type: string, target: object): Promise<string> {
  const { status, body } = await call()('POST', '/v1/orders', { type, target, isInRings: false })
  expect(status, JSON.stringify(body)).toBe(200)
  await confirm(body.order.id)
  return body.order.id as string
}
