export { activity, objectText } from './activity.ts'
export { AuditDetail } from './AuditDetail.tsx'
