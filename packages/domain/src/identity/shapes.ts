import * as z from 'zod'
import { CustomerId, EndpointId, Instant, ProductId } from '../kernel/index.ts'
import { AgentState } from '../products/shapes.ts'

/**
 * Why two endpoints are thought to be one machine, or a copy beside its original (INV-3). Texts: `duplicate-evidence.<name>`.
 * - `same-fingerprint`: machine id, hardware ids and host name are the same.
 * - `same-name-address`: the same name, and an address in common that is not one of those everybody has.
 * - `clone`: their agents shared an identity until one took its own (R10).
 * - `reinstalled`: the same name, and one was first heard of within three days after the other fell silent.
 */
export const evidences = ['same-fingerprint', 'same-name-address', 'clone', 'reinstalled'] as const
export type Evidence = (typeof evidences)[number]

/** `separated`: a copy that already has an identity of its own; nobody needs to do anything. Texts: `duplicate-state.<state>`. */
export const duplicateStates = ['suspected', 'separated', 'kept-apart'] as const
export type DuplicateState = (typeof duplicateStates)[number]

/** One of the two, as it is now. */
export const Twin = z.object({
  endpointId: EndpointId,
  name: z.string(),
  productId: ProductId,
  productName: z.string(),
  /** Null: the customer does not consent to their being seen (ACC-12). */
  addresses: z.array(z.string()).nullable(),
  platform: z.string(),
  /** Of its agent. */
  state: AgentState,
  openInfections: z.number().int(),
  createdAt: Instant,
  lastSeenAt: Instant.nullable(),
})
export type Twin = z.infer<typeof Twin>

export const Duplicate = z.object({
  id: z.uuid(),
  customerId: CustomerId,
  customerName: z.string(),
  /** First the one that was heard of first. */
  endpoints: z.tuple([Twin, Twin]),
  evidence: z.array(z.string()),
  state: z.enum(duplicateStates),
  foundAt: Instant,
  decidedAt: Instant.nullable(),
  decidedBy: z.string().nullable(),
})
export type Duplicate = z.infer<typeof Duplicate>

export const Merge = z.object({
  id: z.uuid(),
  customerId: CustomerId,
  customerName: z.string(),
  /** The one that stays, and the one that was taken in. */
  endpointId: EndpointId,
  endpointName: z.string(),
  mergedId: EndpointId,
  mergedName: z.string(),
  productId: ProductId,
  productName: z.string(),
  mergedAt: Instant,
  mergedBy: z.string(),
  undoneAt: Instant.nullable(),
  undoneBy: z.string().nullable(),
  /** Neither undone, nor is the endpoint that stayed deleted since. */
  canUndo: z.boolean(),
})
export type Merge = z.infer<typeof Merge>

export const Move = z.object({
  id: z.uuid(),
  productId: ProductId,
  productName: z.string(),
  /** Null and empty for those who may not see that customer (ACC-14). */
  from: z.object({ customerId: CustomerId.nullable(), name: z.string() }),
  to: z.object({ customerId: CustomerId, name: z.string() }),
  agentCount: z.number().int(),
  endpointCount: z.number().int(),
  reason: z.string(),
  movedAt: Instant,
  movedBy: z.string(),
  reversibleUntil: Instant,
  undoneAt: Instant.nullable(),
  undoneBy: z.string().nullable(),
  /** Raw records that followed so far. */
  recordCount: z.number().int(),
  /** When the last of them had; null: some are still on their way. */
  historyMovedAt: Instant.nullable(),
  /** Within its time, not undone, and the product is still where it went. */
  canUndo: z.boolean(),
})
export type Move = z.infer<typeof Move>
