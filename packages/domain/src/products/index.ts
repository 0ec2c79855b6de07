export * as productsApi from './api.ts'
export * from './catalogue.ts'
export * from './shapes.ts'
