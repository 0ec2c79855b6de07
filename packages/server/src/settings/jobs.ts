import { enterGate } from '../consent/index.ts'
import { defineJob } from '../jobs/index.ts'
import { deliver } from './delivery.ts'
import { refresh, staleContexts } from './wanted.ts'

/** Contexts looked at anew in one transaction: a customer's clock that changed, endpoints that came or moved. */
const mostContexts = 200

/**
 * What nobody waits for: endpoints that came after their settings were set, moved to another group or live by another clock get what they should have; who missed an order is
 * told again (`deliver`). Dies in the middle: the next minute finds what is left. Twice is harmless.
 */
export const settleSettings = defineJob('settings.settle', { everyMinutes: 1 }, async ({ db, now, services }) => {
  const contexts = await staleContexts(db, mostContexts)
  if (contexts.length > 0) await refresh(db, contexts, now)
  const { rows } = await db.query<{ id: string }>('select distinct customer_id as id from setting_state where wanted_revision > 0 and reported_revision is distinct from wanted_revision')
  if (rows.length === 0) return
  await enterGate(db, rows.map(({ id }) => id), 'sends')
  await deliver(db, services, now, { id: null, name: 'Vigie' })
})
export const settingJobs = [settleSettings]
