export * as identityApi from './api.ts'
export * from './rules.ts'
export * from './shapes.ts'
export * from './twins.ts'
