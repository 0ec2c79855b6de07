import { defineCategory, fact } from './define.ts'

/**
 * The freshness contract is broken (PRD-8): an endpoint's agent is connected, yet its figures are older than their source promises. Whoever is offline is not counted:
 * that has events of its own. Source: PRD-8, "the breach is itself an event".
 */
export const dataFreshness = defineCategory({
  id: 'data-freshness',
  group: 'system',
  facts: { stale: fact.staleEndpoints() },
  indexes: { staleEndpoints: { default: 1, min: 1, max: 100_000 } },
  silentWhile: ['agent-abnormal', 'agent-offline', 'managed-server'],
  conditions: {
    stale: {
      severity: 'warning',
      concerns: 'stale',
      opens: (is, at) => is.stale >= at.staleEndpoints,
      stays: (is) => is.stale > 0,
      figures: (is, at) => ({ endpoints: is.stale, threshold: at.staleEndpoints }),
      resolvedBy: ['synchronise'],
    },
  },
})
