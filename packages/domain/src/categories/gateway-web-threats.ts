import { busyHour } from './busy-hour.ts'
import { defineCategory, fact } from './define.ts'

/** Web threats that a gateway stopped. Source: EVT-3, "gateway web threats over a threshold of 1 to 300". */
export const gatewayWebThreats = defineCategory({
  id: 'gateway-web-threats',
  group: 'threat',
  facts: { incidents: fact.detections(60) },
  indexes: { incidents: { default: 10, min: 1, max: 300 } },
  conditions: { 'many-incidents': busyHour('above') },
})
