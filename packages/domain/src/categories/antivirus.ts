import { defineCategory, fact } from './define.ts'

/**
 * Antivirus of endpoints and mail servers. `incidents` are detections of the 60 minutes before the assessment; `infections` are those that could
 * not be cleaned, deleted or quarantined (mission §0). Worst first. Source: EVT-3; seed 002, table 9-2.
 */
export const antivirus = defineCategory({
  id: 'antivirus',
  group: 'threat',
  facts: {
    incidents: fact.detections(60),
    infections: fact.infections(),
    unprotected: fact.endpoints({ realTimeScan: ['off', 'on-not-protecting'] }),
    mailServers: fact.endpoints({ realTimeScan: ['off', 'on-not-protecting'], areMailServers: true }),
  },
  indexes: {
    incidents: { default: 15, min: 1, max: 10_000 },
    unprotected: { default: 1, min: 1, max: 100_000 },
    mailServers: { default: 1, min: 1, max: 100_000 },
    infections: { default: 1, min: 1, max: 100_000 },
  },
  conditions: {
    uncleaned: {
      severity: 'action-required',
      concerns: 'infections',
      opens: (is, at) => is.infections >= at.infections,
      stays: (is) => is.infections > 0,
      figures: (is) => ({ infections: is.infections }),
      decidedBy: ['infections'],
      resolvedBy: ['scan-now'],
    },
    'real-time-scan-off': {
      severity: 'action-required',
      concerns: 'unprotected',
      opens: (is, at) => is.unprotected >= at.unprotected || is.mailServers >= at.mailServers,
      figures: (is, at) => ({ endpoints: is.unprotected, threshold: at.unprotected }),
      decidedBy: ['unprotected', 'mailServers'],
      resolvedBy: [],
    },
    'many-incidents': {
      severity: 'warning',
      concerns: 'incidents',
      opens: (is, at) => is.incidents >= at.incidents,
      stays: (is, at) => is.incidents >= Math.ceil(at.incidents * 0.8),
      figures: (is, at) => ({ incidents: is.incidents, threshold: at.incidents }),
      decidedBy: ['incidents'],
      resolvedBy: ['scan-now'],
    },
  },
})
