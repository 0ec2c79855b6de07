import { defineCategory, fact } from './define.ts'

/**
 * The managed server of a site is not heard, whether it said goodbye or not: its whole site is blind meanwhile (AGT-8). Source: EVT-1, "managed server stopped".
 */
export const managedServer = defineCategory({
  id: 'managed-server',
  group: 'system',
  facts: { silentMinutes: fact.agentSilentMinutes(['offline', 'abnormal']) },
  indexes: { stoppedAfterMinutes: { default: 30, min: 2, max: 10_080 } },
  conditions: {
    stopped: {
      severity: 'action-required',
      concerns: 'silentMinutes',
      opens: (is, at) => is.silentMinutes >= at.stoppedAfterMinutes,
      stays: (is) => is.silentMinutes > 0,
      figures: (_, at) => ({ threshold: at.stoppedAfterMinutes }),
      resolvedBy: [],
    },
  },
})
