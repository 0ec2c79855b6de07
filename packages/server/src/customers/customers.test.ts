import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'

let server: TestServer
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())

let partnerId: string
let actor: Actor
let call: ReturnType<TestServer['as']>
beforeEach(async () => {
  partnerId = await aPartner(server.database)
  actor = await anActor(server.database, partnerId)
  call = server.as(actor)
})

const aNewCustomer = (change: Record<string, unknown> = {}) => ({
  profile: { company: 'Boulangerie Martin', country: 'FR', city: 'Lyon' },
  account: { accountId: 'martin-01', timeZone: 'Europe/Paris', locale: 'fr' },
  contact: { firstName: 'Claire', lastName: 'Martin', email: 'Claire@Martin.example', phone: '+33 4 00', locale: 'fr' },
  tags: ['gold', 'lyon'],
  products: [
    { typeId: 'clamav-endpoint', description: 'Caisse1' },
    { typeId: 'clamav-site-server', description: 'Site' },
  ],
  ...change,
})
const count = async (table: string) =>
  Number((await server.database.owner.query(`select count(*) from ${table} where partner_id = $1`, [partnerId])).rows[0].count)

describe('a new customer (CUS-1)', () => {
  it('comes whole: contact, tags, products with their GUIDs and groups, counts, one audit record', async () => {
    const { status, body } = await call('POST', '/v1/customers', aNewCustomer())
    expect(status).toBe(200)
    expect(body.customer).toMatchObject({
      company: 'Boulangerie Martin',
      accountId: 'martin-01',
      tags: ['gold', 'lyon'],
      productCount: 2,
      endpointCount: 0,
      attention: { actionRequired: 0, warning: 0 },
      contact: { name: 'Claire Martin', email: 'claire@martin.example' },
      lastSeenAt: null,
      version: 1,
    })
    expect(body.products.map((product: { description: string; state: string }) => [product.description, product.state])).toEqual([
      ['Caisse1', 'pending'],
      ['Site', 'pending'],
    ])
    expect(new Set(body.products.map((product: { guid: string }) => product.guid)).size).toBe(2)
    const tree = await call('GET', `/v1/customers/${body.customer.id}/tree`)
    expect(tree.body.products.map((node: { groups: { name: string }[] }) => node.groups.map((group) => group.name))).toEqual([
      ['servers', 'desktops'],
      ['servers', 'desktops', 'mail-servers'],
    ])
    expect(await count('audit')).toBe(1)
  })

  it('or not at all: a type that is not in the catalogue leaves nothing behind, and says which', async () => {
    const { status, body } = await call(
      'POST',
      '/v1/customers',
      aNewCustomer({
        products: [
          { typeId: 'clamav-endpoint', description: 'A' },
          { typeId: 'abacus', description: 'B' },
        ],
      }),
    )
    expect([status, body.code, body.fields[0].path]).toEqual([422, 'product.type-unknown', 'products.1.typeId'])
    expect([await count('customer'), await count('product'), await count('contact'), await count('audit')]).toEqual([0, 0, 0, 0])
  })

  it('twice with one Idempotency-Key is one customer, and both clicks get it', async () => {
    const twice = await Promise.all([1, 2].map(() => call('POST', '/v1/customers', aNewCustomer(), { 'idempotency-key': 'click-1' })))
    expect(twice.map(({ status }) => status)).toEqual([200, 200])
    expect(twice[0]!.body).toEqual(twice[1]!.body)
    expect([await count('customer'), await count('product'), await count('audit')]).toEqual([1, 2, 1])
    const other = await call('POST', '/v1/customers', aNewCustomer({ tags: [] }), { 'idempotency-key': 'click-1' })
    expect(other.body.code).toBe('request.key-reused')
  })

  it('with an account id that is taken, in whatever case: told at its field; two at the same moment: one gets it', async () => {
    const both = await Promise.all(
      ['Martin-01', 'martin-01'].map((accountId) =>
        call('POST', '/v1/customers', aNewCustomer({ account: { accountId, timeZone: 'UTC', locale: 'en' } })),
      ),
    )
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 409])
    const refused = both.find(({ status }) => status === 409)!
    expect([refused.body.code, refused.body.fields[0].path]).toEqual(['customer.account-id-taken', 'account.accountId'])
    const elsewhere = server.as(await anActor(server.database, await aPartner(server.database)))
    expect((await elsewhere('POST', '/v1/customers', aNewCustomer())).status).toBe(200)
  })

  it.each([
    ['no company', { profile: { company: '  ', country: 'FR' } }, ['profile.company required']],
    ['a country that is no code', { profile: { company: 'A', country: 'France' } }, ['profile.country country.shape']],
    ['a field nobody asked for (R6)', { profile: { company: 'A', country: 'FR', productCount: 9 } }, ['profile.productCount unknown']],
    [
      '21 characters of description (PRD-2)',
      { products: [{ typeId: 'clamav-endpoint', description: 'a'.repeat(21) }] },
      ['products.0.description description.shape'],
    ],
    [
      'a time zone nobody knows',
      { account: { accountId: 'a1', timeZone: 'Mars/Olympus', locale: 'fr' } },
      ['account.timeZone time-zone.unknown'],
    ],
  ])('%s: refused by field', async (_, change, fields) => {
    const { status, body } = await call('POST', '/v1/customers', aNewCustomer(change))
    expect(status).toBe(400)
    expect(body.fields.map((field: { path: string; code: string }) => `${field.path} ${field.code}`)).toEqual(fields)
  })
})

