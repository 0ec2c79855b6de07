import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDatabase, createPool } from '../platform/index.ts'
import { testDatabase, type TestDatabase } from '../platform/testing/database.ts'
import {
  assertAddressIsFree,
  claimTry,
  countAgainstAddress,
  forgive,
  lockedForMs,
  mayAskForMail,
  passwordGuess,
  removeOldAttempts,
} from './attempts.ts'

let database: TestDatabase
beforeAll(async () => void (database = await testDatabase()))
afterAll(() => database.close())
const start = new Date('2026-11-20T12:00:00Z')
const after = (ms: number) => new Date(start.getTime() + ms)
let number = 0
const someone = () => passwordGuess(`someone-${number++}@example.com`)

describe('guessing (R30)', () => {
  it.each([
    [0, 0],
    [4, 0],
    [5, 5_000],
    [6, 10_000],
    [8, 40_000],
    [12, 640_000],
    [13, 900_000],
    [99, 900_000],
  ])('after %i wrong ones: %i ms', (wrong, ms) => expect(lockedForMs(wrong)).toBe(ms))

  it('five tries are free, the sixth waits, and a right one forgives', async () => {
    const guess = someone()
    for (let n = 0; n < 5; n++) expect(await claimTry(database, guess, start)).not.toBe(null)
    expect(await claimTry(database, guess, after(4_999))).toBe(null)
    const sixth = await claimTry(database, guess, after(5_000))
    expect(sixth).not.toBe(null)
    expect(await claimTry(database, guess, after(5_001))).toBe(null)
    await sixth!.wasRight()
    expect(await claimTry(database, guess, after(5_002))).not.toBe(null)
  })

  it('a hundred a day and no more, also where the owner signs in between', async () => {
    const guess = someone()
    let taken = 0
    for (let n = 0; n < 150; n++) {
      const wrong = await claimTry(database, guess, after(n * 60_000))
      if (wrong) taken++
      if (n % 2 === 0) await (await claimTry(database, guess, after(n * 60_000)))?.wasRight()
    }
    expect(taken).toBe(100)
    expect(await claimTry(database, guess, after(26 * 3_600_000))).not.toBe(null)
  })

  it('two processes and two hundred guesses at once: five are tried', async () => {
    const guess = someone()
    const app = createPool({ url: database.url, max: 8, role: 'vigie_app', onIdleError: () => {} })
    const other = createDatabase(app, app)
    const tries = await Promise.all(Array.from({ length: 200 }, (_, n) => claimTry(n % 2 === 0 ? database : other, guess, start)))
    expect(tries.filter((one) => one !== null)).toHaveLength(5)
    await app.end()
  })

  it('keeps no address, only its hash; capitals are the same person', async () => {
    const guess = passwordGuess('Ada@Example.com')
    expect(guess).toEqual(passwordGuess('ada@example.com'))
    await claimTry(database, guess, start)
    const { rows } = await database.owner.query(`select key from attempt`)
    expect(JSON.stringify(rows)).not.toMatch(/example/)
    await forgive(database, guess)
    expect((await database.owner.query('select from attempt where key like $1', [`${guess.key}%`])).rowCount).toBe(0)
  })
})

describe('an address (R30)', () => {
  it('may fail so often in an hour, and is told; the next network is another', async () => {
    for (let n = 0; n < 300; n++) await countAgainstAddress(database, 'sign-in', '203.0.113.7', start)
    await expect(assertAddressIsFree(database, 'sign-in', '203.0.113.7', start)).rejects.toMatchObject({ code: 'request.rate-limited' })
    await assertAddressIsFree(database, 'sign-in', '203.0.113.8', start)
    await assertAddressIsFree(database, 'reset-request', '203.0.113.7', start)
    await assertAddressIsFree(database, 'sign-in', '203.0.113.7', after(3_600_001))
  })

  it('of IPv6 is its /64: a customer has 2^64 of them', async () => {
    for (let n = 0; n < 300; n++) await countAgainstAddress(database, 'sign-in', `2001:db8:1:2::${n.toString(16)}`, start)
    await expect(assertAddressIsFree(database, 'sign-in', '2001:db8:1:2:ffff::1', start)).rejects.toMatchObject({
      code: 'request.rate-limited',
    })
    await expect(assertAddressIsFree(database, 'sign-in', '2001:db8:1:2::', start)).rejects.toMatchObject({ code: 'request.rate-limited' })
    await assertAddressIsFree(database, 'sign-in', '2001:db8:1:3::1', start)
  })
})

it('five reset mails an hour for one address; what is a day old is forgotten', async () => {
  const asked = []
  for (let n = 0; n < 7; n++) asked.push(await mayAskForMail(database, 'ada@example.com', start))
  expect(asked).toEqual([true, true, true, true, true, false, false])
  expect(await removeOldAttempts(database, after(25 * 3_600_000 + 1))).toBeGreaterThan(0)
})
