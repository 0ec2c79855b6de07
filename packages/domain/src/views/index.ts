export * as viewsApi from './api.ts'
export * from './shapes.ts'