describe('hostile text (R12)', () => {
  it.each([
    '<img src=x onerror=alert(1)>',
    "Robert'); drop table customer; --",
    '{{constructor}}',
    '\u202Egnp.exe',
    '😀 naïve ﬁ 株式会社',
    '%s%n$1',
    '\\u0000',
    'a\tb',
  ])('comes back as it went in: %s', async (company) => {
    const { body } = await call(
      'POST',
      '/v1/customers',
      aNewCustomer({ profile: { company, country: 'FR' }, tags: [company.slice(0, 50)] }),
    )
    expect([body.customer.company, body.customer.tags]).toEqual([company, [company.slice(0, 50)]])
    expect(
      (await call('GET', `/v1/customers?q=${encodeURIComponent(company)}`)).body.rows.map((row: { company: string }) => row.company),
    ).toEqual([company])
  })

  it('a NUL, which no text in PostgreSQL can hold, is refused and no fault of ours', async () => {
    const { status, body } = await call('POST', '/v1/customers', aNewCustomer({ profile: { company: 'a\0b', country: 'FR' } }))
    expect([status, body.code]).toEqual([400, 'request.invalid'])
  })
})

describe('editing a customer', () => {
  it('of two tabs the second is told, and nothing of the first is lost', async () => {
    const {
      body: { customer },
    } = await call('POST', '/v1/customers', aNewCustomer())
    const edit = (city: string, version: number) =>
      call(
        'PATCH',
        `/v1/customers/${customer.id}`,
        { profile: { company: customer.company, country: 'FR', city } },
        { 'if-match': `"${version}"` },
      )
    expect((await edit('Paris', 1)).body).toMatchObject({ city: 'Paris', version: 2, tags: ['gold', 'lyon'], accountId: 'martin-01' })
    const second = await edit('Nice', 1)
    expect([second.status, second.body.code]).toEqual([412, 'request.changed-meanwhile'])
    expect((await call('GET', `/v1/customers/${customer.id}`)).body.city).toBe('Paris')
    expect((await call('PATCH', `/v1/customers/${customer.id}`, {})).body.code).toBe('request.precondition-missing')
  })

  it('at the same moment: one wins, one is told', async () => {
    const id = await aCustomer(server.database, partnerId)
    const both = await Promise.all(['A', 'B'].map((tag) => call('PATCH', `/v1/customers/${id}`, { tags: [tag] }, { 'if-match': '1' })))
    expect(both.map(({ status }) => status).toSorted()).toEqual([200, 412])
  })

  it('sets the tags to those given', async () => {
    const id = await aCustomer(server.database, partnerId, { tags: ['a', 'b'] })
    expect((await call('PATCH', `/v1/customers/${id}`, { tags: ['b', 'c', 'c'] }, { 'if-match': '1' })).body.tags).toEqual(['b', 'c'])
  })
})

