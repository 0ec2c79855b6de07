import type { CompanyProfile, Customer, CustomerAccount } from '@vigie/domain/customers'
import { Problem } from '@vigie/domain/kernel'
import { uniqueViolation, type TenantDb } from '../platform/index.ts'
import { customerColumns, toCustomer, type CustomerRow } from './rows.ts'

/** @throws customer.not-found */
export async function get(db: TenantDb, id: string): Promise<Customer> {
  const {
    rows: [row],
  } = await db.query<CustomerRow>(`select ${customerColumns} from customer c where c.id = $1`, [id])
  if (!row) throw new Problem('customer.not-found', { customerId: id })
  return toCustomer(row)
}

/** Locks until commit. @throws customer.not-found */
export async function lock(db: TenantDb, id: string): Promise<Customer> {
  const {
    rows: [row],
  } = await db.query<CustomerRow>(`select ${customerColumns} from customer c where c.id = $1 for no key update of c`, [id])
  if (!row) throw new Problem('customer.not-found', { customerId: id })
  return toCustomer(row)
}

export interface CustomerInput {
  profile: CompanyProfile
  account: CustomerAccount
}
const valuesOf = ({ profile, account }: CustomerInput) => [
  profile.company,
  profile.address,
  profile.city,
  profile.state,
  profile.postalCode,
  profile.country,
  profile.industry,
  profile.sizeEndpoints,
  profile.phone,
  account.accountId,
  account.timeZone,
  account.locale,
]

/** @throws customer.account-id-taken */
export async function insert(db: TenantDb, id: string, input: CustomerInput, now: Date): Promise<void> {
  await withFreeAccountId(() =>
    db.query(
      `insert into customer (partner_id, id, created_at, company, address, city, state, postal_code, country, industry, size_endpoints, phone, account_id, time_zone, locale)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
      [db.tenant.partnerId, id, now, ...valuesOf(input)],
    ),
  )
}

/** @throws customer.account-id-taken */
export async function update(db: TenantDb, id: string, input: CustomerInput): Promise<void> {
  await withFreeAccountId(() =>
    db.query(
      `update customer set version = version + 1, company = $2, address = $3, city = $4, state = $5, postal_code = $6, country = $7, industry = $8, size_endpoints = $9, phone = $10,
       account_id = $11, time_zone = $12, locale = $13 where id = $1`,
      [id, ...valuesOf(input)],
    ),
  )
}

/** The unique index decides, so that two at the same moment cannot both have it. */
async function withFreeAccountId(write: () => Promise<unknown>): Promise<void> {
  try {
    await write()
  } catch (error) {
    if (uniqueViolation(error) !== 'customer_account_id') throw error
    throw new Problem('customer.account-id-taken', {}, { cause: error, fields: [{ path: 'account.accountId', code: 'account-id.taken' }] })
  }
}

/** The customer has these tags and no others. */
export async function setTags(db: TenantDb, id: string, tags: readonly string[]): Promise<void> {
  await db.query('delete from customer_tag where customer_id = $1 and tag <> all($2::text[])', [id, tags])
  await db.query(
    'insert into customer_tag (partner_id, customer_id, tag) select $1, $2, tag from unnest($3::text[]) tag on conflict do nothing',
    [db.tenant.partnerId, id, tags],
  )
}

/** With its contacts, tags and the scope lines that name it. The caller holds the lock and has seen that it has no product. */
export async function remove(db: TenantDb, id: string, now: Date): Promise<void> {
  await db.query(
    'insert into departed (partner_id, id, customer_id, came_at, went_at) select partner_id, id, id, created_at, $2 from customer where id = $1',
    [id, now],
  )
  await db.query('delete from customer where id = $1', [id])
}

/** Whether the principal's own scope shows it; always true for one without a scope. */
export async function isInScope(db: TenantDb, id: string): Promise<boolean> {
  return (await db.query('select from customer where id = $1', [id])).rowCount === 1
}
