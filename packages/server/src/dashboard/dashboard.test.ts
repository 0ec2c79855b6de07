import { defaultTabs, mostTabs, mostWidgets, placed, type DashboardTab } from '@vigie/domain/dashboard'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Actor } from '../platform/index.ts'
import { anActor, aPartner } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'

let server: TestServer
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())

let partnerId: string
let me: Actor
let call: ReturnType<TestServer['as']>
beforeEach(async () => {
  partnerId = await aPartner(server.database)
  me = await anActor(server.database, partnerId, { role: 'technician' })
  call = server.as(me)
})
const path = '/v1/dashboard'
const aTab = (id: string, widgets = [placed('notifications')]): DashboardTab => ({ id, name: `Tab ${id}`, columns: 2, widgets })
const put = (tabs: unknown, version: number, as = call) => as('PUT', path, { tabs }, { 'if-match': String(version) })

describe('tabs and widgets of one’s own (DSH-1)', () => {
  it('a new account sees what its role is given, as often as it asks; nothing is kept of that', async () => {
    const answers = await Promise.all([call('GET', path), call('GET', path)])
    expect(answers.map(({ body }) => body)).toEqual([1, 2].map(() => ({ tabs: defaultTabs.technician, isDefault: true, version: 0 })))
    const { rows } = await server.database.owner.query('select from dashboard where partner_id = $1', [partnerId])
    expect(rows).toHaveLength(0)
  })

  it('keeps what one makes of it, for oneself alone', async () => {
    const widgets = [
      placed('threats', { span: 2, height: 5, options: { range: '30d', view: 'table' } }),
      placed('top-cloud-edge-customers', { options: { range: '1h', kind: 'virus', view: 'chart' } }),
    ]
    const tabs = [aTab('b'), aTab('a', widgets)]
    expect(await put(tabs, 0)).toMatchObject({ status: 200, body: { tabs, isDefault: false, version: 1 } })
    expect((await call('GET', path)).body).toEqual({ tabs, isDefault: false, version: 1 })
    const other = server.as(await anActor(server.database, partnerId, { role: 'technician' }))
    expect((await other('GET', path)).body).toMatchObject({ isDefault: true, version: 0 })
  })

  it('two windows: the second is told, also when both begin with the default at once', async () => {
    const answers = await Promise.all([put([aTab('a')], 0), put([aTab('b')], 0)])
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412])
    expect((await put([aTab('c')], 0)).body).toMatchObject({ code: 'request.changed-meanwhile', data: { version: 1 } })
    expect((await call('PUT', path, { tabs: [aTab('c')] })).body.code).toBe('request.precondition-missing')
  })

  it('back to the default where nothing was changed yet is the default', async () => {
    expect(await call('DELETE', path, undefined, { 'if-match': '0' })).toMatchObject({
      status: 200,
      body: { tabs: defaultTabs.technician, isDefault: true, version: 1 },
    })
  })

  it('back to the default; a window that still shows the old one is told for ever', async () => {
    await put([aTab('a')], 0)
    expect((await call('DELETE', path, undefined, { 'if-match': '1' })).body).toEqual({
      tabs: defaultTabs.technician,
      isDefault: true,
      version: 2,
    })
    expect((await put([aTab('a')], 1)).body.code).toBe('request.changed-meanwhile')
    expect((await put([aTab('a')], 2)).body).toMatchObject({ isDefault: false, version: 3 })
  })

  it('says what was done, and keeps only what differs (ACC-11)', async () => {
    await put([aTab('a'), aTab('b')], 0)
    await put([aTab('b'), { ...aTab('a'), columns: 3 }], 1)
    await server.database.owner.query('update account set is_primary = true, role = $2 where id = $1', [me.accountId, 'owner'])
    const owner = server.as({ ...me, ...(await anActor(server.database, partnerId, { role: 'administrator' })) })
    const { rows } = (await owner('GET', '/v1/audit?category=dashboard')).body
    expect(rows[0]).toMatchObject({
      activity: 'dashboard.changed',
      before: { order: ['a', 'b'], tabs: [{ id: 'a', columns: 2 }] },
      after: { order: ['b', 'a'], tabs: [{ id: 'a', columns: 3 }] },
    })
  })

  it.each([
    [`${mostTabs} tabs`, Array.from({ length: mostTabs }, (_, n) => aTab(`t${n}`)), null],
    ['one more', Array.from({ length: mostTabs + 1 }, (_, n) => aTab(`t${n}`)), 'dashboard.too-many-tabs'],
    [
      `${mostWidgets} widgets`,
      [
        aTab(
          'a',
          Array.from({ length: mostWidgets }, (_, n) => placed('notifications', { id: `w${n}` })),
        ),
      ],
      null,
    ],
    [
      'one more',
      [
        aTab(
          'a',
          Array.from({ length: mostWidgets + 1 }, (_, n) => placed('notifications', { id: `w${n}` })),
        ),
      ],
      'dashboard.too-many-widgets',
    ],
    ['no tab', [], 'request.invalid'],
    ['Notifications taken away', [aTab('a', [])], 'dashboard.needs-notifications'],
    ['the same tab twice', [aTab('a'), aTab('a')], 'request.invalid'],
    ['the same widget twice', [aTab('a', [placed('notifications'), placed('notifications')])], 'request.invalid'],
    ['a nameless tab', [{ ...aTab('a'), name: null }], 'request.invalid'],
    ['a default tab without a name', [{ ...aTab('now'), name: null }], null],
    [
      'a widget there is not',
      [{ ...aTab('a'), widgets: [placed('notifications'), { ...placed('threats'), kind: 'profit' }] }],
      'request.invalid',
    ],
    ['a widget wider than three columns', [aTab('a', [{ ...placed('notifications'), span: 4 }])], 'request.invalid'],
    ['markup in an option', [aTab('a', [placed('notifications', { options: { range: '<img>' } })])], 'request.invalid'],
  ])('%s: %s', async (_, tabs, code) => {
    const { status, body } = await put(tabs, 0)
    expect([status === 200, body.code ?? null]).toEqual([code === null, code])
  })

  it('shows nothing a role may not see, and Notifications again to one who may (ACC-2)', async () => {
    const billing = server.as(await anActor(server.database, partnerId, { role: 'billing' }))
    const given = (await billing('GET', path)).body.tabs.flatMap(({ widgets }: DashboardTab) => widgets.map(({ kind }) => kind))
    expect(given).toEqual([
      'customers-over-time',
      'products-over-time',
      'licence-management',
      'licences-over-time',
      'licence-usage',
      'agents-by-state',
      'inventory-health',
    ])
    expect((await put([aTab('a', [placed('threats'), placed('customers-over-time')])], 0, billing)).body.tabs[0].widgets).toMatchObject([
      { kind: 'customers-over-time' },
    ])
    await server.database.owner.query(`insert into dashboard (partner_id, account_id, tabs) values ($1, $2, $3)`, [
      partnerId,
      me.accountId,
      JSON.stringify([aTab('a', [placed('threats')])]),
    ])
    expect((await call('GET', path)).body.tabs[0].widgets).toMatchObject([{ kind: 'notifications' }, { kind: 'threats' }])
  })
})
