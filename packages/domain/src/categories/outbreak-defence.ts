import { defineCategory, fact } from './define.ts'

/**
 * A virus alert that concerns endpoints of the product (EVT-5), the computers it already has and those it could have. Which these are follows from the alerts in force and from the
 * inventory. A red alert is told to people once by the alert itself, not by each product's event; computers to clean, once for each customer. Source: EVT-3; seed 002, table 9-2.
 */
export const outbreakDefence = defineCategory({
  id: 'outbreak-defence',
  group: 'threat',
  facts: {
    red: fact.virusAlerts('red'),
    yellow: fact.virusAlerts('yellow'),
    toClean: fact.alertInfections(),
    vulnerable: fact.vulnerableEndpoints(),
  },
  // 0: an alert that concerns the product is enough
  indexes: { vulnerable: { default: 0, min: 0, max: 100_000 }, toClean: { default: 1, min: 1, max: 100_000 } },
  conditions: {
    'to-clean': {
      severity: 'action-required',
      concerns: 'toClean',
      opens: (is, at) => is.toClean >= at.toClean,
      stays: (is) => is.toClean > 0,
      figures: (is) => ({ endpoints: is.toClean }),
      decidedBy: ['toClean'],
      isToldOnce: true,
      resolvedBy: ['scan-now', 'clean-up-damage'],
    },
    'red-alert': {
      severity: 'action-required',
      concerns: 'vulnerable',
      opens: (is, at) => is.red > 0 && is.vulnerable >= at.vulnerable,
      figures: (is) => ({ alerts: is.red, endpoints: is.vulnerable }),
      decidedBy: ['vulnerable'],
      isToldElsewhere: true,
      isToldOnce: true,
      isOfMany: true,
      resolvedBy: ['update-components'],
    },
    'yellow-alert': {
      severity: 'warning',
      concerns: 'vulnerable',
      // a red one says all that a yellow one would
      opens: (is, at) => is.yellow > 0 && is.red === 0 && is.vulnerable >= at.vulnerable,
      figures: (is) => ({ alerts: is.yellow, endpoints: is.vulnerable }),
      decidedBy: ['vulnerable'],
      isOfMany: true,
      resolvedBy: ['update-components'],
    },
  },
})
