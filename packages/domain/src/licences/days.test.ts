import { describe, expect, it } from 'vitest'
import { standsFor, superfluousDays } from './index.ts'

/** 2026-11-22 is a Sunday. */
const november = Array.from({ length: 22 }, (_, n) => `2026-11-${String(n + 1).padStart(2, '0')}`)

describe('which days of licences are kept (DSH-2)', () => {
  it('Sundays, and the newest', () => {
    const gone = superfluousDays(november, '2026-11-22')
    expect(november.filter((day) => !gone.includes(day))).toEqual(['2026-11-01', '2026-11-08', '2026-11-15', '2026-11-22'])
  })
  it('and the last of each month', () =>
    expect(superfluousDays(['2026-10-29', '2026-10-30', '2026-10-31', '2026-11-02'], '2026-11-02')).toEqual(['2026-10-29', '2026-10-30']))
  it('of weeks longer ago than any bar of a week, the last of each month alone', () =>
    expect(superfluousDays(['2026-05-24', '2026-05-31', '2026-06-07', '2026-11-21'], '2026-11-22')).toEqual(['2026-05-24']))
  it('nothing was counted on Sunday: Friday stands in for it', () =>
    expect(superfluousDays(['2026-11-12', '2026-11-13', '2026-11-16', '2026-11-17'], '2026-11-17')).toEqual(['2026-11-12', '2026-11-16']))
  it('none, or one: none', () =>
    expect([superfluousDays([], '2026-11-22'), superfluousDays(['2020-01-06'], '2026-11-22')]).toEqual([[], []]))

  it('a bar shows the last day counted by its end, and before the first nothing', () =>
    expect(standsFor(['2026-11-13', '2026-11-08'], ['2026-11-01', '2026-11-08', '2026-11-15', '2026-11-22'])).toEqual([
      null,
      '2026-11-08',
      '2026-11-13',
      '2026-11-13',
    ]))
  it('every bar that was to be drawn shows the same after what is superfluous went', () => {
    const gone = superfluousDays(november, '2026-11-22')
    const ends = ['2026-10-31', '2026-11-01', '2026-11-08', '2026-11-15']
    expect(
      standsFor(
        november.filter((day) => !gone.includes(day)),
        ends,
      ),
    ).toEqual(standsFor(november, ends))
  })
})
