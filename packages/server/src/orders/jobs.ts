import { capMinutes, draftHours } from '@vigie/domain/orders'
import { defineJob } from '../jobs/index.ts'
import { forgetLost } from './runner.ts'
import * as orders from './store.ts'

/** What no runner comes by for: counts of orders that ended and are still answered, agents that were taken away, dry runs nobody confirmed. Twice is harmless. */
export const tidyOrders = defineJob('orders.tidy', { everyMinutes: 1 }, async ({ db, now }) => {
  await forgetLost(db, null, now)
  const { rows } = await db.query<{ order_id: string }>('select distinct order_id from order_move order by order_id limit 200')
  for (const { order_id: id } of rows) if (await orders.lockFree(db, id)) await orders.fold(db, id)
  await db.query(`delete from command_order where state = 'draft' and created_at < $1`, [new Date(now.getTime() - draftHours * 3_600_000)])
  await db.query('delete from danger_spent where at < $1', [new Date(now.getTime() - 2 * capMinutes * 60_000)])
})
export const orderJobs = [tidyOrders]
