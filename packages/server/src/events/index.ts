export { eventRoutes } from './routes.ts'
export { mendings } from './resolving.ts'
export { addStep as addEventStep, getMany as getEvents } from './store.ts'
