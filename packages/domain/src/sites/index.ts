export * as sitesApi from './api.ts'
export * from './shapes.ts'
