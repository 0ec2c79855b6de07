import { randomUUID } from 'node:crypto'
import { Problem } from '@vigie/domain/kernel'
import { holderOf, type Database, type Tenant } from '../platform/index.ts'

/** Wrong tries belong to nobody: whoever makes them has shown no identity. */
const nobody: Tenant = { partnerId: '', scope: 'limited', principalId: null }
const hourMs = 3_600_000
/**
 * In an hour, from one address, and from it for one GUID or agent. Right ones are not counted: a site installs hundreds of agents behind one address. What is tried can't
 * be guessed (256 bits), so this only bounds the work; it must not shut out the right ones. Hence a name is counted by who tries it (a name is no secret), and
 * some broken agents of a site, each asking every ten minutes, leave room for the others.
 */
const perAddress = 600
const perName = 20

/** What was tried, and from where. Counted in the database: all processes count together (R43). */
export interface Try {
  /** As the socket says; an IPv6 customer holds a /64. */
  address: string
  name: string
}
const keysOf = ({ address, name }: Try) => {
  const from = holderOf(address)
  return [`agent-address:${from}`, `agent-name:${from} ${name}`]
}

/** @throws request.rate-limited */
export async function assertMayTry(database: Database, one: Try, now: Date): Promise<void> {
  const rows = await database.lookup<{ key: string; number: number }>(
    'select key, count(*)::integer as number from attempt where key = any($1) and at > $2 group by key',
    [keysOf(one), new Date(now.getTime() - hourMs)],
  )
  if (rows.some(({ key, number }) => number >= (key.startsWith('agent-address:') ? perAddress : perName)))
    throw new Problem('request.rate-limited')
}

export async function countWrongTry(database: Database, one: Try, now: Date): Promise<void> {
  await database.transaction(
    nobody,
    async (db) =>
      void (await db.query('insert into attempt (key, at, id) select key, $2, $3 from unnest($1::text[]) key', [
        keysOf(one),
        now,
        randomUUID(),
      ])),
  )
}
