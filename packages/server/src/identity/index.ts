export { identityJobs } from './jobs.ts'
export { identityRoutes } from './routes.ts'
