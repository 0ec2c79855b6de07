import { definePartnerJob } from '../jobs/index.ts'
import { foldTallies } from './fold.ts'

export const figureJobs = [
  definePartnerJob(
    'figures.fold-tallies',
    { everyMinutes: 10 },
    async ({ partnerId, now, services }) => void (await foldTallies(services.database, partnerId, now)),
  ),
]
