export { maintenanceJobs } from './jobs.ts'
export { maintenanceRoutes } from './routes.ts'
