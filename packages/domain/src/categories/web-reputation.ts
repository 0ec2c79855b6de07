import { busyHour } from './busy-hour.ts'
import { defineCategory, fact } from './define.ts'

/** Pages that were blocked because of their reputation. Source: EVT-3, "more than 200 in 1 h". */
export const webReputation = defineCategory({
  id: 'web-reputation',
  group: 'threat',
  facts: { incidents: fact.detections(60) },
  indexes: { incidents: { default: 200, min: 1, max: 100_000 } },
  conditions: { 'many-incidents': busyHour('above') },
})
