export { keepDay, keptDays } from './days.ts'
export { licenceState } from './expiring.ts'
export { licenceJobs } from './jobs.ts'
export { licenceRoutes } from './routes.ts'
