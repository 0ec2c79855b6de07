import { createBell, type TenantDb } from '../platform/index.ts'

/** Rung when something is due; assessors of other processes look a few times a second. */
export const dueBell = createBell()

/** Asks, with the data that gives the reason and in its transaction, that these products be assessed now (R22). In the order of ids: several do this at once. */
export async function markDue(db: TenantDb, products: readonly { productId: string; customerId: string }[], now: Date): Promise<void> {
  if (products.length === 0) return
  await db.query(
    `insert into assessment_due as d (partner_id, product_id, customer_id, due_at)
     select $1, r."productId", r."customerId", $2 from json_to_recordset($3) as r ("productId" uuid, "customerId" uuid) order by 2
     on conflict (partner_id, product_id) do update set due_at = excluded.due_at where d.due_at > excluded.due_at`,
    [db.tenant.partnerId, now, JSON.stringify(products.map(({ productId, customerId }) => ({ productId, customerId })))],
  )
  db.afterCommit(dueBell.ring)
}
