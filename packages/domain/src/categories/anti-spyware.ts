import { busyHour } from './busy-hour.ts'
import { defineCategory, fact } from './define.ts'

/** Spyware and grayware. An infection of it is one that goes only with a restart (mission §0): what has to be done is a restart an endpoint, however many it has. Source: EVT-3; seed 002, glossary. */
export const antiSpyware = defineCategory({
  id: 'anti-spyware',
  group: 'threat',
  facts: { incidents: fact.detections(60), toRestart: fact.infectedEndpoints() },
  indexes: { incidents: { default: 15, min: 1, max: 10_000 }, toRestart: { default: 1, min: 1, max: 100_000 } },
  conditions: {
    'needs-restart': {
      severity: 'action-required',
      concerns: 'toRestart',
      opens: (is, at) => is.toRestart >= at.toRestart,
      figures: (is, at) => ({ endpoints: is.toRestart, threshold: at.toRestart }),
      decidedBy: ['toRestart'],
      resolvedBy: [],
    },
    'many-incidents': busyHour('from'),
  },
})
