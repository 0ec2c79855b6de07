import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { anActor, type TestDatabase } from '../platform/testing/database.ts'
import type { TenantDb } from '../platform/index.ts'
import { moveHistory } from '../identity/history.ts'
import { move } from '../identity/moving.ts'
import { purgeDeleted } from '../products/purge.ts'
import { lockWhole, remove } from '../products/store.ts'
import { foldTallies, keptDays } from './fold.ts'
import { tallies, topCustomers } from './tallies.ts'
import { topAppliances, topCustomersOfGateways } from './appliances.ts'
import { lastHour } from './ranges.ts'
import { appliancesOf, aRandomEstate, detect, dice, isGateway, threatCategories, type RandomEstate } from './testing/estate.ts'

/** Counters and records never disagree: whatever comes when, whoever dies when (DSH-3, issue 4, bad days). */
let server: TestServer
let database: TestDatabase
let estate: RandomEstate
const hourMs = 3_600_000
const roll = dice(7)
const now = new Date()
const thisHour = new Date(Math.floor(now.getTime() / hourMs) * hourMs)
const ago = (hours: number) => new Date(thisHour.getTime() - hours * hourMs)
const all = () => ({ partnerId: estate.partnerId, scope: 'all' as const, principalId: null })
const fold = (at: Date = now) => foldTallies(database, estate.partnerId, at)
const some = (count: number, hours = 31 * 24) =>
  Array.from({ length: count }, () => ({
    product: estate.products[roll(estate.products.length)]!,
    category: threatCategories[roll(3)]!,
    at: new Date(thisHour.getTime() - roll(hours * 60) * 60_000),
  }))
beforeAll(async () => {
  server = await testServer()
  database = server.database
  estate = await aRandomEstate(database, now, roll)
})
afterAll(() => server.close())

/** Ranges that begin and end anywhere: at hours that are closed, that are not, before the first. */
const cuts = () =>
  [
    [ago(24 * 31), ago(24 * 7), ago(24), ago(3), ago(2), ago(1), thisHour, new Date(thisHour.getTime() + hourMs)],
    [ago(24 * 30 + 5), new Date(thisHour.getTime() + hourMs)],
    Array.from({ length: 6 }, () => roll(30 * 24))
      .toSorted((a, b) => b - a)
      .filter((hour, n, hours) => hour !== hours[n - 1])
      .map(ago),
  ].filter((bounds) => bounds.length > 1)

/** Gateways by appliance and by customer, over whole hours and over 60 minutes from five minutes to five minutes, of one category and of all (decision 41). */
async function assertAppliances() {
  const [whole, , ...some] = cuts()
  const spans = [
    ...[whole!, ...some].map((bounds) => [bounds[0]!, bounds.at(-1)!]),
    // by a clock that is right, and by another server's that is behind
    lastHour(new Date(now.getTime() - roll(2) * 25 * 60_000)),
  ]
  for (const [from, until] of spans as [Date, Date][]) {
    const { rows } = await database.owner.query<{ product_id: string; customer_id: string; category: string; count: number }>(
      `select d.product_id, d.customer_id, d.category, count(*)::integer as count from detection d join product p on p.partner_id = d.partner_id and p.id = d.product_id
       where d.partner_id = $1 and p.type_id in ('squid-gateway', 'cloud-edge') and d.counted_at >= $2 and d.counted_at < $3 group by 1, 2, 3`,
      [estate.partnerId, from, until],
    )
    for (const category of [undefined, 'botnet']) {
      const asked = { from, until, category, most: 100 }
      const own = rows.filter((row) => category === undefined || row.category === category)
      const by = (key: 'product_id' | 'customer_id') =>
        Object.entries(Object.groupBy(own, (row) => row[key])).map(([id, of]) => ({
          id,
          count: of!.reduce((sum, { count }) => sum + count, 0),
        }))
      const inOrder = (list: readonly { id: string; count: number }[]) => list.map(({ id, count }) => `${id} ${count}`).toSorted()
      const appliances = await database.transaction(all(), (db) => topAppliances(db, asked))
      const customers = await database.transaction(all(), (db) => topCustomersOfGateways(db, asked))
      const name = `${category} ${from.toISOString()} ${until.toISOString()}`
      expect(inOrder(appliances.best), name).toEqual(inOrder(by('product_id')))
      expect(inOrder(customers.best), name).toEqual(inOrder(by('customer_id')))
      const sum = own.reduce((total, { count }) => total + count, 0)
      expect([appliances.total, customers.total], name).toEqual([sum, sum])
    }
  }
}

