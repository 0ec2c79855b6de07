import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { aPartner, testDatabase, type TestDatabase } from '../testing/database.ts'
import { bytesArray, instantArray, integerArray, textArray } from './arrays.ts'

let database: TestDatabase
let partnerId: string
beforeAll(async () => {
  database = await testDatabase()
  partnerId = await aPartner(database)
})
afterAll(() => database.close())

/** Any text that PostgreSQL holds: of several bytes a letter, long, empty, with quotes, braces and backslashes. */
const text = fc.string({ unit: 'binary', maxLength: 300 }).map((one) => one.replaceAll('\0', '').toWellFormed())
const row = fc.record({
  n: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  t: fc.oneof(text, fc.constantFrom('', '{"\\,}', 'NULL', 'ﾃｽﾄ・試験', '🦠'.repeat(70_000))),
  us: fc.oneof(fc.integer({ min: 0, max: Date.UTC(2200, 0, 1) * 1_000 }), fc.constantFrom(0, 946_684_799_999_999, 946_684_800_000_000)),
  hex: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('hex')),
})

it('what goes in as a column comes out row by row, in its order', async () => {
  await database.transaction({ partnerId, scope: 'all', principalId: null }, (db) =>
    fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 30 }), async (rows) => {
        const { rows: found } = await db.query(
          `select unnest($1::integer[]) as n, unnest($2::text[]) as t, (extract(epoch from unnest($3::timestamptz[])) * 1000000)::bigint as us, encode(unnest($4::bytea[]), 'hex') as hex`,
          [
            integerArray(rows.map(({ n }) => n)),
            textArray(rows.map(({ t }) => t)),
            instantArray(rows.map(({ us }) => us)),
            bytesArray(rows.map(({ hex }) => hex)),
          ],
        )
        expect(found).toEqual(rows)
      }),
      { numRuns: 100 },
    ),
  )
})

it('bytes that are none are refused, not cut short', () => {
  expect(() => bytesArray(['00ff', '0g'])).toThrow('hexadecimal')
  expect(() => bytesArray(['abc'])).toThrow()
})
