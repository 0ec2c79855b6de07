import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { indexesOf, plansOf } from '../platform/testing/plan.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { preview as look } from './preview.ts'

let server: TestServer
let partnerId: string
let owner: Awaited<ReturnType<typeof anActor>>
const hourMs = 3_600_000
beforeAll(async () => {
  server = await testServer()
  partnerId = await aPartner(server.database)
  owner = await anActor(server.database, partnerId)
})
afterAll(() => server.close())

async function aSite(company: string) {
  const customerId = await aCustomer(server.database, partnerId, { company })
  return { customerId, productId: await aProduct(server.database, partnerId, customerId) }
}
const kept = (
  of: { customerId: string; productId: string },
  hoursAgo: number,
  worst: number,
  fact = 'incidents',
  category = 'antivirus',
  last = worst,
) =>
  server.database.owner.query(
    `insert into fact_hour (partner_id, product_id, category, fact, hour, customer_id, worst, last) values ($1, $2, $3, $4, date_trunc('hour', $5::timestamptz), $6, $7, $8)`,
    [partnerId, of.productId, category, fact, new Date(Date.now() - hoursAgo * hourMs), of.customerId, worst, last],
  )
const preview = async (value: number, more = '', as = owner) =>
  await server.as(as)('GET', `/v1/indexes/preview?category=antivirus&name=incidents&value=${value}${more}`)

