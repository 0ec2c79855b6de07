import { describe, expect, it } from 'vitest'
import { categories } from '../categories/index.ts'
import { boundsUnlessWorse, hasGrown, isWorse } from './worse.ts'

describe('“unless worse”, of an event as it is now (EVT-9)', () => {
  it.each<[string, Record<string, number>, Record<string, number>, Record<string, number>]>([
    ['each infection more', { infections: 2 }, { infections: 2 }, { infections: 3 }],
    [
      'each endpoint more; a threshold that was tuned is none',
      { endpoints: 4, threshold: 1 },
      { endpoints: 4, threshold: 9 },
      { endpoints: 5, threshold: 1 },
    ],
    ['components of 8 days: twice as old', { days: 8, threshold: 7 }, { days: 16 }, { days: 17 }],
    ['a licence that is over since yesterday: a week more', { days: 1 }, { days: 8 }, { days: 9 }],
    ['30 days left: half of them', { daysLeft: 30 }, { daysLeft: 15 }, { daysLeft: 14 }],
    ['one day left: what comes then is an event of its own', { daysLeft: 1 }, { daysLeft: 0 }, { daysLeft: -1 }],
    ['85 % deployed: ten points less', { percent: 85 }, { percent: 75 }, { percent: 74 }],
    ['12 % spam: ten points more', { spamPercent: 12 }, { spamPercent: 22 }, { spamPercent: 23 }],
    ['15 incidents an hour: half as many again', { incidents: 15 }, { incidents: 23 }, { incidents: 24 }],
    ['a share of nothing can’t get worse', { percent: 4 }, { percent: 0 }, { percent: -1 }],
  ])('%s', (_, now, still, worse) => {
    const bounds = boundsUnlessWorse(now)
    expect([isWorse(now, bounds), isWorse(still, bounds), isWorse(worse, bounds)]).toEqual([false, false, true])
  })

  it('no age wakes the next day, of any condition there is', () => {
    const is = new Proxy({}, { get: () => 3 })
    const figures = categories.flatMap(({ conditions }) => Object.values(conditions).map((condition) => condition.figures(is, is)))
    expect(figures.some((one) => 'days' in one) && figures.some((one) => 'daysLeft' in one)).toBe(true)
    for (const one of figures.filter((figure) => 'days' in figure || 'daysLeft' in figure)) {
      const tomorrow = Object.fromEntries(
        Object.entries(one).map(([name, value]) => [name, name === 'days' ? value + 1 : name === 'daysLeft' ? value - 1 : value]),
      )
      expect(isWorse(tomorrow, boundsUnlessWorse(one)), JSON.stringify(one)).toBe(false)
    }
  })
})

describe('what counts an event up (EVT-9)', () => {
  it.each([
    ['one infection more', { infections: 2 }, { infections: 1 }, true],
    ['one less', { infections: 1 }, { infections: 2 }, false],
    ['a smaller share', { percent: 60 }, { percent: 70 }, true],
    ['a day later', { days: 9, threshold: 7 }, { days: 8, threshold: 7 }, false],
    ['a day less left', { daysLeft: 2 }, { daysLeft: 3 }, false],
  ])('%s', (_, now, before, expected) => expect(hasGrown(now, before)).toBe(expected))
})
