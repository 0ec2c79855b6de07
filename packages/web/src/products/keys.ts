import type * as z from 'zod'
import type { ConnectInstructions } from '@vigie/domain/products'

export type Instructions = z.infer<typeof ConnectInstructions>

/**
 * Keys made in this window, until they expire: the server keeps only a hash and tells each once (PRD-2). In memory only: a key is nothing for an address, a
 * history entry or the browser's storage.
 */
const made = new Map<string, Instructions>()
export const keepKey = (productId: string, instructions: Instructions): void => void made.set(productId, instructions)
export const forgetKey = (productId: string): void => void made.delete(productId)
export function keptKey(productId: string, now: number): Instructions | null {
  const kept = made.get(productId)
  return kept && Date.parse(kept.expiresAt) > now ? kept : null
}

/** What is left of a key's life in whole hours and minutes, the last one begun; zero when over. */
export function timeLeft(expiresAt: string, now: number): { hours: number; minutes: number } {
  const left = Date.parse(expiresAt) - now
  const minutes = left <= 0 ? 0 : Math.max(1, Math.floor(left / 60_000))
  return { hours: Math.floor(minutes / 60), minutes: minutes % 60 }
}
