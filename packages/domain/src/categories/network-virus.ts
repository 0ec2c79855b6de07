import { busyHour } from './busy-hour.ts'
import { defineCategory, fact } from './define.ts'

/** Network viruses: worms and attacks seen on the wire. Source: EVT-3, "10 or more in 1 h". */
export const networkVirus = defineCategory({
  id: 'network-virus',
  group: 'threat',
  facts: { incidents: fact.detections(60) },
  indexes: { incidents: { default: 10, min: 1, max: 10_000 } },
  conditions: { 'many-incidents': busyHour('from') },
})
