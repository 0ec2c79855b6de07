export * as maintenanceApi from './api.ts'
export * from './shapes.ts'
