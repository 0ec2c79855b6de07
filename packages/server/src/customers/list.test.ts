import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { encodeCursor, type Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
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

interface Row {
  company: string
  tags?: string[]
  actionRequired?: number
  warning?: number
  products?: number
  seen?: string | null
}
/** Customers with kept counts, made past the wall; their ids grow in the order given. */
async function someCustomers(rows: Row[]) {
  const ids: string[] = []
  for (const _ of rows) ids.push(await aCustomer(server.database, partnerId))
  ids.sort()
  for (const [i, row] of rows.entries()) {
    await server.database.owner.query(
      `update customer set company = $2, action_required_count = $3, warning_count = $4, product_count = $5, last_seen_at = $6, created_at = $7 where id = $1`,
      [
        ids[i],
        row.company,
        row.actionRequired ?? 0,
        row.warning ?? 0,
        row.products ?? 0,
        row.seen ?? null,
        new Date(Date.UTC(2026, 0, 1, 0, 0, i)),
      ],
    )
    for (const tag of row.tags ?? [])
      await server.database.owner.query('insert into customer_tag (partner_id, customer_id, tag) values ($1, $2, $3)', [
        partnerId,
        ids[i],
        tag,
      ])
  }
  return ids
}
const companies = async (query: string) => {
  const { status, body } = await call('GET', `/v1/customers?${query}`)
  return status === 200 ? body.rows.map((row: { company: string }) => row.company) : body.code
}

describe('the customers list (CUS-2)', () => {
  it('sorts names as people do: accents, case and width make no difference', async () => {
    await someCustomers(
      ['Zoo', 'Électricité de Lyon', 'abeille', 'Ｅｃｏｌｅ', 'Çelik', 'Eiffel', '山田商事'].map((company) => ({ company })),
    )
    expect(await companies('')).toEqual(['abeille', 'Çelik', 'Ｅｃｏｌｅ', 'Eiffel', 'Électricité de Lyon', 'Zoo', '山田商事'])
  })

  it.each([
    ['company', ['A', 'B', 'C', 'D', 'E']],
    ['-attention', ['D', 'B', 'E', 'C', 'A']],
    ['-lastSeenAt', ['C', 'A', 'E', 'D', 'B']],
    ['lastSeenAt', ['B', 'D', 'E', 'A', 'C']],
    ['-createdAt', ['E', 'D', 'C', 'B', 'A']],
    ['-productCount', ['C', 'E', 'D', 'B', 'A']],
  ])('pages through %s without losing or repeating one, equal values and never-seen ones among them', async (sort, expected) => {
    await someCustomers([
      { company: 'A', seen: '2026-11-21T10:00:00.000002Z' },
      { company: 'B', actionRequired: 1, warning: 2 },
      { company: 'C', warning: 1, products: 7, seen: '2026-11-21T10:00:00.000003Z' },
      { company: 'D', actionRequired: 3, seen: null },
      { company: 'E', actionRequired: 1, seen: '2026-11-21T10:00:00.000001Z' },
    ])
    for (const limit of [1, 2, 3, 5]) {
      const seen: string[] = []
      for (let cursor: string | null = ''; cursor !== null;) {
        const { body } = await call('GET', `/v1/customers?sort=${sort}&limit=${limit}${cursor && `&cursor=${cursor}`}`)
        seen.push(...body.rows.map((row: { company: string }) => row.company))
        cursor = body.nextCursor
      }
      expect(seen).toEqual(expected)
    }
  })

  it('finds by company, account id and contact, whatever the accents, the case and the order of the names', async () => {
    const [martin, dupont] = await someCustomers([
      { company: 'Boulangerie Martin' },
      { company: 'Électricité Dupont' },
      { company: '株式会社山田' },
    ])
    const contact = { firstName: 'Zoé', lastName: 'Lefèvre', email: 'z.lefevre@example.com', locale: 'fr' }
    await call('POST', `/v1/customers/${martin}/contacts`, contact)
    await server.database.owner.query(`update customer set account_id = 'ELEC_7' where id = $1`, [dupont])
    const find = (q: string) => companies(`q=${encodeURIComponent(q)}`)
    expect(await find('electricite')).toEqual(['Électricité Dupont'])
    expect(await find('MARTIN')).toEqual(['Boulangerie Martin'])
    expect(await find('elec_')).toEqual(['Électricité Dupont'])
    expect(await find('lefevre zoe')).toEqual(['Boulangerie Martin'])
    expect(await find('Zoé Lef')).toEqual(['Boulangerie Martin'])
    expect(await find('@EXAMPLE')).toEqual(['Boulangerie Martin'])
    expect(await find('山田')).toEqual(['株式会社山田'])
    for (const literal of ['%', '_', '\\', "'; drop table customer; --"])
      expect(await find(literal)).toEqual(literal === '_' ? ['Électricité Dupont'] : [])
    expect(await find('a\0b')).toBe('request.invalid')
  })

  it('filters by attention, tag and product type, several at once', async () => {
    const [a, b] = await someCustomers([
      { company: 'A', actionRequired: 1, tags: ['gold'] },
      { company: 'B', warning: 1, tags: ['gold'] },
      { company: 'C' },
    ])
    await aProduct(server.database, partnerId, a!, { typeId: 'clamav-site-server' })
    await aProduct(server.database, partnerId, b!)
    expect(await companies('attention=action-required')).toEqual(['A'])
    expect(await companies('attention=action-required,warning')).toEqual(['A', 'B'])
    expect(await companies('attention=none')).toEqual(['C'])
    expect(await companies('tag=gold&attention=warning')).toEqual(['B'])
    expect(await companies('typeId=clamav-site-server')).toEqual(['A'])
    expect(await companies('tag=gold&typeId=clamav-endpoint&q=b')).toEqual(['B'])
  })

  it('filters and sorts by the events of each group, and by how products are connected', async () => {
    const [a, b, c] = await someCustomers([{ company: 'A' }, { company: 'B' }, { company: 'C' }])
    await server.database.owner.query('update customer set threat_action_count = 2, system_warning_count = 1 where id = $1', [a])
    await server.database.owner.query('update customer set threat_action_count = 3, licence_warning_count = 1 where id = $1', [b])
    const productId = await aProduct(server.database, partnerId, c!)
    await server.database.owner.query(`update product set state = 'offline' where id = $1`, [productId])
    expect(await companies('threat=action-required&sort=-threat')).toEqual(['B', 'A'])
    expect(await companies('system=warning,action-required')).toEqual(['A'])
    expect(await companies('licence=warning&threat=action-required')).toEqual(['B'])
    expect(await companies('threat=none&system=none&licence=none')).toEqual(['C'])
    expect(await companies('connection=offline,abnormal')).toEqual(['C'])
    expect(await companies('connection=offline&typeId=clamav-endpoint,clamav-site-server&threat=none')).toEqual(['C'])
    expect(await companies(`ids=${a},${c}`)).toEqual(['A', 'C'])
    const { body: row } = await call('GET', `/v1/customers/${a}`)
    expect([row.threat, row.system, row.licence]).toEqual([
      { actionRequired: 2, warning: 0 },
      { actionRequired: 0, warning: 1 },
      { actionRequired: 0, warning: 0 },
    ])
  })

  it('tells the ids of all that match, in the list’s order, for a change of many', async () => {
    const [a, b] = await someCustomers([{ company: 'Z', tags: ['gold', 'x'] }, { company: 'A', tags: ['gold'] }, { company: 'M' }])
    expect((await call('GET', '/v1/customers/matches?tag=gold&sort=-company')).body).toEqual({ ids: [a, b], total: 2 })
    expect((await call('GET', '/v1/customers/matches?tag=gold,x&q=z')).body).toEqual({ ids: [a], total: 1 })
    expect((await call('GET', '/v1/customers/matches?tag=none')).body).toEqual({ ids: [], total: 0 })
  })

  it.each([
    ['not base64', 'cursor=%%%'],
    ['made by hand', `cursor=${encodeCursor(['company', 'a', 'b'])}`],
    ['of another sort', `sort=-company&cursor=${encodeCursor(['company', 'a', '0199d5a0-0000-7000-8000-000000000001'])}`],
    ['a query in it', `cursor=${encodeCursor(['company', "') or true --", "' or true --"])}`],
    ['no sort of ours', 'sort=password_hash'],
    ['too many', 'limit=201'],
    ['none', 'limit=0'],
    ['a field nobody asked for', 'partnerId=x'],
  ])('refuses a list that is asked wrongly: %s', async (_, query) => {
    await someCustomers([{ company: 'A' }])
    expect(await companies(query)).toBe('request.invalid')
  })
})

describe('the exported list (CUS-2, R36)', () => {
  it('is the filtered list, in the reader’s language, with formulas defused and hostile text whole', async () => {
    await someCustomers([
      { company: '=cmd|"/c calc"!A1', tags: ['x'] },
      { company: '+1', tags: ['x'] },
      { company: 'Line\r\nbreak, "quoted" <script>', tags: ['x'] },
      { company: 'other' },
    ])
    const french = server.as({ ...actor, sessionId: 'fr', locale: 'fr' })
    const { status, body, headers } = await french('GET', '/v1/customers.csv?tag=x&sort=company&limit=1')
    expect([status, headers['content-type'], headers['content-disposition']]).toEqual([
      200,
      'text/csv; charset=utf-8',
      'attachment; filename="customers.csv"',
    ])
    expect(body.startsWith('\uFEFFSociété,Identifiant de compte,')).toBe(true)
    expect(body).toContain(`\r\n'+1,`)
    expect(body).toContain(`\r\n"'=cmd|""/c calc""!A1",`)
    expect(body).toContain(`\r\n"Line\r\nbreak, ""quoted"" <script>",`)
    expect(body).not.toContain('other')
    expect(headers['cache-control']).toBe('no-store')
    const { rows } = await server.database.owner.query(`select activity from audit where partner_id = $1`, [partnerId])
    expect(rows).toEqual([{ activity: 'customer.exported' }])
  })

  it('has the columns that are asked for, in their order, and the manager', async () => {
    const primary = await anActor(server.database, partnerId, { isPrimary: true })
    await someCustomers([{ company: '@SUM(1)', actionRequired: 1 }])
    const { body } = await call('GET', '/v1/customers.csv?columns=managedBy,company,actionRequired')
    expect(body).toBe(`\uFEFFManaged by,Company,Open events: action required\r\n${primary.name},'@SUM(1),1\r\n`)
    expect((await call('GET', '/v1/customers.csv?columns=password')).status).toBe(400)
  })

  it('streams more than it reads at once, each row once', async () => {
    await server.database.owner.query(
      `insert into customer (partner_id, id, company, country, account_id, time_zone, locale) select $1, gen_random_uuid(), 'Same name', 'FR', 'bulk-' || n, 'UTC', 'en' from generate_series(1, 2500) n`,
      [partnerId],
    )
    const { body } = await call('GET', '/v1/customers.csv')
    const ids = [...String(body).matchAll(/,(bulk-\d+),/g)].map((match) => match[1])
    expect([ids.length, new Set(ids).size]).toEqual([2500, 2500])
  })

  it('answers a problem, not half a file, when it is asked wrongly', async () => {
    const { status, body } = await call('GET', `/v1/customers.csv?cursor=x`)
    expect([status, body.code]).toEqual([400, 'request.invalid'])
  })
})

describe('an account limited to some customers (ACC-14)', () => {
  async function limitedTo(lines: [effect: string, target: string, value?: string][]) {
    const limited = await anActor(server.database, partnerId, { role: 'administrator', isScopeLimited: true })
    for (const [position, [effect, target, value]] of lines.entries()) {
      await server.database.owner.query(
        `insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id, tag) values ($1, gen_random_uuid(), $2, $3, $4, $5, $6, $7)`,
        [partnerId, limited.accountId, position, effect, target, target === 'customer' ? value : null, target === 'tag' ? value : null],
      )
    }
    return server.as(limited)
  }
  const input = (tags: string[]) => ({
    profile: { company: 'New', country: 'FR' },
    account: { accountId: 'new-1', timeZone: 'UTC', locale: 'en' },
    contact: { firstName: 'A', lastName: 'B', email: 'a@b.example', locale: 'en' },
    tags,
    products: [{ typeId: 'clamav-endpoint', description: 'Main' }],
  })

  it('lists, searches and exports its own, and nothing tells of the others', async () => {
    await someCustomers([{ company: 'Mine', tags: ['gold'] }, { company: 'Theirs' }])
    const limited = await limitedTo([['allow', 'tag', 'gold']])
    expect((await limited('GET', '/v1/customers?q=e')).body.rows.map((row: { company: string }) => row.company)).toEqual(['Mine'])
    expect((await limited('GET', '/v1/customers.csv')).body).not.toContain('Theirs')
  })

  it('makes a customer that its own scope holds', async () => {
    const limited = await limitedTo([['allow', 'tag', 'gold']])
    const made = await limited('POST', '/v1/customers', input(['gold']))
    expect([made.status, made.body.products?.length]).toEqual([200, 1])
    expect((await limited('GET', `/v1/customers/${made.body.customer.id}`)).status).toBe(200)
  })

  it.each([
    ['without the tag', [['allow', 'tag', 'gold']], ['silver']],
    [
      'with a tag that is denied',
      [
        ['allow', 'all'],
        ['deny', 'tag', 'vip'],
      ],
      ['vip'],
    ],
    ['with named customers only', [], ['gold']],
  ])('makes none outside it: %s', async (_, lines, tags) => {
    const limited = await limitedTo(lines as [string, string, string?][])
    const refused = await limited('POST', '/v1/customers', input(tags))
    expect([refused.status, refused.body.code]).toEqual([403, 'customer.outside-scope'])
    expect((await call('GET', '/v1/customers')).body.rows).toEqual([])
  })

  it('does not push one out of its own sight, nor touch one it does not see', async () => {
    const [mine, theirs] = await someCustomers([{ company: 'Mine', tags: ['gold'] }, { company: 'Theirs' }])
    const limited = await limitedTo([['allow', 'tag', 'gold']])
    expect((await limited('PATCH', `/v1/customers/${mine}`, { tags: [] }, { 'if-match': '1' })).body.code).toBe('customer.outside-scope')
    expect((await limited('PATCH', `/v1/customers/${mine}`, { tags: ['new', 'gold'] }, { 'if-match': '1' })).body.tags).toEqual([
      'gold',
      'new',
    ])
    expect((await limited('PATCH', `/v1/customers/${theirs}`, { tags: ['gold'] }, { 'if-match': '1' })).status).toBe(404)
    expect((await limited('DELETE', `/v1/customers/${theirs}`, { confirmName: 'Theirs' })).status).toBe(404)
  })
})
