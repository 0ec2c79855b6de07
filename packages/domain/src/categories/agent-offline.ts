import { defineCategory, fact } from './define.ts'

/**
 * An agent that said goodbye and did not come back (AGT-2): a machine that was shut down, or a service somebody stopped. A PC is off at night and over the weekend;
 * a day is the grace. Source: EVT-1, "agent offline (and in the last 24 h)".
 */
export const agentOffline = defineCategory({
  id: 'agent-offline',
  group: 'system',
  facts: { silentMinutes: fact.agentSilentMinutes(['offline']) },
  indexes: { offlineAfterMinutes: { default: 1_440, min: 5, max: 43_200 } },
  conditions: {
    'shut-down': {
      severity: 'warning',
      concerns: 'silentMinutes',
      opens: (is, at) => is.silentMinutes >= at.offlineAfterMinutes,
      stays: (is) => is.silentMinutes > 0,
      figures: (_, at) => ({ threshold: at.offlineAfterMinutes }),
      resolvedBy: [],
    },
  },
})
