import { defineCategory, fact } from './define.ts'

/**
 * Age and spread of components (patterns, engines). Source: EVT-3: no update for more than 7 (14) days, or under 90 % (70 %) of endpoints
 * deployed. Each pair is two conditions of which the warning rests while the worse one holds.
 */
export const componentUpdate = defineCategory({
  id: 'component-update',
  group: 'system',
  facts: { ageDays: fact.componentAgeDays(), deployedPercent: fact.componentsDeployedPercent() },
  indexes: {
    warnAfterDays: { default: 7, min: 1, max: 365 },
    actAfterDays: { default: 14, min: 1, max: 365 },
    warnBelowPercent: { default: 90, min: 1, max: 100, isHighStricter: true },
    actBelowPercent: { default: 70, min: 1, max: 100, isHighStricter: true },
  },
  silentWhile: ['agent-abnormal', 'agent-offline', 'managed-server'],
  conditions: {
    'very-old': {
      severity: 'action-required',
      concerns: 'ageDays',
      opens: (is, at) => is.ageDays > at.actAfterDays,
      figures: (is, at) => ({ days: is.ageDays, threshold: at.actAfterDays }),
      decidedBy: ['actAfterDays'],
      resolvedBy: ['update-components'],
    },
    'barely-deployed': {
      severity: 'action-required',
      concerns: 'deployedPercent',
      opens: (is, at) => is.deployedPercent < at.actBelowPercent,
      figures: (is, at) => ({ percent: is.deployedPercent, threshold: at.actBelowPercent }),
      decidedBy: ['actBelowPercent'],
      resolvedBy: ['update-components'],
    },
    'old': {
      severity: 'warning',
      concerns: 'ageDays',
      opens: (is, at) => is.ageDays > at.warnAfterDays && is.ageDays <= at.actAfterDays,
      figures: (is, at) => ({ days: is.ageDays, threshold: at.warnAfterDays }),
      decidedBy: ['warnAfterDays'],
      resolvedBy: ['update-components'],
    },
    'not-all-deployed': {
      severity: 'warning',
      concerns: 'deployedPercent',
      opens: (is, at) => is.deployedPercent < at.warnBelowPercent && is.deployedPercent >= at.actBelowPercent,
      figures: (is, at) => ({ percent: is.deployedPercent, threshold: at.warnBelowPercent }),
      decidedBy: ['warnBelowPercent'],
      resolvedBy: ['update-components'],
    },
  },
})
