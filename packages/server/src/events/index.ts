export { eventRoutes } from './routes.ts'
export { addStep as addEventStep, getMany as getEvents } from './store.ts'
