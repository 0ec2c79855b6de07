export * from './activity.ts'
export * as auditApi from './api.ts'
export * from './shapes.ts'
