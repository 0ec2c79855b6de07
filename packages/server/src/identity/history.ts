import { productTypeById } from '@vigie/connectors/products'
import type { Database, TenantDb } from '../platform/index.ts'

/**
 * Raw records follow their product to its customer (AGT-11), newest first, a chunk a transaction so that nothing waits for it; each chunk takes its hourly counts along, so that counts and records agree at
 * every moment. Dies or runs twice without harm: how far it came is written with the chunk.
 * @param most chunks of this run, so that it gives way
 * @returns how many records followed
 */
export async function moveHistory(database: Database, now: Date, { chunk = 5_000, most = 200 } = {}): Promise<number> {
  let followed = 0
  for (const { partner_id: partnerId } of await database.lookup<{ partner_id: string }>(
    'select id as partner_id from vigie.partner_ids() id',
  )) {
    for (let n = 0, isMore = true; isMore && n < most; n++) {
      isMore = await database.transaction({ partnerId, scope: 'all', principalId: null }, async (db) => {
        const moved = await moveChunk(db, chunk, now)
        followed += moved ?? 0
        return moved !== null
      })
    }
  }
  return followed
}

/** @returns how many followed; null: nothing waits */
export async function moveChunk(db: TenantDb, chunk: number, now: Date): Promise<number | null> {
  const {
    rows: [due],
  } = await db.query<{ product_id: string; customer_id: string; move_id: string; until_at: Date | number; type_id: string }>(
    `select h.product_id, h.customer_id, h.move_id, h.until_at, p.type_id from history_due h join product p on p.partner_id = h.partner_id and p.id = h.product_id order by h.asked_at, h.product_id limit 1 for update of h skip locked`,
  )
  if (!due) return null
  const {
    rows: [done],
  } = await db.query<{ count: number; oldest: string | null }>(
    `with chunk as materialized (
       select at, content_id, customer_id from detection where product_id = $1 and at <= (select until_at from history_due where product_id = $1) and customer_id <> $2 order by at desc limit $3),
     moved as (
       update detection d set customer_id = $2 from chunk c where d.product_id = $1 and d.at = c.at and d.content_id = c.content_id
       returning c.customer_id as from_id, d.category, date_trunc('hour', d.counted_at) as hour, d.counted_at),
     counted as (
       select customer_id, hour, category, sum(count) as count from (
         select from_id as customer_id, hour, category, -count(*) as count from moved group by 1, 2, 3 union all select $2, hour, category, count(*) from moved group by 1, 2, 3) c group by 1, 2, 3),
     hours as (
       insert into tally_hour as h (partner_id, customer_id, type_id, category, hour, count)
       select $4, customer_id, $5, category, hour, count from counted order by hour, category, customer_id
       on conflict (partner_id, hour, category, type_id, customer_id) do update set count = h.count + excluded.count)
       ${appliancesMove(due.type_id)}
     select (select count(*)::integer from moved) as count, (select min(at)::text from chunk) as oldest`,
    [due.product_id, due.customer_id, chunk, db.tenant.partnerId, due.type_id],
  )
  const isDone = done!.count < chunk
  await db.query('update product_move set record_count = record_count + $2, history_moved_at = $3 where id = $1', [
    due.move_id,
    done!.count,
    isDone ? now : null,
  ])
  if (isDone) await db.query('delete from history_due where product_id = $1', [due.product_id])
  else await db.query('update history_due set until_at = $2::timestamptz where product_id = $1', [due.product_id, done!.oldest])
  db.announce({ kind: 'detection', id: due.product_id, customerId: due.customer_id })
  db.announce({ kind: 'product', id: due.product_id, customerId: due.customer_id })
  return done!.count
}

/** A gateway's counts by five minutes follow too (decision 41). */
const appliancesMove = (typeId: string) =>
  productTypeById.get(typeId)?.family !== 'gateway'
    ? ''
    : `, appliances as (
       insert into tally_appliance as a (partner_id, hour, category, customer_id, product_id, totals)
       select $4, hour, category, customer_id, $1, vigie.five_minutes(array_agg(vigie.slot(counted_at)), sign) from (
         select from_id as customer_id, hour, category, counted_at, -1 as sign from moved union all select $2, hour, category, counted_at, 1 from moved) c
       group by hour, category, customer_id, sign order by 2, 3, 4
       on conflict (partner_id, hour, category, customer_id, product_id) do update set totals = vigie.add_five_minutes(a.totals, excluded.totals))`
