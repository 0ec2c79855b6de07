import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { builtInTemplates } from '@vigie/domain/settings'
import { applyOutcomes, takeWaiting } from '../commands/index.ts'
import { newId, type Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { noteReported, settingJobs } from './index.ts'

let server: TestServer
let actor: Actor
let partnerId: string
let customerId: string
let productId: string
let agentId: string
let endpointId: string
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())
beforeEach(async () => {
  partnerId = await aPartner(server.database)
  actor = await anActor(server.database, partnerId, { role: 'administrator' })
  customerId = await aCustomer(server.database, partnerId)
  productId = await aProduct(server.database, partnerId, customerId)
  agentId = await anAgent()
  endpointId = await anEndpoint('srv-1', agentId)
})

const all = () => ({ partnerId, scope: 'all' as const, principalId: null })
const takes = (isSupported = true) => JSON.stringify([{ type: 'apply-settings', isSupported, reason: isSupported ? null : 'not-supported' }])

async function anAgent(agent: { state?: string; commands?: string } = {}): Promise<string> {
  const id = newId()
  await server.database.owner.query(
    `insert into agent (partner_id, id, customer_id, product_id, public_key, state, hostname, platform, fingerprint, agent_version, protocol, commands, registered_at)
     values ($1, $2, $3, $4, $5, $6, 'srv-1', 'Debian', $7, '0.1.0', 2, $8, now())`,
    [partnerId, id, customerId, productId, Buffer.from(id), agent.state ?? 'online', 'a'.repeat(64), agent.commands ?? takes()])
  return id
}
async function anEndpoint(name: string, agent: string | null, group = 'servers'): Promise<string> {
  const id = newId()
  await server.database.owner.query(
    `insert into endpoint (partner_id, id, customer_id, product_id, agent_id, key, name, "group") values ($1, $2, $3, $4, $5, $6, $7, $8)`, [partnerId, id, customerId, productId, agent, id, name, group])
  return id
}

const api = () => server.as(actor)
const hours = 'update-schedule.every-hours'
const read = async (group?: string) => (await api()('GET', `/v1/products/${productId}/settings${group ? `?group=${group}` : ''}`)).body
// replies are JSON that these tests take apart by hand: what is not there fails the expectation
const row = (settings: any, key = hours) => settings.rows.find((one: any) => one.key === key)
const set = (values: object, version: number, more: { confirmWeaker?: boolean; path?: string; as?: Actor } = {}) =>
  server.as(more.as ?? actor)('PATCH', more.path ?? `/v1/products/${productId}/settings`, { values, ...(more.confirmWeaker ? { confirmWeaker: true } : {}) }, { 'if-match': String(version) })
const waiting = (isAnew = false) => server.database.transaction(all(), (db) => takeWaiting(db, agentId, isAnew, server.clock.now()))
const reports = (revision: number, values: object) =>
  server.database.transaction(all(), (db) => noteReported(db, [{ endpointId, customerId, productId, agentId, settings: { revision, values: values as never } }], server.clock.now()))
const outcome = (commandId: string, step: 'succeeded' | 'failed', evidence = {}) =>
  server.database.transaction(all(), (db) => applyOutcomes(db, [{ agentId, item: { kind: 'outcome', commandId, at: server.clock.now().toISOString(), step, evidence } }], server.clock.now()))
const settle = async () => {
  for (const job of settingJobs) await job.run(server.services)
}
const steps = async () => (await server.database.owner.query<{ step: string; revision: number }>(`select step, (frame -> 'order' -> 'params' ->> 'revision')::integer as revision from command where agent_id = $1 order by number`, [agentId])).rows.map((one) => `${one.revision}:${one.step}`)

describe('agents at work', () => {
  it('what is set for one group does not wait for an agent of another', async () => {
    const other = await anAgent()
    await server.database.owner.query(`insert into endpoint_group (partner_id, product_id, customer_id, name, position, endpoint_count) values ($1, $2, $3, 'desktops', 1, 1) on conflict do nothing`, [partnerId, productId, customerId])
    await anEndpoint('pc-1', other, 'desktops')
    const client = await server.database.owner.connect()
    try {
      await client.query('begin')
      await client.query('select from agent where id = $1 for update', [agentId]) // of the servers, busy
      const path = `/v1/products/${productId}/settings?group=desktops`
      expect((await Promise.race([set({ [hours]: 3 }, 0, { path }), new Promise<{ status: number }>((resolve) => setTimeout(() => resolve({ status: 0 }), 5_000))])).status).toBe(200)
    } finally {
      await client.query('rollback')
      client.release()
    }
  })
})

