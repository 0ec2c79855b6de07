export * as eventsApi from './api.ts'
export * from './shapes.ts'
