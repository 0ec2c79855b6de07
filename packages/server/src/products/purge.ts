import type { Database } from '../platform/index.ts'

const chunk = 5_000

/**
 * Takes the raw records of deleted products away (CUS-5), oldest first, a chunk a transaction so that nothing waits for it. Dies or runs twice without harm: the note that
 * it is due goes with the last chunk.
 * @returns how many records went
 */
export async function purgeDeleted(database: Database): Promise<number> {
  let gone = 0
  for (const { partner_id: partnerId } of await database.lookup<{ partner_id: string }>('select id as partner_id from vigie.partner_ids() id')) {
    for (let isMore = true; isMore;) {
      isMore = await database.transaction({ partnerId, scope: 'all', principalId: null }, async (db) => {
        const { rows: [due] } = await db.query<{ product_id: string }>('select product_id from purge order by asked_at, product_id limit 1 for update skip locked')
        if (!due) return false
        await db.query('delete from tally_minute where product_id = $1', [due.product_id])
        const { rowCount } = await db.query(
          `delete from detection where product_id = $1 and at <= coalesce((select at from detection where product_id = $1 order by at offset ${chunk - 1} limit 1), 'infinity')`, [due.product_id])
        gone += rowCount
        if (rowCount < chunk) await db.query('delete from purge where product_id = $1', [due.product_id])
        return true
      })
    }
  }
  return gone
}
