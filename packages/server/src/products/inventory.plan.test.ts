import { productsApi } from '@vigie/domain/products'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Tenant, TenantDb } from '../platform/index.ts'
import { anActor, type TestDatabase } from '../platform/testing/database.ts'
import { estateDatabase, type Estate } from '../platform/testing/estate.ts'
import { plansOf, scanned, visited, type PlanNode } from '../platform/testing/plan.ts'
import * as endpoints from './endpoints.ts'

let database: TestDatabase
let estate: Estate
let tenant: Tenant
let limited: Tenant
/** All but a customer and a tag. */
let most: Tenant
beforeAll(async () => {
  ;({ database, estate } = await estateDatabase())
  await database.owner.query(
    `update endpoint set engine_version = case when hashtext(id::text) & 255 = 5 then '1.4.2' else '1.4.3' end, pattern_built_at = now() - (hashtext(id::text) & 63) * interval '1 hour'`,
  )
  await database.owner.query('vacuum analyze endpoint')
  tenant = { partnerId: estate.partnerId, scope: 'all', principalId: null }
  const actor = await anActor(database, estate.partnerId, { role: 'technician', isScopeLimited: true })
  await database.owner.query(
    `insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id)
     select partner_id, gen_random_uuid(), $2, row_number() over (), 'allow', 'customer', id from (select * from customer where partner_id = $1 order by id limit ${own}) c`,
    [estate.partnerId, actor.accountId],
  )
  limited = { partnerId: estate.partnerId, scope: 'limited', principalId: actor.accountId }
  const other = await anActor(database, estate.partnerId, { role: 'technician', isScopeLimited: true })
  await database.owner.query(
    `insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id, tag)
     values ($1, gen_random_uuid(), $2, 0, 'allow', 'all', null, null), ($1, gen_random_uuid(), $2, 1, 'deny', 'tag', null, 'group-3'), ($1, gen_random_uuid(), $2, 2, 'deny', 'customer', (select id from customer where partner_id = $1 order by id desc limit 1), null)`,
    [estate.partnerId, other.accountId],
  )
  most = { partnerId: estate.partnerId, scope: 'limited', principalId: other.accountId }
}, 180_000)
afterAll(() => database.close())

const now = new Date()
/** Customers that the limited account sees. */
const own = 40
const list = (query: object) => (db: TenantDb) => endpoints.list(db, productsApi.listEndpoints.query!.parse(query), now)
const readBy = async (work: (db: TenantDb) => Promise<unknown>) => {
  const plan = await plansOf(database, tenant, work)
  expect(scanned(plan)).toEqual([])
  return visited(plan)
}

describe('the inventory of 50,000 endpoints (INV-1)', () => {
  it.each([
    ['all', {}],
    ['missing protection', { isUnprotected: 'true' }],
    ['outdated', { isOutdated: 'true' }],
    ['long silent', { silentDays: '7' }],
    ['long silent, newest first', { silentDays: '7', sort: '-lastSeenAt' }],
    ['no such kind of machine', { platformKind: 'desktop' }],
    ['real-time scan, a state nobody has', { realTimeScan: 'unsupported', sort: '-lastSeenAt' }],
    ['an agent version nobody has', { agentVersion: '9.9' }],
    ['an agent state nobody has', { state: 'plug-in-error' }],
    ['a type that nobody has', { typeId: 'rspamd' }],
    ['a type whose products have no endpoints', { typeId: 'clamav-site-server' }],
    ['a family that nobody has', { family: 'email' }],
    ['a group of no product', { productId: '00000000-0000-7000-8000-000000000000', group: 'servers' }],
  ])('%s: reads about what it shows, or what there is of it', async (_, query) => {
    expect(await readBy(list(query))).toBeLessThan('silentDays' in query ? 25_000 : 6_000)
  })

  it.each([
    ['a name', { q: 'pc-4f2a1' }],
    ['no such name', { q: 'zzzz' }],
    ['no such two letters', { q: 'zq' }],
    ['what all have', { q: 'pc-' }],
    ['an address', { q: '10.0.1.77' }],
  ])('found by words: %s: the customers’ names once, and of endpoints what it shows', async (_, query) => {
    expect(await readBy(list(query))).toBeLessThan(estate.customers * 2 + 2_000)
  })

  it.each([
    ['a tag', { tag: 'group-7' }],
    ['a tag, another order', { tag: 'group-7', sort: '-lastSeenAt' }],
    ['all conditions at once', { tag: 'group-7', state: 'offline', isUnprotected: 'true', isOutdated: 'true', sort: 'patternBuiltAt' }],
    ['two that many meet', { state: 'online', isUnprotected: 'false', sort: '-lastSeenAt' }],
    ['two that few meet together', { state: 'abnormal', isInfected: 'true', q: 'pc-4', sort: 'patternBuiltAt' }],
  ])('%s: reads the business once at most, by index and row', async (_, query) => {
    expect(await readBy(list(query))).toBeLessThan(estate.endpoints * 2)
  })

  it('the newest version of each engine costs what there are of versions, not of endpoints', async () => {
    const { newestOfEngines } = await import('./newest.ts')
    expect(await readBy((db) => newestOfEngines(db, now))).toBeLessThan(60)
  })

  it('counts over the list stop counting', async () => {
    expect(await readBy((db) => endpoints.summarise(db, {}, now))).toBeLessThan(4 * 1_001 * 2 + 3_000)
  })
})

