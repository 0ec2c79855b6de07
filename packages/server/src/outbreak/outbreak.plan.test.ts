import { outbreakApi } from '@vigie/domain/outbreak'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId, type Tenant, type TenantDb } from '../platform/index.ts'
import type { TestDatabase } from '../platform/testing/database.ts'
import { estateDatabase, type Estate } from '../platform/testing/estate.ts'
import { plansOf, scanned, visited } from '../platform/testing/plan.ts'
import { endpointsOf, sums } from './concern.ts'
import * as rules from './rules.ts'
import * as alerts from './store.ts'

let database: TestDatabase
let estate: Estate
let tenant: Tenant
let alertId: string
beforeAll(async () => {
  ;({ database, estate } = await estateDatabase())
  tenant = { partnerId: estate.partnerId, scope: 'all', principalId: null }
  alertId = newId()
  await database.owner.query(
    `insert into virus_alert (id, level, name, advice, threats, ports, folders, attachments, platforms, starts_at, ends_at, created_at) values ($1, 'red', 'x', '', '{Eicar}', '{445}', '{}', '{}', '{}', now(), now() + interval '1 day', now())`,
    [alertId],
  )
}, 180_000)
afterAll(() => database.close())

/** Empty in the estate, or always of few rows: reading them whole is right. */
const small = ['virus_alert', 'outbreak_rule', 'outbreak_defence', 'infection']
const readBy = async (work: (db: TenantDb) => Promise<unknown>) => {
  const plan = await plansOf(database, tenant, work)
  expect(scanned(plan).filter((table) => !small.includes(table))).toEqual([])
  return visited(plan)
}
const endpoints = (query: object) => async (db: TenantDb) =>
  endpointsOf(db, await alerts.row(db, alertId), outbreakApi.listAlertEndpoints.query!.parse(query))

describe('an alert over 50,000 endpoints (EVT-5)', () => {
  it.each([
    ['vulnerable ones', {}],
    ['of a customer that is not there', { customerId: newId() }],
  ])('%s: reads about what it shows', async (_, query) => {
    expect(await readBy(endpoints(query))).toBeLessThan(6_000)
  })
  it('to clean: reads the endpoints that have infections', async () => {
    expect(await readBy(endpoints({ kind: 'to-clean' }))).toBeLessThan(60_000)
  })
  it('what customers allow: a page of customers', async () => {
    expect(await readBy((db) => rules.list(db, outbreakApi.listRules.query!.parse({}), new Date()))).toBeLessThan(6_000)
  })
  it('for banners: the open events of the category', async () => {
    const plan = await plansOf(database, tenant, sums)
    expect(visited(plan)).toBeLessThan(20_000)
  })
})
