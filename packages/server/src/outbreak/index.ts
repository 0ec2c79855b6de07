export { outbreakRoutes } from './routes.ts'
export { outbreakJobs } from './jobs.ts'
