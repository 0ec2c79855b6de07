export { purgeDeleted, purging } from './purge.ts'
export { productRoutes } from './routes.ts'
export { add as addProducts, ofCustomer as productsOfCustomer } from './store.ts'
