export { identityJobs } from './jobs.ts'
export { identityRoutes } from './routes.ts'
export { createSwitchRunner, type SwitchRunner } from './switch-runner.ts'