describe('wanted settings travel as one signed order (AGT-4, R14)', () => {
  it('carry the whole of what is wanted, and nothing that nobody set', async () => {
    expect((await set({ [hours]: 6, 'scheduled-scan.enabled': true }, 0)).status).toBe(200)
    const [frame] = await waiting()
    expect(frame!.order).toMatchObject({ type: 'apply-settings', params: { revision: 1, values: { [hours]: 6, 'scheduled-scan.enabled': true, 'scheduled-scan.time-zone': 'Europe/Paris' } } })
    expect(Object.keys(frame!.order.params!['values'] as object)).toHaveLength(3)
  })

  it('an offline agent: one order waits, a newer revision takes its place, never two', async () => {
    await set({ [hours]: 6 }, 0)
    await set({ [hours]: 7 }, 1)
    await settle()
    await settle()
    expect(await steps()).toEqual(['1:expired', '2:waiting'])
    expect(row(await read())).toMatchObject({ value: 7, state: 'waiting', origin: { kind: 'product', by: 'Ada Test' } })
    const [frame, ...more] = await waiting(true)
    expect([frame!.order.params!['revision'], more]).toEqual([2, []])
  })

  it('an order that waits says nothing about what nobody set: the machine’s own is shown, and told apart where machines differ', async () => {
    const second = await anEndpoint('srv-2', await anAgent())
    await reports(0, { [hours]: 4, 'real-time-scan.enabled': false })
    await server.database.transaction(all(), (db) => noteReported(db, [{ endpointId: second, customerId, productId, agentId, settings: { revision: 0, values: { [hours]: 4, 'real-time-scan.enabled': true } } }], server.clock.now()))
    await set({ [hours]: 6 }, 0)
    const settings = await read()
    expect(row(settings)).toMatchObject({ state: 'waiting', onMachines: null, reported: [] })
    expect(row(settings, 'real-time-scan.enabled')).toMatchObject({ value: true, state: 'machine', onMachines: null, reported: [{ name: 'srv-1', value: false, state: 'machine' }] })
    await server.database.transaction(all(), (db) => noteReported(db, [{ endpointId: second, customerId, productId, agentId, settings: { revision: 0, values: { 'real-time-scan.enabled': false } } }], server.clock.now()))
    expect(row(await read(), 'real-time-scan.enabled')).toMatchObject({ value: true, state: 'machine', onMachines: false, reported: [] })
  })

  it('under way, then effective when the engine itself says so', async () => {
    await set({ [hours]: 6 }, 0)
    const [frame] = await waiting()
    expect(row(await read()).state).toBe('under-way')
    await outcome(frame!.order.commandId, 'succeeded')
    await reports(1, { [hours]: 6 })
    expect(row(await read()).state).toBe('effective')
    await settle()
    expect(await steps()).toEqual(['1:succeeded'])
  })

  it('an order that expired is given again when the agent is there, not before', async () => {
    await set({ [hours]: 6 }, 0)
    await server.database.owner.query(`update command set step = 'expired' where agent_id = $1`, [agentId])
    await server.database.owner.query(`update agent set state = 'offline' where id = $1`, [agentId])
    await settle()
    expect(await steps()).toEqual(['1:expired'])
    await server.database.owner.query(`update agent set state = 'online' where id = $1`, [agentId])
    await settle()
    expect(await steps()).toEqual(['1:expired', '1:waiting'])
  })

  it('an agent restored from a backup with an older revision is told again; one that failed for a reason of its engine is not', async () => {
    await set({ [hours]: 6 }, 0)
    const [first] = await waiting()
    await outcome(first!.order.commandId, 'succeeded')
    await reports(1, { [hours]: 6 })
    server.clock.add(60_000)
    await reports(0, { [hours]: 4 })
    expect(row(await read()).state).toBe('waiting')
    await settle()
    expect(await steps()).toEqual(['1:succeeded', '1:waiting'])
    const [again] = await waiting()
    await outcome(again!.order.commandId, 'failed', { reason: 'settings-wrong' })
    await settle()
    expect(await steps()).toEqual(['1:succeeded', '1:failed'])
    expect(row(await read()).state).toBe('failed')
  })

  it('refused by its engine: not again by itself, but when somebody says so', async () => {
    await reports(0, { [hours]: 6 })
    await set({ [hours]: 6 }, 0)
    const [frame] = await waiting()
    await outcome(frame!.order.commandId, 'failed', { reason: 'settings-wrong' })
    await settle()
    expect(await steps()).toEqual(['1:failed'])
    expect(row(await read())).toMatchObject({ state: 'failed' })
    expect((await api()('POST', `/v1/products/${productId}/settings/put-back`, {})).body).toEqual({ endpoints: 1 })
    expect(await steps()).toEqual(['1:failed', '2:waiting'])
  })

  it('killed in the middle: told again', async () => {
    await set({ [hours]: 6 }, 0)
    const [first] = await waiting()
    await outcome(first!.order.commandId, 'failed', { reason: 'agent-restarted' })
    await settle()
    expect(await steps()).toEqual(['1:failed', '1:waiting'])
  })

  it('one that reports a higher revision than ours (we were restored) gets a higher one still', async () => {
    await reports(9, { [hours]: 3 })
    await set({ [hours]: 6 }, 0)
    const [frame] = await waiting()
    expect(frame!.order.params!['revision']).toBe(10)
  })

  it('taken away again: the order says so, and the machine’s own is back', async () => {
    await set({ [hours]: 6 }, 0)
    await set({ [hours]: null }, 1)
    expect((await waiting(true)).map(({ order }) => order.params)).toEqual([{ revision: 2, values: {} }])
  })

  it('an agent that can’t take them is told nothing, and shown so', async () => {
    await server.database.owner.query('update agent set commands = $2 where id = $1', [agentId, takes(false)])
    await set({ [hours]: 6 }, 0)
    await settle()
    expect(await steps()).toEqual([])
    expect(row(await read()).state).toBe('unsupported')
  })

  it('endpoints that come later, move to another group, or whose customer moves to another clock follow', async () => {
    await server.database.owner.query(`insert into endpoint_group (partner_id, product_id, name, position, customer_id) values ($1, $2, 'desktops', 1, $3)`, [partnerId, productId, customerId])
    await set({ 'scheduled-scan.enabled': true }, 0)
    await set({ [hours]: 9 }, 0, { path: `/v1/products/${productId}/settings?group=desktops` })
    await server.database.owner.query(`update endpoint set "group" = 'desktops' where id = $1`, [endpointId])
    await settle()
    await server.database.owner.query(`update customer set time_zone = 'Asia/Tokyo' where id = $1`, [customerId])
    await settle()
    expect((await waiting(true)).map(({ order }) => order.params)).toEqual([{ revision: 3, values: { 'scheduled-scan.enabled': true, [hours]: 9, 'scheduled-scan.time-zone': 'Asia/Tokyo' } }])
  })
})

