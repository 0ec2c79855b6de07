import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'

let server: TestServer
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())

let partnerId: string
let primary: Actor
let technician: Actor
let call: ReturnType<TestServer['as']>
beforeEach(async () => {
  partnerId = await aPartner(server.database)
  primary = await anActor(server.database, partnerId, { isPrimary: true })
  technician = await anActor(server.database, partnerId, { role: 'technician' })
  call = server.as(primary)
})
const sql = async (text: string, values: unknown[] = []) => (await server.database.owner.query(text, values)).rows
const auditOf = (customerId: string) => sql('select activity from audit where customer_id = $1 order by sequence', [customerId])
const managerOf = async (id: string) => (await call('GET', `/v1/customers/${id}`)).body.managedBy
const customersNamed = async (...names: string[]) => Promise.all(names.map((company) => aCustomer(server.database, partnerId, { company })))
const limit = async (actor: Actor, lines: [effect: string, target: string, value?: string][]) => {
  for (const [position, [effect, target, value]] of lines.entries()) {
    await sql(
      `insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id, tag) values ($1, gen_random_uuid(), $2, $3, $4, $5, $6, $7)`,
      [partnerId, actor.accountId, position, effect, target, target === 'customer' ? value : null, target === 'tag' ? value : null],
    )
  }
  return actor
}

describe('managed by (CUS-7)', () => {
  it('is the primary while nobody was chosen, and the new primary once there is another', async () => {
    const [id] = await customersNamed('A')
    expect(await managerOf(id!)).toEqual({ id: primary.accountId, name: 'Ada Test', isDefault: true })
    await sql('update account set is_primary = false where id = $1', [primary.accountId])
    await sql('update account set is_primary = true where id = $1', [technician.accountId])
    expect((await managerOf(id!)).id).toBe(technician.accountId)
  })

  it('is assigned, audited, and found by its filter; the primary is found by what nobody else has', async () => {
    const [a, b] = await customersNamed('A', 'B')
    const { status, body } = await call('PUT', `/v1/customers/${a}/managed-by`, { accountId: technician.accountId }, { 'if-match': '1' })
    expect([status, body.managedBy.id, body.managedBy.isDefault, body.version]).toEqual([200, technician.accountId, false, 2])
    expect(await auditOf(a!)).toEqual([{ activity: 'customer.assigned' }])
    const of = async (...ids: string[]) =>
      (await call('GET', `/v1/customers?managedBy=${ids.join(',')}`)).body.rows.map((row: { id: string }) => row.id)
    expect(await of(technician.accountId)).toEqual([a])
    expect(await of(primary.accountId)).toEqual([b])
    expect(await of(primary.accountId, technician.accountId)).toEqual([a, b])
  })

  it('of two who assign at once the second is told', async () => {
    const [id] = await customersNamed('A')
    const answers = await Promise.all(
      [technician, primary].map((to) => call('PUT', `/v1/customers/${id}/managed-by`, { accountId: to.accountId }, { 'if-match': '1' })),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 412])
    expect(answers.find(({ status }) => status === 412)!.body.code).toBe('request.changed-meanwhile')
  })

  it.each([
    ['is disabled', async () => void (await sql(`update account set state = 'disabled' where id = $1`, [technician.accountId]))],
    [
      'may not work on customers',
      async () => void (await sql(`update account set role = 'billing' where id = $1`, [technician.accountId])),
    ],
    [
      'does not see the customer',
      async () => {
        await sql('update account set is_scope_limited = true where id = $1', [technician.accountId])
        await limit(technician, [['allow', 'tag', 'gold']])
      },
    ],
  ])('no account gets a customer that %s', async (_, make) => {
    const [id] = await customersNamed('A')
    await make()
    expect((await call('PUT', `/v1/customers/${id}/managed-by`, { accountId: technician.accountId }, { 'if-match': '1' })).body.code).toBe(
      'customer.manager-unfit',
    )
    expect((await managerOf(id!)).id).toBe(primary.accountId)
  })

  it('an account that is renamed keeps its customers under its new name; one that is removed leaves them to the primary, told in each customer’s history', async () => {
    const [a, b] = await customersNamed('A', 'B')
    await call('POST', '/v1/customers/managed-by', { ids: [a, b], accountId: technician.accountId })
    await server.as(technician)('PATCH', '/v1/me', { firstName: 'Grace', lastName: 'Hopper' })
    expect((await managerOf(a!)).name).toBe('Grace Hopper')
    expect((await call('DELETE', `/v1/accounts/${technician.accountId}`)).status).toBe(200)
    for (const id of [a!, b!]) {
      expect(await managerOf(id)).toMatchObject({ id: primary.accountId, isDefault: true })
      expect(await auditOf(id)).toEqual([{ activity: 'customer.assigned' }, { activity: 'customer.assigned' }])
    }
    expect((await call('GET', '/v1/audit/verification')).status).not.toBe(500)
  })

  it('who removes an account moves also what he does not see himself', async () => {
    const [hidden] = await customersNamed('Hidden')
    await call('POST', '/v1/customers/managed-by', { ids: [hidden], accountId: technician.accountId })
    await sql('update account set is_scope_limited = true where id = $1', [technician.accountId])
    const limited = server.as(await limit(await anActor(server.database, partnerId, { role: 'administrator', isScopeLimited: true }), []))
    expect((await limited('DELETE', `/v1/accounts/${technician.accountId}`)).status).toBe(200)
    expect((await managerOf(hidden!)).id).toBe(primary.accountId)
  })

  it('lists who manages; all who could only to those who may assign', async () => {
    const [id] = await customersNamed('A')
    const other = await anActor(server.database, partnerId, { role: 'technician' })
    await call('POST', '/v1/customers/managed-by', { ids: [id], accountId: technician.accountId })
    const ids = async (ask: typeof call) => (await ask('GET', '/v1/customers/managers')).body.rows.map((row: { id: string }) => row.id)
    expect((await ids(call)).toSorted()).toEqual([primary.accountId, technician.accountId, other.accountId].toSorted())
    expect(await ids(server.as(other))).toEqual([technician.accountId])
    expect(await ids(server.as(await anActor(server.database, partnerId, { role: 'portal-viewer', isScopeLimited: true })))).toEqual([])
  })
})

