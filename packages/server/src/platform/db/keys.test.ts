import { afterAll, beforeAll, expect, it } from 'vitest'
import { testDatabase, type TestDatabase } from '../testing/database.ts'

let database: TestDatabase
beforeAll(async () => void (database = await testDatabase()))
afterAll(() => database.close())

it('every reference between tenants’ tables has its index: else deleting one customer or product reads all rows of all businesses (CUS-5)', async () => {
  const { rows } = await database.owner.query(`
    select c.conrelid::regclass::text as name, pg_get_constraintdef(c.oid) as reference from pg_constraint c
    where c.contype = 'f' and c.connamespace = 'public'::regnamespace and c.confrelid <> 'partner'::regclass and not exists (
      select from pg_index i where i.indrelid = c.conrelid and i.indpred is null
        and (i.indkey::smallint[])[0:cardinality(c.conkey) - 1] @> c.conkey and (i.indkey::smallint[])[0:cardinality(c.conkey) - 1] <@ c.conkey)`)
  expect(rows).toEqual([])
})
