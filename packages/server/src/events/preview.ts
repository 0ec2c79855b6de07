import { canReplay, categoryById, indexesInForce, replay, type Category, type FactHour } from '@vigie/domain/categories'
import type { eventsApi } from '@vigie/domain/events'
import type { ReplyOf } from '@vigie/domain/kernel'
import type { TenantDb } from '../platform/index.ts'
import { assertInRange } from './indexes.ts'

type Preview = ReplyOf<typeof eventsApi.previewIndex>
const lookBackMs = 90 * 86_400_000
const shown = 200

interface Row {
  productId: string
  customerId: string
  fact: string
  hourMs: number
  worst: number
  last: number
}

/**
 * EVT-7. Reads what was kept of the category once, by index, and runs its rule twice over each product. A customer that has a value of its own is not touched by a new one of the
 * business or of a tag; of two tags the stricter counts. @throws index.out-of-range
 */
export async function preview(
  db: TenantDb,
  {
    category: id,
    name,
    value,
    customerId,
    tag,
  }: { category: string; name: string; value: number; customerId: string | null; tag: string | null },
  now: Date,
): Promise<Preview> {
  assertInRange(id, name, value)
  const category = categoryById.get(id)!
  const nothing: Preview = { isKept: canReplay(category), since: null, present: 0, proposed: 0, customerCount: 0, rows: [] }
  if (!nothing.isKept) return nothing
  const from = new Date(now.getTime() - lookBackMs)
  const [{ rows }, valuesOf] = await Promise.all([
    db.query<Row>(
      `select f.product_id as "productId", f.customer_id as "customerId", f.fact, (extract(epoch from f.hour) * 1000)::float8 as "hourMs", f.worst, f.last
       from fact_hour f where f.category = $1 and f.hour >= $2 and ($3::uuid is null or f.customer_id = $3)
         and ($4::text is null or f.customer_id in (select t.customer_id from customer_tag t where t.tag = $4))`,
      [id, from, customerId, tag],
    ),
    tunedOf(db, id),
  ])
  if (rows.length === 0) return nothing
  const counts = new Map<string, { present: number; proposed: number }>()
  for (const of of Map.groupBy(rows, (row) => row.productId).values()) {
    const owner = of[0]!.customerId
    const count = counts.get(owner) ?? { present: 0, proposed: 0 }
    counts.set(owner, count)
    const { own, byTag, business } = valuesOf(owner)
    count.present += raised(category, of, business, own, byTag)
    count.proposed +=
      tag !== null
        ? raised(category, of, business, own, { ...byTag, [tag]: { ...byTag[tag], [name]: value } })
        : customerId === null
          ? raised(category, of, { ...business, [name]: value }, own, byTag)
          : raised(category, of, business, { ...own, [name]: value }, byTag)
  }
  const differing = [...counts]
    .filter(([, count]) => count.present !== count.proposed)
    .sort(([, a], [, b]) => Math.abs(b.proposed - b.present) - Math.abs(a.proposed - a.present))
  const names = await companies(
    db,
    differing.slice(0, shown).map(([owner]) => owner),
  )
  const sum = (of: 'present' | 'proposed') => [...counts.values()].reduce((total, count) => total + count[of], 0)
  return {
    isKept: true,
    since: new Date(rows.reduce((least, { hourMs }) => Math.min(least, hourMs), Infinity)).toISOString(),
    present: sum('present'),
    proposed: sum('proposed'),
    customerCount: differing.length,
    rows: differing.slice(0, shown).map(([owner, count]) => ({ customerId: owner, company: names.get(owner) ?? '', ...count })),
  }
}

type Values = Record<string, number>

function raised(category: Category, hours: readonly FactHour[], business: Values, customer: Values, byTag: Record<string, Values>): number {
  const at = Object.fromEntries(
    Object.entries(indexesInForce(category, business, customer, byTag)).map(([name, { value }]) => [name, value]),
  )
  return replay(category, hours, at).length
}

async function tunedOf(
  db: TenantDb,
  category: string,
): Promise<(customerId: string) => { business: Values; own: Values; byTag: Record<string, Values> }> {
  const { rows } = await db.query<{
    customer_id: string | null
    tag: string | null
    customers: string[] | null
    name: string
    value: number
  }>(
    `select v.customer_id, v.tag, v.name, v.value, case when v.tag is not null then array(select t.customer_id from customer_tag t where t.tag = v.tag) end as customers from index_value v where v.category = $1`,
    [category],
  )
  const business: Values = {}
  const own = new Map<string, Values>()
  const tags = new Map<string, Record<string, Values>>()
  for (const { customer_id, tag, customers, name, value } of rows) {
    if (customer_id !== null) own.set(customer_id, { ...own.get(customer_id), [name]: value })
    else if (tag === null) business[name] = value
    else for (const id of customers ?? []) tags.set(id, { ...tags.get(id), [tag]: { ...tags.get(id)?.[tag], [name]: value } })
  }
  return (customerId) => ({ business, own: own.get(customerId) ?? {}, byTag: tags.get(customerId) ?? {} })
}

async function companies(db: TenantDb, ids: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await db.query<{ id: string; company: string }>('select id, company from customer where id = any($1)', [ids])
  return new Map(rows.map(({ id, company }) => [id, company]))
}
