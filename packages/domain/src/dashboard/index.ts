export * as dashboardApi from './api.ts'
export * from './layout.ts'
export * from './shapes.ts'
export * from './widgets.ts'
