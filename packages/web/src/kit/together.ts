/**
 * What is asked again before it has its answer is asked once, and both get that answer: a double click, a component that suspends and forgets. Whatever differs has a key of its own and goes its own way: of
 * two rows whose button is pressed one right after the other neither is left out.
 */
export function together<T>(underWay: Map<string, Promise<T>>, key: string, begin: () => Promise<T>): Promise<T> {
  const present = underWay.get(key)
  if (present) return present
  const promise = begin().finally(() => underWay.delete(key))
  underWay.set(key, promise)
  return promise
}
