import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestDatabase } from '../platform/testing/database.ts'
import { estateDatabase, type Estate } from '../platform/testing/estate.ts'
import { indexesOf, plansOf, scanned, visited } from '../platform/testing/plan.ts'
import type { TenantDb } from '../platform/index.ts'
import { assertConsent, restrictView } from './index.ts'

/** One customer in fifty withdrew its consent to be looked at. */
let database: TestDatabase
let estate: Estate
beforeAll(async () => {
  ;({ database, estate } = await estateDatabase({ customers: 2_000, endpointsPerCustomer: 5, others: 2 }))
  await database.owner.query(
    `with said as (
       insert into consent (partner_id, id, customer_id, activity, decision, said_by, said_on, recorded_by, recorded_at)
       select partner_id, gen_random_uuid(), id, 'view-endpoints', 'withdrawn', 'Camille', current_date, 'Estate', now() from customer where (hashtext(id::text) & 1023) < 20 returning *)
     insert into consent_state (partner_id, customer_id, activity, decision, consent_id, since) select partner_id, customer_id, activity, decision, id, recorded_at from said`,
  )
  await database.owner.query('analyze')
}, 120_000)
afterAll(() => database.close())

const plans = (work: (db: TenantDb) => Promise<unknown>) =>
  plansOf(database, { partnerId: estate.partnerId, scope: 'all', principalId: null }, work)
const customerId = async () =>
  (await database.owner.query('select id from customer where partner_id = $1 order by id limit 1', [estate.partnerId])).rows[0].id as string

describe('consent costs little (ACC-12)', () => {
  it('a command asks one row by its key', async () => {
    const id = await customerId()
    const nodes = await plans((db) => assertConsent(db, id, 'scan'))
    expect(scanned(nodes)).toEqual([])
    expect(indexesOf(nodes)).toContain('consent_state_pkey')
    expect(visited(nodes)).toBeLessThan(10)
  })

  it('a page of endpoints still comes from its own index, the customers left out being asked for once', async () => {
    const nodes = await plans(async (db) => {
      const condition = await restrictView(db, 'view-endpoints', 'e.customer_id', {})
      expect(condition).toContain('not in')
      await db.query(`select e.id from endpoint e where ${condition!} order by e.name_key, e.id limit 50`)
    })
    expect(scanned(nodes)).toEqual([])
    expect(indexesOf(nodes)).toEqual(expect.arrayContaining(['endpoint_name', 'consent_state_withdrawn']))
    expect(visited(nodes)).toBeLessThan(300)
  })
})
