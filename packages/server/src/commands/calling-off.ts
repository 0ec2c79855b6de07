import { commandKinds, commandTypes } from '@vigie/domain/commands'
import type { Activity } from '@vigie/domain/consent'
import { markDue } from '../assessment/index.ts'
import type { TenantDb } from '../platform/index.ts'
import { addSteps } from './outcomes.ts'

interface Row {
  id: string
  customer_id: string
  product_id: string
  event_id: string | null
  step: string
}

/**
 * Consent was withdrawn: what waits is called off (`failed`, `no-consent`) and never handed over; what an agent has goes on, is not handed over a second time, and carries a note.
 * A hand-over at the same moment holds the command's row: either it was first, and the order counts as handed over, or it finds the order called off. The caller holds the gate,
 * so that nothing new of the activity arrives meanwhile. Twice is harmless. Plan: command_open_customer.
 */
export async function callOff(
  db: TenantDb,
  customerId: string,
  activities: readonly Activity[],
  now: Date,
): Promise<{ cancelled: number; leftRunning: number }> {
  const types = commandTypes.filter((type) => {
    const { activity } = commandKinds[type]
    return activity !== null && activities.includes(activity)
  })
  const { rows: cancelled } = await db.query<Row>(
    `with waiting as (select partner_id, id from command where customer_id = $1 and type = any($2) and step = 'waiting' order by id for no key update)
     update command o set step = 'failed', evidence = $3 from waiting where o.partner_id = waiting.partner_id and o.id = waiting.id returning o.id, o.customer_id, o.product_id, o.event_id, o.step`,
    [customerId, types, JSON.stringify({ reason: 'no-consent' })],
  )
  const { rows: running } = await db.query<Row>(
    `update command set is_withheld = true where customer_id = $1 and type = any($2) and step in ('delivered', 'running') and not is_withheld returning id, customer_id, product_id, event_id, step`,
    [customerId, types],
  )
  await addSteps(db, cancelled, 'failed', now, { reason: 'no-consent' })
  for (const [step, same] of Map.groupBy(running, (row) => row.step)) await addSteps(db, same, step, now, { reason: 'consent-withdrawn' })
  await markDue(
    db,
    cancelled.filter(({ event_id }) => event_id !== null).map((row) => ({ productId: row.product_id, customerId: row.customer_id })),
    now,
  )
  return { cancelled: cancelled.length, leftRunning: running.length }
}
