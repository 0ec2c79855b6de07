import { defineCategory, fact } from './define.ts'

/** Spam among the messages that mail gateways handled in their last hour. Source: EVT-3, "spam is 10 % or more of messages handled". */
export const antiSpam = defineCategory({
  id: 'anti-spam',
  group: 'threat',
  facts: { spamPercent: fact.spamPercent() },
  indexes: { spamPercent: { default: 10, min: 1, max: 100 } },
  conditions: {
    'much-spam': {
      severity: 'warning',
      concerns: 'spamPercent',
      opens: (is, at) => is.spamPercent >= at.spamPercent,
      stays: (is, at) => is.spamPercent > 0 && is.spamPercent >= Math.ceil(at.spamPercent * 0.8),
      figures: (is, at) => ({ spamPercent: is.spamPercent, threshold: at.spamPercent }),
      resolvedBy: [],
    },
  },
})
