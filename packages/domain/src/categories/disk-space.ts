import { defineCategory, fact } from './define.ts'

/** Endpoints with a file system that is nearly full: patterns and quarantine no longer fit. Source: EVT-3, "2 or more endpoints under 1 % free". */
export const diskSpace = defineCategory({
  id: 'disk-space',
  group: 'system',
  facts: { full: fact.endpointsLowOnDisk() },
  indexes: { endpoints: { default: 2, min: 1, max: 100_000 } },
  silentWhile: ['agent-abnormal', 'agent-offline', 'managed-server'],
  conditions: {
    'nearly-full': {
      severity: 'action-required',
      concerns: 'full',
      opens: (is, at) => is.full >= at.endpoints,
      // a disk at the edge does not flap (EVT-9): it is over when none is full
      stays: (is) => is.full > 0,
      figures: (is, at) => ({ endpoints: is.full, threshold: at.endpoints }),
      resolvedBy: [],
    },
  },
})
