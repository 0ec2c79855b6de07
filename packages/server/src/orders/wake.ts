const listeners = new Set<() => void>()

/** Runners of this process hear that an order was given; those of others find it at their next look. @returns how to stop */
export function onOrders(run: () => void): () => void {
  listeners.add(run)
  return () => void listeners.delete(run)
}
export function wakeRunners(): void {
  for (const run of listeners) run()
}
