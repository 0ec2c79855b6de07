import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testServer } from '../platform/testing/server.ts'
import type { FigureAnswer } from '@vigie/domain/figures'
import type { FigureCount, Tenant, TenantDb } from '../platform/index.ts'
import { anActor, type TestDatabase } from '../platform/testing/database.ts'
import { estateDatabase, type Estate } from '../platform/testing/estate.ts'
import { pagesOf, plansOf, scanned, visited, type PlanNode } from '../platform/testing/plan.ts'
import { list as listLicences } from '../licences/store.ts'
import { counts, foldTallies } from './index.ts'

/** What each figure reads of a business of 10,000 customers: bounded, by its indexes, and never a detection (DSH-3). */
let database: TestDatabase
let estate: Estate
let all: Tenant
let few: Tenant
const now = new Date()
beforeAll(async () => {
  // the whole server first: its slices import one another in an order
  void testServer
  ;({ database, estate } = await estateDatabase())
  all = { partnerId: estate.partnerId, scope: 'all', principalId: null }
  const { accountId } = await anActor(database, estate.partnerId, { isScopeLimited: true })
  await database.owner.query(
    `insert into scope_line (partner_id, id, account_id, position, effect, target, tag) values ($1, gen_random_uuid(), $2, 0, 'allow', 'tag', 'group-7')`,
    [estate.partnerId, accountId],
  )
  few = { partnerId: estate.partnerId, scope: 'limited', principalId: accountId }
  // open events at a customer in ten, twenty times as many that are over; detections at every customer on each of two days
  await database.owner.query(
    `insert into event (partner_id, id, customer_id, product_id, category, condition, severity, severity_rank, state, opened_at, last_raised_at, resolved_at)
     select p.partner_id, gen_random_uuid(), p.customer_id, p.id, (array['antivirus', 'component-update', 'agent-offline'])[1 + n % 3], 'c' || n, case when n % 2 = 0 then 'warning' else 'action-required' end, 2 - (n + 1) % 2,
       case when n = 0 and hashtext(p.id::text) % 10 = 0 then 'unresolved' else 'resolved' end, now(), now() - n * interval '1 minute', case when n = 0 and hashtext(p.id::text) % 10 = 0 then null else now() end
     from product p, generate_series(0, 2) n where p.partner_id = $1`,
    [estate.partnerId],
  )
  await database.owner.query(
    `insert into event_silence (partner_id, id, customer_id, product_id, category, condition, event_id, kind, reason, owner_name, by_name, since, until)
     select partner_id, gen_random_uuid(), customer_id, product_id, category, condition, id, 'snoozed', 'planned', 'Camille', 'Camille', now(), now() + interval '1 day' from event where partner_id = $1 and state = 'resolved' and hashtext(id::text) % 10 = 3`,
    [estate.partnerId],
  )
  await database.owner.query(
    `insert into tally_hour (partner_id, customer_id, type_id, category, hour, count)
     select partner_id, id, 'clamav-endpoint', (array['antivirus', 'web-reputation'])[1 + d % 2], date_trunc('hour', now()) - make_interval(days => d, hours => abs(hashtext(id::text)) % 5), 3 from customer, generate_series(0, 1) d where partner_id = $1`,
    [estate.partnerId],
  )
  // as if every product were a gateway that told of something in each of the last hours, and yesterday
  await database.owner.query(
    `insert into tally_appliance (partner_id, hour, category, customer_id, product_id, totals)
     select partner_id, date_trunc('hour', now()) - make_interval(hours => case when h < 3 then h else 23 + h end), (array['botnet', 'web-reputation', 'ips'])[1 + abs(hashtext(id::text)) % 3], customer_id, id, array[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
     from product, generate_series(0, 4) h where partner_id = $1`,
    [estate.partnerId],
  )
  await foldTallies(database, estate.partnerId, now)
  await database.owner.query(
    `insert into product_licence (partner_id, product_id, customer_id, type_id, kind, expires_at, seats, seats_used)
     select partner_id, id, customer_id, type_id, (array['full', 'trial', 'unknown'])[1 + n % 3], now() + make_interval(days => n % 400 - 30), n % 50, n % 40 from (select *, (hashtext(id::text) & 65535) as n from product) p`,
  )
  // every customer on days as they are kept: seven Sundays and a year of ends of months
  await database.owner.query(
    `insert into licence_day (partner_id, day, customer_id, type_id, kind, licences, seats, seats_used)
     select partner_id, current_date - case when n < 8 then 7 * n else 30 * (n - 5) end, customer_id, type_id, kind, 1, seats, seats_used from product_licence, generate_series(1, 18) n where partner_id = $1`,
    [estate.partnerId],
  )
  await database.owner.query(
    `insert into licence_day_all (partner_id, day, type_id, kind, licences, seats, seats_used) select partner_id, day, type_id, kind, sum(licences), sum(seats), sum(seats_used) from licence_day group by 1, 2, 3, 4`,
  )
  await database.owner.query('insert into licence_day_kept (partner_id, day) select distinct partner_id, day from licence_day')
  await database.owner.query('analyze product_licence, licence_day, licence_day_all, licence_day_kept')
  // as many days more as tell a day's rows from all
  for (const [table, columns] of [
    ['tally_day', 'customer_id, category, type_id'],
    ['tally_day_customer', 'customer_id'],
    ['tally_appliance_day', 'category, customer_id, product_id'],
  ]) {
    await database.owner.query(
      `insert into ${table} (partner_id, day, ${columns}, totals) select partner_id, day - n, ${columns}, totals from ${table}, generate_series(40, 47) n where day = (select max(day) from ${table})`,
    )
  }
  await database.owner.query(
    'analyze event, event_silence, tally_appliance, tally_appliance_day, tally_hour, tally_day, tally_day_customer, tally_day_all',
  )
}, 240_000)
afterAll(() => database.close())

