export { defineInstallationJob, defineJob, definePartnerJob, type Job } from './define.ts'
export { createScheduler, type Scheduler } from './scheduler.ts'
