export { customerOfRegistration } from './credentials.ts'
export { countAttention } from './figures.ts'
export { list as listCustomers, matches as matchCustomers } from './list.ts'
export { customerRoutes } from './routes.ts'
