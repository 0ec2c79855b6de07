import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aCustomer, anActor, anOrigin, aPartner } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { record } from './record.ts'
import { verifyChain } from './verify.ts'

let server: TestServer
let partnerId: string
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())
beforeEach(async () => void (partnerId = await aPartner(server.database)))

const all = () => ({ partnerId, scope: 'all' as const, principalId: null })
/** `count` records, each with a before and an after. */
async function aChain(count: number, more: { activity?: string; customerId?: string | null; name?: string } = {}): Promise<void> {
  for (let n = 1; n <= count; n++) {
    await server.database.transaction(all(), (db) =>
      record(
        db,
        server.database.vault,
        server.clock.now(),
        { kind: 'system', name: 'test' },
        {
          activity: more.activity ?? 'customer.updated',
          object: { kind: 'customer', id: null, name: more.name ?? `Company ${n}` },
          customerId: more.customerId ?? null,
          before: { n: n - 1 },
          after: { n },
        },
      ),
    )
  }
}
const sql = (text: string, values: unknown[] = []) => server.database.owner.query(text, [partnerId, ...values])
const verify = () => verifyChain(server.database, partnerId)

describe('the chain (ACC-11, R40)', () => {
  it('is whole when it is, also when nothing was written yet', async () => {
    expect(await verify()).toEqual({ isIntact: true, records: 0, brokenAt: null, headHash: null })
    await aChain(12)
    expect(await verify()).toMatchObject({ isIntact: true, records: 12, headHash: expect.stringMatching(/^[0-9a-f]{64}$/) })
  })

  it.each<[string, string, number]>([
    ['a name changed', `update audit set object_name = 'x' where partner_id = $1 and sequence = 5`, 5],
    ['an instant moved by a second', `update audit set at = at + interval '1 second' where partner_id = $1 and sequence = 5`, 5],
    ['a role written in', `update audit set actor_role = 'x' where partner_id = $1 and sequence = 1`, 1],
    ['what it was before, altered', `update audit set before = before || '\\x00' where partner_id = $1 and sequence = 7`, 7],
    ['a record cut out', `delete from audit where partner_id = $1 and sequence = 6`, 6],
    ['the first cut off', `delete from audit where partner_id = $1 and sequence = 1`, 1],
    ['the tail cut off', `delete from audit where partner_id = $1 and sequence > 8`, 9],
    [
      'the tail cut off, and the head set back',
      `with cut as (delete from audit where partner_id = $1 and sequence > 8) update audit_head set sequence = 8 where partner_id = $1`,
      8,
    ],
    [
      'a record hung on behind the head',
      `insert into audit select partner_id, 13, gen_random_uuid(), at, actor_kind, actor_id, actor_name, actor_role, source, address, activity, customer_id, object_kind, object_id, object_name, before, after, hash from audit where partner_id = $1 and sequence = 12`,
      13,
    ],
    ['one hash set to fit', `update audit set object_name = 'x', hash = sha256('x') where partner_id = $1 and sequence = 5`, 5],
  ])('%s: found', async (_, tamper, brokenAt) => {
    await aChain(12)
    await sql(tamper)
    expect(await verify()).toMatchObject({ isIntact: false, brokenAt })
  })

  it('two records swapped: found', async () => {
    await aChain(5)
    await sql(`update audit set sequence = case sequence when 2 then -3 else -2 end where partner_id = $1 and sequence in (2, 3)`)
    await sql(`update audit set sequence = -sequence where partner_id = $1 and sequence < 0`)
    expect(await verify()).toMatchObject({ isIntact: false, brokenAt: 2 })
  })

  it('any column of any record changed at random: found', async () => {
    await aChain(8)
    const columns = [
      'id',
      'actor_kind',
      'actor_id',
      'actor_name',
      'actor_role',
      'source',
      'address',
      'activity',
      'customer_id',
      'object_kind',
      'object_id',
      'object_name',
    ]
    for (const column of columns) {
      const value = ['id', 'actor_id', 'customer_id'].includes(column) ? 'gen_random_uuid()' : `'tampered'`
      const sequence = 1 + Math.floor(Math.random() * 8)
      await sql(`update audit set ${column} = ${value} where partner_id = $1 and sequence = $2`, [sequence])
      expect(await verify(), column).toMatchObject({ isIntact: false, brokenAt: sequence })
      await sql('delete from audit where partner_id = $1')
      await sql('delete from audit_head where partner_id = $1')
      await aChain(8)
    }
  })

  it('cannot be changed by the app role, nor by one who holds another business', async () => {
    await aChain(2)
    for (const statement of ['update audit set object_name = $1', 'delete from audit where object_name <> $1']) {
      await expect(server.database.transaction(all(), (db) => db.query(statement, ['x']))).rejects.toThrow(/permission denied/)
    }
    const other = await aPartner(server.database)
    expect(
      (
        await server.database.transaction({ ...all(), partnerId: other }, (db) =>
          db.query('select from audit where partner_id = $1', [partnerId]),
        )
      ).rows,
    ).toEqual([])
  })

  it('stays whole when sixty are written at once', async () => {
    await Promise.all(Array.from({ length: 60 }, () => aChain(1)))
    expect(await verify()).toMatchObject({ isIntact: true, records: 60 })
  })

  it('before and after are sealed, and gone with their key; the chain stays whole (R40, R41)', async () => {
    await aChain(2)
    const { rows } = await sql('select a::text as row from audit a where partner_id = $1')
    expect(JSON.stringify(rows)).not.toContain(Buffer.from('{"n":1}').toString('hex'))
    const owner = await anActor(server.database, partnerId)
    const read = async () =>
      (await server.as(owner)('GET', '/v1/audit?sort=sequence')).body.rows.map((row: { before: unknown; after: unknown }) => [
        row.before,
        row.after,
      ])
    expect((await read()).slice(0, 2)).toEqual([
      [{ n: 0 }, { n: 1 }],
      [{ n: 1 }, { n: 2 }],
    ])
    await sql(`delete from tenant_key where partner_id = $1 and purpose = 'audit'`)
    expect(await read()).toEqual([
      [null, null],
      [null, null],
    ])
    expect(await verify()).toMatchObject({ isIntact: true, records: 2 })
  })
})

