export * as outbreakApi from './api.ts'
export * from './rules.ts'
export * from './shapes.ts'
