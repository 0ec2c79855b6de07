import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import { expect, it } from 'vitest'

const folder = path.resolve(import.meta.dirname, '../../migrations')

it('0005 counts by group what is there already: open events only, on product and customer (CUS-2)', async () => {
  const url = process.env['VIGIE_TEST_PG']!
  const name = `vigie_${randomBytes(6).toString('hex')}`
  const server = new pg.Client(url)
  await server.connect()
  await server.query(`create database ${name}`)
  const database = new pg.Client(url.replace(/^(postgres(?:ql)?:\/\/[^/]*\/)[^?]*/, `$1${name}`))
  await database.connect()
  try {
    await database.query('set search_path = public') // as migrate() does: else the owner's own schema comes first
    const files = readdirSync(folder).toSorted()
    for (const file of files.filter((one) => one < '0005')) await database.query(readFileSync(path.join(folder, file), 'utf8'))
    await database.query(`
      insert into partner (id, kind, name) values ('00000000-0000-0000-0000-000000000001', 'reseller', 'R');
      insert into customer (partner_id, id, company, country, account_id, time_zone, locale) values ('00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-000000000002', 'C', 'FR', 'c', 'UTC', 'en');
      insert into product (partner_id, id, customer_id, guid, type_id, family, description, fresh_for_seconds)
        select '00000000-0000-0000-0000-000000000001', ('00000000-0000-0000-0000-00000000001' || n)::uuid, '00000000-0000-0000-0000-000000000002', gen_random_uuid(), 'clamav-endpoint', 'endpoint-hosted', 'P', 900 from generate_series(1, 2) n;
      insert into event (partner_id, id, customer_id, product_id, category, condition, severity, severity_rank, state, opened_at, last_raised_at)
        select '00000000-0000-0000-0000-000000000001', gen_random_uuid(), '00000000-0000-0000-0000-000000000002', ('00000000-0000-0000-0000-00000000001' || p)::uuid, category, condition, severity, 1, state, now(), now()
        from (values (1, 'antivirus', 'uncleaned', 'action-required', 'unresolved'), (2, 'antivirus', 'uncleaned', 'action-required', 'pending'), (2, 'antivirus', 'many-incidents', 'warning', 'unresolved'),
          (1, 'antivirus', 'real-time-scan-off', 'action-required', 'resolved'), (1, 'component-update', 'outdated', 'action-required', 'unresolved'), (2, 'component-update', 'old', 'warning', 'resolved')) e (p, category, condition, severity, state)`)
    await database.query(
      readFileSync(
        path.join(
          folder,
          files.find((file) => file.startsWith('0005'))!,
        ),
        'utf8',
      ),
    )
    const counts =
      'threat_action_count, threat_warning_count, system_action_count, system_warning_count, licence_action_count, licence_warning_count'
    const of = async (table: string) =>
      (await database.query({ text: `select ${counts} from ${table} order by id`, rowMode: 'array' })).rows
    expect(await of('product')).toEqual([
      [1, 0, 1, 0, 0, 0],
      [1, 1, 0, 0, 0, 0],
    ])
    expect(await of('customer')).toEqual([[2, 1, 1, 0, 0, 0]])
    expect((await database.query('select managed_by_id from customer')).rows).toEqual([{ managed_by_id: null }])
  } finally {
    await database.end()
    await server.query(`drop database ${name} with (force)`)
    await server.end()
  }
})
