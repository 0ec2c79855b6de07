import * as z from 'zod'
import { CustomerId, defineRoute, Instant, listQuery, listReply } from '../kernel/index.ts'
import { AuditRecord, auditSources, AuditVerification } from './shapes.ts'

const filters = {
  category: z.string().max(40).optional(),
  source: z.enum(auditSources).optional(),
  actorId: z.uuid().optional(),
  customerId: CustomerId.optional(),
  from: Instant.optional(),
  until: Instant.optional(),
}

export const listAudit = defineRoute({
  id: 'audit.list',
  method: 'GET',
  path: '/v1/audit',
  permission: 'audit.read',
  query: listQuery(['sequence'], filters, '-sequence'),
  reply: listReply(AuditRecord),
  problems: [],
})
export const verifyAudit = defineRoute({
  id: 'audit.verify',
  method: 'GET',
  path: '/v1/audit/verification',
  permission: 'audit.read',
  reply: AuditVerification,
  problems: [],
})
export const exportAudit = defineRoute({
  id: 'audit.export',
  method: 'GET',
  path: '/v1/audit.csv',
  permission: 'audit.read',
  query: listQuery(['sequence'], filters, '-sequence'),
  reply: z.string(),
  problems: [],
  produces: 'text/csv',
})
