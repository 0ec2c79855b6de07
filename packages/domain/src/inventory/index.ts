export * as inventoryApi from './api.ts'
export * from './diagnosis.ts'
