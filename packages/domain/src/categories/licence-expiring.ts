import { defineCategory, fact } from './define.ts'

/** The product's licence is over soon: time to renew. Once it is over, `licence-expired` says so instead. Source: EVT-1, licence "expiring soon". */
export const licenceExpiring = defineCategory({
  id: 'licence-expiring',
  group: 'licence',
  facts: { daysLeft: fact.licence('days-left') },
  indexes: { days: { default: 30, min: 1, max: 365, isHighStricter: true } },
  conditions: {
    soon: {
      severity: 'warning',
      concerns: 'daysLeft',
      opens: (is, at) => is.daysLeft <= at.days,
      figures: (is, at) => ({ daysLeft: is.daysLeft, threshold: at.days }),
      resolvedBy: [],
    },
  },
})
