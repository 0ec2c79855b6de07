import { createHash, randomUUID } from 'node:crypto'
import { Problem } from '@vigie/domain/kernel'
import { holderOf, type Database, type Tenant, type TenantDb } from '../platform/index.ts'

/** Attempts belong to nobody: before one is signed in there is no tenant. */
const nobody: Tenant = { partnerId: '', scope: 'limited', principalId: null }
const hourMs = 3_600_000

/** A secret that may be guessed, and how often it may be tried (R30). All processes count together in the table `attempt` (R43). */
export interface Guess {
  /** Stands in the table instead of an e-mail address: a hash. */
  key: string
  /** Tries in 24 h, whether or not somebody got it right meanwhile. */
  perDay: number
}
export const passwordGuess = (email: string): Guess => ({ key: `password:${fingerprint(email.toLowerCase())}`, perDay: 100 })
export const mfaGuess = (accountId: string): Guess => ({ key: `mfa:${accountId}`, perDay: 50 })

const fingerprint = (text: string) => createHash('sha256').update(text).digest('base64url')

/** Five wrong ones cost nothing, then 5 s, doubled with each, up to 15 min. */
export const lockedForMs = (wrong: number): number => (wrong < 5 ? 0 : Math.min(900_000, 5_000 * 2 ** (wrong - 5)))

/**
 * Counts a try before it is made: whoever asks at the same time in another process is counted too. The same for e-mail addresses that nobody has.
 * @returns null: locked now. `wasRight` forgives the wrong ones before; the day's number stays.
 */
export async function claimTry(database: Database, { key, perDay }: Guess, now: Date): Promise<{ wasRight(): Promise<void> } | null> {
  const id = randomUUID()
  const isFree = await database.transaction(nobody, async (db) => {
    await db.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [key])
    const since = new Date(now.getTime() - 24 * hourMs)
    const recent = await count(db, key, since)
    const today = await count(db, `${key}:day`, since)
    const isLocked = recent.last !== null && recent.last.getTime() + lockedForMs(recent.number) > now.getTime()
    if (isLocked || today.number >= perDay) return false
    await db.query('insert into attempt (key, at, id) select key, $2, $3 from unnest($1::text[]) key', [[key, `${key}:day`], now, id])
    return true
  })
  if (!isFree) return null
  return {
    async wasRight() {
      await database.transaction(nobody, async (db) => {
        await db.query('delete from attempt where key = $1', [key])
        await db.query('delete from attempt where key = $1 and id = $2', [`${key}:day`, id])
      })
    },
  }
}

async function count(db: TenantDb, key: string, since: Date) {
  const { rows } = await db.query<{ number: number; last: Date | null }>(
    'select count(*)::integer as number, max(at) as last from attempt where key = $1 and at > $2',
    [key, since],
  )
  return rows[0]!
}

/** Forgets wrong tries: the person proved another way who they are (mail link). */
export async function forgive(database: Database, { key }: Guess): Promise<void> {
  await database.transaction(nobody, async (db) => void (await db.query('delete from attempt where key = any($1)', [[key, `${key}:day`]])))
}

/** What one address may do in an hour without being anybody: it says nothing of any account, so it is told. */
const perAddress = { 'sign-in': 300, 'reset-request': 30 } as const
type Deed = keyof typeof perAddress
/** @param address as the configured proxy or the socket says (R30). An IPv6 customer holds a /64. */
const addressKey = (deed: Deed, address: string) => `${deed}:${holderOf(address)}`

/** @throws request.rate-limited */
export async function assertAddressIsFree(database: Database, deed: Deed, address: string, now: Date): Promise<void> {
  const { number } = await database.transaction(nobody, (db) => count(db, addressKey(deed, address), new Date(now.getTime() - hourMs)))
  if (number >= perAddress[deed]) throw new Problem('request.rate-limited')
}
export async function countAgainstAddress(database: Database, deed: Deed, address: string, now: Date): Promise<void> {
  await database.transaction(
    nobody,
    async (db) =>
      void (await db.query('insert into attempt (key, at, id) values ($1, $2, $3)', [addressKey(deed, address), now, randomUUID()])),
  )
}

/** Mails asked for one address in an hour. @returns false: enough; say nothing */
export async function mayAskForMail(database: Database, email: string, now: Date): Promise<boolean> {
  const key = `reset-mail:${fingerprint(email.toLowerCase())}`
  return await database.transaction(nobody, async (db) => {
    await db.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [key])
    if ((await count(db, key, new Date(now.getTime() - hourMs))).number >= 5) return false
    await db.query('insert into attempt (key, at, id) values ($1, $2, $3)', [key, now, randomUUID()])
    return true
  })
}

/** Rows that count for nothing any more. */
export async function removeOldAttempts(database: Database, now: Date): Promise<number> {
  const { rowCount } = await database.transaction(nobody, (db) =>
    db.query('delete from attempt where at < $1', [new Date(now.getTime() - 25 * hourMs)]),
  )
  return rowCount
}

/** Answers that must not tell why they are refused leave at whole beats after the question came (R30): what was done meanwhile does not show. */
export async function untilNextBeat(startedMs: number): Promise<void> {
  const beatMs = 500
  const spentMs = performance.now() - startedMs
  const waitMs = Math.ceil(spentMs / beatMs) * beatMs - spentMs
  await new Promise((resolve) => setTimeout(resolve, waitMs))
}
