export { assertWithinCaps, type Dangerous } from '../commands/index.ts'
export { orderJobs } from './jobs.ts'
export { orderRoutes } from './routes.ts'
export { createOrderRunner, type OrderRunner } from './runner.ts'
