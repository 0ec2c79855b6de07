import type { Contact } from '@vigie/domain/customers'
import { Problem } from '@vigie/domain/kernel'
import { newId, type TenantDb } from '../platform/index.ts'
import { contactColumns, toContact, type ContactRow } from './rows.ts'

export type ContactFields = Omit<Contact, 'id' | 'version'>

/** Oldest first: the first one stands for the customer in lists. */
export async function list(db: TenantDb, customerId: string): Promise<Contact[]> {
  const { rows } = await db.query<ContactRow>(
    `select ${contactColumns} from contact k where k.customer_id = $1 order by k.created_at, k.id`,
    [customerId],
  )
  return rows.map(toContact)
}

/** Locks until commit. Another customer's contact is not there. @throws contact.not-found */
export async function lock(db: TenantDb, customerId: string, id: string): Promise<Contact> {
  const {
    rows: [row],
  } = await db.query<ContactRow>(`select ${contactColumns} from contact k where k.customer_id = $1 and k.id = $2 for update`, [
    customerId,
    id,
  ])
  if (!row) throw new Problem('contact.not-found', { contactId: id })
  return toContact(row)
}

export async function insert(db: TenantDb, customerId: string, contact: ContactFields, now: Date): Promise<Contact> {
  const id = newId(now)
  await db.query(
    'insert into contact (partner_id, id, customer_id, created_at, first_name, last_name, email, phone, locale) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)',
    [db.tenant.partnerId, id, customerId, now, contact.firstName, contact.lastName, contact.email, contact.phone, contact.locale],
  )
  return { id, ...contact, version: 1 }
}

export async function update(db: TenantDb, id: string, contact: ContactFields): Promise<Contact> {
  const {
    rows: [row],
  } = await db.query<ContactRow>(
    `update contact k set version = version + 1, first_name = $2, last_name = $3, email = $4, phone = $5, locale = $6 where id = $1 returning ${contactColumns}`,
    [id, contact.firstName, contact.lastName, contact.email, contact.phone, contact.locale],
  )
  return toContact(row!)
}

export async function remove(db: TenantDb, id: string): Promise<void> {
  await db.query('delete from contact where id = $1', [id])
}
