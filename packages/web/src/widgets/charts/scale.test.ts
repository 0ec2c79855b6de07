import { describe, expect, it } from 'vitest'
import { arc, labelled, swatch, ticks, widthOf } from './scale.ts'

describe('scales of charts', () => {
  it.each([
    [0, [0, 1]],
    [1, [0, 1]],
    [3, [0, 1, 2, 3]],
    [4, [0, 1, 2, 3, 4]],
    [5, [0, 2, 4, 6]],
    [12, [0, 5, 10, 15]],
    [97, [0, 25, 50, 75, 100]],
    [2001, [0, 1000, 2000, 3000]],
  ])('up to %i', (most, expected) => {
    expect(ticks(most)).toEqual(expected)
  })

  it('writes the last label and none that touch', () => {
    expect([...labelled(5, 500, 50)]).toEqual([0, 1, 2, 3, 4])
    expect([...labelled(24, 480, 40)]).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23])
    expect([...labelled(3, 0, 40)]).toEqual([2])
  })

  it('36 tones, no two alike in both colour and pattern, none of the first six alike in either', () => {
    const all = Array.from({ length: 36 }, (_, tone) => swatch(tone))
    expect(new Set(all.map(({ colour, pattern }) => `${colour} ${pattern}`)).size).toBe(36)
    expect([
      new Set(all.slice(0, 6).map(({ colour }) => colour)).size,
      new Set(all.slice(0, 6).map(({ pattern }) => pattern)).size,
    ]).toEqual([6, 6])
  })

  it('a Japanese label takes more room than one of as many Latin letters', () =>
    expect([widthOf('Nov 1'), widthOf('11月1日')].map(Math.round)).toEqual([32, 41]))

  it('a whole ring is a ring', () => {
    expect(arc(0, 1, 10, 6)).toContain('A10 10 0 1 1')
    expect(arc(0, 0.25, 10, 6)).toBe('M0.00 -10.00A10 10 0 0 1 10.00 -0.00L6.00 -0.00A6 6 0 0 0 0.00 -6.00Z')
  })
})
