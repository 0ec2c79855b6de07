import { createHash, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { aPartner, testDatabase, type TestDatabase } from '../platform/testing/database.ts'
import { insertDetections, microsecondsOf, type DetectionRow, type SourceRow } from './detections.ts'

let database: TestDatabase
let partnerId: string
beforeAll(async () => {
  database = await testDatabase()
  partnerId = await aPartner(database)
})
afterAll(() => database.close())

const now = new Date('2026-11-21T10:00:30.500Z')
const customers = [randomUUID(), randomUUID()]
/** Old history, the edges of minute and hour, around now, a clock that is ahead; finer than a millisecond too. */
const instant = fc.oneof(
  fc.integer({ min: -3 * 3_600_000, max: 90_000 }).map((ms) => new Date(now.getTime() + ms).toISOString()),
  fc.constantFrom(
    '2026-11-21T10:00:00.000Z',
    '2026-11-21T09:59:59.999Z',
    '2026-11-21T08:00:00.000Z',
    '2026-11-21T08:00:59.999Z',
    '2026-11-21T08:01:00.000Z',
    '2026-11-18T23:00:00.000Z',
  ),
)
const rowOf = (sources: number) =>
  fc.record({
    source: fc.nat(sources - 1),
    atUs: fc.tuple(instant, fc.constantFrom(0, 0, 1, 999)).map(([at, us]) => Date.parse(at) * 1_000 + us),
    threat: fc.constant('Lab.Threat'),
    object: fc.constantFrom('/a', '/b'),
    outcome: fc.constantFrom('blocked', 'failed', 'none', 'deleted', 'quarantined', 'passed'),
  })

it('detections that are all new are counted as the database counts those that may not be (R22, R23)', async () => {
  // a product is of one customer and one type
  const products = [0, 1, 2].map((n) => ({
    customer_id: customers[n % 2]!,
    type_id: n % 2 === 0 ? 'clamav-endpoint' : 'cloud-edge',
    product_id: randomUUID(),
    endpoint_id: randomUUID(),
  }))
  const sources = [0, 60_000, -3_600_000, 0, 0].map((offset, k): SourceRow => ({
    k,
    offset,
    ...products[k % 3]!,
    category: k === 4 ? 'antispyware' : 'antivirus',
    engine: 'lab',
  }))
  const made = fc.tuple(
    fc.array(rowOf(sources.length), { minLength: 1, maxLength: 40 }),
    fc.subarray(products.map(({ endpoint_id }) => endpoint_id)),
  )
  const outcomeOf = async (rows: readonly DetectionRow[], sick: readonly string[], mayRepeat: boolean) => {
    let told: unknown
    await database
      .transaction({ partnerId, scope: 'all', principalId: null }, async (db) => {
        const notable = await insertDetections(db, sources, rows, new Set(sick), now, mayRepeat)
        const [minutes, hours, appliances] = [
          await db.query('select * from tally_minute order by product_id, category, minute'),
          await db.query('select * from tally_hour order by customer_id, type_id, category, hour'),
          await db.query('select * from tally_appliance order by customer_id, product_id, category, hour'),
        ]
        // gateways alone, each five minutes for itself (decision 41)
        const { rows: slots } = await db.query(
          `select product_id, category, date_trunc('hour', counted_at) as hour, vigie.slot(counted_at) as slot, count(*)::integer as count from detection where product_id = $1 group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
          [products[1]!.product_id],
        )
        expect(
          appliances.rows
            .flatMap(({ product_id, category, hour, totals }) =>
              (totals as number[])
                .map((total, slot) => ({ product_id, category, hour, slot, count: total - ((totals as number[])[slot - 1] ?? 0) }))
                .filter(({ count }) => count > 0),
            )
            .toSorted((a, b) =>
              JSON.stringify([a.category, a.hour, a.slot + 10]) < JSON.stringify([b.category, b.hour, b.slot + 10]) ? -1 : 1,
            ),
        ).toEqual(slots)
        expect(hours.rows.reduce((sum, { count }) => sum + Number(count), 0)).toBe(rows.length)
        told = {
          minutes: minutes.rows,
          hours: hours.rows,
          appliances: appliances.rows,
          notable: notable.map((one) => JSON.stringify(one, Object.keys(one).toSorted())).toSorted(),
        }
        throw new Error('undo')
      })
      .catch((error: Error) => {
        if (error.message !== 'undo') throw error
      })
    return told
  }
  await fc.assert(
    fc.asyncProperty(made, async ([some, sick]) => {
      const rows = some.map((row, i) => ({ ...row, contentId: createHash('md5').update(String(i)).digest('hex') }))
      expect(await outcomeOf(rows, sick, false)).toEqual(await outcomeOf(rows, sick, true))
    }),
    { numRuns: 60 },
  )
}, 60_000)

it('an instant finer than a millisecond is what PostgreSQL makes of it: a record sent again is the same one (AGT-6)', async () => {
  const instants = [
    '2026-11-21T09:59:59Z',
    '2026-11-21T09:59:59.5Z',
    '2026-11-21T09:59:59.9999999Z',
    '2026-11-21T09:59:59.123456Z',
    '1970-01-01T00:00:00.0000014Z',
  ]
  const { rows } = await database.owner.query<{ us: number }>(
    'select (extract(epoch from at) * 1000000)::bigint as us from unnest($1::timestamptz[]) at',
    [instants],
  )
  expect(instants.map(microsecondsOf)).toEqual(rows.map(({ us }) => us))
})
