import { defineJob } from '../jobs/index.ts'
import { keepDay } from './days.ts'

export const licenceJobs = [defineJob('licences.keep-day', { everyMinutes: 60 }, async ({ db, now }) => await keepDay(db, now))]
