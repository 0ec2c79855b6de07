import { defineJob } from '../jobs/index.ts'
import { foldTallies } from './fold.ts'

export const figureJobs = [defineJob('figures.fold-tallies', { everyMinutes: 10 }, async ({ db, now }) => void (await foldTallies(db, now)))]
