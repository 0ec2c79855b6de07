export * as accessApi from './api.ts'
export * from './permissions.ts'
export * from './scope.ts'
export * from './shapes.ts'