describe('what the last 90 days would have raised (EVT-7)', () => {
  it('per customer, most changed first; what has a value of its own keeps it', async () => {
    const [calm, busy, own] = [await aSite('Calm'), await aSite('Busy'), await aSite('Own')]
    await kept(calm, 10, 16)
    for (const hoursAgo of [10, 20, 30]) await kept(busy, hoursAgo, 12)
    for (const hoursAgo of [10, 20]) await kept(own, hoursAgo, 12)
    await kept(busy, 91 * 24, 500)
    await server.as(owner)('PUT', '/v1/indexes', { category: 'antivirus', name: 'incidents', value: 50, customerId: own.customerId })
    const { status, body } = await preview(10)
    expect([status, body.present, body.proposed, body.customerCount]).toEqual([200, 1, 4, 1])
    expect(body.rows).toEqual([{ customerId: busy.customerId, company: 'Busy', present: 0, proposed: 3 }])
    expect((await preview(10, `&customerId=${own.customerId}`)).body).toMatchObject({
      present: 0,
      proposed: 2,
      rows: [{ customerId: own.customerId, present: 0, proposed: 2 }],
    })
    expect((await preview(100)).body).toMatchObject({
      present: 1,
      proposed: 0,
      rows: [{ customerId: calm.customerId, present: 1, proposed: 0 }],
    })
  })

  it('refuses what can not be set', async () => {
    const { status, body } = await preview(0)
    expect([status, body.code, body.fields[0].path]).toEqual([422, 'index.out-of-range', 'value'])
    expect((await server.as(owner)('GET', '/v1/indexes/preview?category=nothing&name=incidents&value=5')).status).toBe(422)
  })

  it('a limited account is told of its own customers only (ACC-14)', async () => {
    const mine = await aSite('Mine')
    await kept(mine, 5, 12)
    const limited = await anActor(server.database, partnerId, { role: 'technician', isScopeLimited: true })
    await server.database.owner.query(
      `insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id) values ($1, gen_random_uuid(), $2, 0, 'allow', 'customer', $3)`,
      [partnerId, limited.accountId, mine.customerId],
    )
    expect((await preview(10, '', limited)).body).toMatchObject({ present: 0, proposed: 1, customerCount: 1, rows: [{ company: 'Mine' }] })
  })

  it('of a tag: for its customers alone, and of two tags the stricter counts (EVT-3)', async () => {
    const call = server.as(owner)
    const aTagged = async (company: string, tags: string[]) => {
      const customerId = await aCustomer(server.database, partnerId, { company, tags })
      const site = { customerId, productId: await aProduct(server.database, partnerId, customerId) }
      for (const hoursAgo of [10, 20]) await kept(site, hoursAgo, 8)
      return site
    }
    const [gold, both] = [await aTagged('Gold', ['gold']), await aTagged('Both', ['gold', 'silver'])]
    expect(
      (await call('PUT', '/v1/indexes', { category: 'antivirus', name: 'incidents', value: 5, customerId: null, tag: 'silver' })).status,
    ).toBe(200)
    const proposed = (await preview(8, '&tag=gold')).body
    expect(proposed).toMatchObject({ present: 2, proposed: 4, rows: [{ customerId: gold.customerId, present: 0, proposed: 2 }] })
    expect(
      (await call('PUT', '/v1/indexes', { category: 'antivirus', name: 'incidents', value: 8, customerId: null, tag: 'gold' })).status,
    ).toBe(200)
    const incidents = async (query: string) =>
      (await call('GET', `/v1/indexes?${query}`)).body.rows.find(
        (row: { category: string; name: string }) => row.category === 'antivirus' && row.name === 'incidents',
      )
    expect(await incidents(`customerId=${both.customerId}`)).toMatchObject({
      value: 5,
      from: 'tag',
      tag: 'silver',
      ofTags: [
        { tag: 'gold', value: 8 },
        { tag: 'silver', value: 5 },
      ],
    })
    expect(await incidents(`customerId=${gold.customerId}`)).toMatchObject({ value: 8, from: 'tag', tag: 'gold' })
    expect(await incidents('tag=gold')).toMatchObject({ value: 8, from: 'tag', tag: 'gold', ofTags: [] })
    expect(await incidents('')).toMatchObject({ from: 'default', tag: null })
    expect((await call('GET', '/v1/indexes/tags')).body.rows).toEqual([
      { tag: 'gold', values: 1, customers: 2 },
      { tag: 'silver', values: 1, customers: 1 },
    ])
    expect((await call('GET', `/v1/indexes?tag=gold&customerId=${gold.customerId}`)).status).toBe(400)
  })

  it('a tag that is given or taken makes its customers’ products due: their verdict may be another now (EVT-3)', async () => {
    const { customerId, productId } = await aSite('Retagged')
    await server.database.owner.query('update product set last_seen_at = now() where id = $1', [productId])
    expect(
      (
        await server.as(owner)('PUT', '/v1/indexes', {
          category: 'antivirus',
          name: 'incidents',
          value: 3,
          customerId: null,
          tag: 'strict',
        })
      ).status,
    ).toBe(200)
    await server.database.owner.query('delete from assessment_due where product_id = $1', [productId])
    expect(
      (await server.as(owner)('POST', '/v1/customers/tags', { ids: [customerId], add: ['strict'], remove: [] })).body.changed,
    ).toHaveLength(1)
    expect((await server.database.owner.query('select from assessment_due where product_id = $1', [productId])).rowCount).toBe(1)
  })

  it('what explains a category silences its past too: patterns age while the agent is away, and nobody was told', async () => {
    const [away, here] = [await aSite('Away'), await aSite('Here')]
    for (const site of [away, here]) await kept(site, 20, 9, 'ageDays', 'component-update')
    const sinceMs = Date.now() - 60 * hourMs
    await server.database.owner.query(
      `insert into fact_span (partner_id, product_id, category, fact, began_at, ended_at, customer_id, worst, last) values ($1, $2, 'agent-offline', 'silentMinutes', $3, now() - interval '1 hour', $4, 0, $5)`,
      [partnerId, away.productId, new Date(sinceMs), away.customerId, sinceMs],
    )
    const of = async (customerId: string) =>
      (await server.as(owner)('GET', `/v1/indexes/preview?category=component-update&name=warnAfterDays&value=8&customerId=${customerId}`))
        .body
    expect(await of(here.customerId)).toMatchObject({ present: 1, proposed: 1 })
    await server.database.owner.query(`update fact_hour set last = 0 where product_id = $1`, [away.productId])
    expect(await of(away.customerId)).toMatchObject({ present: 0, proposed: 0 })
    // had it not been an event that the agent was away, it would have been told
    const own = { category: 'agent-offline', name: 'offlineAfterMinutes', value: 40_000, customerId: away.customerId }
    expect((await server.as(owner)('PUT', '/v1/indexes', own)).status).toBe(200)
    expect(await of(away.customerId)).toMatchObject({ present: 1, proposed: 1 })
  })

  it('many customers with a busy quarter: hardly more than reading what is kept of them', async () => {
    await server.database.owner.query(
      `with c as (insert into customer (partner_id, id, company, country, account_id, time_zone, locale) select $1, gen_random_uuid(), 'Big ' || n, 'FR', 'big' || n, 'UTC', 'en' from generate_series(1, 200) n returning id),
         p as (insert into product (partner_id, id, customer_id, guid, type_id, family, description, fresh_for_seconds) select $1, gen_random_uuid(), id, gen_random_uuid(), 'clamav-endpoint', 'endpoint-hosted', 'p', 900 from c returning id, customer_id)
       insert into fact_hour (partner_id, product_id, category, fact, hour, customer_id, worst, last) select $1, p.id, 'antivirus', 'incidents', date_trunc('hour', now()) - n * interval '11 hours', p.customer_id, 5 + n % 20, 5
       from p, generate_series(1, 150) n`,
      [partnerId],
    )
    // away each night, and one of several back an hour after the first
    await server.database.owner.query(
      `insert into fact_span (partner_id, product_id, category, fact, began_at, ended_at, customer_id, worst, last)
       select p.partner_id, p.id, 'agent-offline', 'silentMinutes', d.at + l.hours * interval '1 hour', d.at + l.until * interval '1 hour', p.customer_id, l.worst, case when l.hours = 0 then extract(epoch from d.at) * 1000 end
       from product p, generate_series(1, 30) n, lateral (select date_trunc('day', now()) - n * interval '1 day' as at) d, (values (0, 14, 0), (14, 15, 840)) l (hours, until, worst) where p.partner_id = $1 and p.description = 'p'`,
      [partnerId],
    )
    await server.database.owner.query('analyze fact_hour, fact_span, product')
    const timed = async <T>(work: () => Promise<T>): Promise<[T, number]> => {
      let [answer, quickestMs]: [T | undefined, number] = [undefined, Infinity]
      for (let n = 0; n < 3; n++) {
        const startedMs = performance.now()
        answer = await work()
        quickestMs = Math.min(quickestMs, performance.now() - startedMs)
      }
      return [answer as T, quickestMs]
    }
    // EVT-7 allows 3 s for 1,000 customers; the yardstick, in the same run, is reading the same rows bare
    const bare = (table: string, category: string) =>
      timed(() =>
        server.database.owner.query(
          `select product_id, customer_id, fact, worst, last, ${table === 'fact_hour' ? 'hour' : 'began_at, ended_at'} from ${table} where category = $1`,
          [category],
        ),
      )
    const [, bareMs] = await bare('fact_hour', 'antivirus')
    const [{ body }, tookMs] = await timed(() => preview(10))
    expect(body.customerCount).toBeGreaterThanOrEqual(200)
    expect(body.rows).toHaveLength(200)
    expect(tookMs).toBeLessThan(bareMs * 8 + 100)
    const [, bareSpansMs] = await bare('fact_span', 'agent-offline')
    const nights = () => server.as(owner)('GET', '/v1/indexes/preview?category=agent-offline&name=offlineAfterMinutes&value=600')
    const [{ body: away }, nightsMs] = await timed(nights)
    expect([away.present, away.proposed, away.customerCount]).toEqual([0, 200 * 30, 200])
    expect(nightsMs).toBeLessThan(bareSpansMs * 8 + 100)
    // of one customer: by its own index, however many there are
    const { customerId } = away.rows[0]
    const nodes = await plansOf(server.database, { partnerId, scope: 'all', principalId: null }, async (db) => {
      await look(db, { category: 'agent-offline', name: 'offlineAfterMinutes', value: 600, customerId, tag: null }, new Date())
      await look(db, { category: 'antivirus', name: 'incidents', value: 10, customerId, tag: null }, new Date())
    })
    expect(indexesOf(nodes)).toEqual(expect.arrayContaining(['fact_span_customer', 'fact_hour_customer', 'product_customer']))
  })
})
