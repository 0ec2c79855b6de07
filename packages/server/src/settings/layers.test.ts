import { describe, expect, it } from 'vitest'
import { builtInTemplates, type TemplateVersion } from '@vigie/domain/settings'
import { newId } from '../platform/index.ts'
import { aCustomer, aProduct } from '../platform/testing/database.ts'
import {
  actor,
  agentId,
  anAgent,
  anEndpoint,
  api,
  customerId,
  endpointId,
  hours,
  outcome,
  partnerId,
  productId,
  read,
  reports,
  row,
  server,
  set,
  setUp,
  settle,
  steps,
  turnTo,
  waiting,
} from './testing/machine.ts'

setUp()

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
    expect(row(await read())).toMatchObject({
      value: 6,
      state: 'drifted',
      reported: [{ endpointId, name: 'srv-1', value: 12, state: 'drifted' }],
    })
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
    expect(refused.body.data ?? refused.body).toMatchObject({
      changes: [{ key: 'real-time-scan.enabled', from: true, to: false, weakens: true }],
    })
    expect(await steps()).toEqual([])
    expect((await set({ 'real-time-scan.enabled': false }, 0, { confirmWeaker: true })).status).toBe(200)
    const { rows } = await server.database.owner.query('select deed from danger_spent where agent_id = $1', [agentId])
    expect(rows).toEqual([{ deed: 'weaken-settings' }])
  })

  it('what weakens, at more customers than the caps let, needs a second person, and nothing is written (R16)', async () => {
    await server.database.owner.query(
      'insert into command_policy (partner_id, cap_customers, cap_percent) values ($1, 1, 1) on conflict (partner_id) do update set cap_customers = 1, cap_percent = 1',
      [partnerId],
    )
    for (let n = 0; n < 150; n++) await anAgent()
    const others = [await aCustomer(server.database, partnerId), await aCustomer(server.database, partnerId)]
    const [home, product] = [customerId, productId]
    const targets = [{ customerId: home }]
    for (const other of others) {
      turnTo(other, await aProduct(server.database, partnerId, other))
      await anEndpoint('other', await anAgent())
      targets.push({ customerId: other })
    }
    turnTo(home, product)
    const { body: template } = await api()('POST', '/v1/templates', {
      name: 'Off',
      families: ['endpoint-hosted'],
      values: { 'real-time-scan.enabled': false },
    })
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
    await api()('POST', `/v1/customers/${customerId}/consent`, {
      activities: ['configure'],
      decision: 'withdrawn',
      saidBy: 'Mme Martin',
      saidOn: '2026-11-21',
    })
    expect((await set({ [hours]: 7 }, 1)).body.code).toBe('consent.missing')
    await settle()
    expect(await steps()).toEqual(['1:expired'])
  })
})

