export { countAgentsByState } from './figures.ts'
export { productJobs } from './jobs.ts'
export { productRoutes } from './routes.ts'
export { add as addProducts } from './store.ts'
