import { defineCategory, fact } from './define.ts'

/** A share that comes and goes at the edge does not flap (EVT-9): an open event closes so many per cent above it; 100 % closes it in any case. */
const closesAbove = 3

/** Whole days that are over: it is "more than" so many, from the moment after the last of them. */
const daysPast = (ageDays: number): number => Math.max(0, Math.ceil(ageDays) - 1)

/**
 * Age and spread of components (patterns, engines). Source: EVT-3: no update for more than 7 (14) days, or under 90 % (70 %) of endpoints
 * deployed, or a mail server with outdated ones. Each pair is two conditions of which the warning rests while the worse one holds.
 */
export const componentUpdate = defineCategory({
  id: 'component-update',
  group: 'system',
  facts: { ageDays: fact.componentAgeDays(), deployedPercent: fact.componentsDeployedPercent(), mailServers: fact.mailServersOutdated() },
  indexes: {
    warnAfterDays: { default: 7, min: 1, max: 365 },
    actAfterDays: { default: 14, min: 1, max: 365 },
    warnBelowPercent: { default: 90, min: 1, max: 100, isHighStricter: true },
    actBelowPercent: { default: 70, min: 1, max: 100, isHighStricter: true },
    mailServers: { default: 1, min: 1, max: 100_000 },
  },
  silentWhile: ['agent-abnormal', 'agent-offline', 'managed-server'],
  conditions: {
    'very-old': {
      severity: 'action-required',
      concerns: 'ageDays',
      opens: (is, at) => is.ageDays > at.actAfterDays,
      figures: (is, at) => ({ days: daysPast(is.ageDays), threshold: at.actAfterDays }),
      decidedBy: ['actAfterDays'],
      resolvedBy: ['update-components'],
    },
    'barely-deployed': {
      severity: 'action-required',
      concerns: 'deployedPercent',
      opens: (is, at) => is.deployedPercent < at.actBelowPercent,
      stays: (is, at) => is.deployedPercent < Math.min(100, at.actBelowPercent + closesAbove),
      figures: (is, at) => ({ percent: is.deployedPercent, threshold: at.actBelowPercent }),
      decidedBy: ['actBelowPercent'],
      resolvedBy: ['update-components'],
    },
    'mail-server-outdated': {
      severity: 'action-required',
      concerns: 'mailServers',
      opens: (is, at) => is.mailServers >= at.mailServers,
      figures: (is, at) => ({ endpoints: is.mailServers, threshold: at.mailServers }),
      decidedBy: ['mailServers'],
      resolvedBy: ['update-components'],
    },
    old: {
      severity: 'warning',
      concerns: 'ageDays',
      opens: (is, at) => is.ageDays > at.warnAfterDays && is.ageDays <= at.actAfterDays,
      figures: (is, at) => ({ days: daysPast(is.ageDays), threshold: at.warnAfterDays }),
      decidedBy: ['warnAfterDays'],
      resolvedBy: ['update-components'],
    },
    'not-all-deployed': {
      severity: 'warning',
      concerns: 'deployedPercent',
      opens: (is, at) => is.deployedPercent < at.warnBelowPercent,
      stays: (is, at) => is.deployedPercent < Math.min(100, at.warnBelowPercent + closesAbove),
      restsWhile: 'barely-deployed',
      figures: (is, at) => ({ percent: is.deployedPercent, threshold: at.warnBelowPercent }),
      decidedBy: ['warnBelowPercent'],
      resolvedBy: ['update-components'],
    },
  },
})