describe('many at once (CUS-2)', () => {
  it('adds and takes away a tag: says what changed, what had it already, and what is not there; one record each', async () => {
    const [a, b] = await customersNamed('A', 'B')
    await sql(`insert into customer_tag (partner_id, customer_id, tag) values ($1, $2, 'gold')`, [partnerId, b])
    const never = '0199d5a0-0000-7000-8000-000000000001'
    const { body } = await call('POST', '/v1/customers/tags', { ids: [a, b, never], add: ['gold'] })
    expect(body).toEqual({
      changed: [{ id: a, added: ['gold'], removed: [] }],
      unchanged: 1,
      refused: [{ id: never, company: null, code: 'customer.not-found' }],
    })
    expect((await call('POST', '/v1/customers/tags', { ids: [a, b], remove: ['gold'] })).body.changed.length).toBe(2)
    expect(await sql('select tag from customer_tag where partner_id = $1', [partnerId])).toEqual([])
    expect(await auditOf(a!)).toEqual([{ activity: 'customer.tagged' }, { activity: 'customer.tagged' }])
    expect(await auditOf(b!)).toEqual([{ activity: 'customer.tagged' }])
  })

  it('the 21st tag is refused and the others are done', async () => {
    const [full, empty] = await customersNamed('Full', 'Empty')
    await sql(`insert into customer_tag (partner_id, customer_id, tag) select $1, $2, 't' || n from generate_series(1, 20) n`, [
      partnerId,
      full,
    ])
    const { body } = await call('POST', '/v1/customers/tags', { ids: [full, empty], add: ['more'] })
    expect([body.changed.map((one: { id: string }) => one.id), body.refused]).toEqual([
      [empty],
      [{ id: full, company: 'Full', code: 'customer.too-many-tags' }],
    ])
  })

  it('the same request sent again answers the same and does nothing twice', async () => {
    const [a] = await customersNamed('A')
    const [first, second] = [
      await call('POST', '/v1/customers/tags', { ids: [a], add: ['x'] }, { 'idempotency-key': 'k1' }),
      await call('POST', '/v1/customers/tags', { ids: [a], add: ['x'] }, { 'idempotency-key': 'k1' }),
    ]
    expect(second.body).toEqual(first.body)
    expect((await auditOf(a!)).length).toBe(1)
  })

  it('an edit begun before is told of a tag that came meanwhile', async () => {
    const [a] = await customersNamed('A')
    await call('POST', '/v1/customers/tags', { ids: [a], add: ['x'] })
    expect((await call('PATCH', `/v1/customers/${a}`, { tags: [] }, { 'if-match': '1' })).body.code).toBe('request.changed-meanwhile')
  })

  it('a limited account changes only what it sees, and pushes nothing out of its sight (ACC-14, R5)', async () => {
    const [mine, other, theirs] = await customersNamed('Mine', 'Other', 'Theirs')
    for (const id of [mine, other])
      await sql(`insert into customer_tag (partner_id, customer_id, tag) values ($1, $2, 'gold')`, [partnerId, id])
    const limited = server.as(
      await limit(await anActor(server.database, partnerId, { role: 'administrator', isScopeLimited: true }), [
        ['allow', 'tag', 'gold'],
        ['deny', 'tag', 'vip'],
      ]),
    )
    expect((await limited('GET', '/v1/customers/matches')).body).toEqual({ ids: [mine, other], total: 2 })
    const { body } = await limited('POST', '/v1/customers/tags', { ids: [mine, theirs], add: ['silver'] })
    expect(body).toMatchObject({ changed: [{ id: mine }], refused: [{ id: theirs, company: null, code: 'customer.not-found' }] })
    for (const change of [{ remove: ['gold'] }, { add: ['vip'] }]) {
      expect((await limited('POST', '/v1/customers/tags', { ids: [mine, other], ...change })).body).toMatchObject({
        changed: [],
        refused: [{ code: 'customer.outside-scope' }, { code: 'customer.outside-scope' }],
      })
    }
    expect(
      (await limited('POST', '/v1/customers/managed-by', { ids: [mine, theirs], accountId: technician.accountId })).body,
    ).toMatchObject({ changed: [{ id: mine, before: null }], refused: [{ id: theirs }] })
    expect((await call('GET', `/v1/customers/${mine}`)).body.tags).toEqual(['gold', 'silver'])
    expect((await limited('POST', '/v1/customers/tags', { ids: [theirs], add: ['gold'] })).status).toBe(404)
    expect(await sql('select tag from customer_tag where customer_id = $1', [theirs])).toEqual([])
  })

  it('an assignment is taken back only where nobody assigned anew meanwhile', async () => {
    const [a, b] = await customersNamed('A', 'B')
    const { body } = await call('POST', '/v1/customers/managed-by', { ids: [a, b], accountId: technician.accountId })
    expect(body.changed).toEqual([a, b].toSorted().map((id) => ({ id, before: null })))
    const third = await anActor(server.database, partnerId, { role: 'technician' })
    await call('POST', '/v1/customers/managed-by', { ids: [b], accountId: third.accountId })
    const undone = await call('POST', '/v1/customers/managed-by', { ids: [a, b], accountId: null, ifManagedBy: technician.accountId })
    expect(undone.body).toMatchObject({
      changed: [{ id: a, before: technician.accountId }],
      refused: [{ id: b, code: 'request.changed-meanwhile' }],
    })
    expect((await managerOf(b!)).id).toBe(third.accountId)
  })

  it('two who tag the same customers at once both succeed, each tag once', async () => {
    const ids = await customersNamed('A', 'B', 'C')
    const answers = await Promise.all([
      call('POST', '/v1/customers/tags', { ids, add: ['x', 'y'] }),
      call('POST', '/v1/customers/tags', { ids: ids.toReversed(), add: ['y', 'z'] }),
    ])
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    expect(
      await sql('select tag, count(*)::integer as n from customer_tag where partner_id = $1 group by 1 order by 1', [partnerId]),
    ).toEqual([
      { tag: 'x', n: 3 },
      { tag: 'y', n: 3 },
      { tag: 'z', n: 3 },
    ])
    expect((await call('POST', '/v1/customers/tags', { ids, remove: ['x', 'y', 'z'] })).body.changed.length).toBe(3)
  })

  it('a tag with a comma is refused: lists could not be filtered by it', async () => {
    const [a] = await customersNamed('A')
    expect((await call('POST', '/v1/customers/tags', { ids: [a], add: ['a,b'] })).body.fields).toMatchObject([
      { path: 'add.0', code: 'tag.comma' },
    ])
  })
})
