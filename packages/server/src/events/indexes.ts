import { categories, categoryById, indexesInForce } from '@vigie/domain/categories'
import type { eventsApi } from '@vigie/domain/events'
import { Problem, type FieldError, type ReplyOf } from '@vigie/domain/kernel'
import { ofCategory, readIndexes, type Tuned } from '../assessment/index.ts'
import { newId, type TenantDb } from '../platform/index.ts'

export type IndexRow = ReplyOf<typeof eventsApi.getIndexes>['rows'][number]
/** Of whom: a customer, a tag, or neither: the business. */
export interface Whose {
  customerId: string | null
  tag: string | null
}

/** Every index of every category with the value in force and where it comes from. */
export async function list(db: TenantDb, { customerId, tag }: Whose): Promise<IndexRow[]> {
  const { business, byTag, customer } = customerId === null ? await ofTag(db, tag) : (await readIndexes(db, [customerId]))(customerId)
  return categories.flatMap((category) => {
    const tags = ofCategory(byTag, category.id)
    const inForce = indexesInForce(category, business[category.id] ?? {}, customer[category.id] ?? {}, tags)
    return Object.entries(category.indexes).map(([name, { default: usual, min, max }]) => ({
      category: category.id,
      name,
      ...inForce[name]!,
      default: usual,
      min,
      max,
      ofTags:
        customerId === null
          ? []
          : Object.entries(tags)
              .flatMap(([of, values]) => (values[name] === undefined ? [] : [{ tag: of, value: values[name] }]))
              .toSorted((a, b) => (a.tag < b.tag ? -1 : 1)),
    }))
  })
}

/** The business's values, and over them one tag's. */
async function ofTag(db: TenantDb, tag: string | null): Promise<Tuned> {
  const { rows } = await db.query<{ tag: string | null; category: string; name: string; value: number }>(
    'select tag, category, name, value from index_value where customer_id is null and (tag is null or tag = $1)',
    [tag],
  )
  const tuned: Tuned = { business: {}, byTag: {}, customer: {} }
  for (const row of rows) ((row.tag === null ? tuned.business : (tuned.byTag[row.tag] ??= {}))[row.category] ??= {})[row.name] = row.value
  return tuned
}

/** `value` null: inherited again. @throws index.out-of-range, also for an index that is none */
export async function set(
  db: TenantDb,
  { category, name, value, customerId, tag }: { category: string; name: string; value: number | null } & Whose,
): Promise<void> {
  assertInRange(category, name, value)
  await db.query(
    'delete from index_value where category = $1 and name = $2 and customer_id is not distinct from $3 and tag is not distinct from $4',
    [category, name, customerId, tag],
  )
  if (value !== null) {
    await db.query(
      'insert into index_value (partner_id, id, customer_id, tag, category, name, value) values ($1, $2, $3, $4, $5, $6, $7)',
      [db.tenant.partnerId, newId(), customerId, tag, category, name, value],
    )
  }
}

/** Tags with values of their own. */
export async function tagsWithValues(db: TenantDb): Promise<{ tag: string; values: number; customers: number }[]> {
  const { rows } = await db.query<{ tag: string; values: number; customers: number }>(
    `select v.tag, count(*)::integer as values, (select count(*)::integer from customer_tag t where t.tag = v.tag) as customers from index_value v where v.tag is not null group by v.tag order by v.tag limit 1000`,
  )
  return rows
}

/** @throws index.out-of-range, also for an index that is none */
export function assertInRange(category: string, name: string, value: number | null): void {
  const index = categoryById.get(category)?.indexes[name]
  if (index === undefined) throw new Problem('index.out-of-range', {}, { fields: [{ path: 'name', code: 'not-a-choice' }] })
  if (value !== null && (!Number.isInteger(value) || value < index.min || value > index.max)) throw outOfRange(value, index)
}

function outOfRange(value: number, { min, max }: { min: number; max: number }): Problem {
  const field: Omit<FieldError, 'path'> = !Number.isInteger(value)
    ? { code: 'not-whole' }
    : value < min
      ? { code: 'too-small', values: { min } }
      : { code: 'too-large', values: { max } }
  return new Problem('index.out-of-range', { min, max }, { fields: [{ path: 'value', ...field }] })
}

/** Products whose verdict may change with it: of the customer, of the tag's customers, or all. */
export async function productsConcerned(db: TenantDb, { customerId, tag }: Whose): Promise<{ productId: string; customerId: string }[]> {
  const { rows } = await db.query<{ productId: string; customerId: string }>(
    `select id as "productId", customer_id as "customerId" from product where ($1::uuid is null or customer_id = $1) and ($2::text is null or customer_id in (select t.customer_id from customer_tag t where t.tag = $2))
       and last_seen_at is not null order by id`,
    [customerId, tag],
  )
  return rows
}
