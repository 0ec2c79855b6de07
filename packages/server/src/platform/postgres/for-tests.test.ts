import pg from 'pg'
import { expect, inject, test } from 'vitest'

test("the run's PostgreSQL is in the environment of every worker, takes any role, and has room for many connections", async () => {
  expect(process.env['VIGIE_TEST_PG']).toBe(inject('testPg'))
  const client = new pg.Client({ connectionString: inject('testPg') })
  await client.connect()
  const {
    rows: [row],
  } = await client.query<Record<string, unknown>>(`
    select rolsuper, current_setting('server_version_num')::int >= 150000 "isNewEnough", current_setting('max_connections')::int "connections"
    from pg_roles where rolname = current_user`)
  await client.end()
  expect(row).toMatchObject({ rolsuper: true, isNewEnough: true })
  expect(row?.['connections']).toBeGreaterThanOrEqual(100)
})
