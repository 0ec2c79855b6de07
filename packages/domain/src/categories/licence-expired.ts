import { defineCategory, fact } from './define.ts'

/** The product's licence is over, as its agent reports it: updates stop. Source: EVT-1, licence "expired". */
export const licenceExpired = defineCategory({
  id: 'licence-expired',
  group: 'licence',
  facts: { daysOver: fact.licence('days-over') },
  indexes: { graceDays: { default: 0, min: 0, max: 90 } },
  conditions: {
    expired: {
      severity: 'action-required',
      concerns: 'daysOver',
      opens: (is, at) => is.daysOver > at.graceDays,
      figures: (is) => ({ days: is.daysOver }),
      resolvedBy: [],
    },
  },
})
