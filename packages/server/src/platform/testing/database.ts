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
}

/** A socket URL has no host, which `URL` refuses: the name is replaced as text. */
const withName = (url: string, name: string): string => url.replace(/^(postgres(?:ql)?:\/\/[^/]*\/)[^?]*/, `$1${name}`)

export async function testDatabase(): Promise<TestDatabase> {
  const server = process.env['VIGIE_TEST_PG']
  if (server === undefined) throw new Error('VIGIE_TEST_PG is not set: run through vitest, whose global set-up starts PostgreSQL')
  const template = 'vigie_template'
  const name = `vigie_${randomBytes(6).toString('hex')}`
  const client = new pg.Client(server)
  await client.connect()
  try {
    // one worker makes the template, the others wait for it
    await client.query('select pg_advisory_lock(7216554)')
    const { rowCount } = await client.query('select from pg_database where datname = $1', [template])
    if (rowCount === 0) {
      await client.query(`create database ${template}_new`)
      const owner = createPool({ url: withName(server, `${template}_new`), max: 1, role: null, onIdleError: () => {} })
      await migrate(owner)
      await owner.end()
      await client.query(`alter database ${template}_new rename to ${template}`)
    }
    await client.query(`create database ${name} template ${template} strategy file_copy`)
    await client.query('select pg_advisory_unlock(7216554)')
  } finally {
    await client.end()
  }
  const url = withName(server, name)
  const app = createPool({ url, max: 8, role: 'vigie_app', onIdleError: () => {} })
  const owner = createPool({ url, max: 2, role: null, onIdleError: () => {} })
  const database = createDatabase(app, owner)
  return Object.assign(database, {
    url,
    vault: createVault(randomBytes(32)),
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
export async function aPartner(database: Database, partner: { name?: string; kind?: 'operator' | 'reseller'; parentId?: string } = {}): Promise<string> {
  const id = newId()
  await database.owner.query('insert into partner (id, parent_id, kind, name) values ($1, $2, $3, $4)', [id, partner.parentId ?? null, partner.kind ?? 'reseller', partner.name ?? 'Reseller'])
  return id
}

/** An active account of a business, made past the wall, as an actor with a full session. */
export async function anActor(database: Database, partnerId: string, account: { role?: Role; email?: string; isScopeLimited?: boolean; isPrimary?: boolean } = {}): Promise<Actor> {
  const id = newId()
  const role = account.role ?? 'owner'
  const email = account.email ?? `${id}@example.com`
  await database.owner.query(
    `insert into account (partner_id, id, email, first_name, last_name, role, is_primary, state, locale, time_zone, is_scope_limited) values ($1, $2, $3, 'Ada', 'Test', $4, $5, 'active', 'en', 'UTC', $6)`,
    [partnerId, id, email, role, account.isPrimary ?? false, account.isScopeLimited ?? false],
  )
  return {
    kind: 'account', partnerId, accountId: id, name: 'Ada Test', email, role, permissions: new Set(rolePermissions[role]), isScopeLimited: account.isScopeLimited ?? false,
    sessionId: newId(), sessionState: 'full', locale: 'en', timeZone: 'UTC',
  }
}

/** A customer, made past the wall. */
export async function aCustomer(database: Database, partnerId: string, customer: { company?: string; tags?: string[] } = {}): Promise<string> {
  const id = newId()
  await database.owner.query(
    `insert into customer (partner_id, id, company, country, account_id, time_zone, locale) values ($1, $2, $3, 'FR', $4, 'Europe/Paris', 'fr')`,
    [partnerId, id, customer.company ?? 'Boulangerie Martin', `acc-${id.slice(-12)}`],
  )
  for (const tag of customer.tags ?? []) await database.owner.query('insert into customer_tag (partner_id, customer_id, tag) values ($1, $2, $3)', [partnerId, id, tag])
  return id
}

/** A product with its default group, made past the wall. */
export async function aProduct(database: Database, partnerId: string, customerId: string, product: { typeId?: string; description?: string } = {}): Promise<string> {
  const id = newId()
  await database.owner.query(
    `insert into product (partner_id, id, customer_id, guid, type_id, family, description, fresh_for_seconds) values ($1, $2, $3, gen_random_uuid(), $4, 'endpoint-hosted', $5, 120)`,
    [partnerId, id, customerId, product.typeId ?? 'clamav-endpoint', product.description ?? 'Main'],
  )
  await database.owner.query(`insert into endpoint_group (partner_id, product_id, name, position, customer_id) values ($1, $2, 'servers', 0, $3)`, [partnerId, id, customerId])
  await database.owner.query('update customer set product_count = product_count + 1 where id = $1', [customerId])
  return id
}

export const anOrigin: Origin = { address: '127.0.0.1', userAgent: 'test', source: 'api', locale: 'en' }
