import {
  categoryById,
  indexesInForce,
  isKeptAsSpans,
  replay,
  spansOfHeld,
  unknownMs,
  type Category,
  type FactHour,
  type FactSpan,
  type Held,
  type Past,
  type Replayed,
} from '@vigie/domain/categories'
import type { eventsApi } from '@vigie/domain/events'
import type { ReplyOf } from '@vigie/domain/kernel'
import type { TenantDb } from '../platform/index.ts'
import { assertInRange } from './indexes.ts'

type Preview = ReplyOf<typeof eventsApi.previewIndex>
const lookBackMs = 90 * 86_400_000
const shown = 200
/** Migrations that keep the past: by the hour, and at its changes. */
const keptFrom = { hours: 17, spans: 35 } as const

/** What was kept of one product. */
interface Kept {
  productId: string
  customerId: string
  hours: FactHour[]
  spans: FactSpan[]
}
interface Whose {
  customerId: string | null
  tag: string | null
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
  const [products, keptMs, valuesOf] = await Promise.all([
    pastOf(db, category, { customerId, tag }, now),
    keptSince(db, category, now),
    tunedOf(db, id),
  ])
  const sinceMs = Math.max(
    now.getTime() - lookBackMs,
    products.reduce((least, one) => Math.min(least, earliestOf(one)), keptMs),
  )
  const silentOf = await silences(db, category, products, now)
  const counts = new Map<string, { present: number; proposed: number }>()
  for (const kept of products) {
    const past = { ...kept, silent: silentOf.get(kept.productId) ?? [] }
    const owner = past.customerId
    const count = counts.get(owner) ?? { present: 0, proposed: 0 }
    counts.set(owner, count)
    const { own, byTag, business } = valuesOf(owner)
    const raised = (...of: [Values, Values, Record<string, Values>]) => raisedBy(category, past, inForce(category, ...of), sinceMs, now)
    count.present += raised(business, own, byTag)
    count.proposed +=
      tag !== null
        ? raised(business, own, { ...byTag, [tag]: { ...byTag[tag], [name]: value } })
        : customerId === null
          ? raised({ ...business, [name]: value }, own, byTag)
          : raised(business, { ...own, [name]: value }, byTag)
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
    since: new Date(sinceMs).toISOString(),
    present: sum('present'),
    proposed: sum('proposed'),
    customerCount: differing.length,
    rows: differing.slice(0, shown).map(([owner, count]) => ({ customerId: owner, company: names.get(owner) ?? '', ...count })),
  }
}

type Values = Record<string, number>

const inForce = (category: Category, business: Values, customer: Values, byTag: Record<string, Values>): Values =>
  Object.fromEntries(Object.entries(indexesInForce(category, business, customer, byTag)).map(([name, { value }]) => [name, value]))

/** What was open before is known to be so, and was not raised since. */
const raisedBy = (category: Category, past: Past, at: Values, sinceMs: number, now: Date): number =>
  replay(category, past, at, now.getTime()).filter(({ openedMs }) => openedMs >= sinceMs).length

/** The first that is known of it: what had begun before it was kept does not count. */
const earliestOf = ({ hours, spans }: Kept): number =>
  Math.min(Infinity, ...hours.map(({ hourMs }) => hourMs), ...spans.flatMap(({ beganMs }) => (beganMs === unknownMs ? [] : [beganMs])))

/** When the category's past began to be kept here: an installation, or the version that keeps it, may be young. */
async function keptSince(db: TenantDb, category: Category, now: Date): Promise<number> {
  const { rows } = await db.query<{ since: Date | null }>('select vigie.migrated_at($1) as since', [
    isKeptAsSpans(category) ? keptFrom.spans : keptFrom.hours,
  ])
  return Math.min(rows[0]?.since?.getTime() ?? Infinity, now.getTime())
}

