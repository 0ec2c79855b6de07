import { defineCategory, fact } from './define.ts'
import { serviceDown } from './service-down.ts'

/** The cloud look-up of files and addresses is interrupted: endpoints fall back to old patterns. Source: EVT-3, "service interrupted (after 30 min grace)". */
export const smartProtection = defineCategory({
  id: 'smart-protection',
  group: 'system',
  facts: { downMinutes: fact.downMinutes('smart-protection') },
  indexes: { downAfterMinutes: { default: 30, min: 1, max: 10_080 } },
  conditions: { interrupted: serviceDown },
})