const every = counts as unknown as readonly FigureCount[]
const asked = every.flatMap(({ figure: { id, ranges } }): [string, FigureAnswer['range']][] =>
  ranges.length === 0 ? [[id, null]] : ranges.map((range) => [id, range]),
)
const figure =
  (id: string, range: FigureAnswer['range'], kind: FigureAnswer['kind'] = null) =>
  (db: TenantDb) =>
    every
      .find((one) => one.figure.id === id)!
      .count({
        db,
        accountId: estate.partnerId,
        permissions: new Set(['event.read']),
        role: 'owner',
        now,
        timeZone: 'Asia/Kolkata',
        range,
        kind,
      })

/** One row a product, a type and day, a day, a threshold that somebody tuned. */
const ofLicences = ['product_licence', 'licence_day_all', 'licence_day_kept', 'index_value']
/** Tables that grow with what happens; customers and products may be read through: their counts are kept with them; the others here have few rows. */
const growing = (nodes: PlanNode[]) =>
  scanned(nodes).filter(
    (table) =>
      ![
        'customer',
        'product',
        'customer_tag',
        'departed',
        'count_state',
        'tally_day_all',
        'tally_late',
        // the newest hours alone: what is older was moved into the days
        'tally_appliance',
        'scope_line',
        ...ofLicences,
      ].includes(table),
  )

