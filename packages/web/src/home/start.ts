export interface Estate {
  customers: number
  products: number
  /** Products whose agent has registered, whatever it does now. */
  connected: number
}
export const startSteps = ['customer', 'product', 'connect', 'watch'] as const
export type StartStep = (typeof startSteps)[number]

/**
 * What a new installation needs next; null once an agent has registered: from then on the page is about the estate, not about how to begin. The last step is
 * never the present one: it is what happens then.
 */
export function nextStep(estate: Estate): Exclude<StartStep, 'watch'> | null {
  if (estate.customers === 0) return 'customer'
  if (estate.products === 0) return 'product'
  return estate.connected === 0 ? 'connect' : null
}
