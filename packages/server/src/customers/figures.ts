import { attention } from '@vigie/domain/figures'
import { countFigure } from '../platform/index.ts'

/** How many customers "needing most attention" names. */
const topCustomers = 5

/** From the counts kept with each customer, never from the events. Plan: index customer_attention alone; the five from its end (store.plan.test.ts). */
export const countAttention = countFigure(attention, async ({ db }) => {
  const {
    rows: [sums],
  } = await db.query<{ action_required: number; warning: number }>(
    'select coalesce(sum(action_required_count), 0)::integer as action_required, coalesce(sum(warning_count), 0)::integer as warning from customer',
  )
  const { rows } = await db.query<{ id: string; company: string; action_required_count: number; warning_count: number }>(
    `select c.id, c.company, c.action_required_count, c.warning_count from customer c where c.action_required_count > 0 or c.warning_count > 0
     order by c.action_required_count desc, c.warning_count desc, c.id desc limit ${topCustomers}`,
  )
  return {
    value: {
      actionRequired: sums!.action_required,
      warning: sums!.warning,
      customers: rows.map((row) => ({
        id: row.id,
        company: row.company,
        actionRequired: row.action_required_count,
        warning: row.warning_count,
      })),
    },
  }
})
