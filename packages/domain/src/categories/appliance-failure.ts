import { defineCategory, fact } from './define.ts'
import { serviceDown } from './service-down.ts'

/** A gateway or sensor says that a part of it failed, though it can still say so. Source: EVT-1, "appliance failure (and last 24 h)": those of the last day are its resolved events. */
export const applianceFailure = defineCategory({
  id: 'appliance-failure',
  group: 'system',
  facts: { downMinutes: fact.downMinutes('appliance') },
  indexes: { downAfterMinutes: { default: 5, min: 1, max: 10_080 } },
  conditions: { failed: serviceDown },
})
