import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anActor, type TestDatabase } from '../platform/testing/database.ts'
import { estateDatabase, type Estate } from '../platform/testing/estate.ts'
import { plansOf, scanned, visited, type PlanNode } from '../platform/testing/plan.ts'
import type { Tenant, TenantDb } from '../platform/index.ts'
import { endpoints } from './endpoints.ts'
import { accounts, customers, products } from './estate.ts'
import { events } from './events.ts'
import { threats } from './threats.ts'
import { prepare, type Words } from './words.ts'

let database: TestDatabase
let estate: Estate
let tenant: Tenant
let limited: Tenant
/** All customers but the one of which the limited ones must not learn. */
let nearlyAll: Tenant
beforeAll(async () => {
  ;({ database, estate } = await estateDatabase())
  const { owner } = database
  const { partnerId } = estate
  await owner.query(
    `insert into event (partner_id, id, customer_id, product_id, category, condition, severity, severity_rank, state, opened_at, last_raised_at)
     select p.partner_id, gen_random_uuid(), p.customer_id, p.id, 'antivirus', 'c' || i, 'warning', 1, case when i = 0 then 'unresolved' else 'resolved' end, now(), now() - n * interval '1 second'
     from (select *, row_number() over (order by id) as n from product) p, generate_series(0, 4) i where p.n % 3 = 0`,
  )
  tenant = { partnerId, scope: 'all', principalId: null }
  const actor = await anActor(database, partnerId, { role: 'technician', isScopeLimited: true })
  await owner.query(
    `insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id)
     select partner_id, gen_random_uuid(), $2, row_number() over (), 'allow', 'customer', id from (select * from customer where partner_id = $1 order by id limit 20) c`,
    [partnerId, actor.accountId],
  )
  limited = { partnerId, scope: 'limited', principalId: actor.accountId }
  const other = await anActor(database, partnerId, { role: 'technician', isScopeLimited: true })
  await owner.query(
    `insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id)
     select a.partner_id, gen_random_uuid(), a.id, line.position, line.effect, line.target, line.customer_id
     from account a, lateral (values (0, 'allow', 'all', null), (1, 'deny', 'customer', (select id from customer where partner_id = $1 order by id desc limit 1))) line (position, effect, target, customer_id)
     where a.id = $2`,
    [partnerId, other.accountId],
  )
  nearlyAll = { partnerId, scope: 'limited', principalId: other.accountId }
  // what the limited ones must not learn of: one thing of each kind at a customer that he does not see
  await owner.query(
    `with hidden as (select * from customer where partner_id = $1 order by id desc limit 1), named as (update customer set company = 'Zebrawood Ebonite' from hidden where customer.id = hidden.id),
       described as (update product set description = 'Zebrawood Ebonite' from hidden where product.customer_id = hidden.id returning product.*),
       called as (update endpoint set name = 'zebrawood-ebonite-' || endpoint.name from hidden where endpoint.customer_id = hidden.id returning endpoint.*)
     insert into infection (partner_id, id, customer_id, product_id, endpoint_id, category, threat, object, object_hash, opened_at)
     select partner_id, gen_random_uuid(), customer_id, product_id, id, 'antivirus', 'Trojan.Zebrawood.Ebonite', '/x', '\\x00', now() from called`,
    [partnerId],
  )
  await owner.query(
    `insert into event (partner_id, id, customer_id, product_id, category, condition, severity, severity_rank, state, opened_at, last_raised_at)
     select partner_id, gen_random_uuid(), customer_id, id, 'agent-offline', 'offline', 'warning', 1, 'unresolved', now(), now() from product where partner_id = $1 and description = 'Zebrawood Ebonite'`,
    [partnerId],
  )
  // each product had three of 40 common threats and one in a hundred a rare one; all of it dealt with
  await owner.query(
    `insert into threat_seen (partner_id, customer_id, product_id, threat, first_on, last_on)
     select partner_id, customer_id, id, case when i = 3 then 'Zebrawood.Rare-' || (h & 15) else 'Win.Trojan.Agent-' || (h + i) % 40 end, current_date - 300, current_date - h % 300
     from (select *, abs(hashtext(id::text)) as h from product) p, generate_series(0, 3) i where i < 3 or (h % 100 = 0 and not customer_id = any(array(select customer_id from scope_line where effect = 'allow' and target = 'customer')))
     union all select partner_id, customer_id, id, 'Ebonite.Rare', current_date - 300, current_date from product where description = 'Zebrawood Ebonite'`,
  )
  for (const table of ['event', 'infection', 'threat_seen', 'threat_name']) await owner.query(`vacuum analyze ${table}`)
}, 180_000)
afterAll(() => database.close())

