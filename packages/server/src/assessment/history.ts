import { isCalm, isKept, isLowWorse, type Category } from '@vigie/domain/categories'
import type { TenantDb } from '../platform/index.ts'
import type { AssessedProduct } from './store.ts'

interface Kept {
  productId: string
  customerId: string
  category: string
  fact: string
  value: number
  /** Less of it is worse. */
  isLow: boolean
}

/** What of one product's facts is worth keeping for previews (EVT-7): what is not calm, and what was not when last looked at. `uneasy`: of now. */
export function worthKeeping(
  product: AssessedProduct,
  found: readonly { category: Category; is: Readonly<Record<string, number>> }[],
): { kept: Kept[]; uneasy: string[] } {
  const kept: Kept[] = []
  const uneasy: string[] = []
  for (const { category, is } of found) {
    for (const [name, fact] of Object.entries(category.facts)) {
      if (!isKept(fact)) continue
      const value = is[name]!
      const id = `${category.id}.${name}`
      const isFine = isCalm(fact, value)
      if (!isFine) uneasy.push(id)
      if (!isFine || product.uneasy.includes(id))
        kept.push({
          productId: product.id,
          customerId: product.customerId,
          category: category.id,
          fact: name,
          value,
          isLow: isLowWorse(fact),
        })
    }
  }
  return { kept, uneasy }
}

/** In the assessment's transaction, which holds the products: twice in an hour keeps the worse, and the later. */
export async function keep(
  db: TenantDb,
  kept: readonly Kept[],
  changed: readonly { productId: string; uneasy: readonly string[] }[],
  now: Date,
): Promise<void> {
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
  if (changed.length === 0) return
  await db.query(
    `update product p set uneasy = array(select json_array_elements_text(r.uneasy)) from json_to_recordset($1) as r ("productId" uuid, uneasy json) where p.id = r."productId"`,
    [JSON.stringify(changed)],
  )
}
