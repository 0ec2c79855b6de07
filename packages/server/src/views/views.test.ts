import { mostViews } from '@vigie/domain/views'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Actor } from '../platform/index.ts'
import { anActor, aPartner } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'

let server: TestServer
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())

let partnerId: string
let me: Actor
let colleague: Actor
let call: ReturnType<TestServer['as']>
let theirs: ReturnType<TestServer['as']>
beforeEach(async () => {
  partnerId = await aPartner(server.database)
  me = await anActor(server.database, partnerId, { isPrimary: true })
  colleague = await anActor(server.database, partnerId, { role: 'technician' })
  call = server.as(me)
  theirs = server.as(colleague)
})
const aView = async (more: object = {}, as = call) =>
  (await as('POST', '/v1/views', { list: 'customers', name: 'Red', query: 'threat=action-required&sort=-threat', ...more })).body
const names = async (as = call, list = 'customers') =>
  (await as('GET', `/v1/views?list=${list}`)).body.rows.map((row: { name: string }) => row.name)

describe('saved views (CUS-2)', () => {
  it('is saved with filters, order and columns, for its own list, sorted by name', async () => {
    const view = await aView({ columns: ['company', 'tags'] })
    expect(view).toMatchObject({
      name: 'Red',
      query: 'threat=action-required&sort=-threat',
      columns: ['company', 'tags'],
      isShared: false,
      isOwn: true,
      mayChange: true,
      isDefault: false,
      version: 1,
    })
    await aView({ name: 'élan' })
    await aView({ name: 'Zoo', list: 'events' })
    expect(await names()).toEqual(['élan', 'Red'])
    expect(await names(theirs)).toEqual([])
  })

  it('is renamed, overwritten and deleted; of two who change it the second is told', async () => {
    const { id } = await aView()
    expect((await call('PATCH', `/v1/views/${id}`, { name: 'Blue', query: 'q=x' }, { 'if-match': '1' })).body).toMatchObject({
      name: 'Blue',
      query: 'q=x',
      version: 2,
    })
    expect((await call('PATCH', `/v1/views/${id}`, { name: 'Green' }, { 'if-match': '1' })).body.code).toBe('request.changed-meanwhile')
    expect((await call('DELETE', `/v1/views/${id}`)).status).toBe(200)
    expect(await names()).toEqual([])
  })

  it('shared with the business: all read it, its owner and administrators change it, a customer’s portal knows nothing of it', async () => {
    const { id } = await aView({ isShared: true }, theirs)
    const third = server.as(await anActor(server.database, partnerId, { role: 'technician' }))
    const portal = server.as(await anActor(server.database, partnerId, { role: 'portal-administrator', isScopeLimited: true }))
    expect(await names(third)).toEqual(['Red'])
    expect(await names(portal)).toEqual([])
    expect((await third('PATCH', `/v1/views/${id}`, { name: 'Mine' }, { 'if-match': '1' })).status).toBe(403)
    expect((await third('DELETE', `/v1/views/${id}`)).status).toBe(403)
    expect((await portal('DELETE', `/v1/views/${id}`)).status).toBe(404)
    expect((await portal('POST', '/v1/views', { list: 'customers', name: 'x', query: '', isShared: true })).body.fields).toMatchObject([
      { path: 'isShared', code: 'not-a-choice' },
    ])
    expect((await call('PATCH', `/v1/views/${id}`, { isShared: false }, { 'if-match': '1' })).body).toMatchObject({
      isShared: false,
      version: 2,
    })
    expect([await names(call), await names(theirs)]).toEqual([[], ['Red']])
  })

  it('one’s own is nobody else’s business', async () => {
    const { id } = await aView()
    for (const ask of [
      () => theirs('PATCH', `/v1/views/${id}`, { name: 'x' }, { 'if-match': '1' }),
      () => theirs('DELETE', `/v1/views/${id}`),
      () => theirs('PUT', '/v1/views/default', { list: 'customers', viewId: id }),
    ]) {
      expect((await ask()).body.code).toBe('view.not-found')
    }
  })

  it('is what one’s list opens with, for oneself only, until it is taken away', async () => {
    const { id } = await aView({ isShared: true })
    await theirs('PUT', '/v1/views/default', { list: 'customers', viewId: id })
    const isDefault = async (as = call) =>
      (await as('GET', '/v1/views?list=customers')).body.rows.map((row: { isDefault: boolean }) => row.isDefault)
    expect([await isDefault(), await isDefault(theirs)]).toEqual([[false], [true]])
    await call('PATCH', `/v1/views/${id}`, { isShared: false }, { 'if-match': '1' })
    await call('PATCH', `/v1/views/${id}`, { isShared: true }, { 'if-match': '2' })
    expect(await isDefault(theirs)).toEqual([false])
    await call('PUT', '/v1/views/default', { list: 'customers', viewId: id })
    await call('PUT', '/v1/views/default', { list: 'customers', viewId: null })
    expect(await isDefault()).toEqual([false])
    expect((await call('PUT', '/v1/views/default', { list: 'events', viewId: id })).body.code).toBe('view.not-found')
  })

  it(`the ${mostViews + 1}st of a list is refused, also when two come at once`, async () => {
    await server.database.owner.query(
      `insert into saved_view (partner_id, id, account_id, list, name, query) select $1, gen_random_uuid(), $2, 'customers', 'v' || n, '' from generate_series(1, $3::integer) n`,
      [partnerId, me.accountId, mostViews - 1],
    )
    const answers = await Promise.all(['a', 'b'].map((name) => call('POST', '/v1/views', { list: 'customers', name, query: '' })))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409])
    expect((await call('POST', '/v1/views', { list: 'events', name: 'another list', query: '' })).status).toBe(200)
  })

  it('an account that is removed leaves its shared views to the primary and takes its own along', async () => {
    await aView({ name: 'Shared', isShared: true }, theirs)
    await aView({ name: 'Own' }, theirs)
    await call('DELETE', `/v1/accounts/${colleague.accountId}`)
    expect(await names()).toEqual(['Shared'])
    const { rows } = await server.database.owner.query('select name from saved_view where partner_id = $1', [partnerId])
    expect(rows).toEqual([{ name: 'Shared' }])
  })

  it.each([
    ['a place in the page', 'a=b#c'],
    ['a line break', 'a=b\nc'],
    ['too long', 'q='.padEnd(2001, 'x')],
  ])('refuses a query with %s', async (_, query) => {
    expect((await call('POST', '/v1/views', { list: 'customers', name: 'x', query })).body.code).toBe('request.invalid')
  })
})
