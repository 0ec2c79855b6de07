import * as z from 'zod'
import { AuditId, CustomerId, Instant } from '../kernel/index.ts'

/** Where the change came from. */
export const auditSources = ['console', 'api', 'agent', 'command-line', 'system'] as const

/** One line of the business's chain (ACC-11, R40). `before`/`after` were sealed; null also once erasure destroyed their key. */
export const AuditRecord = z.object({
  id: AuditId,
  /** Place in the business's chain, from 1, without gaps. */
  sequence: z.number().int(),
  at: Instant,
  actor: z.object({
    kind: z.enum(['account', 'agent', 'system', 'operator']),
    id: z.string().nullable(),
    name: z.string(),
    role: z.string().nullable(),
  }),
  source: z.enum(auditSources),
  address: z.string().nullable(),
  /** First part of the activity: `customer`, `event` ... */
  category: z.string(),
  /** Past tense: `customer.deleted`; a refusal ends in `.refused`. */
  activity: z.string(),
  customerId: CustomerId.nullable(),
  /** What it was done to, as one would name it: a company, an e-mail address. */
  object: z.object({ kind: z.string(), id: z.string().nullable(), name: z.string() }),
  before: z.unknown(),
  after: z.unknown(),
  /** SHA-256 over the record and the hash before it, hex. */
  hash: z.string(),
})
export type AuditRecord = z.infer<typeof AuditRecord>

/** Result of walking the chain. `brokenAt`: the first sequence whose hash does not follow. */
export const AuditVerification = z.object({
  isIntact: z.boolean(),
  records: z.number().int(),
  brokenAt: z.number().int().nullable(),
  headHash: z.string().nullable(),
})
export type AuditVerification = z.infer<typeof AuditVerification>
