import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'

const folder = join(import.meta.dirname, '../../../migrations')
const lockNumber = 7_216_553

async function files(): Promise<{ number: number; name: string }[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}-[a-z0-9-]+\.sql$/.test(name)).sort()
  return names.map((name) => ({ number: Number(name.slice(0, 4)), name }))
}

/** Number of the newest migration this code knows. */
export const latestMigration = async (): Promise<number> => (await files()).at(-1)?.number ?? 0

/**
 * Brings the schema forward, each file in a transaction of its own, under a lock so that several processes may start at once (R45).
 * @returns the number before and after; `after` above `latestMigration()` means a newer Vigie was here: the caller refuses to start
 */
export async function migrate(owner: pg.Pool): Promise<{ before: number; after: number }> {
  const client = await owner.connect()
  try {
    await client.query(`select pg_advisory_lock(${lockNumber})`)
    await client.query(
      'create table if not exists migration (number integer primary key, name text not null, applied_at timestamptz not null default now())',
    )
    const { rows } = await client.query<{ number: number }>('select coalesce(max(number), 0) as number from migration')
    const before = rows[0]!.number
    const { rows: applied } = await client.query<{ number: number }>('select number from migration')
    const known = new Set(applied.map(({ number }) => number))
    let after = before
    for (const { number, name } of await files()) {
      if (known.has(number)) continue
      const text = await readFile(join(folder, name), 'utf8')
      await client.query('begin')
      try {
        await client.query(text)
        await client.query('insert into migration (number, name) values ($1, $2)', [number, name])
        await client.query('commit')
      } catch (error) {
        await client.query('rollback')
        throw error
      }
      after = Math.max(after, number)
    }
    return { before, after }
  } finally {
    await client.query(`select pg_advisory_unlock(${lockNumber})`).catch(() => {})
    client.release()
  }
}

/** For readiness: the database answers, and its schema is at least what this code needs (a newer one is fine while versions run side by side, R45). */
export async function latestMigrationIs(database: { owner: pg.Pool }): Promise<boolean> {
  const { rows } = await database.owner.query<{ number: number }>('select coalesce(max(number), 0) as number from migration')
  return rows[0]!.number >= (await latestMigration())
}
