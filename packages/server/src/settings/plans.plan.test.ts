import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mostUrls, urlListsApi } from '@vigie/domain/settings'
import { speaker, type Tenant, type TenantDb } from '../platform/index.ts'
import { aCustomer, aProduct, testDatabase, type TestDatabase } from '../platform/testing/database.ts'
import { anEstate, type Estate } from '../platform/testing/estate.ts'
import { plansOf, scanned, visited } from '../platform/testing/plan.ts'
import { deliver } from './delivery.ts'
import { find, ofProduct } from './places.ts'
import { show } from './show.ts'
import { list } from './urls.ts'
import { lookAgain } from './wanted.ts'

/** One product of 20,000 endpoints, among 2,000 customers of five: all with settings, a few of them not as wanted. */
const size = 20_000
let database: TestDatabase
let estate: Estate
let tenant: Tenant
let customerId: string
let productId: string
const run = (text: string, ...values: unknown[]) => database.owner.query(text, values)
beforeAll(async () => {
  database = await testDatabase()
  estate = await anEstate(database, { customers: 2_000, endpointsPerCustomer: 5, others: 2 })
  const { partnerId } = estate
  tenant = { partnerId, scope: 'all', principalId: null }
  customerId = await aCustomer(database, partnerId)
  productId = await aProduct(database, partnerId, customerId)
  await run(
    `insert into agent (partner_id, id, customer_id, product_id, public_key, state, hostname, platform, fingerprint, agent_version, protocol, commands, registered_at)
     select $1, gen_random_uuid(), $2, $3, decode(md5('big' || n), 'hex'), 'online', 'pc-' || n, 'Linux', '', '0.1.0', 2, '[{"type": "apply-settings", "isSupported": true, "reason": null}]', now() from generate_series(1, $4::integer) n`,
    partnerId,
    customerId,
    productId,
    size,
  )
  await run(
    `insert into endpoint (partner_id, id, customer_id, product_id, agent_id, key, name, "group") select partner_id, gen_random_uuid(), customer_id, product_id, id, id::text, hostname, 'servers' from agent where product_id = $1`,
    productId,
  )
  // everybody follows what the customer wants; of the big product one in a thousand reports something else
  await run(
    `insert into setting_layer (partner_id, id, customer_id, values, set_by) select partner_id, gen_random_uuid(), id, '{"update-schedule.every-hours": 6}', '{"update-schedule.every-hours": {"by": "Ada", "at": "2026-11-21T10:00:00.000Z"}}' from customer where partner_id = $1`,
    partnerId,
  )
  await run(
    `update setting_state s set time_zone = c.time_zone, wanted_revision = 1, wanted = '{"update-schedule.every-hours": 6}', wanted_at = now(), reported_revision = 1, reported_at = now(), reported =
       jsonb_build_object('update-schedule.every-hours', case when e.product_id = $2 and hashtext(e.id::text) % 1000 = 0 then 9 else 6 end, 'update-schedule.enabled', false, 'real-time-scan.enabled', true, 'real-time-scan.action', 'block',
         'real-time-scan.paths', jsonb_build_array('/home', '/root', '/srv', '/tmp', '/var/www'), 'manual-scan.paths', jsonb_build_array('/'), 'manual-scan.action', 'quarantine', 'exclusions.paths', jsonb_build_array(),
         'scheduled-scan.enabled', false, 'scheduled-scan.frequency', 'weekly', 'scheduled-scan.day', 'monday', 'scheduled-scan.time', '12:30', 'scheduled-scan.time-zone', 'Europe/Paris')
     from endpoint e join customer c on c.partner_id = e.partner_id and c.id = e.customer_id where e.partner_id = $1 and s.partner_id = $1 and s.endpoint_id = e.id`,
    partnerId,
    productId,
  )
  await run(
    `insert into url_entry (partner_id, id, customer_id, kind, entry, added_by, added_at) select $1, gen_random_uuid(), case when n > 10000 then c.id end, case when n % 2 = 0 then 'approved' else 'blocked' end, 'host-' || n || '.example', 'Ada', now() - n * interval '1 minute'
     from generate_series(1, 20000) n, (select id from customer where partner_id = $1 order by id limit 1) c`,
    partnerId,
  )
  await run('delete from setting_look') // all of them were looked at
  await run('vacuum analyze')
}, 240_000)
afterAll(() => database.close())

