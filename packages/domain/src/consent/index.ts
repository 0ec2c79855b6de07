export * from './activities.ts'
export * as consentApi from './api.ts'
export * from './shapes.ts'