describe('templates (ADM-3)', () => {
  const template = async (values: object, name = 'Servers') =>
    (await api()('POST', '/v1/templates', { name, families: ['endpoint-hosted'], values })).body

  it('every save is a version; the second of two who edit is told', async () => {
    const { id } = await template({ [hours]: 6 })
    const save = (version: number, values: object) =>
      api()('PUT', `/v1/templates/${id}`, { name: 'Servers', families: ['endpoint-hosted'], values }, { 'if-match': String(version) })
    expect((await save(1, { [hours]: 7 })).body).toMatchObject({ version: 2, values: { [hours]: 7 } })
    expect((await save(1, { [hours]: 8 })).status).toBe(412)
    const { body } = await api()('GET', `/v1/templates/${id}/versions`)
    expect(body.rows.map((one: TemplateVersion) => [one.number, one.values[hours], one.madeBy])).toEqual([
      [2, 7, 'Ada Test'],
      [1, 6, 'Ada Test'],
    ])
  })

  it('shows the difference before, applies it, and shows who departed', async () => {
    await set({ [hours]: 9 }, 0)
    const { id } = await template({ [hours]: 6, 'scheduled-scan.enabled': true })
    const targets = [{ customerId, productId }]
    const preview = await api()('POST', `/v1/templates/${id}/preview`, { targets })
    expect(preview.body.effects[0].changes).toEqual([
      { key: 'scheduled-scan.enabled', from: false, to: true, weakens: false },
      { key: hours, from: 9, to: 6, weakens: false },
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
    expect((await api()('POST', '/v1/templates', { name: 'SERVERS', families: ['endpoint-hosted'], values: {} })).body.code).toBe(
      'template.name-taken',
    )
    const [builtIn] = builtInTemplates
    expect((await api()('DELETE', `/v1/templates/${builtIn!.id}`)).body.code).toBe('template.built-in')
  })

  it('applying a built-in one leaves one audit record for each customer', async () => {
    const other = await aCustomer(server.database, partnerId)
    const [builtIn] = builtInTemplates
    const reply = await api()('POST', `/v1/templates/${builtIn!.id}/apply`, {
      targets: [{ customerId }, { customerId, productId }, { customerId: other }],
      version: 1,
    })
    expect(reply.status).toBe(200)
    const { rows } = await server.database.owner.query(
      `select customer_id from audit where partner_id = $1 and activity = 'template.applied'`,
      [partnerId],
    )
    expect(rows.map((one) => one.customer_id).toSorted()).toEqual([customerId, other].toSorted())
  })

  it('of another family does not fit', async () => {
    const { body } = await api()('POST', '/v1/templates', { name: 'Mail', families: ['email'], values: {} })
    expect((await api()('POST', `/v1/templates/${body.id}/preview`, { targets: [{ customerId }] })).body.effects[0].reason).toBe(
      'other-family',
    )
    expect((await api()('POST', `/v1/templates/${body.id}/apply`, { targets: [{ customerId }], version: 1 })).body.code).toBe(
      'template.does-not-fit',
    )
  })
})

describe('a customer that follows a template from the start (CUS-1, ADM-3)', () => {
  const made = (more: object) =>
    api()('POST', '/v1/customers', {
      profile: { company: 'Pharmacie Duval', country: 'FR' },
      account: { accountId: 'duval', timeZone: 'Europe/Paris', locale: 'fr' },
      contact: { firstName: 'Luc', lastName: 'Duval', email: 'luc@example.com', locale: 'fr' },
      products: [{ typeId: 'clamav-endpoint', description: 'Officine' }],
      ...more,
    })
  const template = builtInTemplates[0]!

  it('gives it to the first endpoint that comes, with both facts in the audit log', async () => {
    const { status, body } = await made({ templateId: template.id })
    expect(status).toBe(200)
    turnTo(body.customer.id, body.products[0].id)
    expect(await read()).toMatchObject({ endpointCount: 0, departed: [] })
    expect(row(await read(), 'manual-scan.paths')).toMatchObject({
      value: ['/'],
      origin: { kind: 'template', level: 'customer', by: 'Ada Test' },
    })
    turnTo(customerId, productId, await anAgent())
    await anEndpoint('pc-1', agentId)
    await settle()
    const [frame] = await waiting()
    expect(frame!.order).toMatchObject({
      type: 'apply-settings',
      params: { values: { 'update-schedule.every-hours': 4, 'scheduled-scan.time-zone': 'Europe/Paris' } },
    })
    const { rows } = await server.database.owner.query('select activity from audit where partner_id = $1 and customer_id = $2', [
      partnerId,
      customerId,
    ])
    expect(rows.map(({ activity }) => activity)).toEqual(expect.arrayContaining(['customer.created', 'template.applied']))
  })

  it('one that fits none of its products, or that is nowhere: nothing is made', async () => {
    expect(await made({ templateId: builtInTemplates[1]!.id })).toMatchObject({ status: 409, body: { code: 'template.does-not-fit' } })
    expect(await made({ templateId: newId() })).toMatchObject({ status: 404, body: { code: 'template.not-found' } })
    const { rows } = await server.database.owner.query(`select from customer where partner_id = $1 and company = 'Pharmacie Duval'`, [
      partnerId,
    ])
    expect(rows).toEqual([])
  })

  it('needs the right to change settings', async () => {
    const limited = { ...actor, sessionId: newId(), permissions: new Set([...actor.permissions].filter((one) => one !== 'setting.update')) }
    expect(
      (
        await server.as(limited)('POST', '/v1/customers', {
          profile: { company: 'X', country: 'FR' },
          account: { accountId: 'xx', timeZone: 'Europe/Paris', locale: 'fr' },
          contact: { firstName: 'Luc', lastName: 'D', email: 'luc@example.com', locale: 'fr' },
          templateId: template.id,
        })
      ).body.code,
    ).toBe('permission.missing')
  })
})