describe('what a figure reads (DSH-3)', () => {
  it.each(asked)('%s %s: no detection, no table that grows from end to end, and a few rows a customer at most', async (id, range) => {
    const plan = await plansOf(database, all, figure(id, range))
    expect(plan.filter(({ relation, index }) => `${relation} ${index}`.includes('detection'))).toEqual([])
    expect(growing(plan)).toEqual([])
    // endpoints that need a look are counted one by one
    expect(visited(plan)).toBeLessThan(id === 'inventory-health' ? estate.endpoints * 5 : estate.customers * 13)
  })

  it.each(asked.filter(([id]) => id.includes('threat') || id.includes('cloud-edge')))(
    '%s %s: for one who sees a hundred and fifty customers, their days and no others',
    async (id, range) => {
      const plan = await plansOf(database, few, figure(id, range))
      expect(growing(plan)).toEqual([])
      expect(visited(plan.filter(({ relation, index }) => /tally_(day|appliance)/.test(`${relation} ${index}`)))).toBeLessThan(31 * 200 * 2) // of 10,000 a day
    },
  )

  it.each(asked.filter(([id]) => id.startsWith('licence') && !id.endsWith('management')))(
    '%s %s: for one who sees all the sums of all, for one who sees a hundred and fifty customers theirs and no others',
    async (id, range) => {
      const ofCustomers = (plan: PlanNode[]) =>
        visited(plan.filter(({ relation, index }) => relation === 'licence_day' || index === 'licence_day_pkey'))
      expect(ofCustomers(await plansOf(database, all, figure(id, range)))).toBe(0)
      const plan = await plansOf(database, few, figure(id, range))
      expect(growing(plan)).toEqual([])
      expect(ofCustomers(plan)).toBeGreaterThan(0)
      expect(ofCustomers(plan)).toBeLessThan(13 * 200 * 2)
    },
  )

  it('of licences over time, for one who sees all but those who do not consent: theirs alone are taken off, and no others read', async () => {
    const { rows: withheld } = await database.owner.query<{ id: string }>(
      `insert into consent_state (partner_id, customer_id, activity, decision, consent_id, since)
       select s.partner_id, s.customer_id, 'view-licences', 'withdrawn', s.consent_id, now() from consent_state s where s.partner_id = $1 and s.activity = 'scan' order by s.customer_id limit 50 returning customer_id as id`,
      [estate.partnerId],
    )
    expect(withheld).toHaveLength(50)
    try {
      const plan = await plansOf(database, all, figure('licence-usage', '12m'))
      const theirs = visited(plan.filter(({ relation, index }) => relation === 'licence_day' || index === 'licence_day_pkey'))
      expect(growing(plan).filter((table) => table !== 'consent_state')).toEqual([])
      expect(theirs).toBeGreaterThan(0)
      expect(theirs).toBeLessThan(13 * 50 * 4)
    } finally {
      await database.owner.query(`delete from consent_state where partner_id = $1 and activity = 'view-licences'`, [estate.partnerId])
    }
  })

  it.each(['expiresAt', '-expiresAt', 'company'] as const)(
    'the list of licences, by %s: a page at its end costs what the first does',
    async (sort) => {
      const page = (cursor?: string) => (db: TenantDb) =>
        listLicences(db, { limit: 50, sort, ...(cursor === undefined ? {} : { cursor }) }, now)
      const { nextCursor } = await database.transaction(all, page())
      expect(nextCursor).not.toBeNull()
      for (const plan of [await plansOf(database, all, page()), await plansOf(database, all, page(nextCursor!))]) {
        expect(growing(plan)).toEqual([])
        // by its end along its index; by customers all there are are sorted, of whom there is one licence a product
        expect(visited(plan)).toBeLessThan(sort === 'company' ? estate.customers * 5 : 1_000)
      }
    },
  )

  it('who has the most is read from two days, each in the order in which it lies: a page once, not once a customer', async () => {
    const pages = await pagesOf(database, all, 'tally_day_customer', figure('top-customers-by-threat', '24h'))
    expect(pages).toBeGreaterThan(0)
    expect(pages).toBeLessThan((estate.customers * 2) / 5)
  })

  it('one who sees a part gets no more than his own, and no more slowly than the bound', async () => {
    const whole = await database.transaction(all, figure('threats', '30d'))
    const part = await database.transaction(few, figure('threats', '30d'))
    const total = ({ value }: { value: unknown }) => (value as { total: { count: number } }).total.count
    expect(total(whole)).toBe(estate.customers * 2 * 3)
    expect(total(part)).toBeGreaterThan(0)
    expect(total(part)).toBeLessThan(total(whole) / 20)
  })

  it('health of a large business is counted once in half a minute, and says when', async () => {
    const first = await database.transaction(all, figure('inventory-health', null))
    expect(await database.transaction(all, figure('inventory-health', null))).toBe(first)
    const { visitedRows } = (await plansOf(database, all, figure('inventory-health', null)))
      .filter(({ relation }) => relation === 'endpoint')
      .reduce((sum, node) => ({ visitedRows: sum.visitedRows + node.visitedRows }), { visitedRows: 0 })
    expect(visitedRows).toBe(0)
  })
})

it('the customers with the most detections are looked up until there are enough, not all who had some (DSH-3)', async () => {
  const nodes = await plansOf(database, all, figure('top-customers-by-threat', '7d'))
  expect(visited(nodes.filter(({ relation }) => relation === 'customer'))).toBeLessThanOrEqual(50)
})

it.each(['top-cloud-edge-customers', 'top-cloud-edge-appliances'])(
  '%s: of one kind of threat, its rows and no others; of the last hour no total; the names of the few that are shown (DSH-2, decision 41)',
  async (id) => {
    const read = async (range: FigureAnswer['range'], kind: FigureAnswer['kind']) => {
      const nodes = await plansOf(database, all, figure(id, range, kind))
      const of = (name: string) => visited(nodes.filter(({ relation, index }) => `${relation} ${index}`.includes(name)))
      return { all: of('tally_appliance'), totals: of('tally_appliance_day'), names: of('customer') + of('product') }
    }
    const [every, botnet, hour] = [await read('30d', 'all'), await read('30d', 'botnet'), await read('1h', 'all')]
    expect(botnet.totals).toBeLessThan(every.totals / 2)
    expect(hour.totals).toBe(0)
    expect(hour.all).toBeLessThan(every.all)
    for (const { names } of [every, botnet, hour]) expect(names).toBeLessThanOrEqual(50)
  },
)
