export * as searchApi from './api.ts'
export * from './shapes.ts'
export * from './words.ts'
