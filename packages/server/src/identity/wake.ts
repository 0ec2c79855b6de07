const listeners = new Set<() => void>()

/** The runner of this process hears that a switch was given or approved; those of others find it at their next look. @returns how to stop */
export function onSwitches(run: () => void): () => void {
  listeners.add(run)
  return () => void listeners.delete(run)
}
export function wakeSwitches(): void {
  for (const run of listeners) run()
}
