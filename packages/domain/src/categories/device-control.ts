import { busyHour } from './busy-hour.ts'
import { defineCategory, fact } from './define.ts'

/** Devices that were refused. Source: EVT-3, "more than 300 in 1 h". */
export const deviceControl = defineCategory({
  id: 'device-control',
  group: 'threat',
  facts: { incidents: fact.detections(60) },
  indexes: { incidents: { default: 300, min: 1, max: 100_000 } },
  conditions: { 'many-incidents': busyHour('above') },
})
