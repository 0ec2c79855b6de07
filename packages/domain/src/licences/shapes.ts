import * as z from 'zod'
import { CustomerId, Instant, ProductId } from '../kernel/index.ts'

/** What the product says it is. `unknown`: it says nothing of the kind (agents before 0.3 do not), and nobody guesses. */
export const licenceKinds = ['full', 'trial', 'unknown'] as const
export type LicenceKind = (typeof licenceKinds)[number]

/** `expiring`: it is over within the days of category `licence-expiring` in force for the customer (EVT-3), so that the list and the event mean the same. `valid`: later, or the product names no end. */
export const licenceStates = ['expired', 'expiring', 'valid'] as const
export type LicenceState = (typeof licenceStates)[number]
/** Those that are not over. */
export const inForce = ['expiring', 'valid'] as const satisfies readonly LicenceState[]

/** A product's licence as the product reports it: what is provisioned and used. What was bought is not known to it. */
export const Licence = z.object({
  productId: ProductId,
  productName: z.string(),
  typeId: z.string(),
  customerId: CustomerId,
  customerName: z.string(),
  kind: z.enum(licenceKinds),
  state: z.enum(licenceStates),
  /** Null: the product names no end. */
  expiresAt: Instant.nullable(),
  /** Days before its end from which on it is `expiring`: the index in force. */
  expiringDays: z.number().int(),
  /** Provisioned. Null: the product names no number. */
  seats: z.number().int().nullable(),
  seatsUsed: z.number().int().nullable(),
  /** Of the product: how old what it says may be. */
  lastSeenAt: Instant.nullable(),
  freshForSeconds: z.number().int(),
})
export type Licence = z.infer<typeof Licence>
