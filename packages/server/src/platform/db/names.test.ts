import { nameOf } from '@vigie/domain/kernel'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { testDatabase, type TestDatabase } from '../testing/database.ts'

let database: TestDatabase
beforeAll(async () => void (database = await testDatabase()))
afterAll(() => database.close())

it('a name stands in the order its owner writes it, and the database says the same of every character it may begin with (OPS-4)', async () => {
  const letters = Array.from({ length: 0x323b0 }, (_, code) => code)
    .filter((code) => code > 0 && (code < 0xd800 || code > 0xdfff))
    .map((code) => String.fromCodePoint(code))
    .filter((letter) => /^\p{L}/u.test(letter))
  const { rows } = await database.owner.query<{ letter: string; name: string }>(
    `select letter, vigie.person_name('First', letter) as name from unnest($1::text[]) letter`,
    [letters],
  )
  expect(
    rows
      .filter(({ letter, name }) => name !== nameOf({ firstName: 'First', lastName: letter }))
      .map(({ letter }) => letter.codePointAt(0)!.toString(16)),
  ).toEqual([])
  expect(rows.length).toBeGreaterThan(100_000)
  expect([nameOf({ firstName: '花子', lastName: '山田' }), nameOf({ firstName: 'Ada', lastName: 'Byron' })]).toEqual([
    '山田 花子',
    'Ada Byron',
  ])
})
