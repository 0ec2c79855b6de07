// first: slices whose jobs `cleaning` needs define theirs with it
export { defineInstallationJob, defineJob, definePartnerJob, type Job } from './define.ts'
export { cleaning } from './cleaning.ts'
export { createScheduler, type Scheduler } from './scheduler.ts'