describe('an endpoint that comes at that very moment (R22)', () => {
  const wantedOf = async (id: string) => (await server.database.owner.query('select wanted from setting_state where endpoint_id = $1', [id])).rows[0]?.wanted

  it('not there yet for who sets something: it follows with the next minute', async () => {
    const id = newId()
    const client = await server.database.owner.connect()
    try {
      await client.query('begin')
      await client.query(`insert into endpoint (partner_id, id, customer_id, product_id, key, name, "group") values ($1, $2, $3, $4, 'late', 'late', 'servers')`, [partnerId, id, customerId, productId])
      expect((await set({ [hours]: 6 }, 0)).status).toBe(200)
    } finally {
      await client.query('commit')
      client.release()
    }
    expect(await wantedOf(id)).toEqual({})
    await settle()
    expect(await wantedOf(id)).toEqual({ [hours]: 6 })
  })

  it('what is set is not there yet for the minute’s look: the look waits for it', async () => {
    const late = await anEndpoint('late', null)
    const client = await server.database.owner.connect()
    let looking: Promise<unknown> = Promise.resolve()
    try {
      await client.query('begin')
      await client.query(`select pg_advisory_xact_lock(hashtextextended('settings ' || $1::text, 0))`, [customerId])
      looking = settle()
      await expect.poll(async () => (await server.database.owner.query(`select from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`)).rowCount).toBe(1)
      await client.query(`insert into setting_layer (partner_id, id, customer_id, values) values ($1, $2, $3, $4)`, [partnerId, newId(), customerId, JSON.stringify({ [hours]: 6 })])
    } finally {
      await client.query('commit')
      client.release()
      await looking
    }
    expect(await wantedOf(late)).toEqual({ [hours]: 6 })
  })
})

