import { removeEndedSessions, removeOldAttempts, removeOldLinks } from '../access/index.ts'
import { forgetOldSecrets } from '../outbox/index.ts'
import { defineInstallationJob, defineJob } from '../jobs/index.ts'

const dayMs = 86_400_000

/** R41: what has served its term goes. Each safe to run at any time, and twice. */
export const cleaning = [
  defineJob('access.remove-ended', { everyMinutes: 10 }, async ({ db, now }) => {
    await removeEndedSessions(db, now)
    await removeOldLinks(db, now)
  }),
  defineInstallationJob(
    'access.remove-attempts',
    { everyMinutes: 60 },
    async ({ services, now }) => void (await removeOldAttempts(services.database, now)),
  ),
  // a creation repeated within a day answers what the first did
  defineJob('platform.remove-idempotency', { everyMinutes: 60 }, async ({ db, now }) => {
    await db.query('delete from idempotency where created_at < $1', [new Date(now.getTime() - dayMs)])
  }),
  defineJob(
    'outbox.forget-secrets',
    { everyMinutes: 60 },
    async ({ db, now }) => void (await forgetOldSecrets(db, new Date(now.getTime() - 8 * dayMs))),
  ),
]