const page = { limit: 5 }
const finders: Record<string, (db: TenantDb, words: Words) => Promise<{ rows: unknown[]; nextCursor: string | null }>> = {
  customer: (db, words) => customers(db, words, page),
  product: (db, words) => products(db, words, page),
  endpoint: (db, words) => endpoints(db, words, page),
  event: (db, words) => events(db, words, page, 'en'),
  threat: (db, words) => threats(db, words, page),
  account: (db, words) => accounts(db, words, page),
}
const plan = (kind: string, q: string, as: Tenant): Promise<PlanNode[]> =>
  plansOf(database, as, async (db) => void (await finders[kind]!(db, await prepare(db, q))))
const readOf = (nodes: readonly PlanNode[], ...tables: string[]) =>
  visited(nodes.filter(({ relation, index }) => tables.some((table) => relation === table || index?.startsWith(`${table}_`) === true)))

describe('a search of 10,000 customers and 50,000 endpoints (issue 4, point 8)', () => {
  it.each(['garage', 'acc-99', 'zzzz', 'garage 1', 'a', '01900000-0000-7000-8000-000000000001'])(
    '%s: customers, people there and products are read once at most, and of endpoints and events what is found',
    async (q) => {
      for (const kind of ['customer', 'product', 'account']) {
        const nodes = await plan(kind, q, tenant)
        expect(readOf(nodes, 'endpoint', 'endpoint_search', 'event', 'detection'), kind).toBe(0)
      }
      const nodes = await plan('event', q, tenant)
      expect(readOf(nodes, 'detection', 'endpoint'), 'event').toBe(0)
      // never a resolved one: four of five are
      expect(readOf(nodes, 'event'), 'event').toBeLessThan(estate.customers)
    },
  )

  it.each([
    ['a name', 'pc-4f2a1', 100],
    ['the beginning of many', 'pc-4', 100],
    ['the beginning of all', 'pc-', 100],
    ['nowhere', 'zzzz', 100],
    ['an address', '10.0.1.77', 2_000],
    ['with its customer', 'pc-4f2 garage', 2_000],
    ['with its customer, and both are common', 'garage pc', 12_000],
    ['the words of no one together', 'pc-4f2a1 étude', 2_000],
    ['a whole id', '01900000-0000-7000-8000-000000000001', 100],
  ])('endpoints by %s: reads about what it shows', async (_, q, most) => {
    const nodes = await plan('endpoint', q, tenant)
    expect(scanned(nodes).filter((table) => table.startsWith('endpoint'))).toEqual([])
    expect(readOf(nodes, 'endpoint', 'endpoint_search')).toBeLessThan(most)
  })

  it.each([
    ['one that many had', 'trojan', 3_500],
    ['one of many', 'agent-17', 3_500],
    ['a rare one', 'zebrawood', 3_500],
    ['nobody’s', 'zzzz', 300],
    ['with its customer', 'trojan garage', 3_500],
    ['rare, with its customer', 'zebrawood garage', 3_500],
  ])('threats that were dealt with: %s: the names that there are, the newest places, and no record', async (_, q, most) => {
    const nodes = await plan('threat', q, tenant)
    expect(scanned(nodes).filter((table) => table !== 'threat_name')).toEqual([])
    expect(readOf(nodes, 'detection', 'endpoint', 'event', 'infection')).toBe(0)
    expect(readOf(nodes, 'threat_seen', 'threat_name')).toBeLessThan(most)
  })

  it.each([
    ['many have', 'garage', 0],
    ['many have together', 'garage p', 0],
    ['all have, by their category', 'antivirus', 0],
    ['some have', 'acc-99', 111 * 3],
    ['nobody has', 'zzzz', 0],
    ['nobody has together', 'acc-99 zzzz', 0],
  ])('events by what %s: the newest 300, then those of what has the words and no others', async (_, q, more) => {
    const nodes = await plan('event', q, tenant)
    expect(readOf(nodes, 'event')).toBeGreaterThan(0)
    // the newest once, brought by the index and ordered
    expect(readOf(nodes, 'event')).toBeLessThan(320 + more)
  })

  it('what many have is found among the newest events: customers and products are not read through', async () => {
    const nodes = await plan('event', 'garage', tenant)
    expect(scanned(nodes).filter((table) => ['customer', 'product', 'event'].includes(table))).toEqual([])
  })

  it.each(['zzzz', 'antivirus', 'trojan'])(
    '%s: where no customer and no product has it, as the same search found before, neither are read again for events',
    async (q) => {
      const nodes = await plansOf(
        database,
        tenant,
        async (db) => void (await events(db, await prepare(db, q), page, 'en', { hasNoPlace: true })),
      )
      // but of the few that are shown
      expect(readOf(nodes, 'customer', 'product')).toBeLessThan(4 * (page.limit + 1))
    },
  )

  it.each(['zq', 'ga', 'p1 garage', 'qz zq'])(
    '%s: a word of two characters that nobody’s computer has costs no walk over all',
    async (q) => {
      expect(readOf(await plan('endpoint', q, tenant), 'endpoint', 'endpoint_search')).toBeLessThan(2_000)
    },
  )

  it.each([
    ['nowhere', 'zzzz', 1, 100],
    ['the beginning of many', 'pc-4', 1.2, 10_000],
    ['what all have and no name begins with', 'linux', 1.2, 6_000],
    ['one sign', 'a', 1.3, 10_000],
    ['with its customer, and both are common', 'boulangerie pc', 1.2, 10_000],
    ['two that all have, and never together', 'srv linux', 2.2, 6_000],
  ])('whoever sees all but one: endpoints by %s: their words are passed once, and few endpoints themselves', async (_, q, times, most) => {
    const nodes = await plan('endpoint', q, nearlyAll)
    const rowsOf = (table: string) => visited(nodes.filter(({ relation }) => relation === table))
    expect(rowsOf('endpoint_search')).toBeLessThanOrEqual(estate.endpoints * times)
    expect(rowsOf('endpoint')).toBeLessThan(most)
  })

  it.each(['pc-4', 'pc-', 'linux', 'a', 'boulangerie pc', 'pc boulangerie', '10.0.1', 'pc-4 garage'])(
    '%s: page after page whoever sees all but one finds the endpoints that are found by whoever sees all, in their order',
    async (q) => {
      const found = async (as: Tenant, limit: number, pages: number) => {
        const all: { id: string; customerName: string }[] = []
        let cursor: string | undefined
        for (let page = 0; page < pages; page++) {
          const { rows, nextCursor } = await database.transaction(as, async (db) =>
            endpoints(db, await prepare(db, q), { limit, ...(cursor === undefined ? {} : { cursor }) }),
          )
          all.push(...rows)
          if (nextCursor === null) break
          cursor = nextCursor
        }
        return all.filter(({ customerName }) => customerName !== 'Zebrawood Ebonite').map(({ id }) => id)
      }
      const whole = await found(tenant, 60, 1)
      expect(whole.length).toBeGreaterThan(20)
      expect(await found(nearlyAll, 9, 3)).toEqual(whole.slice(0, 27))
    },
  )

  it.each(['garage', 'antivirus'])('%s: whoever sees all but one finds what many have among the newest events', async (q) => {
    expect(readOf(await plan('event', q, nearlyAll), 'event')).toBeLessThan(320)
  })

  it('a limited account’s search reads the same whether others have what it seeks or nobody has: its time tells nothing (ACC-14)', async () => {
    for (const [as, theirs, nobodys] of [
      [limited, 'zebrawood', 'zebrywood'],
      [nearlyAll, 'ebonite', 'ebynite'],
    ] as const)
      for (const kind of Object.keys(finders))
        for (const more of ['', ' garage', ' pc-4'])
          expect(await plan(kind, theirs + more, as), `${kind} ${theirs}${more}`).toEqual(await plan(kind, nobodys + more, as))
    // and it is there to be found
    for (const kind of ['customer', 'product', 'endpoint', 'event', 'threat']) {
      const { rows } = await database.transaction(tenant, async (db) => finders[kind]!(db, await prepare(db, 'ebonite')))
      expect(rows.length, kind).toBeGreaterThan(0)
    }
  })
})
