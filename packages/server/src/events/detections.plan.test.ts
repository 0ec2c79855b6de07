import { eventsApi } from '@vigie/domain/events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noteThreats } from '../ingest/threats.ts'
import type { Tenant, TenantDb } from '../platform/index.ts'
import { anActor, type TestDatabase } from '../platform/testing/database.ts'
import { estateDatabase, type Estate } from '../platform/testing/estate.ts'
import { plansOf, scanned, visited } from '../platform/testing/plan.ts'
import * as detections from './detections.ts'

let database: TestDatabase
let estate: Estate
let tenant: Tenant
let limited: Tenant
const now = new Date()

beforeAll(async () => {
  ;({ database, estate } = await estateDatabase())
  const { owner } = database
  // ten records of each product over ten days, one of seven common threats each; a product in a thousand had a rare one besides, by a clock that is right or off by an hour
  await owner.query(
    `insert into detection (partner_id, customer_id, product_id, at, content_id, endpoint_id, category, threat, object, outcome, engine, received_at, counted_at)
     select p.partner_id, p.customer_id, p.id, d.at, decode(md5(p.id::text || i), 'hex'), gen_random_uuid(), 'antivirus', d.threat, 'o', 'deleted', 'e', d.at, case when d.threat = 'Off' then d.at + interval '1 hour' else d.at end
     from (select *, row_number() over (order by id) as n from product where partner_id = $1) p, generate_series(0, 12) i,
       lateral (select now() - i * interval '20 hours' - p.n * interval '1 second' as at, case when i < 10 then 'Common-' || (p.n + i) % 7 when i = 10 then 'Rare' when i = 11 then 'Off' else 'Untold' end as threat) d
     where i < 10 or p.n % 1000 = 1`,
    [estate.partnerId],
  )
  await owner.query(
    `insert into threat_seen (partner_id, customer_id, product_id, threat, first_on, last_on)
     select partner_id, customer_id, product_id, case when threat = 'Untold' then '' else threat end, min((counted_at at time zone 'UTC')::date), max((counted_at at time zone 'UTC')::date) from detection group by 1, 2, 3, 4`,
  )
  await owner.query('vacuum analyze detection, threat_seen')
  tenant = { partnerId: estate.partnerId, scope: 'all', principalId: null }
  const { accountId } = await anActor(database, estate.partnerId, { role: 'technician', isScopeLimited: true })
  await owner.query(
    `insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id)
     select partner_id, gen_random_uuid(), $2, row_number() over (), 'allow', 'customer', customer_id from (select * from detection where partner_id = $1 and threat = 'Rare' order by product_id limit 3) d`,
    [estate.partnerId, accountId],
  )
  limited = { partnerId: estate.partnerId, scope: 'limited', principalId: accountId }
}, 240_000)
afterAll(() => database?.close())

const list = (query: object) => (db: TenantDb) => detections.list(db, eventsApi.listDetections.query!.parse(query))
const idsOf = async (as: Tenant, query: object) => (await database.transaction(as, list(query))).rows.map(({ id }) => id)

