import { defineInstallationJob } from '../jobs/index.ts'
import { purgeDeleted } from './purge.ts'

export const productJobs = [
  defineInstallationJob('products.purge', { everyMinutes: 1 }, async ({ services }) => void (await purgeDeleted(services.database))),
]
