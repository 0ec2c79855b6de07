export { eventRoutes } from './routes.ts'
export { addStep as addEventStep } from './store.ts'
