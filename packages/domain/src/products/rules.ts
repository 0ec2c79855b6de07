import { Problem } from '../kernel/index.ts'
import type { AgentState } from './shapes.ts'

/** PRD-2, R9: a one-use key that nobody used stops working after this. */
export const keyLifeHours = 24

/**
 * PRD-8: is what we know older than this source promised? A product that was never heard has nothing to be stale; `now` is the server's clock, as is
 * `lastSeenAt` (R23).
 */
export function isStale(product: { lastSeenAt: Date | null; freshForSeconds: number }, now: Date): boolean {
  return product.lastSeenAt !== null && now.getTime() - product.lastSeenAt.getTime() > product.freshForSeconds * 1000
}

/**
 * AGT-2: a product is as its newest agent is that still has its identity (a clone or a reinstalled machine brings a newer one); as the newest one where none
 * has; `pending` before any. A site's endpoints do not speak for it while it has agents of its own (AGT-8). The same rule as SQL: `showProductState` of the agents slice.
 */
export function stateOfProduct(agents: readonly { state: AgentState; registeredAt: Date; role?: 'own' | 'endpoint' }[]): AgentState {
  const own = agents.filter(({ role }) => role !== 'endpoint')
  const newestFirst = (own.length > 0 ? own : agents).toSorted((a, b) => b.registeredAt.getTime() - a.registeredAt.getTime())
  const newest = newestFirst.find((agent) => agent.state !== 'unregistered') ?? newestFirst[0]
  return newest?.state ?? 'pending'
}

/** AGT-3: shown at once, before the agent itself has heard of it. Enabled again it stays offline until it comes: it asks every 10 min only. */
export function stateAfterSwitch(isDisabled: boolean, isConnected: boolean): AgentState {
  if (isDisabled) return 'disabled'
  return isConnected ? 'online' : 'offline'
}

/** CUS-5: a deletion names what it deletes. @throws product.name-differs */
export function assertNamed(name: string, confirmName: string): void {
  if (confirmName.trim() !== name)
    throw new Problem('product.name-differs', {}, { fields: [{ path: 'confirmName', code: 'name-differs' }] })
}

/** PRD-2: each GUID registers one installation. @throws product.already-registered while an agent that was not unregistered speaks for the product */
export function assertTakesKey(product: { id: string }, agents: readonly { state: AgentState; role?: 'own' | 'endpoint' }[]): void {
  if (agents.some((agent) => agent.state !== 'unregistered' && agent.role !== 'endpoint'))
    throw new Problem('product.already-registered', { productId: product.id })
}