describe('the screen (ACC-11)', () => {
  it('comes in pages, filtered; the route verifies', async () => {
    const customerId = await aCustomer(server.database, partnerId)
    await aChain(5)
    await aChain(3, { activity: 'event.reset', customerId, name: '100 % sure_thing' })
    const owner = await anActor(server.database, partnerId)
    const call = server.as(owner)
    const sequences: number[] = []
    let cursor = ''
    do {
      const { body } = await call('GET', `/v1/audit?limit=3&sort=-sequence${cursor}`)
      sequences.push(...body.rows.map((row: { sequence: number }) => row.sequence))
      cursor = body.nextCursor ? `&cursor=${body.nextCursor}` : ''
    } while (cursor)
    expect(sequences).toEqual([8, 7, 6, 5, 4, 3, 2, 1])
    const count = async (query: string) => (await call('GET', `/v1/audit?${query}`)).body.rows.length
    expect(await count('category=event')).toBe(3)
    expect(await count(`customerId=${customerId}`)).toBe(3)
    expect(await count('source=system')).toBe(8)
    expect(await count('source=console')).toBe(0)
    expect(await count(`q=${encodeURIComponent('% SURE_')}`)).toBe(3)
    expect(await count('until=2020-01-01T00:00:00Z')).toBe(0)
    expect(await count('from=2020-01-01T00:00:00Z')).toBe(8)
    expect((await call('GET', '/v1/audit/verification')).body).toMatchObject({ isIntact: true, records: 8 })
  })

  it('exports every record, formulas defused, and says so (R36)', async () => {
    await aChain(1, { name: '=HYPERLINK("http://evil")' })
    await aChain(3)
    const owner = await anActor(server.database, partnerId)
    const { body, headers } = await server.as(owner)('GET', '/v1/audit.csv?sort=sequence')
    expect(headers['content-type']).toContain('text/csv')
    const lines = String(body).trimEnd().split('\r\n')
    expect(lines).toHaveLength(5)
    expect(lines[1]).toContain(`"'=HYPERLINK(""http://evil"")"`)
    const { rows } = await sql(`select activity from audit where partner_id = $1 order by sequence desc limit 1`)
    expect(rows).toEqual([{ activity: 'audit.exported' }])
  })

  it('shows a limited reader what concerns his customers and the business, and records what he does beyond (ACC-14)', async () => {
    const [seen, unseen] = [await aCustomer(server.database, partnerId), await aCustomer(server.database, partnerId)]
    await aChain(1, { customerId: seen, name: 'seen' })
    await aChain(1, { customerId: unseen, name: 'unseen' })
    await aChain(1, { name: 'business' })
    const limited = await anActor(server.database, partnerId, { role: 'administrator', isScopeLimited: true })
    await sql(
      `insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id) values ($1, gen_random_uuid(), $2, 0, 'allow', 'customer', $3)`,
      [limited.accountId, seen],
    )
    const { body } = await server.as(limited)('GET', '/v1/audit?sort=sequence')
    expect(body.rows.map((row: { object: { name: string } }) => row.object.name)).toEqual(['seen', 'business'])
    expect((await server.as(limited)('GET', '/v1/audit/verification')).body).toMatchObject({ isIntact: true, records: 3 })
    await server.database.transaction({ partnerId, scope: 'limited', principalId: limited.accountId }, (db) =>
      record(
        db,
        server.database.vault,
        server.clock.now(),
        { kind: 'account', actor: limited, origin: anOrigin },
        { activity: 'customer.deleted', object: { kind: 'customer', id: unseen, name: 'x' }, customerId: unseen },
      ),
    )
    expect(await verify()).toMatchObject({ isIntact: true, records: 4 })
  })
})

describe('refusals (R40)', () => {
  it("of somebody known leave one record each, under the route's name", async () => {
    const viewer = await anActor(server.database, partnerId, { role: 'read-only' })
    expect((await server.as(viewer)('GET', '/v1/audit')).status).toBe(403)
    expect((await server.as(viewer)('POST', '/v1/accounts', {}, { origin: 'https://evil.example' })).status).toBe(403)
    const { rows } = await sql('select activity, actor_id, address, source, object_name from audit where partner_id = $1 order by sequence')
    expect(rows[0]).toEqual({
      activity: 'audit.list.refused',
      actor_id: viewer.accountId,
      address: '127.0.0.1',
      source: 'api',
      object_name: 'GET /v1/audit',
    })
    expect(await verify()).toMatchObject({ isIntact: true })
  })

  it('of nobody known leave none: a stranger cannot fill the log', async () => {
    await server.as(null)('GET', '/v1/audit')
    expect((await sql('select from audit where partner_id = $1')).rows).toEqual([])
  })
})
