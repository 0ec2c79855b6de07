export { countAttention } from './figures.ts'
export { customerRoutes } from './routes.ts'
