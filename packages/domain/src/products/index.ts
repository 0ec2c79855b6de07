export * as productsApi from './api.ts'
export * from './catalogue.ts'
export * from './rules.ts'
export * from './shapes.ts'
