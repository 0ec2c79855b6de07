import { describe, expect, it } from 'vitest'
import { dayOf, endOfDay } from './time.ts'

describe('days in a time zone (OPS-4)', () => {
  it.each([
    ['2026-07-01', 'UTC', '2026-07-01T23:59:59.000Z'],
    ['2026-07-01', 'Europe/Paris', '2026-07-01T21:59:59.000Z'],
    ['2026-07-01', 'Asia/Tokyo', '2026-07-01T14:59:59.000Z'],
    ['2026-03-29', 'Europe/Paris', '2026-03-29T21:59:59.000Z'],
    ['2026-10-25', 'Europe/Paris', '2026-10-25T22:59:59.000Z'],
    ['2026-11-01', 'America/New_York', '2026-11-02T04:59:59.000Z'],
    ['2026-07-01', 'Asia/Kathmandu', '2026-07-01T18:14:59.000Z'],
  ])('%s ends in %s at %s', (day, zone, instant) => {
    expect(endOfDay(day, zone)).toBe(instant)
    expect(dayOf(instant, zone)).toBe(day)
  })
})
