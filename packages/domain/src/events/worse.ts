/** Figures by name, as an event holds them. A threshold among them is no figure of the product. */
type Figures = Readonly<Record<string, number | string>>

/** Where the line was drawn: of these neither more nor less is worse. */
const thresholds = new Set(['threshold', 'freeBelow'])
export const isThreshold = (figure: string): boolean => thresholds.has(figure)
/** Of these less is worse: the share that is deployed, the days that are left. */
const lesser = new Set(['percent', 'daysLeft'])
export const lessIsWorse = (figure: string): boolean => lesser.has(figure)
/** These get worse by time alone, a day each day. */
const ages = new Set(['days', 'daysLeft'])

function isPast(name: string, value: number | string, before: number | string | undefined): boolean {
  if (thresholds.has(name) || typeof value !== 'number' || typeof before !== 'number') return false
  return lesser.has(name) ? value < before : value > before
}

/** Whether a figure passed its bound: more of something, or a smaller share. */
export const isWorse = (now: Figures, bounds: Figures): boolean =>
  Object.entries(now).some(([name, value]) => isPast(name, value, bounds[name]))

/** Whether something happened that made it worse. That a day went by is nothing that happened. */
export const hasGrown = (now: Figures, before: Figures): boolean =>
  Object.entries(now).some(([name, value]) => !ages.has(name) && isPast(name, value, before[name]))

/**
 * "Unless worse" (EVT-9), as bounds that hold as long as nothing passes them. What a person means by worse is a real step, for who silences an event at 8 days knows that there will be 9:
 * - things that one can count (infections, endpoints, seats): each one more;
 * - an age: twice as much, and by a week at least; days that are left: half of them;
 * - shares: ten points; what happened within the hour: half as much again. They go up and down by themselves.
 * The next level (old and very old components, expiring and expired licences) is an event of its own anyhow.
 */
export function boundsUnlessWorse(figures: Figures): Record<string, number> {
  return Object.fromEntries(
    Object.entries(figures).flatMap(([name, value]) =>
      thresholds.has(name) || typeof value !== 'number' ? [] : [[name, worseStep(name, value)]],
    ),
  )
}

function worseStep(name: string, value: number): number {
  switch (name) {
    case 'days':
      return value + Math.max(7, value)
    case 'daysLeft':
      return Math.floor(value / 2)
    case 'percent':
      return Math.max(0, value - 10)
    case 'spamPercent':
      return Math.min(100, value + 10)
    case 'incidents':
      return Math.ceil(value * 1.5)
    default:
      return value
  }
}
