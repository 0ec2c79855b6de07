import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId, type Actor } from '../platform/index.ts'
import { aCustomer, anActor, aPartner } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'

let server: TestServer
let actor: Actor
let partnerId: string
let customerId: string
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())
beforeEach(async () => {
  partnerId = await aPartner(server.database)
  actor = await anActor(server.database, partnerId, { role: 'administrator' })
  customerId = await aCustomer(server.database, partnerId)
})
const api = () => server.as(actor)
interface Entry {
  id: string
  text: string
}

describe('URL lists (ADM-2)', () => {
  const add = (lines: string[], kind = 'blocked', more: object = {}, as = actor) =>
    server.as(as)('POST', '/v1/urls', { customerId, kind, lines, ...more })

  it('keeps what fits, normalised; tells the rest with line, reason and the entry that says the opposite', async () => {
    expect((await add(['*.Example.com', 'bücher.example'], 'approved')).body).toEqual({ added: 2, known: 0, refused: [] })
    const { body } = await add(['shop.example.com', 'javascript:alert(1)', 'Example.org', 'example.org', ''])
    expect(body).toEqual({
      added: 1,
      known: 1,
      refused: [
        { line: 1, text: 'shop.example.com', code: 'url.contradicts', conflictsWith: '*.example.com' },
        { line: 2, text: 'javascript:alert(1)', code: 'url.shape', conflictsWith: null },
      ],
    })
    const list = await api()('GET', `/v1/urls?customerId=${customerId}&kind=approved&q=b%C3%BCcher.example`)
    expect(list.body.rows.map((one: Entry) => one.text)).toEqual(['xn--bcher-kva.example'])
  })

  it('a dry run tells and keeps nothing; the business’s lists are not the customer’s', async () => {
    expect((await add(['a.example'], 'blocked', { isDryRun: true })).body.added).toBe(1)
    expect((await api()('GET', `/v1/urls?customerId=${customerId}`)).body.rows).toEqual([])
    expect((await add(['a.example'], 'approved', { customerId: null })).body.added).toBe(1)
    expect((await add(['a.example'], 'blocked')).body.added).toBe(1)
  })

  it('two at once, each in one list: one of them is told', async () => {
    const both = await Promise.all([add(['twice.example'], 'approved'), add(['twice.example'], 'blocked')])
    expect(both.map(({ body }) => body.added).toSorted()).toEqual([0, 1])
  })

  it('10,000 and no more; the page and its search stay quick; CSV has them all', async () => {
    for (let n = 0; n < 5; n++)
      expect((await add(Array.from({ length: 2_000 }, (_, at) => `h${n}-${at}.example.com`))).body.added).toBe(2_000)
    expect((await add(['one.too.many.example'])).body.code).toBe('url.too-many')
    const first = await api()('GET', `/v1/urls?customerId=${customerId}&limit=200`)
    expect([first.body.rows.length, first.body.total]).toEqual([200, 10_000])
    const found = await api()('GET', `/v1/urls?customerId=${customerId}&q=h4-1999.`)
    expect(found.body.rows.map((one: Entry) => one.text)).toEqual(['h4-1999.example.com'])
    const csv = await api()('GET', `/v1/urls.csv?customerId=${customerId}`)
    expect(csv.body.trim().split('\r\n')).toHaveLength(10_001)
  })

  it('who sees some customers only does not write the business’s', async () => {
    const limited = await anActor(server.database, partnerId, { role: 'technician', isScopeLimited: true })
    expect((await add(['a.example'], 'blocked', { customerId: null }, limited)).status).toBe(403)
  })

  it('removed: all or nothing', async () => {
    await add(['a.example', 'b.example'])
    const { body } = await api()('GET', `/v1/urls?customerId=${customerId}`)
    const ids = body.rows.map((one: Entry) => one.id)
    expect((await api()('POST', '/v1/urls/remove', { ids: [...ids, newId()] })).status).toBe(404)
    expect((await api()('POST', '/v1/urls/remove', { ids })).body).toEqual({ removed: 2 })
  })
})
