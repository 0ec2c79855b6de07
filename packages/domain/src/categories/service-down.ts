import type { Condition } from './define.ts'

/** A service that an agent says is down: after a grace, since restarts are normal; over as soon as it runs again. */
export const serviceDown: Condition<{ downMinutes: number }, { downAfterMinutes: number }> = {
  severity: 'action-required',
  concerns: 'downMinutes',
  opens: (is, at) => is.downMinutes >= at.downAfterMinutes,
  stays: (is) => is.downMinutes > 0,
  figures: (_, at) => ({ threshold: at.downAfterMinutes }),
  resolvedBy: [],
}
