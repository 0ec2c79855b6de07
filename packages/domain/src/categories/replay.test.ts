import { describe, expect, it } from 'vitest'
import { antiSpam, antivirus, componentUpdate, leastKept, replay, type Category, type FactHour } from './index.ts'

const hour = (n: number) => n * 3_600_000
const busy = (n: number, worst: number, last = worst): FactHour => ({ fact: 'incidents', hourMs: hour(n), worst, last })
const of = (category: unknown) => category as Category
const found = (category: unknown, hours: readonly FactHour[], at: Record<string, number>) =>
  replay(of(category), { hours }, at).map(({ condition, openedMs, closedMs }) => [
    condition,
    openedMs / hour(1),
    closedMs === null ? null : closedMs / hour(1),
  ])

describe('what a threshold would have raised (EVT-7)', () => {
  it.each([
    ['nothing was kept', [], 15, []],
    ['one busy hour', [busy(3, 20)], 15, [['many-incidents', 3, 4]]],
    ['the edge', [busy(3, 14), busy(9, 15)], 15, [['many-incidents', 9, 10]]],
    ['hours that follow each other are one event', [busy(3, 20), busy(4, 18)], 15, [['many-incidents', 3, 5]]],
    [
      'an hour between them makes two',
      [busy(3, 20), busy(5, 20)],
      15,
      [
        ['many-incidents', 3, 4],
        ['many-incidents', 5, 6],
      ],
    ],
    ['a calmer hour keeps it open by its own threshold (EVT-9)', [busy(3, 20), busy(4, 12), busy(5, 20)], 15, [['many-incidents', 3, 6]]],
    ['a higher threshold raises fewer', [busy(3, 20), busy(5, 40)], 30, [['many-incidents', 5, 6]]],
    [
      'in any order',
      [busy(5, 20), busy(3, 20)],
      15,
      [
        ['many-incidents', 3, 4],
        ['many-incidents', 5, 6],
      ],
    ],
  ] as const)('%s', (_, hours, incidents, expected) => expect(found(antivirus, hours, { incidents })).toEqual(expected))

  it('what lasts stays open until it is seen to be over', () => {
    const infections: FactHour[] = [
      { fact: 'infections', hourMs: hour(2), worst: 1, last: 1 },
      { fact: 'infections', hourMs: hour(50), worst: 1, last: 0 },
    ]
    expect(found(antivirus, infections, { incidents: 15, infections: 1 })).toEqual([['uncleaned', 2, 51]])
    expect(found(antivirus, infections.slice(0, 1), { incidents: 15, infections: 1 })).toEqual([['uncleaned', 2, null]])
  })

  it('a share is worse when it is smaller; an age is carried on until it falls', () => {
    const at = { warnAfterDays: 7, actAfterDays: 14, warnBelowPercent: 90, actBelowPercent: 70 }
    expect(found(componentUpdate, [{ fact: 'deployedPercent', hourMs: hour(1), worst: 80, last: 100 }], at)).toEqual([
      ['not-all-deployed', 1, 2],
    ])
    const ages: FactHour[] = [3, 8, 15].map((days) => ({ fact: 'ageDays', hourMs: hour(days * 24), worst: days, last: days }))
    expect(found(componentUpdate, [...ages, { fact: 'ageDays', hourMs: hour(400), worst: 16, last: 0 }], at)).toEqual([
      ['old', 192, 360],
      ['very-old', 360, 401],
    ])
  })

  it('says from which value on a threshold sees all of what was kept', () => {
    expect([
      leastKept(of(antivirus), 'incidents'),
      leastKept(of(antivirus), 'unprotected'),
      leastKept(of(antiSpam), 'spamPercent'),
      leastKept(of(componentUpdate), 'warnAfterDays'),
      leastKept(of(componentUpdate), 'warnBelowPercent'),
    ]).toEqual([5, null, 3, 3, null])
  })
})
