import { defineCategory, fact } from './define.ts'
import { serviceDown } from './service-down.ts'

/** The mail server, or its scanner, does not run: mail waits, or passes unscanned. Source: EVT-1, "mail server stopped". */
export const mailServer = defineCategory({
  id: 'mail-server',
  group: 'system',
  facts: { downMinutes: fact.downMinutes('mail-server') },
  indexes: { downAfterMinutes: { default: 5, min: 1, max: 10_080 } },
  conditions: { stopped: serviceDown },
})