describe('deleting a customer (CUS-5)', () => {
  it('not while it has a product; then by its name, with contacts and tags, audited', async () => {
    const {
      body: { customer, products },
    } = await call('POST', '/v1/customers', aNewCustomer({ products: [{ typeId: 'clamav-endpoint', description: 'Main' }] }))
    const remove = (confirmName: string) => call('DELETE', `/v1/customers/${customer.id}`, { confirmName })
    expect((await remove('Boulangerie Martin')).body.code).toBe('customer.has-products')
    expect((await call('DELETE', `/v1/products/${products[0].id}`, { confirmName: 'Main' })).status).toBe(200)
    expect((await remove('Boulangerie')).body.code).toBe('customer.name-differs')
    expect((await remove('Boulangerie Martin')).status).toBe(200)
    expect([await count('customer'), await count('contact'), await count('customer_tag')]).toEqual([0, 0, 0])
    expect((await remove('Boulangerie Martin')).body.code).toBe('customer.not-found')
    const { rows } = await server.database.owner.query('select activity from audit where partner_id = $1 order by sequence', [partnerId])
    expect(rows.map((row) => row.activity)).toEqual(['customer.created', 'product.deleted', 'customer.deleted'])
  })
})

describe('contacts (CUS-4)', () => {
  it('added, changed by version, removed; the first stands in the list', async () => {
    const id = await aCustomer(server.database, partnerId)
    const person = { firstName: 'Ken', lastName: 'Sato', email: 'Ken@Sato.example', phone: '', locale: 'ja' }
    const { body: contact } = await call('POST', `/v1/customers/${id}/contacts`, person)
    expect(contact).toMatchObject({ email: 'ken@sato.example', version: 1 })
    const path = `/v1/customers/${id}/contacts/${contact.id}`
    expect((await call('PATCH', path, { ...person, lastName: 'Satō' }, { 'if-match': '1' })).body).toMatchObject({
      lastName: 'Satō',
      version: 2,
    })
    expect((await call('PATCH', path, person, { 'if-match': '1' })).body.code).toBe('request.changed-meanwhile')
    expect((await call('GET', `/v1/customers/${id}`)).body.contact.name).toBe('Ken Satō')
    const other = await aCustomer(server.database, partnerId)
    expect((await call('DELETE', `/v1/customers/${other}/contacts/${contact.id}`)).body.code).toBe('contact.not-found')
    expect((await call('DELETE', path)).status).toBe(200)
    expect((await call('GET', `/v1/customers/${id}/contacts`)).body.rows).toEqual([])
  })
})

describe("another business's customer is not there (R2)", () => {
  it.each([
    ['GET', '', undefined],
    ['GET', '/tree', undefined],
    ['GET', '/contacts', undefined],
    ['PATCH', '', {}],
    ['DELETE', '', { confirmName: 'x' }],
    ['POST', '/products', { typeId: 'clamav-endpoint', description: 'A' }],
    ['POST', '/contacts', { firstName: 'A', lastName: 'B', email: 'a@b.example', locale: 'en' }],
  ])('%s %s answers as for one that never was', async (method, path, body) => {
    const foreign = await aCustomer(server.database, await aPartner(server.database))
    const never = '0199d5a0-0000-7000-8000-00000000dead'
    const [theirs, none] = await Promise.all(
      [foreign, never].map((id) => call(method, `/v1/customers/${id}${path}`, body, { 'if-match': '1' })),
    )
    expect(theirs!.status).toBe(404)
    expect(JSON.stringify(theirs!.body).replaceAll(foreign, never)).toBe(JSON.stringify(none!.body))
    expect((await call(method, `/v1/customers/nonsense${path}`, body, { 'if-match': '1' })).status).toBe(404)
  })
})
