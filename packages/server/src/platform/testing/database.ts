import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { Role } from '@vigie/domain/access'
import { rolePermissions } from '@vigie/domain/access'
import { createDatabase, createPool, migrate, type Database } from '../db/index.ts'
import type { Actor, Origin } from '../http/index.ts'
import { newId } from '../ids.ts'
import { createVault, type Vault } from '../vault.ts'

/** A database of its own for one test file: a copy of one migrated template. `close` drops it. */
export interface TestDatabase extends Database {
  url: string
  vault: Vault
  close(): Promise<void>
  /** Closes it and leaves it where it is. @returns its name */
  leave(): Promise<string>
}

/** A socket URL has no host, which `URL` refuses: the name is replaced as text. */
const withName = (url: string, name: string): string => url.replace(/^(postgres(?:ql)?:\/\/[^/]*\/)[^?]*/, `$1${name}`)

/** What a copy starts with beside the schema: made once a test run, copied by each file that asks for it. */
export interface Contents {
  /** Tells it from others: letters, digits and `_`. */
  name: string
  fill: (database: Database) => Promise<void>
}

export async function testDatabase(contents?: Contents): Promise<TestDatabase> {
  const server = process.env['VIGIE_TEST_PG']
  if (server === undefined) throw new Error('VIGIE_TEST_PG is not set: run through vitest, whose global set-up starts PostgreSQL')
  const name = `vigie_${randomBytes(6).toString('hex')}`
  const client = new pg.Client(server)
  await client.connect()
  try {
    if (contents === undefined) await copyOf(client, name, bare, () => makeBare(client, server), 7_216_554)
    else await copyOf(client, name, `${bare}_${contents.name}`, () => makeFilled(client, `${bare}_${contents.name}`, contents), 7_216_555)
  } finally {
    await client.end()
  }
  return open(server, name)
}

const bare = 'vigie_template'

/** One worker makes the template, the others wait for it. */
async function copyOf(client: pg.Client, name: string, template: string, make: () => Promise<void>, lock: number): Promise<void> {
  await client.query('select pg_advisory_lock($1)', [lock])
  const { rowCount } = await client.query('select from pg_database where datname = $1', [template])
  if (rowCount === 0) await make()
  await client.query(`create database ${name} template ${template} strategy file_copy`)
  await client.query('select pg_advisory_unlock($1)', [lock])
}

async function makeBare(client: pg.Client, server: string): Promise<void> {
  await client.query(`create database ${bare}_new`)
  const owner = createPool({ url: withName(server, `${bare}_new`), max: 1, role: null, onIdleError: () => {} })
  await migrate(owner)
  await owner.end()
  await client.query(`alter database ${bare}_new rename to ${bare}`)
}

async function makeFilled(client: pg.Client, template: string, { fill }: Contents): Promise<void> {
  const making = await testDatabase()
  await fill(making)
  await making.owner.query('vacuum analyze')
  await client.query(`alter database ${await making.leave()} rename to ${template}`)
}

function open(server: string, name: string): TestDatabase {
  const url = withName(server, name)
  const app = createPool({ url, max: 8, role: 'vigie_app', onIdleError: () => {} })
  const owner = createPool({ url, max: 2, role: null, onIdleError: () => {} })
  const database = createDatabase(app, owner)
  return Object.assign(database, {
    url,
    vault: createVault(randomBytes(32)),
    async leave() {
      await Promise.all([app.end(), owner.end()])
      return name
    },
    async close() {
      await Promise.all([app.end(), owner.end()])
      const last = new pg.Client(server)
      await last.connect()
      await last.query(`drop database if exists ${name} with (force)`)
      await last.end()
    },
  })
}

/** A business, made past the wall; reseller unless told otherwise. */
export async function aPartner(
  database: Database,
  partner: { name?: string; kind?: 'operator' | 'reseller'; parentId?: string } = {},
): Promise<string> {
  const id = newId()
  await database.owner.query('insert into partner (id, parent_id, kind, name) values ($1, $2, $3, $4)', [
    id,
    partner.parentId ?? null,
    partner.kind ?? 'reseller',
    partner.name ?? 'Reseller',
  ])
  return id
}

/** An active account of a business, made past the wall, as an actor with a full session. */
export async function anActor(
  database: Database,
  partnerId: string,
  account: { role?: Role; email?: string; isScopeLimited?: boolean; isPrimary?: boolean } = {},
): Promise<Actor> {
  const id = newId()
  const role = account.role ?? 'owner'
  const email = account.email ?? `${id}@example.com`
  await database.owner.query(
    `insert into account (partner_id, id, email, first_name, last_name, role, is_primary, state, locale, time_zone, is_scope_limited) values ($1, $2, $3, 'Ada', 'Test', $4, $5, 'active', 'en', 'UTC', $6)`,
    [partnerId, id, email, role, account.isPrimary ?? false, account.isScopeLimited ?? false],
  )
  return {
    kind: 'account',
    partnerId,
    accountId: id,
    name: 'Ada Test',
    email,
    role,
    permissions: new Set(rolePermissions[role]),
    isScopeLimited: account.isScopeLimited ?? false,
    sessionId: newId(),
    sessionState: 'full',
    locale: 'en',
    timeZone: 'UTC',
  }
}

/** A customer, made past the wall. */
export async function aCustomer(
  database: Database,
  partnerId: string,
  customer: { company?: string; tags?: string[] } = {},
): Promise<string> {
  const id = newId()
  await database.owner.query(
    `insert into customer (partner_id, id, company, country, account_id, time_zone, locale) values ($1, $2, $3, 'FR', $4, 'Europe/Paris', 'fr')`,
    [partnerId, id, customer.company ?? 'Boulangerie Martin', `acc-${id.slice(-12)}`],
  )
  for (const tag of customer.tags ?? [])
    await database.owner.query('insert into customer_tag (partner_id, customer_id, tag) values ($1, $2, $3)', [partnerId, id, tag])
  return id
}

/** A product with its default group, made past the wall. */
export async function aProduct(
  database: Database,
  partnerId: string,
  customerId: string,
  product: { typeId?: string; description?: string } = {},
): Promise<string> {
  const id = newId()
  await database.owner.query(
    `insert into product (partner_id, id, customer_id, guid, type_id, family, description, fresh_for_seconds) values ($1, $2, $3, gen_random_uuid(), $4, 'endpoint-hosted', $5, 120)`,
    [partnerId, id, customerId, product.typeId ?? 'clamav-endpoint', product.description ?? 'Main'],
  )
  await database.owner.query(
    `insert into endpoint_group (partner_id, product_id, name, position, customer_id) values ($1, $2, 'servers', 0, $3)`,
    [partnerId, id, customerId],
  )
  await database.owner.query('update customer set product_count = product_count + 1 where id = $1', [customerId])
  return id
}

export const anOrigin: Origin = { address: '127.0.0.1', userAgent: 'test', source: 'api', locale: 'en' }