describe('layers, drift, and two people (AGT-4, ADM-3)', () => {
  it('the nearer outweighs, and every place says where its value comes from', async () => {
    await set({ [hours]: 5 }, 0, { path: `/v1/customers/${customerId}/settings` })
    expect(row(await read())).toMatchObject({ value: 5, own: null, origin: { kind: 'customer', name: 'Boulangerie Martin' } })
    await set({ [hours]: 7 }, 0)
    await set({ [hours]: 8 }, 0, { path: `/v1/products/${productId}/settings?group=servers` })
    expect(row(await read('servers'))).toMatchObject({ value: 8, own: 8, inherited: { value: 7, origin: { kind: 'product' } } })
    expect(row(await read())).toMatchObject({ value: 7, inherited: { value: 5 }, overriddenCount: 1 })
  })

  it('drift is shown with both values; put back gives the order again', async () => {
    await set({ [hours]: 6 }, 0)
    const [frame] = await waiting()
    await outcome(frame!.order.commandId, 'succeeded')
    await reports(1, { [hours]: 12 })
    expect(row(await read())).toMatchObject({ value: 6, state: 'drifted', reported: [{ endpointId, name: 'srv-1', value: 12, state: 'drifted' }] })
    expect((await api()('POST', `/v1/products/${productId}/settings/put-back`, {})).body).toEqual({ endpoints: 1 })
    expect((await waiting()).map(({ order }) => order.params)).toEqual([{ revision: 2, values: { [hours]: 6 } }])
    await reports(2, { [hours]: 6 })
    expect((await api()('POST', `/v1/products/${productId}/settings/put-back`, {})).body.code).toBe('setting.nothing-drifted')
  })

  it('take over makes what is there wanted; where it is weaker, only when confirmed', async () => {
    const excluded = 'exclusions.paths'
    await set({ [excluded]: ['/a'] }, 0, { confirmWeaker: true })
    await reports(1, { [excluded]: ['/a', '/b'] })
    const body = { endpointId, keys: [excluded] }
    expect((await api()('POST', `/v1/products/${productId}/settings/take-over`, body)).body.code).toBe('setting.weakens')
    const taken = await api()('POST', `/v1/products/${productId}/settings/take-over`, { ...body, confirmWeaker: true })
    expect(row(taken.body, excluded)).toMatchObject({ value: ['/a', '/b'], own: ['/a', '/b'] })
  })

  it('two people: the second is told, and nothing of his is written', async () => {
    const both = await Promise.all([set({ [hours]: 6 }, 0), set({ [hours]: 7 }, 0)])
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 412])
    expect((await set({ [hours]: 8 }, 0)).body.code).toBe('request.changed-meanwhile')
    expect((await server.as(actor)('PATCH', `/v1/products/${productId}/settings`, { values: { [hours]: 8 } })).status).toBe(428)
  })

  it('what weakens needs to be confirmed, and says what (R16)', async () => {
    const refused = await set({ 'real-time-scan.enabled': false }, 0)
    expect([refused.status, refused.body.code]).toEqual([409, 'setting.weakens'])
    expect(refused.body.data ?? refused.body).toMatchObject({ changes: [{ key: 'real-time-scan.enabled', from: true, to: false, weakens: true }] })
    expect(await steps()).toEqual([])
    expect((await set({ 'real-time-scan.enabled': false }, 0, { confirmWeaker: true })).status).toBe(200)
    const { rows } = await server.database.owner.query('select deed from danger_spent where agent_id = $1', [agentId])
    expect(rows).toEqual([{ deed: 'weaken-settings' }])
  })

  it('what weakens, at more customers than the caps let, needs a second person, and nothing is written (R16)', async () => {
    await server.database.owner.query('insert into command_policy (partner_id, cap_customers, cap_percent) values ($1, 1, 1) on conflict (partner_id) do update set cap_customers = 1, cap_percent = 1', [partnerId])
    for (let n = 0; n < 150; n++) await anAgent()
    const others = [await aCustomer(server.database, partnerId), await aCustomer(server.database, partnerId)]
    const [home, product] = [customerId, productId]
    const targets = [{ customerId: home }]
    for (const other of others) {
      ;[customerId, productId] = [other, await aProduct(server.database, partnerId, other)]
      await anEndpoint('other', await anAgent())
      targets.push({ customerId: other })
    }
    ;[customerId, productId] = [home, product]
    const { body: template } = await api()('POST', '/v1/templates', { name: 'Off', families: ['endpoint-hosted'], values: { 'real-time-scan.enabled': false } })
    const refused = await api()('POST', `/v1/templates/${template.id}/apply`, { targets, version: 1, confirmWeaker: true })
    expect(refused.body.code).toBe('command.needs-second-person')
    expect((await server.database.owner.query('select from setting_layer where partner_id = $1', [partnerId])).rowCount).toBe(0)
  })

  it.each([
    [{ 'exclusions.paths': ['relative'] }, 400, 'request.invalid'],
    [{ 'exclusions.paths': ['/srv\nOnAccessPrevention no'] }, 400, 'request.invalid'],
    [{ 'no-such.setting': true }, 400, 'request.invalid'],
    [{ constructor: true }, 400, 'request.invalid'],
    [{ [hours]: 1e9 }, 400, 'request.invalid'],
    [{ 'firewall.enabled@in': true }, 422, 'setting.not-supported'],
    [{ 'scheduled-scan.time-zone': 'Asia/Tokyo' }, 422, 'setting.not-supported'],
  ])('hostile or impossible: %j is refused with %s %s', async (values, status, code) => {
    const reply = await set(values, 0)
    expect([reply.status, reply.body.code]).toEqual([status, code])
    expect(await steps()).toEqual([])
  })

  it('what no product there can do is greyed out, with the reason (AGT-7)', async () => {
    expect(row(await read(), 'firewall.enabled@out')).toMatchObject({ isSupported: false, reason: 'type-cannot', state: 'unsupported' })
  })

  it('withdrawn consent: refused, and nothing that is due goes out (ACC-12)', async () => {
    await set({ [hours]: 6 }, 0)
    await server.database.owner.query(`update command set step = 'expired' where agent_id = $1`, [agentId])
    await api()('POST', `/v1/customers/${customerId}/consent`, { activities: ['configure'], decision: 'withdrawn', saidBy: 'Mme Martin', saidOn: '2026-11-21' })
    expect((await set({ [hours]: 7 }, 1)).body.code).toBe('consent.missing')
    await settle()
    expect(await steps()).toEqual(['1:expired'])
  })
})

