export { countAttention } from './figures.ts'
export { list as listCustomers, matches as matchCustomers } from './list.ts'
export { list as listCustomers } from './list.ts'
export { customerRoutes } from './routes.ts'
