export { cleaning } from './cleaning.ts'
export { defineInstallationJob, defineJob, type Job } from './define.ts'
export { createScheduler, type Scheduler } from './scheduler.ts'
