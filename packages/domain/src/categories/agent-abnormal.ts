import { defineCategory, fact } from './define.ts'

/**
 * An agent that vanished without a goodbye (AGT-2): killed, its machine crashed, its network cut. A restart and a short cut are normal, hence the grace. Source: EVT-1,
 * "agent abnormal".
 */
export const agentAbnormal = defineCategory({
  id: 'agent-abnormal',
  group: 'system',
  facts: { silentMinutes: fact.agentSilentMinutes(['abnormal']) },
  indexes: { abnormalAfterMinutes: { default: 30, min: 2, max: 10_080 } },
  conditions: {
    vanished: {
      severity: 'action-required',
      concerns: 'silentMinutes',
      opens: (is, at) => is.silentMinutes >= at.abnormalAfterMinutes,
      stays: (is) => is.silentMinutes > 0,
      figures: (_, at) => ({ threshold: at.abnormalAfterMinutes }),
      resolvedBy: [],
    },
  },
})
