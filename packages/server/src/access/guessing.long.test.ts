import { afterAll, beforeAll, expect, it } from 'vitest'
import { anActor, aPartner } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { passwordGuess } from './attempts.ts'
import { aBrowser, password, passwordHash } from './testing/browser.ts'

let server: TestServer
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())

const guesses = 100_000
const accounts = 20
const hours = 48

it(`${guesses} guesses over two days, each from an address it made up: an address tries 300 an hour, an account is tried 100 times a day, none comes in (R30)`, async () => {
  const partnerId = await aPartner(server.database)
  const emails = Array.from({ length: accounts }, (_, n) => `target-${n}@example.com`)
  for (const email of emails) {
    const { accountId } = await anActor(server.database, partnerId, { email })
    await server.database.owner.query('update account set password_hash = $2 where id = $1', [accountId, await passwordHash()])
  }
  const answers = new Map<string, number>()
  const tried = async (email: string) =>
    (
      await server.database.owner.query<{ n: number }>('select count(*)::integer as n from attempt where key = $1 and at > $2', [
        `${passwordGuess(email).key}:day`,
        new Date(server.clock.now().getTime() - 86_400_000),
      ])
    ).rows[0]!.n
  for (let hour = 0; hour < hours; hour++) {
    const inThisHour = Array.from({ length: Math.ceil(guesses / hours) }, (_, n) => n)
    const guess = async () => {
      for (let n = inThisHour.pop(); n !== undefined; n = inThisHour.pop()) {
        const made = `198.51.${n % 250}.${hour}`
        const { status, body } = await aBrowser(server)(
          'POST',
          '/v1/session',
          { email: emails[n % accounts]!, password: `guess number ${hour} ${n}` },
          { 'x-forwarded-for': made, forwarded: `for=${made}`, 'x-real-ip': made },
        )
        const name = `${status} ${body.code ?? body.state}`
        answers.set(name, (answers.get(name) ?? 0) + 1)
      }
    }
    await Promise.all(Array.from({ length: 64 }, guess))
    for (const email of emails) expect(await tried(email)).toBeLessThanOrEqual(100)
    server.clock.add(3_600_000)
  }
  expect([...answers.keys()].toSorted()).toEqual(['401 sign-in.refused', '429 request.rate-limited'])
  // up to 64 were under way when the 300th was counted
  expect(answers.get('401 sign-in.refused')).toBeLessThanOrEqual((300 + 64) * hours)
  server.clock.add(86_400_000)
  expect((await aBrowser(server).signIn(emails[0]!, password)).status).toBe(200)
}, 3_600_000)
