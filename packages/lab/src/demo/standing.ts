import * as z from 'zod'

export const Standing = z.object({
  productIds: z.record(z.string(), z.string()),
  /** Products whose patterns stand still: since when those they have were built. */
  frozen: z.record(z.string(), z.string()),
  /** Products that tell nothing new of themselves. */
  muted: z.array(z.string()),
  /** Products whose agent is away. */
  away: z.array(z.string()),
  /** Machines whose real-time scan is off. */
  unprotected: z.array(z.string()),
  /** What lies infected, by machine. */
  infected: z.record(z.string(), z.array(z.object({ threat: z.string(), object: z.string() }))),
  /** Machines made from a copy of another's image: the product that each belongs to. */
  copies: z.record(z.string(), z.string()),
  /** What is wrong with a machine beyond its engine. `down`: since when, by service. */
  troubles: z.record(z.string(), z.object({ freeRatio: z.number(), spamRatio: z.number(), down: z.record(z.string(), z.string()) }).partial()),
  /** Of products whose type has one. */
  licences: z.record(z.string(), z.object({ expiresAt: z.string(), seats: z.number(), seatsUsed: z.number() })),
  /** Of people with a second factor, by e-mail: the secret (base32) that makes its codes. Printed, as their passwords are. */
  secrets: z.record(z.string(), z.string()),
})
/** What is wrong at a product or machine now, and what it would take to go on tomorrow. */
export type Standing = z.infer<typeof Standing>

export const nothingWrong = (): Standing => ({ productIds: {}, frozen: {}, muted: [], away: [], unprotected: [], infected: {}, copies: {}, troubles: {}, licences: {}, secrets: {} })
