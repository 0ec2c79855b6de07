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
 * business. @throws index.out-of-range
 */
export async function preview(db: TenantDb, { category: id, name, value, customerId }: { category: string; name: string; value: number; customerId: string | null }, now: Date): Promise<Preview> {
  assertInRange(id, name, value)
  const category = categoryById.get(id)!
  const nothing: Preview = { isKept: canReplay(category), since: null, present: 0, proposed: 0, customerCount: 0, rows: [] }
  if (!nothing.isKept) return nothing
  const from = new Date(now.getTime() - lookBackMs)
  const [{ rows }, valuesOf] = await Promise.all([
    db.query<Row>(
      `select f.product_id as "productId", f.customer_id as "customerId", f.fact, (extract(epoch from f.hour) * 1000)::float8 as "hourMs", f.worst, f.last
       from fact_hour f where f.category = $1 and f.hour >= $2 and ($3::uuid is null or f.customer_id = $3)`, [id, from, customerId]),
    tunedOf(db, id),
  ])
  if (rows.length === 0) return nothing
  const counts = new Map<string, { present: number; proposed: number }>()
  for (const of of Map.groupBy(rows, (row) => row.productId).values()) {
    const owner = of[0]!.customerId
    const count = counts.get(owner) ?? { present: 0, proposed: 0 }
    counts.set(owner, count)
    const { own, business } = valuesOf(owner)
    count.present += raised(category, of, business, own)
    count.proposed += customerId === null ? raised(category, of, { ...business, [name]: value }, own) : raised(category, of, business, { ...own, [name]: value })
  }
  const differing = [...counts].filter(([, count]) => count.present !== count.proposed).sort(([, a], [, b]) => Math.abs(b.proposed - b.present) - Math.abs(a.proposed - a.present))
  const names = await companies(db, differing.slice(0, shown).map(([owner]) => owner))
  const sum = (of: 'present' | 'proposed') => [...counts.values()].reduce((total, count) => total + count[of], 0)
  return {
    isKept: true, since: new Date(rows.reduce((least, { hourMs }) => Math.min(least, hourMs), Infinity)).toISOString(), present: sum('present'), proposed: sum('proposed'), customerCount: differing.length,
    rows: differing.slice(0, shown).map(([owner, count]) => ({ customerId: owner, company: names.get(owner) ?? '', ...count })),
  }
}

function raised(category: Category, hours: readonly FactHour[], business: Record<string, number>, customer: Record<string, number>): number {
  const at = Object.fromEntries(Object.entries(indexesInForce(category, business, customer)).map(([name, { value }]) => [name, value]))
  return replay(category, hours, at).length
}

async function tunedOf(db: TenantDb, category: string): Promise<(customerId: string) => { business: Record<string, number>; own: Record<string, number> }> {
  const { rows } = await db.query<{ customer_id: string | null; name: string; value: number }>('select customer_id, name, value from index_value where category = $1', [category])
  const values = new Map<string, Record<string, number>>()
  for (const { customer_id, name, value } of rows) {
    const of = values.get(customer_id ?? '') ?? {}
    values.set(customer_id ?? '', of)
    of[name] = value
  }
  return (customerId) => ({ business: values.get('') ?? {}, own: values.get(customerId) ?? {} })
}

async function companies(db: TenantDb, ids: readonly string[]): Promise<Map<string, string>> {
  const { rows } = await db.query<{ id: string; company: string }>('select id, company from customer where id = any($1)', [ids])
  return new Map(rows.map(({ id, company }) => [id, company]))
}