describe('the inventory, as accounts see it that are limited to a part (ACC-14)', () => {
  const filters = [
    {},
    { sort: '-lastSeenAt' },
    { isUnprotected: 'true' },
    { silentDays: '7' },
    { state: 'abnormal', isInfected: 'true' },
    { tag: 'group-7', isOutdated: 'true', sort: 'patternBuiltAt' },
  ]
  const ofEndpoints = (nodes: readonly PlanNode[]) =>
    visited(
      nodes.filter(
        ({ relation, index }) =>
          (relation === 'endpoint' || index?.startsWith('endpoint_') === true) && !index?.startsWith('endpoint_engine_'),
      ),
    )

  it.each(filters)('whoever sees 40 of 10,000 customers passes none of the others’ endpoints on the way to his: %j', async (query) => {
    const plan = await plansOf(database, limited, list(query))
    expect(scanned(plan).filter((table) => table.startsWith('endpoint'))).toEqual([])
    expect(ofEndpoints(plan)).toBeLessThanOrEqual(own * (estate.endpoints / estate.customers) * 3)
  })

  it.each([...filters, { q: 'zzzz' }, { q: 'pc-' }, { q: 'garage' }])(
    'whoever sees all but a customer and a tag is judged by these: no table works out the 9,800 that he sees: %j',
    async (query) => {
      const [plan, everything] = [await plansOf(database, most, list(query)), await plansOf(database, tenant, list(query))]
      const worked = plan.filter(({ type }) => type === 'Function Scan').map(({ visitedRows }) => visitedRows)
      expect(worked.length).toBeGreaterThan(0)
      expect(Math.max(...worked)).toBeLessThan(300)
      expect(scanned(plan).filter((table) => table !== 'endpoint_search' && table !== 'customer')).toEqual([])
      // what it reads is what one reads who sees all, and with words in it those of the business, once
      expect(visited(plan)).toBeLessThan(visited(everything) * 1.3 + ('q' in query ? estate.endpoints * 2 * 1.2 : 300))
    },
  )
})

describe('the inventory’s search, as an account sees it that is limited to 40 of 10,000 customers (ACC-14)', () => {
  const words = ['pc-4f2a1', 'zzzz', 'zq', 'pc-', '10.0.1.77', 'garage', 'zebrawood']
  const queries = words.flatMap((q) => [{ q }, { q, sort: '-lastSeenAt' }])
  // which versions there are is asked of the whole business, whatever is sought (newest.ts)
  const read = (nodes: readonly PlanNode[], table: string) =>
    visited(
      nodes.filter(
        ({ relation, index }) => (relation === table || index?.startsWith(`${table}_`) === true) && !index?.startsWith('endpoint_engine_'),
      ),
    )

  async function work() {
    const done = []
    for (const query of queries) {
      const nodes = await plansOf(database, limited, list(query))
      done.push({
        ...query,
        scanned: scanned(nodes).filter((table) => /^(endpoint|customer)/.test(table)),
        endpoints: read(nodes, 'endpoint'),
        words: read(nodes, 'endpoint_search'),
        customers: read(nodes, 'customer'),
      })
    }
    return done
  }
  const ofFinding = (done: Awaited<ReturnType<typeof work>>) => done.map(({ customers: _, ...rest }) => rest)

  it('reads its own and nothing else, whatever is sought and whatever others have', async () => {
    const before = await work()
    const ownEndpoints = own * (estate.endpoints / estate.customers)
    for (const { q, scanned: tables, endpoints: rows, words: searched, customers } of before) {
      expect(tables, q).toEqual([])
      // an index, and the rows it leads to
      expect(rows, q).toBeLessThanOrEqual(ownEndpoints * 4)
      expect(searched, q).toBeLessThanOrEqual(ownEndpoints * 4)
      // its scope, their names, and whose the rows of the page are
      expect(customers, q).toBeLessThanOrEqual(own * 6)
    }
    // others' endpoints and customers are called what is sought, and some of them go
    const others = `partner_id = $1 and not (customer_id = any(array(select customer_id from scope_line where partner_id = $1)))`
    await database.owner.query(
      `update endpoint set name = 'zebrawood zzzz zq ' || name, addresses = '{10.0.1.77}' where ${others} and hashtext(id::text) & 7 = 3`,
      [estate.partnerId],
    )
    await database.owner.query(`delete from endpoint where ${others} and hashtext(id::text) & 63 = 5`, [estate.partnerId])
    await database.owner.query(
      `update customer set company = 'Zebrawood garage' where partner_id = $1 and id in (select id from customer where partner_id = $1 order by id offset 9000)`,
      [estate.partnerId],
    )
    expect(ofFinding(await work())).toEqual(ofFinding(before))
    const found = async (as: Tenant) => (await database.transaction(as, list({ q: 'zebrawood' }))).rows.length
    expect([(await found(tenant)) > 0, await found(limited)]).toEqual([true, 0])
  }, 120_000)
})
