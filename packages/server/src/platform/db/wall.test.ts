import { isInScope, type ScopeLine } from '@vigie/domain/access'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aCustomer, anActor, aPartner, aProduct, testDatabase, type TestDatabase } from '../testing/database.ts'

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
      database.transaction(all(mine), (db) =>
        db.query(`insert into customer_tag (partner_id, customer_id, tag) values ($1, $2, 'x')`, [theirs, foreign]),
      ),
    ).rejects.toThrow(/row-level security/)
  })

  it('sees nothing without a tenant', async () => {
    await aCustomer(database, await aPartner(database))
    expect(await database.lookup('select id from customer')).toEqual([])
  })

  it.each([
    [
      'all but one',
      [
        ['allow', 'all'],
        ['deny', 'customer:B'],
      ],
      ['A', 'C'],
    ],
    ['one tag', [['allow', 'tag:gold']], ['A']],
    ['nothing without an allow line', [['deny', 'customer:A']], []],
    ['a line past its end counts for nothing', [['allow', 'all', '2020-01-01']], []],
  ])('limits an account to its scope: %s (ACC-14)', async (_, lines, seen) => {
    const partnerId = await aPartner(database)
    const ids: Record<string, string> = {}
    for (const company of ['A', 'B', 'C'])
      ids[company] = await aCustomer(database, partnerId, { company, tags: company === 'A' ? ['gold'] : [] })
    const actor = await anActor(database, partnerId, { role: 'technician', isScopeLimited: true })
    for (const [position, [effect, target, endsAt]] of lines.entries()) {
      const [kind, value] = target!.split(':')
      await database.owner.query(
        'insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id, tag, ends_at) values ($1, gen_random_uuid(), $2, $3, $4, $5, $6, $7, $8)',
        [
          partnerId,
          actor.accountId,
          position,
          effect,
          kind,
          kind === 'customer' ? ids[value!] : null,
          kind === 'tag' ? value : null,
          endsAt ?? null,
        ],
      )
    }
    await database.transaction({ partnerId, scope: 'limited', principalId: actor.accountId }, async (db) => {
      const { rows } = await db.query<{ company: string }>('select company from customer order by company')
      expect(rows.map((row) => row.company)).toEqual(seen)
    })
  })

  it('shows what isInScope() says, whatever the lines are: by who is hidden as by who is seen (ACC-14)', async () => {
    const partnerId = await aPartner(database)
    const customers: { id: string; tags: string[] }[] = []
    for (const tags of [[], ['a'], ['b'], ['a', 'b'], ['c'], []])
      customers.push({ id: await aCustomer(database, partnerId, { tags }), tags })
    for (const { id } of customers) {
      await aProduct(database, partnerId, id)
      await database.owner.query(
        `insert into tally_hour (partner_id, customer_id, type_id, category, hour, count) values ($1, $2, 'clamav-endpoint', 'antivirus', date_trunc('hour', now()), 1)`,
        [partnerId, id],
      )
    }
    const targets = ['all', 'tag:a', 'tag:b', 'tag:c', 'tag:d', ...customers.slice(0, 3).map(({ id }) => `customer:${id}`)]
    const parts = targets.flatMap((target) => (['allow', 'deny'] as const).map((effect) => ({ effect, target })))
    // every pair of lines, either of them past its end in turn, and with `all` besides
    const scopes = parts.flatMap((one, i) =>
      parts
        .slice(i)
        .map((other, j) => [
          { ...one, endsAt: (i + j) % 5 === 1 ? '2020-01-01T00:00:00Z' : null },
          { ...other, endsAt: (i + j) % 7 === 3 ? '2020-01-01T00:00:00Z' : null },
          ...((i + j) % 3 === 0 ? [{ effect: 'allow' as const, target: 'all', endsAt: null }] : []),
        ]),
    )
    const { accountId: principalId } = await anActor(database, partnerId, { role: 'technician', isScopeLimited: true })
    let hidden = 0
    for (const scope of scopes) {
      await database.owner.query('delete from scope_line where account_id = $1', [principalId])
      await database.owner.query(
        `insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id, tag, ends_at)
         select $1, gen_random_uuid(), $2, n, effect, split_part(target, ':', 1), case when target like 'customer:%' then split_part(target, ':', 2)::uuid end, case when target like 'tag:%' then split_part(target, ':', 2) end, ends_at::timestamptz
         from unnest($3::text[], $4::text[], $5::text[]) with ordinality l (effect, target, ends_at, n)`,
        [partnerId, principalId, scope.map(({ effect }) => effect), scope.map(({ target }) => target), scope.map(({ endsAt }) => endsAt)],
      )
      const lines = scope.map(({ effect, target, endsAt }) => {
        const [kind, value] = target.split(':')
        return {
          effect,
          target: kind === 'all' ? { kind } : kind === 'tag' ? { kind, tag: value! } : { kind: 'customer', customerId: value! },
          endsAt,
        } as ScopeLine
      })
      const expected = customers
        .filter((customer) => isInScope(lines, customer, new Date()))
        .map(({ id }) => id)
        .toSorted()
      hidden += customers.length - expected.length
      const {
        rows: [seen],
      } = await database.transaction({ partnerId, scope: 'limited', principalId }, (db) =>
        db.query<Record<string, string[]>>(
          `select array(select id from customer order by 1) as customer, array(select customer_id from product order by 1) as product, array(select customer_id from tally_hour order by 1) as tally, array(select v from vigie.visible_customers() v order by 1) as visible`,
        ),
      )
      expect(seen, JSON.stringify(scope)).toEqual({ customer: expected, product: expected, tally: expected, visible: expected })
    }
    expect(hidden).toBeGreaterThan(scopes.length)
  })

  it('judges by who is hidden only where no row can be without its customer: of a customer that is gone nothing may come to light (ACC-14)', async () => {
    const { rows } = await database.owner.query<{ name: string; isWithin: boolean; isByHidden: boolean }>(`
      select c.relname as name, c.oid in (select vigie.tables_within_customers()) as "isWithin", pg_get_expr(p.polqual, p.polrelid) like '%hidden_customers%' as "isByHidden"
      from pg_policy p join pg_class c on c.oid = p.polrelid where c.relnamespace = 'public'::regnamespace and pg_get_expr(p.polqual, p.polrelid) like '%visible_customers%' order by 1`)
    expect(rows.filter(({ isByHidden, isWithin }) => isByHidden !== isWithin)).toEqual([])
    // the past of what is gone stays behind the rule that asks who is seen
    for (const name of ['audit', 'outbox', 'detection', 'tally_hour', 'tally_day', 'departed', 'url_entry'])
      expect(
        rows.find((row) => row.name === name),
        name,
      ).toMatchObject({ isByHidden: false })
    for (const name of ['customer', 'product', 'endpoint', 'endpoint_search', 'event', 'threat_seen'])
      expect(
        rows.find((row) => row.name === name),
        name,
      ).toMatchObject({ isByHidden: true })
  })

  it('stands on every table the app role can reach, and the app role owns nothing (R3, R4)', async () => {
    const { rows } = await database.owner.query(`
      select c.relname, c.relrowsecurity as is_walled, exists (select from pg_policy p where p.polrelid = c.oid) as has_policy, pg_get_userbyid(c.relowner) as owner
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and c.relkind in ('r', 'p') and has_table_privilege('vigie_app', c.oid, 'select')`)
    expect(rows.length).toBeGreaterThan(20)
    expect(rows.filter((row) => !row.is_walled || !row.has_policy || row.owner === 'vigie_app')).toEqual([])
    const {
      rows: [role],
    } = await database.owner.query(`select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = 'vigie_app'`)
    expect(Object.values(role)).toEqual([false, false, false, false])
  })

  it('begins every tenant key and reference with partner_id; globally unique values are made by us alone (R3)', async () => {
    const { rows } = await database.owner.query<{ relname: string; conname: string; columns: string[] }>(`
      select c.relname, i.relname as conname, array_agg(a.attname::text order by k.n) as columns
      from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class c on c.oid = x.indrelid join pg_namespace n on n.oid = c.relnamespace
        cross join lateral unnest(x.indkey::smallint[]) with ordinality k(attnum, n) join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
      where n.nspname = 'public' and x.indisunique and exists (select from pg_attribute p where p.attrelid = c.oid and p.attname = 'partner_id')
      group by 1, 2`)
    const others = rows
      .filter((row) => row.columns[0] !== 'partner_id')
      .map((row) => row.conname)
      .sort()
    expect(others).toEqual(['mail_link_token', 'product_guid', 'registration_credential_user_name', 'session_token'])
    const { rows: references } = await database.owner.query<{ conname: string; def: string }>(`
      select conname, pg_get_constraintdef(oid) as def from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace and confrelid <> 'partner'::regclass`)
    expect(references.filter((reference) => !reference.def.startsWith('FOREIGN KEY (partner_id,'))).toEqual([])
  })

  it('has a closed list of functions that look past the wall, each giving keys only (R4)', async () => {
    const { rows } = await database.owner.query<{ proname: string }>(`
      select proname from pg_proc where prosecdef and has_function_privilege('vigie_app', oid, 'execute') and pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) order by 1`)
    expect(rows.map((row) => row.proname)).toEqual([
      'find_accounts',
      'find_agent',
      'find_mail_link',
      'find_product',
      'find_registration',
      'find_session',
      'hidden_customers',
      // when a migration was applied: of no business
      'migrated_at',
      'operator_exists',
      'partner_ids',
      'partners_with_due_assessments',
      'partners_with_due_mail',
      'partners_with_ended_commands',
      'partners_with_live_orders',
      'partners_with_live_switches',
      'partners_with_silent_agents',
      'search_endpoints',
      'sees_most',
      'visible_customers',
    ])
  })
})
