import { busyHour } from './busy-hour.ts'
import { defineCategory, fact } from './define.ts'

/** Spyware and grayware. An infection of it is one that goes only with a restart (mission §0). Source: EVT-3; seed 002, glossary. */
export const antiSpyware = defineCategory({
  id: 'anti-spyware',
  group: 'threat',
  facts: { incidents: fact.detections(60), infections: fact.infections() },
  indexes: { incidents: { default: 15, min: 1, max: 10_000 } },
  conditions: {
    'needs-restart': {
      severity: 'action-required',
      concerns: 'infections',
      opens: (is) => is.infections > 0,
      figures: (is) => ({ infections: is.infections }),
      decidedBy: [],
      resolvedBy: [],
    },
    'many-incidents': busyHour('from'),
  },
})
