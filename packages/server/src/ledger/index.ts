// What a customer said of each activity, and who wrote it down (ACC-12). Everybody else asks `consent`, which uses no slice: so this one may use those that ask.
export { ledgerRoutes } from './routes.ts'
