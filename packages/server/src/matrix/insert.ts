import { createHash } from 'node:crypto'
import type { TestDatabase } from '../platform/testing/database.ts'

/**
 * A row with what it is about; columns that must have a value and were not named get an empty one of their type, so that a new column of a slice does not break the matrix.
 */
export async function insert(database: TestDatabase, table: string, values: Record<string, unknown>): Promise<void> {
  const row = { ...(await emptyRow(database, table)), ...values }
  const names = Object.keys(row)
  const text = `insert into ${table} (${names.map((name) => `"${name}"`).join(', ')}) values (${names.map((_, index) => `$${index + 1}`).join(', ')})`
  // by name: read by the database once, however many worlds are made
  await database.owner.query({ name: createHash('md5').update(text).digest('hex'), text, values: Object.values(row) })
}

const emptyRows = new WeakMap<TestDatabase, Map<string, Record<string, unknown>>>()
async function emptyRow(database: TestDatabase, table: string): Promise<Record<string, unknown>> {
  const known = emptyRows.get(database) ?? new Map<string, Record<string, unknown>>()
  emptyRows.set(database, known)
  if (!known.has(table)) {
    const { rows } = await database.owner.query<{ name: string; type: string }>(
      `select attname as name, format_type(atttypid, null) as type from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attnotnull and not atthasdef and attgenerated = ''`,
      [table],
    )
    known.set(table, Object.fromEntries(rows.map(({ name, type }) => [name, empties[type] ?? null])))
  }
  return known.get(table)!
}
const empties: Record<string, unknown> = {
  text: '',
  integer: 0,
  bigint: 0,
  smallint: 0,
  'double precision': 0,
  boolean: false,
  jsonb: '{}',
  bytea: Buffer.alloc(0),
  'text[]': [],
  'timestamp with time zone': new Date(),
  date: '2026-11-20',
}
