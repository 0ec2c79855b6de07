import { markDue } from '../assessment/index.ts'
import { defineJob } from '../jobs/index.ts'
import * as windows from './store.ts'

/** EVT-9: windows begin (what is open goes silent) and get their next occurrence. Those that end need nothing: their silences have an end of their own (`events.wake`). */
export const followWindows = defineJob('maintenance.follow', { everyMinutes: 1 }, async ({ db, now }) => {
  await windows.advance(db, now)
  await markDue(db, await windows.begin(db, now), now)
})

export const maintenanceJobs = [followWindows]
