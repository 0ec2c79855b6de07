import { describe, expect, it } from 'vitest'
import { assess, componentUpdate, indexesInForce, type Category } from './index.ts'

const category = componentUpdate as unknown as Category
const at = Object.fromEntries(Object.entries(indexesInForce(category, {}, {})).map(([name, { value }]) => [name, value]))
const holding = (facts: Record<string, number>, open: readonly string[] = []) =>
  assess(category, { ageDays: 0, deployedPercent: 100, mailServers: 0, ...facts }, at, new Set(open))
    .filter((v) => v.holds)
    .map((v) => `${v.severity} ${v.condition}`)

describe('component update (EVT-3)', () => {
  it.each([
    ['7 days', { ageDays: 7 }, []],
    ['more than 7 days', { ageDays: 7 + 1 / 24 }, ['warning old']],
    ['14 days', { ageDays: 14 }, ['warning old']],
    ['more than 14 days', { ageDays: 14 + 1 / 24 }, ['action-required very-old']],
    ['90 % deployed', { deployedPercent: 90 }, []],
    ['under 90 %', { deployedPercent: 89 }, ['warning not-all-deployed']],
    ['70 %', { deployedPercent: 70 }, ['warning not-all-deployed']],
    ['under 70 %', { deployedPercent: 69 }, ['action-required barely-deployed']],
    [
      'one mail server left behind, whatever the others have',
      { deployedPercent: 99, mailServers: 1 },
      ['action-required mail-server-outdated'],
    ],
  ])('%s', (_, facts, conditions) => {
    expect(holding(facts)).toEqual(conditions)
  })
})

describe('a share at the edge does not flap (EVT-9)', () => {
  it.each([
    ['red, 72 %: still', 72, ['barely-deployed'], ['action-required barely-deployed']],
    ['red, 73 %: it is a warning now', 73, ['barely-deployed'], ['warning not-all-deployed']],
    ['a warning, 92 %: still', 92, ['not-all-deployed'], ['warning not-all-deployed']],
    ['a warning, 93 %: over', 93, ['not-all-deployed'], []],
    ['a warning, 69 %: red, and it alone', 69, ['not-all-deployed'], ['action-required barely-deployed']],
    ['nothing open, 72 %', 72, [], ['warning not-all-deployed']],
    ['all of them', 100, ['barely-deployed', 'not-all-deployed'], []],
  ] as const)('%s', (_, deployedPercent, open, expected) => expect(holding({ deployedPercent }, open)).toEqual(expected))

  it('tuned to 100 %, it closes when all have them', () => {
    const strict = { ...at, warnBelowPercent: 100 }
    const holds = (deployedPercent: number) =>
      assess(category, { ageDays: 0, deployedPercent, mailServers: 0 }, strict, new Set(['not-all-deployed'])).some(
        (verdict) => verdict.holds,
      )
    expect([holds(99), holds(100)]).toEqual([true, false])
  })
})

describe('index values (EVT-3)', () => {
  it("a customer's own value outweighs the business's, which outweighs the default", () => {
    const inForce = indexesInForce(category, { warnAfterDays: 3, actAfterDays: 9 }, { warnAfterDays: 2 })
    expect(inForce['warnAfterDays']).toEqual({ value: 2, from: 'customer', tag: null })
    expect(inForce['actAfterDays']).toEqual({ value: 9, from: 'business', tag: null })
    expect(inForce['warnBelowPercent']).toEqual({ value: 90, from: 'default', tag: null })
  })
  it('between them the tags: of two the stricter, whichever way that is', () => {
    const inForce = indexesInForce(
      category,
      { warnAfterDays: 3, warnBelowPercent: 50 },
      { actAfterDays: 30 },
      {
        silver: { warnAfterDays: 6, warnBelowPercent: 80, actAfterDays: 10 },
        gold: { warnAfterDays: 5, warnBelowPercent: 95 },
      },
    )
    expect(inForce['warnAfterDays']).toEqual({ value: 5, from: 'tag', tag: 'gold' })
    expect(inForce['warnBelowPercent']).toEqual({ value: 95, from: 'tag', tag: 'gold' })
    expect(inForce['actAfterDays']).toEqual({ value: 30, from: 'customer', tag: null })
    expect(inForce['actBelowPercent']).toEqual({ value: 70, from: 'default', tag: null })
  })
})
