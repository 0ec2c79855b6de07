import { productsApi } from '@vigie/domain/products'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Tenant, TenantDb } from '../platform/index.ts'
import type { TestDatabase } from '../platform/testing/database.ts'
import { estateDatabase, type Estate } from '../platform/testing/estate.ts'
import { plansOf, scanned, visited } from '../platform/testing/plan.ts'
import * as endpoints from './endpoints.ts'

let database: TestDatabase
let estate: Estate
let tenant: Tenant
beforeAll(async () => {
  ;({ database, estate } = await estateDatabase())
  await database.owner.query(
    `update endpoint set engine_version = case when hashtext(id::text) & 255 = 5 then '1.4.2' else '1.4.3' end, pattern_built_at = now() - (hashtext(id::text) & 63) * interval '1 hour'`)
  await database.owner.query('vacuum analyze endpoint')
  tenant = { partnerId: estate.partnerId, scope: 'all', principalId: null }
}, 180_000)
afterAll(() => database.close())

const now = new Date()
const list = (query: object) => (db: TenantDb) => endpoints.list(db, productsApi.listEndpoints.query!.parse(query), now)
const readBy = async (work: (db: TenantDb) => Promise<unknown>) => {
  const plan = await plansOf(database, tenant, work)
  expect(scanned(plan)).toEqual([])
  return visited(plan)
}

describe('the inventory of 50,000 endpoints (INV-1)', () => {
  it.each([
    ['all', {}], ['missing protection', { isUnprotected: 'true' }], ['outdated', { isOutdated: 'true' }], ['long silent', { silentDays: '7' }], ['long silent, newest first', { silentDays: '7', sort: '-lastSeenAt' }],
    ['no such kind of machine', { platformKind: 'desktop' }], ['real-time scan, a state nobody has', { realTimeScan: 'unsupported', sort: '-lastSeenAt' }], ['an agent version nobody has', { agentVersion: '9.9' }],
    ['an agent state nobody has', { state: 'plug-in-error' }], ['a type that nobody has', { typeId: 'rspamd' }], ['a type whose products have no endpoints', { typeId: 'clamav-site-server' }], ['a family that nobody has', { family: 'email' }],
    ['a group of no product', { productId: '00000000-0000-7000-8000-000000000000', group: 'servers' }],
  ])('%s: reads about what it shows, or what there is of it', async (_, query) => {
    expect(await readBy(list(query))).toBeLessThan('silentDays' in query ? 25_000 : 6_000)
  })

  it.each([
    ['a name', { q: 'pc-4f2a1' }], ['no such name', { q: 'zzzz' }], ['no such two letters', { q: 'zq' }], ['what all have', { q: 'pc-' }], ['an address', { q: '10.0.1.77' }],
  ])('found by words: %s: the customers’ names once, and of endpoints what it shows', async (_, query) => {
    expect(await readBy(list(query))).toBeLessThan(estate.customers * 2 + 2_000)
  })

  it.each([
    ['a tag', { tag: 'group-7' }], ['a tag, another order', { tag: 'group-7', sort: '-lastSeenAt' }], ['all conditions at once', { tag: 'group-7', state: 'offline', isUnprotected: 'true', isOutdated: 'true', sort: 'patternBuiltAt' }],
    ['two that many meet', { state: 'online', isUnprotected: 'false', sort: '-lastSeenAt' }], ['two that few meet together', { state: 'abnormal', isInfected: 'true', q: 'pc-4', sort: 'patternBuiltAt' }],
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
