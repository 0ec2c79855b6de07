import { enterGate, withoutConsent } from '../consent/index.ts'
import { defineJob } from '../jobs/index.ts'
import { deliver } from './delivery.ts'
import { lookAgain } from './wanted.ts'

/** Contexts looked at anew in one transaction: a customer's clock that changed, endpoints that came or moved. */
const mostContexts = 200

/**
 * What nobody waits for: endpoints that came after their settings were set, moved to another group or live by another clock get what they should have. Dies in the middle: the next minute
 * finds what is left. Twice is harmless.
 */
export const settleSettings = defineJob(
  'settings.settle',
  { everyMinutes: 1 },
  async ({ db, now }) => void (await lookAgain(db, mostContexts, now)),
)

/** Who missed an order is told again (`deliver`). A transaction of its own: it locks agents, which come before what the other writes. Plan: setting_state_due. */
export const tellSettings = defineJob('settings.tell', { everyMinutes: 1 }, async ({ db, now, services }) => {
  const { rows } = await db.query<{ id: string }>('select distinct customer_id as id from setting_state where is_wanted and not is_current')
  if (rows.length === 0) return
  const customerIds = rows.map(({ id }) => id)
  await enterGate(db, customerIds, 'sends')
  // left out here, not among those found: five hundred that may not be told would be all that is ever found
  const refused = await withoutConsent(db, customerIds, 'configure')
  await deliver(db, services, now, { id: null, name: 'Vigie' }, { customerIds: customerIds.filter((id) => !refused.has(id)) })
})
export const settingJobs = [settleSettings, tellSettings]