async function assertRecount() {
  await assertAppliances()
  for (const bounds of cuts()) {
    const { rows } = await database.owner.query<{ n: number; customer_id: string; category: string; type_id: string; count: number }>(
      `select width_bucket(d.counted_at, $1::timestamptz[]) as n, d.customer_id, d.category, p.type_id, count(*)::integer as count from detection d join product p on p.partner_id = d.partner_id and p.id = d.product_id
       where d.partner_id = $2 and d.counted_at >= ($1::timestamptz[])[1] and d.counted_at < $3 group by 1, 2, 3, 4`,
      [bounds, estate.partnerId, bounds.at(-1)],
    )
    const found = await database.transaction(all(), (db) => tallies(db, bounds))
    for (const { category, typeId, counts } of found) {
      expect(counts, `${category} ${typeId}`).toEqual(
        counts.map((_, n) =>
          rows
            .filter((row) => row.n === n + 1 && row.category === category && row.type_id === typeId)
            .reduce((sum, { count }) => sum + count, 0),
        ),
      )
    }
    expect(found.flatMap(({ counts }) => counts).reduce((sum, one) => sum + one, 0)).toBe(rows.reduce((sum, { count }) => sum + count, 0))
    const { total, customers } = await database.transaction(all(), (db) => topCustomers(db, bounds[0]!, bounds.at(-1)!, 100))
    const of = (customerId: string) =>
      rows.filter(({ customer_id }) => customer_id === customerId).reduce((sum, { count }) => sum + count, 0)
    expect(customers.map(({ id, count }) => [id, count])).toEqual(customers.map(({ id }) => [id, of(id)]))
    expect([total, customers.reduce((sum, { count }) => sum + count, 0)]).toEqual([rows.reduce((sum, { count }) => sum + count, 0), total])
  }
}

/** The three tables of totals say the same when everything is folded. */
async function assertWhole() {
  await assertRecount()
  for (const [table, keys] of [
    ['tally_day_all', 'day, category, type_id'],
    ['tally_day_customer', 'day, customer_id'],
  ] as const) {
    const { rows } = await database.owner.query(
      `select 1 from (select ${keys}, totals[25] - totals[1] as count from ${table} where partner_id = $1) a
         full join (select ${keys}, sum(totals[25] - totals[1]) as count from tally_day where partner_id = $1 group by ${keys}) b using (${keys}) where coalesce(a.count, 0) <> coalesce(b.count, 0)`,
      [estate.partnerId],
    )
    expect(rows, table).toEqual([])
  }
  const { rows } = await database.owner.query(
    `select 1 from (select day, product_id, customer_id, sum(totals[25] - totals[1]) as count from tally_appliance_day where partner_id = $1 and category = '' group by 1, 2, 3) a
       full join (select day, product_id, customer_id, sum(totals[25] - totals[1]) as count from tally_appliance_day where partner_id = $1 and category <> '' group by 1, 2, 3) b using (day, product_id, customer_id)
     where coalesce(a.count, 0) <> coalesce(b.count, 0) union all select 1 from tally_appliance where partner_id = $1 and hour < $2`,
    [estate.partnerId, ago(2)],
  )
  expect(rows, 'tally_appliance').toEqual([])
}

