import { holdOn, isCalm, isLowWorse, spanKind, type Category, type FactSpan, type Held } from '@vigie/domain/categories'
import type { TenantDb } from '../platform/index.ts'
import type { AssessedProduct } from './store.ts'

/** By category and fact. */
export type HeldFacts = Readonly<Record<string, Readonly<Record<string, Held>>>>

interface OfProduct {
  productId: string
  customerId: string
  category: string
}
interface Kept extends OfProduct {
  fact: string
  value: number
  /** Less of it is worse. */
  isLow: boolean
}

/** What of one product is worth keeping for previews (EVT-7). */
export interface Worth {
  productId: string
  /** By the hour: what is not calm, and what was not when last looked at. */
  kept: Kept[]
  /** At its changes: what is over. */
  over: (OfProduct & FactSpan)[]
  /** For the next look, where it is another than the last; null: it is not. */
  next: { uneasy: string[]; held: HeldFacts } | null
}

export function worthKeeping(
  product: AssessedProduct,
  found: readonly { category: Category; is: Readonly<Record<string, number>>; bases: Readonly<Record<string, number>> }[],
  now: Date,
): Worth {
  const kept: Kept[] = []
  const over: (OfProduct & FactSpan)[] = []
  const uneasy: string[] = []
  const held: Record<string, Record<string, Held>> = {}
  let isMoved = product.held === null
  for (const { category, is, bases } of found) {
    const of = { productId: product.id, customerId: product.customerId, category: category.id }
    const before = product.held?.[category.id]
    for (const [name, fact] of Object.entries(category.facts)) {
      if (spanKind(fact) !== null) {
        const known = before?.[name]
        if (known === undefined && bases[name] === undefined) continue
        const looked = holdOn(category, name, known, bases[name] ?? null, now.getTime(), product.held === null)
        if (looked.held) (held[category.id] ??= {})[name] = looked.held
        isMoved ||= looked.held !== known
        over.push(...looked.over.map((span) => ({ ...of, ...span })))
        continue
      }
      const value = is[name]!
      const id = `${category.id}.${name}`
      const isFine = isCalm(fact, value)
      if (!isFine) uneasy.push(id)
      if (!isFine || product.uneasy.includes(id)) kept.push({ ...of, fact: name, value, isLow: isLowWorse(fact) })
    }
  }
  // of a category that its type has lost
  isMoved ||= Object.keys(product.held ?? {}).some((id) => !found.some(({ category }) => category.id === id))
  return { productId: product.id, kept, over, next: isMoved || uneasy.join() !== product.uneasy.join() ? { uneasy, held } : null }
}

/** In the assessment's transaction, which holds the products: twice in an hour keeps the worse, and the later. Nothing at all is written of what is calm, or goes on as it did. */
export async function keep(db: TenantDb, worth: readonly Worth[], now: Date): Promise<void> {
  const kept = worth.flatMap((one) => one.kept)
  if (kept.length > 0) {
    await db.query(
      `insert into fact_hour as f (partner_id, product_id, category, fact, hour, customer_id, worst, last)
       select $1, r."productId", r.category, r.fact, date_trunc('hour', $2::timestamptz), r."customerId", r.value, r.value
       from json_to_recordset($3) as r ("productId" uuid, "customerId" uuid, category text, fact text, value double precision)
       on conflict (partner_id, product_id, category, fact, hour) do update set last = excluded.last,
         worst = case when f.category || '.' || f.fact = any($4) then least(f.worst, excluded.worst) else greatest(f.worst, excluded.worst) end
         where f.last <> excluded.last`,
      [
        db.tenant.partnerId,
        now,
        JSON.stringify(kept),
        [...new Set(kept.filter(({ isLow }) => isLow).map(({ category, fact }) => `${category}.${fact}`))],
      ],
    )
  }
  const over = worth.flatMap((one) => one.over)
  if (over.length > 0) {
    await db.query(
      `insert into fact_span (partner_id, product_id, category, fact, began_at, ended_at, customer_id, worst, last)
       select $1, r."productId", r.category, r.fact, to_timestamp(r."beganMs" / 1000), to_timestamp(r."endedMs" / 1000), r."customerId", r.worst, r.last
       from json_to_recordset($2) as r ("productId" uuid, "customerId" uuid, category text, fact text, "beganMs" double precision, "endedMs" double precision, worst double precision, last double precision)
       on conflict do nothing`,
      [db.tenant.partnerId, JSON.stringify(over)],
    )
  }
  const moved = worth.flatMap(({ productId, next }) => (next === null ? [] : [{ productId, ...next }]))
  if (moved.length === 0) return
  await db.query(
    `update product p set uneasy = array(select json_array_elements_text(r.uneasy)), held = r.held from json_to_recordset($1) as r ("productId" uuid, uneasy json, held jsonb) where p.id = r."productId"`,
    [JSON.stringify(moved)],
  )
}