/** Plans: fact_hour_preview or fact_span_preview, fact_..._customer for one customer; what goes on is in the products themselves. */
async function pastOf(
  db: TenantDb,
  category: Category,
  { customerId, tag }: Whose,
  now: Date,
  only: readonly string[] | null = null,
): Promise<Kept[]> {
  const from = new Date(now.getTime() - lookBackMs)
  const products = new Map<string, Kept>()
  const of = (productId: string, owner: string): Kept => {
    const known = products.get(productId) ?? { productId, customerId: owner, hours: [], spans: [] }
    products.set(productId, known)
    return known
  }
  const isOf = (column: string) =>
    `($2::uuid is null or ${column} = $2) and ($3::text is null or ${column} in (select t.customer_id from customer_tag t where t.tag = $3))`
  if (!isKeptAsSpans(category)) {
    const { rows } = await db.query<Packed>(
      packed(
        `${msOf('f.hour')}, f.worst, f.last`,
        `fact_hour f where f.category = $1 and f.hour >= $4 and ${isOf('f.customer_id')} and ($5::uuid[] is null or f.product_id = any($5))`,
      ),
      [category.id, customerId, tag, from, only],
    )
    for (const row of rows) {
      const { hours } = of(row.productId, row.customerId)
      unpack(row, ([hourMs, worst, last]) => hours.push({ fact: row.fact, hourMs: hourMs!, worst: worst!, last: last! }))
    }
    return [...products.values()]
  }
  const [over, held] = await Promise.all([
    db.query<Packed>(
      packed(
        `${msOf('f.began_at')}, ${msOf('f.ended_at')}, f.worst, f.last`,
        `fact_span f where f.category = $1 and f.ended_at >= $4 and ${isOf('f.customer_id')} and ($5::uuid[] is null or f.product_id = any($5))`,
      ),
      [category.id, customerId, tag, from, only],
    ),
    db.query<{ id: string; customerId: string; held: Record<string, Held> }>(
      `select p.id, p.customer_id as "customerId", p.held->$1 as held from product p where p.held ? $1 and ${isOf('p.customer_id')} and ($4::uuid[] is null or p.id = any($4))`,
      [category.id, customerId, tag, only],
    ),
  ])
  for (const row of over.rows) {
    const { spans } = of(row.productId, row.customerId)
    unpack(row, ([beganMs, endedMs, worst, last = null]) =>
      spans.push({ fact: row.fact, beganMs: beganMs!, endedMs: endedMs!, worst: worst!, last }),
    )
  }
  for (const row of held.rows)
    for (const [fact, one] of Object.entries(row.held)) of(row.id, row.customerId).spans.push(...spansOfHeld(fact, one))
  return [...products.values()]
}

/** A product's rows of one fact in one text: hundreds of thousands of rows cost the driver more than all the rest. */
interface Packed {
  productId: string
  customerId: string
  fact: string
  /** `;` between rows, a space between numbers; a null at the end is left out. */
  rows: string
}
const packed = (numbers: string, from: string): string =>
  `select f.product_id as "productId", f.customer_id as "customerId", f.fact, string_agg(concat_ws(' ', ${numbers}), ';') as rows from ${from} group by 1, 2, 3`
const msOf = (column: string): string => `(extract(epoch from ${column}) * 1000)::bigint`
function unpack({ rows }: Packed, take: (numbers: (number | undefined)[]) => void): void {
  for (const row of rows.split(';')) take(row.split(' ').map(Number))
}

/** When what explains the category was open, at these products, with the values in force. */
async function silences(
  db: TenantDb,
  { silentWhile = [] }: Category,
  products: readonly Kept[],
  now: Date,
): Promise<Map<string, Replayed[]>> {
  const found = new Map<string, Replayed[]>()
  if (products.length === 0) return found
  const ids = products.map(({ productId }) => productId)
  for (const category of silentWhile.flatMap((other) => categoryById.get(other) ?? [])) {
    const [pasts, valuesOf] = await Promise.all([pastOf(db, category, { customerId: null, tag: null }, now, ids), tunedOf(db, category.id)])
    for (const past of pasts) {
      const { business, own, byTag } = valuesOf(past.customerId)
      const events = replay(category, past, inForce(category, business, own, byTag), now.getTime())
      found.set(past.productId, [...(found.get(past.productId) ?? []), ...events])
    }
  }
  return found
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