describe('running totals (DSH-3)', () => {
  it('before any, in the middle, up to now: the same numbers as the records’', async () => {
    expect(await fold()).toBeNull()
    await detect(database, estate, some(300), { inTime: true })
    await assertRecount()
    for (const hours of [24 * 20 + 7, 24 * 20 + 3, 24 * 19, 24 * 3 + 1]) {
      expect((await fold(ago(hours - 1)))!.getTime()).toBe(ago(hours).getTime())
      await assertRecount()
    }
    await fold()
    await assertWhole()
    expect(await fold()).toEqual(ago(1))
  })

  it('what comes late is in the numbers at once, and in the totals after', async () => {
    await detect(database, estate, some(120))
    await assertRecount()
    expect(
      Number((await database.owner.query('select count(*) from tally_late where partner_id = $1', [estate.partnerId])).rows[0].count),
    ).toBeGreaterThan(50)
    await fold()
    expect((await database.owner.query('select hour from tally_late where partner_id = $1', [estate.partnerId])).rows).toEqual([])
    await assertWhole()
  })

  /** As an installation that has been counting for long, and has no totals yet. */
  const forget = async (...tables: string[]) => {
    for (const table of ['tally_day', 'tally_day_customer', 'tally_day_all', 'count_state', ...tables])
      await database.owner.query(`delete from ${table} where partner_id = $1`, [estate.partnerId])
    for (const table of ['tally_appliance_day', 'tally_appliance'])
      await database.owner.query(`delete from ${table} where partner_id = $1`, [estate.partnerId])
    await database.owner.query(
      `insert into tally_appliance (partner_id, hour, category, customer_id, product_id, totals) ${appliancesOf('(select * from detection where partner_id = $1)')}`,
      [estate.partnerId],
    )
  }

  it('died after any of its statements, the batch did nothing; the next goes on where the last ended', async () => {
    await forget()
    await fold(ago(50))
    await detect(database, estate, some(80))
    let died = 0
    for (let statements = 1; ; statements++) {
      let left = statements
      const dying = (db: TenantDb): TenantDb =>
        Object.create(db, {
          query: {
            value: async (text: string, values: readonly unknown[]) => {
              const result = await db.query(text, values)
              if (--left === 0) throw new Error('died')
              return result
            },
          },
        }) as TenantDb
      const isDone = await foldTallies(
        { transaction: (tenant, work) => database.transaction(tenant, (db) => work(dying(db))) },
        estate.partnerId,
        now,
        { rowsABatch: 20 },
      ).then(
        () => true,
        (error: Error) => {
          if (error.message !== 'died') throw error
          return false
        },
      )
      if (isDone) break
      died++
      if (died % 4 === 1) await assertRecount()
    }
    expect(died).toBeGreaterThan(8)
    await assertWhole()
  })

  it('a first fold that is killed again and again, in batches: nothing is missed or counted twice, and figures are right all the while', async () => {
    await forget('tally_late')
    // while its n-th statement runs: five a batch, an hour a batch
    for (const statement of [4, 45, 123]) {
      const child = fork(path.join(import.meta.dirname, 'testing/fold.child.ts'), [], {
        env: {
          ...process.env,
          CHILD_DATABASE: database.url,
          CHILD_PARTNER: estate.partnerId,
          CHILD_NOW: now.toISOString(),
          CHILD_DIES_AT: String(statement),
        },
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      })
      expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
      await assertRecount()
    }
    const {
      rows: [state],
    } = await database.owner.query<{ closed_until: Date }>('select closed_until from count_state where partner_id = $1', [estate.partnerId])
    expect(state!.closed_until > ago(31 * 24) && state!.closed_until < ago(2)).toBe(true)
    await fold()
    await assertWhole()
  }, 60_000)

  it('two at once, while detections come: each hour is closed once', async () => {
    await Promise.all([fold(), detect(database, estate, some(40)), fold(), detect(database, estate, some(40, 3)), fold()])
    await assertRecount()
    await fold()
    await assertWhole()
  })

  it('a product’s history that moves takes its counts along, piece by piece (AGT-11)', async () => {
    const moved = estate.products.findLast(isGateway)!
    const to = estate.customerIds.find((id) => id !== moved.customerId)!
    const first = Number(
      (
        await database.owner.query('select count(*) from detection where product_id = $1 and customer_id = $2', [
          moved.id,
          moved.customerId,
        ])
      ).rows[0].count,
    )
    await database.transaction(all(), (db) =>
      move(db, { productId: moved.id, toCustomerId: to, reason: 'sold', by: 'Ada', undoesId: null }, now),
    )
    expect(await moveHistory(database, now, { chunk: 3, most: 2 })).toBe(6)
    await assertRecount()
    expect(await moveHistory(database, now)).toBe(first - 6)
    moved.customerId = to
    await assertRecount()
    await fold()
    await assertWhole()
  })

  it('a deleted product’s records take their counts along; that it was there stays known (CUS-5)', async () => {
    const gone = estate.products.find(isGateway)
    await database.transaction(all(), async (db) => {
      const product = await lockWhole(db, gone!.id, now)
      await remove(db, product, now)
    })
    expect((await database.owner.query('select id, type_id from departed where partner_id = $1', [estate.partnerId])).rows).toEqual([
      { id: gone!.id, type_id: gone!.typeId },
    ])
    const before = Number((await database.owner.query('select count(*) from detection where product_id = $1', [gone!.id])).rows[0].count)
    expect(before).toBeGreaterThan(0)
    expect(await purgeDeleted(database)).toBe(before)
    estate = { ...estate, products: estate.products.filter((product) => product !== gone) }
    await assertRecount()
    await fold()
    await assertWhole()
  })

  it('days beyond the longest range go, and nothing changes', async () => {
    await fold()
    const {
      rows: [oldest],
    } = await database.owner.query<{ days: number }>(
      'select (current_date - min(day))::integer as days from tally_day where partner_id = $1',
      [estate.partnerId],
    )
    expect(oldest!.days).toBeLessThanOrEqual(keptDays + 1)
    await assertWhole()
  })

  it('one who sees a part reads nothing of the whole (ACC-14)', async () => {
    const { accountId } = await anActor(database, estate.partnerId, { role: 'technician', isScopeLimited: true })
    const limited = { partnerId: estate.partnerId, scope: 'limited' as const, principalId: accountId }
    expect(await database.transaction(limited, async (db) => (await db.query('select from tally_day_all')).rowCount)).toBe(0)
    expect(await database.transaction(limited, (db) => tallies(db, [ago(24 * 30), thisHour]))).toEqual([])
  })
})
