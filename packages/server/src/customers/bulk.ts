import { customersApi, mostTags } from '@vigie/domain/customers'
import type { ReplyOf } from '@vigie/domain/kernel'
import type { TenantDb } from '../platform/index.ts'
import { maySee, type Candidate } from './managers.ts'

type Refused = ReplyOf<typeof customersApi.tagCustomers>['refused'][number]

/** What a change of many needs to know of each customer. */
export interface Held {
  id: string
  company: string
  tags: string[]
  managedById: string | null
}

/** Locks those that the asker sees, in the order of their ids; the others are not there for him. Tags and manager as they are once locked. */
export async function lockMany(db: TenantDb, ids: readonly string[]): Promise<Held[]> {
  await db.query('select from customer where id = any($1::uuid[]) order by id for no key update', [ids])
  const { rows } = await db.query<Held>(
    `select c.id, c.company, c.managed_by_id as "managedById", array(select t.tag from customer_tag t where t.customer_id = c.id order by t.tag) as tags from customer c where c.id = any($1::uuid[]) order by c.id`,
    [ids],
  )
  return rows
}

/** Asked for and not there, for this asker (R2). */
export const missing = (ids: readonly string[], held: readonly Held[]): Refused[] => {
  const there = new Set(held.map(({ id }) => id))
  return [...new Set(ids)].filter((id) => !there.has(id)).map((id) => ({ id, company: null, code: 'customer.not-found' }))
}

export interface TagChange {
  customer: Held
  added: string[]
  removed: string[]
}

/** What adding and taking away means for each; nothing is written. Taken away wins over added. */
export function planTags(
  held: readonly Held[],
  add: readonly string[],
  remove: readonly string[],
): { changes: TagChange[]; unchanged: number; refused: Refused[] } {
  const changes: TagChange[] = []
  const refused: Refused[] = []
  let unchanged = 0
  for (const customer of held) {
    const removed = customer.tags.filter((tag) => remove.includes(tag))
    const added = [...new Set(add)].filter((tag) => !remove.includes(tag) && !customer.tags.includes(tag))
    if (added.length === 0 && removed.length === 0) unchanged++
    else if (customer.tags.length - removed.length + added.length > mostTags)
      refused.push({ id: customer.id, company: customer.company, code: 'customer.too-many-tags' })
    else changes.push({ customer, added, removed })
  }
  return { changes, unchanged, refused }
}

/** Writes them, past the asker's scope: tags decide it, and only the result can be judged. */
export async function writeTags(db: TenantDb, changes: readonly TagChange[]): Promise<void> {
  const rows = (tags: (change: TagChange) => readonly string[]) =>
    JSON.stringify(changes.flatMap((change) => tags(change).map((tag) => ({ id: change.customer.id, tag }))))
  await db.query(
    'delete from customer_tag t using json_to_recordset($1) as r (id uuid, tag text) where t.customer_id = r.id and t.tag = r.tag',
    [rows(({ removed }) => removed)],
  )
  await db.query(
    'insert into customer_tag (partner_id, customer_id, tag) select $1, r.id, r.tag from json_to_recordset($2) as r (id uuid, tag text) on conflict do nothing',
    [db.tenant.partnerId, rows(({ added }) => added)],
  )
}

/** Somebody changed it: who edits it meanwhile is told (`If-Match`). */
export async function touch(db: TenantDb, ids: readonly string[]): Promise<void> {
  await db.query('update customer set version = version + 1 where id = any($1::uuid[])', [ids])
}

/** Those among them that the asker's scope holds now. */
export async function seenAmong(db: TenantDb, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>('select id from customer where id = any($1::uuid[])', [ids])
  return new Set(rows.map(({ id }) => id))
}

/** @param to null: the primary by default. @param ifManagedBy undefined: whoever manages it now */
export function planAssignment(
  held: readonly Held[],
  to: Candidate | null,
  ifManagedBy: string | null | undefined,
  now: Date,
): { changes: Held[]; unchanged: number; refused: Refused[] } {
  const changes: Held[] = []
  const refused: Refused[] = []
  let unchanged = 0
  for (const customer of held) {
    const refuse = (code: Refused['code']) => refused.push({ id: customer.id, company: customer.company, code })
    if (customer.managedById === kept(to)) unchanged++
    else if (ifManagedBy !== undefined && customer.managedById !== ifManagedBy) refuse('request.changed-meanwhile')
    else if (to !== null && !maySee(to, customer, now)) refuse('customer.manager-unfit')
    else changes.push(customer)
  }
  return { changes, unchanged, refused }
}

/** The primary is kept as nobody in particular: who is primary next owns what nobody else does. */
export const kept = (to: Candidate | null): string | null => (to === null || to.isPrimary ? null : to.id)

export async function writeManager(db: TenantDb, ids: readonly string[], managedById: string | null): Promise<void> {
  await db.query('update customer set managed_by_id = $2, version = version + 1 where id = any($1::uuid[])', [ids, managedById])
}
