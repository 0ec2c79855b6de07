export * as auditApi from './api.ts'
export * from './shapes.ts'
