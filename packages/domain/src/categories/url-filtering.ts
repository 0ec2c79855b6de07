import { busyHour } from './busy-hour.ts'
import { defineCategory, fact } from './define.ts'

/** Pages that the customer’s rules do not allow. Source: EVT-3, "more than 300 in 1 h". */
export const urlFiltering = defineCategory({
  id: 'url-filtering',
  group: 'threat',
  facts: { incidents: fact.detections(60) },
  indexes: { incidents: { default: 300, min: 1, max: 100_000 } },
  conditions: { 'many-incidents': busyHour('above') },
})
