import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aCustomer, anActor, aPartner, testDatabase, type TestDatabase } from '../testing/database.ts'

let database: TestDatabase
beforeAll(async () => void (database = await testDatabase()))
afterAll(() => database.close())

const all = (partnerId: string) => ({ partnerId, scope: 'all' as const, principalId: null })

describe('row-level security (ACC-1, R2-R4)', () => {
  it("shows a business its own rows and nobody else's, whatever the query says", async () => {
    const [mine, theirs] = [await aPartner(database), await aPartner(database)]
    const [own, foreign] = [await aCustomer(database, mine), await aCustomer(database, theirs)]
    await database.transaction(all(mine), async (db) => {
      const { rows } = await db.query<{ id: string }>('select id from customer')
      expect(rows).toEqual([{ id: own }])
      expect((await db.query(`update customer set company = 'x' where id = $1`, [foreign])).rowCount).toBe(0)
      expect((await db.query('delete from customer where id = $1', [foreign])).rowCount).toBe(0)
    })
    await expect(
      database.transaction(all(mine), (db) => db.query(`insert into customer_tag (partner_id, customer_id, tag) values ($1, $2, 'x')`, [theirs, foreign])),
    ).rejects.toThrow(/row-level security/)
  })

  it('sees nothing without a tenant', async () => {
    await aCustomer(database, await aPartner(database))
    expect(await database.lookup('select id from customer')).toEqual([])
  })

  it.each([
    ['all but one', [['allow', 'all'], ['deny', 'customer:B']], ['A', 'C']],
    ['one tag', [['allow', 'tag:gold']], ['A']],
    ['nothing without an allow line', [['deny', 'customer:A']], []],
    ['a line past its end counts for nothing', [['allow', 'all', '2020-01-01']], []],
  ])('limits an account to its scope: %s (ACC-14)', async (_, lines, seen) => {
    const partnerId = await aPartner(database)
    const ids: Record<string, string> = {}
    for (const company of ['A', 'B', 'C']) ids[company] = await aCustomer(database, partnerId, { company, tags: company === 'A' ? ['gold'] : [] })
    const actor = await anActor(database, partnerId, { role: 'technician', isScopeLimited: true })
    for (const [position, [effect, target, endsAt]] of lines.entries()) {
      const [kind, value] = target!.split(':')
      await database.owner.query(
        'insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id, tag, ends_at) values ($1, gen_random_uuid(), $2, $3, $4, $5, $6, $7, $8)',
        [partnerId, actor.accountId, position, effect, kind, kind === 'customer' ? ids[value!] : null, kind === 'tag' ? value : null, endsAt ?? null],
      )
    }
    await database.transaction({ partnerId, scope: 'limited', principalId: actor.accountId }, async (db) => {
      const { rows } = await db.query<{ company: string }>('select company from customer order by company')
      expect(rows.map((row) => row.company)).toEqual(seen)
    })
  })

  it('stands on every table the app role can reach, and the app role owns nothing (R3, R4)', async () => {
    const { rows } = await database.owner.query(`
      select c.relname, c.relrowsecurity as is_walled, exists (select from pg_policy p where p.polrelid = c.oid) as has_policy, pg_get_userbyid(c.relowner) as owner
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and c.relkind in ('r', 'p') and has_table_privilege('vigie_app', c.oid, 'select')`)
    expect(rows.length).toBeGreaterThan(20)
    expect(rows.filter((row) => !row.is_walled || !row.has_policy || row.owner === 'vigie_app')).toEqual([])
    const { rows: [role] } = await database.owner.query(`select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = 'vigie_app'`)
    expect(Object.values(role)).toEqual([false, false, false, false])
  })

  it('begins every tenant key and reference with partner_id; globally unique values are made by us alone (R3)', async () => {
    const { rows } = await database.owner.query<{ relname: string; conname: string; columns: string[] }>(`
      select c.relname, i.relname as conname, array_agg(a.attname::text order by k.n) as columns
      from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class c on c.oid = x.indrelid join pg_namespace n on n.oid = c.relnamespace
        cross join lateral unnest(x.indkey::smallint[]) with ordinality k(attnum, n) join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
      where n.nspname = 'public' and x.indisunique and exists (select from pg_attribute p where p.attrelid = c.oid and p.attname = 'partner_id')
      group by 1, 2`)
    const others = rows.filter((row) => row.columns[0] !== 'partner_id').map((row) => row.conname).sort()
    expect(others).toEqual(['mail_link_token', 'product_guid', 'registration_credential_user_name', 'session_token'])
    const { rows: references } = await database.owner.query<{ conname: string; def: string }>(`
      select conname, pg_get_constraintdef(oid) as def from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace and confrelid <> 'partner'::regclass`)
    expect(references.filter((reference) => !reference.def.startsWith('FOREIGN KEY (partner_id,'))).toEqual([])
  })

  it('has a closed list of functions that look past the wall, each giving keys only (R4)', async () => {
    const { rows } = await database.owner.query<{ proname: string }>(`
      select proname from pg_proc where prosecdef and has_function_privilege('vigie_app', oid, 'execute') and pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) order by 1`)
    expect(rows.map((row) => row.proname)).toEqual([
      'find_accounts', 'find_agent', 'find_mail_link', 'find_product', 'find_registration', 'find_session', 'operator_exists', 'partner_ids', 'partners_with_due_assessments', 'partners_with_due_mail',
      'partners_with_ended_commands', 'partners_with_live_orders', 'partners_with_live_switches', 'partners_with_silent_agents', 'search_endpoints', 'visible_customers',
    ])
  })
})
