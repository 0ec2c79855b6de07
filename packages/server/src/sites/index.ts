export { siteRoutes } from './routes.ts'
export { addKey as addEndpointKey } from './store.ts'
