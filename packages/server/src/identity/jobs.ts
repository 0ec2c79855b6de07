import { defineInstallationJob, defineJob } from '../jobs/index.ts'
import { findDuplicates } from './duplicates.ts'
import { moveHistory } from './history.ts'

export const identityJobs = [
  defineJob('identity.find-duplicates', { everyMinutes: 10 }, async ({ db, now }) => void (await findDuplicates(db, now))),
  defineInstallationJob(
    'identity.move-history',
    { everyMinutes: 1 },
    async ({ services, now }) => void (await moveHistory(services.database, now)),
  ),
]
