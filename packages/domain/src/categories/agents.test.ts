import { describe, expect, it } from 'vitest'
import { agentAbnormal, agentOffline, assess, categories, dataFreshness, managedServer, type Category } from './index.ts'

const holds = (category: unknown, is: Record<string, number>, at: Record<string, number>, open: readonly string[] = []) => {
  const [verdict] = assess(category as Category, is, at, new Set(open))
  return verdict!.holds
}

describe('agents that are not heard (EVT-1, AGT-2)', () => {
  it.each([
    ['29 minutes', 29, [], false],
    ['the 30th', 30, [], true],
    ['an open one stays until the agent is back, not until the number falls under the edge', 1, ['vanished'], true],
    ['it is back', 0, ['vanished'], false],
  ] as const)('vanished: %s', (_, silentMinutes, open, expected) =>
    expect(holds(agentAbnormal, { silentMinutes }, { abnormalAfterMinutes: 30 }, open)).toBe(expected),
  )

  it.each([
    ['a night', 14 * 60, false],
    ['a day', 1_440, true],
  ])('shut down properly: %s', (_, silentMinutes, expected) =>
    expect(holds(agentOffline, { silentMinutes }, { offlineAfterMinutes: 1_440 })).toBe(expected),
  )

  it.each([
    ['29 minutes', 29, false],
    ['half an hour', 30, true],
  ])('the managed server of a site: %s', (_, silentMinutes, expected) =>
    expect(holds(managedServer, { silentMinutes }, { stoppedAfterMinutes: 30 })).toBe(expected),
  )
})

describe('the freshness contract (PRD-8)', () => {
  it.each([
    ['all as promised', 0, 1, false],
    ['one endpoint is late', 1, 1, true],
    ['fewer than the business cares about', 4, 5, false],
    ['as many', 5, 5, true],
  ])('%s', (_, stale, staleEndpoints, expected) => expect(holds(dataFreshness, { stale }, { staleEndpoints })).toBe(expected))
  it('closes when none is late any more', () => {
    expect(holds(dataFreshness, { stale: 1 }, { staleEndpoints: 5 }, ['stale'])).toBe(true)
    expect(holds(dataFreshness, { stale: 0 }, { staleEndpoints: 5 }, ['stale'])).toBe(false)
  })
})

describe('what explains another', () => {
  it('names categories that exist, and no circle', () => {
    const ids = new Set(categories.map(({ id }) => id))
    for (const { id, silentWhile = [] } of categories) {
      expect(silentWhile.filter((other) => !ids.has(other) || other === id)).toEqual([])
      for (const other of silentWhile) expect(categories.find((category) => category.id === other)!.silentWhile ?? []).toEqual([])
    }
  })
})
