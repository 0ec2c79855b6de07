import { productTypeById } from '@vigie/connectors/products'
import type { Database } from '../platform/index.ts'

const chunk = 5_000

/**
 * Takes the raw records of deleted products away (CUS-5), oldest first, a chunk a transaction so that nothing waits for it. Dies or runs twice without harm: the note that
 * it is due goes with the last chunk.
 * @returns how many records went
 */
export async function purgeDeleted(database: Database): Promise<number> {
  let gone = 0
  for (const { partner_id: partnerId } of await database.lookup<{ partner_id: string }>(
    'select id as partner_id from vigie.partner_ids() id',
  )) {
    for (let isMore = true; isMore;) {
      isMore = await database.transaction({ partnerId, scope: 'all', principalId: null }, async (db) => {
        const {
          rows: [due],
        } = await db.query<{ product_id: string; type_id: string | null }>(
          'select product_id, type_id from purge order by asked_at, product_id limit 1 for update skip locked',
        )
        if (!due) return false
        await db.query('delete from tally_minute where product_id = $1', [due.product_id])
        // each record takes its count along: figures and lists say the same at every moment. Of a product deleted by a version that did not note the type the counts stay
        const {
          rows: [{ count: rowCount } = { count: 0 }],
        } = await db.query<{ count: number }>(
          `with gone as (
             delete from detection where product_id = $1 and at <= coalesce((select at from detection where product_id = $1 order by at offset ${chunk - 1} limit 1), 'infinity')
             returning customer_id, category, date_trunc('hour', counted_at) as hour, counted_at),
           hours as (
             update tally_hour t set count = t.count - g.count from (
               select h.hour, h.category, h.type_id, h.customer_id, k.count from (select customer_id, category, hour, count(*) as count from gone group by 1, 2, 3) k
                 join tally_hour h on h.hour = k.hour and h.category = k.category and h.type_id = $2 and h.customer_id = k.customer_id
               order by h.hour, h.category, h.type_id, h.customer_id for update of h) g
             where t.hour = g.hour and t.category = g.category and t.type_id = g.type_id and t.customer_id = g.customer_id)
             ${appliancesGo(due.type_id)}
           select count(*)::integer as count from gone`,
          [due.product_id, due.type_id],
        )
        gone += rowCount
        if (rowCount < chunk) await db.query('delete from purge where product_id = $1', [due.product_id])
        return true
      })
    }
  }
  return gone
}

/** A gateway's counts by five minutes go too (decision 41). */
const appliancesGo = (typeId: string | null) =>
  typeId === null || productTypeById.get(typeId)?.family !== 'gateway'
    ? ''
    : `, appliances as (
       insert into tally_appliance as a (partner_id, hour, category, customer_id, product_id, totals)
       select vigie.partner(), hour, category, customer_id, $1, vigie.five_minutes(array_agg(vigie.slot(counted_at)), -1) from gone group by 2, 3, 4 order by 2, 3, 4
       on conflict (partner_id, hour, category, customer_id, product_id) do update set totals = vigie.add_five_minutes(a.totals, excluded.totals))`