describe('templates (ADM-3)', () => {
  const template = async (values: object, name = 'Servers') => (await api()('POST', '/v1/templates', { name, families: ['endpoint-hosted'], values })).body

  it('every save is a version; the second of two who edit is told', async () => {
    const { id } = await template({ [hours]: 6 })
    const save = (version: number, values: object) => api()('PUT', `/v1/templates/${id}`, { name: 'Servers', families: ['endpoint-hosted'], values }, { 'if-match': String(version) })
    expect((await save(1, { [hours]: 7 })).body).toMatchObject({ version: 2, values: { [hours]: 7 } })
    expect((await save(1, { [hours]: 8 })).status).toBe(412)
    const { body } = await api()('GET', `/v1/templates/${id}/versions`)
    expect(body.rows.map((one: any) => [one.number, one.values[hours], one.madeBy])).toEqual([[2, 7, 'Ada Test'], [1, 6, 'Ada Test']])
  })

  it('shows the difference before, applies it, and shows who departed', async () => {
    await set({ [hours]: 9 }, 0)
    const { id } = await template({ [hours]: 6, 'scheduled-scan.enabled': true })
    const targets = [{ customerId, productId }]
    const preview = await api()('POST', `/v1/templates/${id}/preview`, { targets })
    expect(preview.body.effects[0].changes).toEqual([
      { key: 'scheduled-scan.enabled', from: false, to: true, weakens: false }, { key: hours, from: 9, to: 6, weakens: false },
    ])
    expect(row(await read()).value).toBe(9)
    expect((await api()('POST', `/v1/templates/${id}/apply`, { targets, version: 1 })).status).toBe(200)
    const after = await read()
    expect(row(after)).toMatchObject({ value: 6, own: null, origin: { kind: 'template', name: 'Servers' } })
    expect(after.departed).toEqual([])
    await set({ [hours]: 5 }, after.version)
    const departed = await read()
    expect([departed.departed, departed.template]).toMatchObject([[hours], { name: 'Servers', version: 1, latestVersion: 1 }])
  })

  it('one that was saved since its difference was shown is not applied', async () => {
    const { id } = await template({ [hours]: 6 })
    await api()('PUT', `/v1/templates/${id}`, { name: 'Servers', families: ['endpoint-hosted'], values: {} }, { 'if-match': '1' })
    expect((await api()('POST', `/v1/templates/${id}/apply`, { targets: [{ customerId }], version: 1 })).status).toBe(412)
  })

  it('that is followed is not deleted; a name twice is refused; a built-in one is neither changed nor deleted', async () => {
    const { id } = await template({ [hours]: 6 })
    await api()('POST', `/v1/templates/${id}/apply`, { targets: [{ customerId }], version: 1 })
    expect((await api()('DELETE', `/v1/templates/${id}`)).body.code).toBe('template.in-use')
    expect((await api()('POST', '/v1/templates', { name: 'SERVERS', families: ['endpoint-hosted'], values: {} })).body.code).toBe('template.name-taken')
    const [builtIn] = builtInTemplates
    expect((await api()('DELETE', `/v1/templates/${builtIn!.id}`)).body.code).toBe('template.built-in')
  })

  it('applying a built-in one leaves one audit record for each customer', async () => {
    const other = await aCustomer(server.database, partnerId)
    const [builtIn] = builtInTemplates
    const reply = await api()('POST', `/v1/templates/${builtIn!.id}/apply`, { targets: [{ customerId }, { customerId, productId }, { customerId: other }], version: 1 })
    expect(reply.status).toBe(200)
    const { rows } = await server.database.owner.query(`select customer_id from audit where partner_id = $1 and activity = 'template.applied'`, [partnerId])
    expect(rows.map((one) => one.customer_id).toSorted()).toEqual([customerId, other].toSorted())
  })

  it('of another family does not fit', async () => {
    const { body } = await api()('POST', '/v1/templates', { name: 'Mail', families: ['email'], values: {} })
    expect((await api()('POST', `/v1/templates/${body.id}/preview`, { targets: [{ customerId }] })).body.effects[0].reason).toBe('other-family')
    expect((await api()('POST', `/v1/templates/${body.id}/apply`, { targets: [{ customerId }], version: 1 })).body.code).toBe('template.does-not-fit')
  })
})

