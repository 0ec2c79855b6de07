import { categories, categoryById, indexesInForce } from '@vigie/domain/categories'
import type { eventsApi } from '@vigie/domain/events'
import { Problem, type FieldError, type ReplyOf } from '@vigie/domain/kernel'
import { newId, type TenantDb } from '../platform/index.ts'

export type IndexRow = ReplyOf<typeof eventsApi.getIndexes>['rows'][number]
/** Values by category and index name. */
export type IndexValues = Record<string, Record<string, number>>

/** What the business, and this customer of it, tuned (EVT-3). `customerId` null: the business alone. */
export async function tuned(db: TenantDb, customerId: string | null): Promise<{ business: IndexValues; customer: IndexValues }> {
  const { rows } = await db.query<{ customer_id: string | null; category: string; name: string; value: number }>(
    'select customer_id, category, name, value from index_value where customer_id is null or customer_id = $1', [customerId])
  const found: { business: IndexValues; customer: IndexValues } = { business: {}, customer: {} }
  for (const row of rows) (found[row.customer_id === null ? 'business' : 'customer'][row.category] ??= {})[row.name] = row.value
  return found
}

/** Every index of every category with the value in force and where it comes from. */
export async function list(db: TenantDb, customerId: string | null): Promise<IndexRow[]> {
  const { business, customer } = await tuned(db, customerId)
  return categories.flatMap((category) => {
    const inForce = indexesInForce(category, business[category.id] ?? {}, customer[category.id] ?? {})
    return Object.entries(category.indexes).map(([name, index]) => ({ category: category.id, name, ...inForce[name]!, ...index }))
  })
}

/** `value` null: inherited again. @throws index.out-of-range, also for an index that is none */
export async function set(db: TenantDb, { category, name, value, customerId }: { category: string; name: string; value: number | null; customerId: string | null }): Promise<void> {
  assertInRange(category, name, value)
  await db.query('delete from index_value where category = $1 and name = $2 and customer_id is not distinct from $3', [category, name, customerId])
  if (value !== null) {
    await db.query('insert into index_value (partner_id, id, customer_id, category, name, value) values ($1, $2, $3, $4, $5, $6)', [db.tenant.partnerId, newId(), customerId, category, name, value])
  }
}

/** @throws index.out-of-range, also for an index that is none */
export function assertInRange(category: string, name: string, value: number | null): void {
  const index = categoryById.get(category)?.indexes[name]
  if (index === undefined) throw new Problem('index.out-of-range', {}, { fields: [{ path: 'name', code: 'not-a-choice' }] })
  if (value !== null && (!Number.isInteger(value) || value < index.min || value > index.max)) throw outOfRange(value, index)
}

function outOfRange(value: number, { min, max }: { min: number; max: number }): Problem {
  const field: Omit<FieldError, 'path'> = !Number.isInteger(value) ? { code: 'not-whole' } : value < min ? { code: 'too-small', values: { min } } : { code: 'too-large', values: { max } }
  return new Problem('index.out-of-range', { min, max }, { fields: [{ path: 'value', ...field }] })
}

/** Products whose verdict may change with it: of the customer, or all. */
export async function productsConcerned(db: TenantDb, customerId: string | null): Promise<{ productId: string; customerId: string }[]> {
  const { rows } = await db.query<{ productId: string; customerId: string }>(
    `select id as "productId", customer_id as "customerId" from product where ($1::uuid is null or customer_id = $1) and last_seen_at is not null order by id`, [customerId])
  return rows
}
