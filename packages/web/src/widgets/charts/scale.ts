/** Round steps from zero to at least `most`, at most `count` of them; never a fraction: what is counted is whole. */
export function ticks(most: number, count = 4): number[] {
  if (most <= 0) return [0, 1]
  const rough = most / count
  const size = 10 ** Math.floor(Math.log10(rough))
  const step = Math.max(
    1,
    [1, 2, 2.5, 5, 10].map((factor) => factor * size).find((one) => one >= rough && Number.isInteger(one)) ?? Math.ceil(rough),
  )
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, index) => index * step)
}

/** Which of `count` labels are written when each takes `labelWidth` of `width` px: every n-th, the last always, and none that would touch it. */
export function labelled(count: number, width: number, labelWidth: number): Set<number> {
  const every = Math.max(1, Math.ceil((count * labelWidth) / Math.max(1, width)))
  return new Set(Array.from({ length: count }, (_, index) => index).filter((index) => (count - 1 - index) % every === 0))
}

/** Six colours times six patterns: the first six differ in both, so that none is told by its colour alone. */
export const swatch = (tone: number) => ({ colour: tone % 6, pattern: (tone + Math.floor(tone / 6)) % 6 })

/** The ring's piece from `from` to `until` (0 to 1, from the top, clockwise), as a path around 0,0. */
export function arc(from: number, until: number, outer: number, inner: number): string {
  const end = Math.min(until, from + 0.99999) // a whole ring would begin where it ends, and be nothing
  const point = (turn: number, radius: number) =>
    `${(Math.sin(turn * 2 * Math.PI) * radius).toFixed(2)} ${(-Math.cos(turn * 2 * Math.PI) * radius).toFixed(2)}`
  const isLarge = end - from > 0.5 ? 1 : 0
  return `M${point(from, outer)}A${outer} ${outer} 0 ${isLarge} 1 ${point(end, outer)}L${point(end, inner)}A${inner} ${inner} 0 ${isLarge} 0 ${point(from, inner)}Z`
}

/** About how wide words are at 11 px: letters of Japanese take a square each. */
export const widthOf = (words: string): number => [...words].reduce((sum, letter) => sum + (letter.codePointAt(0)! > 0x2e80 ? 11 : 6.3), 0)
