export { tuned as tunedIndexes } from './indexes.ts'
export { eventRoutes } from './routes.ts'
export { addStep as addEventStep } from './store.ts'
