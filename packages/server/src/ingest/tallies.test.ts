import { createHash, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { aPartner, testDatabase, type TestDatabase } from '../platform/testing/database.ts'
import { insertDetections, type DetectionRow, type SourceRow } from './store.ts'

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
    '2026-11-21T09:59:59Z',
    '2026-11-21T09:59:59.9999999Z',
    '2026-11-21T08:00:00.000Z',
    '2026-11-21T08:00:59.999Z',
    '2026-11-21T08:01:00Z',
    '2026-11-18T23:00:00.000Z',
  ),
)
const rowOf = (sources: number) =>
  fc.record({
    k: fc.nat(sources - 1),
    a: instant,
    t: fc.constant('Lab.Threat'),
    o: fc.constantFrom('/a', '/b'),
    r: fc.constantFrom('blocked', 'failed', 'none', 'deleted', 'quarantined', 'passed'),
  })

it('detections that are all new are counted as the database counts those that may not be (R22, R23)', async () => {
  // a product is of one customer and one type
  const products = [0, 1, 2].map((n) => ({
    customer_id: customers[n % 2]!,
    type_id: `type-${n % 2}`,
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
        const [minutes, hours] = [
          await db.query('select * from tally_minute order by product_id, category, minute'),
          await db.query('select * from tally_hour order by customer_id, type_id, category, hour'),
        ]
        expect(hours.rows.reduce((sum, { count }) => sum + Number(count), 0)).toBe(rows.length)
        told = {
          minutes: minutes.rows,
          hours: hours.rows,
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
      const rows = some.map((row, i) => ({ ...row, i: createHash('md5').update(String(i)).digest('hex') }))
      expect(await outcomeOf(rows, sick, false)).toEqual(await outcomeOf(rows, sick, true))
    }),
    { numRuns: 60 },
  )
}, 60_000)