describe('a customer that follows a template from the start (CUS-1, ADM-3)', () => {
  const made = (more: object) => api()('POST', '/v1/customers', {
    profile: { company: 'Pharmacie Duval', country: 'FR' }, account: { accountId: 'duval', timeZone: 'Europe/Paris', locale: 'fr' }, contact: { firstName: 'Luc', lastName: 'Duval', email: 'luc@example.com', locale: 'fr' },
    products: [{ typeId: 'clamav-endpoint', description: 'Officine' }], ...more,
  })
  const template = builtInTemplates[0]!

  it('gives it to the first endpoint that comes, with both facts in the audit log', async () => {
    const { status, body } = await made({ templateId: template.id })
    expect(status).toBe(200)
    ;({ id: customerId } = body.customer)
    ;({ id: productId } = body.products[0])
    expect(await read()).toMatchObject({ endpointCount: 0, departed: [] })
    expect(row(await read(), 'manual-scan.paths')).toMatchObject({ value: ['/'], origin: { kind: 'template', level: 'customer', by: 'Ada Test' } })
    agentId = await anAgent()
    await anEndpoint('pc-1', agentId)
    await settle()
    const [frame] = await waiting()
    expect(frame!.order).toMatchObject({ type: 'apply-settings', params: { values: { 'update-schedule.every-hours': 4, 'scheduled-scan.time-zone': 'Europe/Paris' } } })
    const { rows } = await server.database.owner.query('select activity from audit where partner_id = $1 and customer_id = $2', [partnerId, customerId])
    expect(rows.map(({ activity }) => activity)).toEqual(expect.arrayContaining(['customer.created', 'template.applied']))
  })

  it('one that fits none of its products, or that is nowhere: nothing is made', async () => {
    expect(await made({ templateId: builtInTemplates[1]!.id })).toMatchObject({ status: 409, body: { code: 'template.does-not-fit' } })
    expect(await made({ templateId: newId() })).toMatchObject({ status: 404, body: { code: 'template.not-found' } })
    const { rows } = await server.database.owner.query(`select from customer where partner_id = $1 and company = 'Pharmacie Duval'`, [partnerId])
    expect(rows).toEqual([])
  })

  it('needs the right to change settings', async () => {
    const limited = { ...actor, sessionId: newId(), permissions: new Set([...actor.permissions].filter((one) => one !== 'setting.update')) }
    expect((await server.as(limited)('POST', '/v1/customers', { profile: { company: 'X', country: 'FR' }, account: { accountId: 'xx', timeZone: 'Europe/Paris', locale: 'fr' }, contact: { firstName: 'Luc', lastName: 'D', email: 'luc@example.com', locale: 'fr' }, templateId: template.id })).body.code).toBe('permission.missing')
  })
})
