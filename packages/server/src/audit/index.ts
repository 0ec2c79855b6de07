export { record, recordAll, type Activity, type Doer } from './record.ts'
export { recordRefusal } from './refusal.ts'
export { auditRoutes } from './routes.ts'
export { verifyChain } from './verify.ts'
