/**
 * A hello whose count fell back though the machine is the same and nobody else spoke for it: a restore from a backup, or one of two identical machines that are never
 * online together. Addresses are kept as what they hash to.
 */
export interface Fall {
  atMs: number
  counter: number
  /** Of the hello before. */
  from: string
  to: string
}

/** Falls older than this say nothing. */
export const fallsCountForMs = 30 * 86_400_000
const most = 6

/** Those that still count, with the new one. */
export const noteFall = (falls: readonly Fall[], fall: Fall): Fall[] =>
  [...falls.filter(({ atMs }) => atMs > fall.atMs - fallsCountForMs && atMs <= fall.atMs), fall].slice(-most)

/**
 * R10: two identical machines that take turns. Three falls, each between the same two places, at counts that rise: each copy goes on with its own count. One that is put back
 * to the same snapshot again and again falls to the same count; one that is restored now and then stays in its place.
 */
export function areTwins(falls: readonly Fall[]): boolean {
  const last = falls.slice(-3)
  if (last.length < 3) return false
  const places = new Set(last.flatMap(({ from, to }) => [from, to]))
  return (
    places.size === 2 &&
    !places.has('') &&
    last.every(({ from, to }) => from !== to) &&
    last.every(({ counter }, i) => i === 0 || counter > last[i - 1]!.counter)
  )
}