describe('detections by threat at 12,000 products and 120,000 records (issue 4, speed)', () => {
  it.each([
    ['that few had', { threat: 'Rare' }, 400],
    ['that few had, by clocks that are off', { threat: 'Off' }, 400],
    ['that is told of nowhere', { threat: 'Nobody’s' }, 400],
    ['beyond what is noted', { threat: 'Untold' }, 400],
    ['that many had', { threat: 'Common-3' }, 15_000],
    ['that many had, oldest first', { threat: 'Common-3', sort: 'at' }, 15_000],
    ['in a range of time', { threat: 'Rare', countedFrom: new Date(now.getTime() - 30 * 86_400_000).toISOString() }, 400],
  ])('one %s: reads where it was, not all there is', async (_, query, most) => {
    const plan = await plansOf(database, tenant, list(query))
    // nothing is merged here: the table of aliases is empty
    expect(scanned(plan).filter((table) => table !== 'endpoint_alias')).toEqual([])
    expect(visited(plan)).toBeLessThan(most)
  })

  it.each(['Rare', 'Off', 'Untold', 'Common-3', 'Nobody’s'])(
    '%s: finds the same, in the same order, as a look at every record',
    async (threat) => {
      const { rows } = await database.owner.query<{ id: string }>(
        `select product_id || '.' || (extract(epoch from date_trunc('milliseconds', at)) * 1000)::bigint || '.' || encode(content_id, 'hex')::uuid as id from detection where partner_id = $1 and threat = $2 order by at desc, content_id desc limit 200`,
        [estate.partnerId, threat],
      )
      expect(await idsOf(tenant, { threat, limit: 200 })).toEqual(rows.map(({ id }) => id))
      expect(rows.length).toBe(threat === 'Nobody’s' ? 0 : threat === 'Common-3' ? 200 : 12)
    },
  )

  it('of the few products of a family or type: where they are, not all there is; page after page, and with what of them is deleted (DSH-2, decision 41)', async () => {
    const few = (
      await database.owner.query<{ id: string; customer_id: string }>(
        'select id, customer_id from product where partner_id = $1 order by id limit 3',
        [estate.partnerId],
      )
    ).rows
    await database.owner.query(`update product set type_id = 'squid-gateway' where id = any($1)`, [few.map(({ id }) => id)])
    // one by a clock that is off, and one of a gateway that was deleted and has records yet
    const gone = (
      await database.owner.query<{ id: string; customer_id: string }>(
        'select id, customer_id from product where partner_id = $1 order by id offset 3 limit 1',
        [estate.partnerId],
      )
    ).rows[0]!
    await database.owner.query(
      `insert into purge (partner_id, product_id, customer_id, asked_at, type_id) values ($1, $2, $3, now(), 'squid-gateway')`,
      [estate.partnerId, gone.id, gone.customer_id],
    )
    await database.owner.query('analyze product')
    const span = {
      countedFrom: new Date(now.getTime() - 5 * 86_400_000).toISOString(),
      countedUntil: new Date(now.getTime() + 3_600_000).toISOString(),
    }
    for (const query of [
      { family: 'gateway' },
      { family: 'gateway', ...span },
      { typeId: 'squid-gateway', category: 'antivirus', ...span },
      { family: 'gateway', customerId: few[0]!.customer_id, ...span },
    ]) {
      const plan = await plansOf(database, tenant, list(query))
      expect(
        visited(plan.filter(({ relation, index }) => `${relation} ${index}`.includes('detection'))),
        JSON.stringify(query),
      ).toBeLessThan(200)
      const whole = (
        await database.owner.query<{ id: string }>(
          `select product_id || '.' || (extract(epoch from date_trunc('milliseconds', at)) * 1000)::bigint || '.' || encode(content_id, 'hex')::uuid as id from detection
           where product_id = any($1) and ($2::uuid is null or customer_id = $2) and counted_at >= $3 and counted_at < $4 order by at desc, content_id desc`,
          [
            [...few, gone].map(({ id }) => id),
            'customerId' in query ? query.customerId : null,
            'countedFrom' in query ? query.countedFrom : '-infinity',
            'countedFrom' in query ? query.countedUntil : 'infinity',
          ],
        )
      ).rows.map(({ id }) => id)
      expect(whole.length).toBeGreaterThan(3)
      const paged: string[] = []
      for (let cursor: string | undefined = '', first = true; first || cursor !== undefined; first = false) {
        const page: Awaited<ReturnType<typeof detections.list>> = await database.transaction(
          tenant,
          list({ ...query, limit: 7, ...(first ? {} : { cursor }) }),
        )
        paged.push(...page.rows.map(({ id }) => id))
        cursor = page.nextCursor ?? undefined
      }
      expect(paged).toEqual(whole)
    }
    // both said: what is of either is none
    expect(await idsOf(tenant, { family: 'gateway', typeId: 'clamav-endpoint' })).toEqual([])
    // of a type that many have the list's own order has them soon
    expect((await idsOf(tenant, { typeId: 'clamav-endpoint', ...span })).length).toBe(50)
  })

  it('goes on page after page, keeps its other filters, and shows a limited account its own', async () => {
    const all = await idsOf(tenant, { threat: 'Rare' })
    const paged: string[] = []
    let cursor: string | undefined
    do {
      const page = await database.transaction(tenant, list({ threat: 'Rare', limit: 5, cursor }))
      paged.push(...page.rows.map(({ id }) => id))
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
    expect(paged).toEqual(all)
    expect(await idsOf(tenant, { threat: 'Rare', category: 'web-reputation' })).toEqual([])
    expect(await idsOf(tenant, { threat: 'Rare', countedUntil: new Date(now.getTime() - 300 * 86_400_000).toISOString() })).toEqual([])
    const own = await idsOf(limited, { threat: 'Rare' })
    expect([own.length, own.every((id) => all.includes(id))]).toEqual([3, true])
    const {
      rows: [one],
    } = await database.transaction(limited, list({ threat: 'Rare' }))
    expect(await idsOf(limited, { threat: 'Rare', customerId: one!.customerId })).toEqual([one!.id])
  })

  it.each([
    {},
    { sort: 'at' },
    { category: 'antivirus', outcome: 'deleted' },
    { category: 'web-reputation' },
    { from: new Date(now.getTime() - 86_400_000).toISOString() },
  ])('whoever sees three of 10,000 customers passes nobody else’s records: %j (ACC-14)', async (query) => {
    const plan = await plansOf(database, limited, list(query))
    expect(visited(plan.filter(({ relation, index }) => `${relation} ${index}`.includes('detection')))).toBeLessThan(100)
    const ids = await idsOf(limited, query)
    const whole = await database.owner.query<{ id: string }>(
      `select product_id || '.' || (extract(epoch from date_trunc('milliseconds', at)) * 1000)::bigint || '.' || encode(content_id, 'hex')::uuid as id from detection
         where customer_id = any(array(select customer_id from scope_line where account_id = $1)) and category = $2 and at >= $3 order by at desc, content_id desc limit 50`,
      [limited.principalId, query.category ?? 'antivirus', query.from ?? '-infinity'],
    )
    expect(ids.length).toBe(whole.rows.length)
    if (!('sort' in query)) expect(ids.filter((id) => whole.rows.some((row) => row.id === id))).toEqual(whole.rows.map(({ id }) => id))
  })

  it('a product that tells more names in a day than are noted is noted once more, without a name (R18)', async () => {
    const {
      rows: [product],
    } = await database.owner.query<{ id: string; customer_id: string }>(
      'select id, customer_id from product where partner_id = $1 order by id desc limit 1',
      [estate.partnerId],
    )
    const source = { product_id: product!.id, customer_id: product!.customer_id, offset: 0 }
    const told = (from: number, count: number) =>
      Array.from({ length: count }, (_, n) => ({ source: 0, atUs: Date.UTC(2026, 0, 2, 3, 4, 5) * 1_000, threat: `Many-${from + n}` }))
    const noted = () =>
      database.owner.query<{ named: number; more: number }>(
        `select count(*) filter (where threat like 'Many-%')::integer as named, count(*) filter (where threat = '')::integer as more from threat_seen where product_id = $1`,
        [product!.id],
      )
    for (const [from, count, expected] of [
      [0, 1_000, { named: 1_000, more: 0 }],
      [0, 1_000, { named: 1_000, more: 0 }],
      [990, 20, { named: 1_000, more: 1 }],
      [5_000, 1_500, { named: 1_000, more: 1 }],
    ] as const) {
      await database.transaction(tenant, (db) => noteThreats(db, [source] as never, told(from, count) as never, now, true))
      expect((await noted()).rows[0]).toEqual(expected)
    }
  })

  it('of the many products of a type: among the newest, or of each a page where these told nothing lately; what it finds is what a look at every record finds', async () => {
    const byType = async (typeId: string) =>
      (
        await database.owner.query<{ id: string }>(
          `select product_id || '.' || (extract(epoch from date_trunc('milliseconds', at)) * 1000)::bigint || '.' || encode(content_id, 'hex')::uuid as id from detection
           where partner_id = $1 and product_id in (select id from product where type_id = $2) order by at desc, content_id desc limit 50`,
          [estate.partnerId, typeId],
        )
      ).rows.map(({ id }) => id)
    const most = await plansOf(database, tenant, list({ typeId: 'clamav-endpoint' }))
    expect(visited(most.filter(({ relation }) => relation?.startsWith('detection') === true))).toBeLessThan(5_500)
    expect(await idsOf(tenant, { typeId: 'clamav-endpoint' })).toEqual(await byType('clamav-endpoint'))
    await database.owner.query(
      `update product set type_id = 'quiet' where id in (select id from product where partner_id = $1 order by id limit 400)`,
      [estate.partnerId],
    )
    await database.owner.query(
      `delete from detection where at > now() - interval '6 days' and product_id in (select id from product where type_id = 'quiet')`,
    )
    const quiet = await plansOf(database, tenant, list({ typeId: 'quiet' }))
    expect(visited(quiet.filter(({ relation }) => relation?.startsWith('detection') === true))).toBeLessThan(15_000)
    const found = await idsOf(tenant, { typeId: 'quiet' })
    expect(found).toHaveLength(50)
    expect(found).toEqual(await byType('quiet'))
  })
})