const plans = (work: (db: TenantDb) => Promise<unknown>) => plansOf(database, tenant, work)
const at = (db: TenantDb) => ofProduct(db, productId, null)
const shown = async (db: TenantDb) => show(db, await at(db), speaker('en'), async () => null)

describe('settings of 20,000 endpoints of one product (AGT-4)', () => {
  it('are counted to the last one, and those that differ are named', async () => {
    const settings = await database.transaction(tenant, shown)
    const row = settings.rows.find(({ key }) => key === 'update-schedule.every-hours')!
    expect(settings.endpointCount).toBe(size)
    expect(row.counts.reduce((sum, { count }) => sum + count, 0)).toBe(size)
    expect(row).toMatchObject({ value: 6, state: 'drifted', reported: Array(5).fill({ value: 9, state: 'drifted' }) })
  })

  it('reads each state once, in its index alone, and hands over what differs: a handful of rows', async () => {
    let handed = 0
    await database.transaction(tenant, (db) => shown(counting(db, (rows) => (handed += rows))))
    expect(handed).toBeLessThan(60)
    const nodes = await plans(shown)
    expect(visited(nodes)).toBeLessThan(size * 1.2)
    expect(scanned(nodes).filter((table) => !['command', 'product'].includes(table))).toEqual([])
  })

  it('of an ordinary customer: its own rows', async () => {
    const id = await ordinary()
    const nodes = await plans(async (db) =>
      show(db, await find(db, { customerId: id, productId: null, group: null }), speaker('en'), async () => null),
    )
    expect(scanned(nodes).filter((table) => table !== 'command')).toEqual([]) // of commands there are none here
    expect(visited(nodes)).toBeLessThan(300)
  })

  it.each([
    ['10,000 URLs of the business', {}],
    ['newest first', { sort: '-addedAt' }],
    ['one kind', { kind: 'blocked' }],
    ['one kind, newest first', { kind: 'blocked', sort: '-addedAt' }],
    ['no such URL', { q: 'zzzz' }],
  ])('%s: counted once, and a page of them (ADM-2)', async (_, query) => {
    const nodes = await plans((db) => list(db, urlListsApi.listUrls.query!.parse(query)))
    expect(visited(nodes)).toBeLessThanOrEqual(mostUrls * 4)
  })

  it('a customer’s own URLs leave the business’s unread', async () => {
    const nodes = await plans(async (db) => list(db, urlListsApi.listUrls.query!.parse({ customerId: await another() })))
    expect(scanned(nodes)).toEqual([])
    expect(visited(nodes)).toBeLessThan(100)
  })

  it('who has not got what is wanted, and who came or moved: nothing is read where all is well', async () => {
    expect(await database.transaction(tenant, (db) => lookAgain(db, 200, new Date()))).toBe(0)
    const minute = async (db: TenantDb) => {
      await lookAgain(db, 200, new Date())
      await db.query('select distinct customer_id as id from setting_state where is_wanted and not is_current')
      await deliver(
        db,
        { commandKey: null as never },
        new Date(),
        { id: null, name: 'Vigie' },
        { customerIds: [customerId, await ordinary()] },
      )
    }
    expect(visited(await plans(minute))).toBeLessThan(50)
  })

  it('a few who have not: these are read', async () => {
    await run(
      'update setting_state set wanted_revision = 2 where endpoint_id in (select endpoint_id from setting_state where partner_id = $1 order by endpoint_id limit 20)',
      estate.partnerId,
    )
    const due = async (db: TenantDb) =>
      void (await db.query('select distinct customer_id as id from setting_state where is_wanted and not is_current'))
    expect(visited(await plans(due))).toBeLessThanOrEqual(60)
  })
})

const ordinary = async (at = 1) =>
  (await run('select id from customer where partner_id = $1 and id <> $2 order by id offset $3 limit 1', estate.partnerId, customerId, at))
    .rows[0].id as string
const another = () => ordinary(7)

/** As it is, and tells how many rows each question brought. */
function counting(db: TenantDb, tell: (rows: number) => void): TenantDb {
  return Object.create(db, {
    query: {
      value: async (text: string, values?: readonly unknown[]) => {
        const result = await db.query(text, values)
        tell(result.rows.length)
        return result
      },
    },
  }) as TenantDb
}
