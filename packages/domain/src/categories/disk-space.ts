import { defineCategory, fact, type Fact } from './define.ts'

/** "Nearly full" can be set to at most so many per cent free: an endpoint with more counts nowhere. */
export const fullestPercent = 10
const percents = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const
type Under = `under${(typeof percents)[number]}`
/** A count for each per cent: so what was can be looked at by another (EVT-7). */
const facts = Object.fromEntries(percents.map((percent) => [`under${percent}`, fact.endpointsLowOnDisk(percent)])) as Record<Under, Fact>

const full = (is: Record<Under, number>, at: { freePercent: number }): number => is[`under${at.freePercent}` as Under] ?? 0

/** Endpoints with a file system that is nearly full: patterns and quarantine no longer fit. Source: EVT-3, "2 or more endpoints under 1 % free". */
export const diskSpace = defineCategory({
  id: 'disk-space',
  group: 'system',
  facts,
  indexes: {
    endpoints: { default: 2, min: 1, max: 100_000 },
    freePercent: { default: 1, min: 1, max: fullestPercent, isHighStricter: true },
  },
  silentWhile: ['agent-abnormal', 'agent-offline', 'managed-server'],
  conditions: {
    'nearly-full': {
      severity: 'action-required',
      concerns: 'under1',
      opens: (is, at) => full(is, at) >= at.endpoints,
      // a disk at the edge does not flap (EVT-9): it is over when none is full
      stays: (is, at) => full(is, at) > 0,
      figures: (is, at) => ({ endpoints: full(is, at), threshold: at.endpoints, freeBelow: at.freePercent }),
      decidedBy: ['endpoints', 'freePercent'],
      resolvedBy: [],
    },
  },
})
