import { describe, expect, it } from 'vitest'
import { cutDetections, cutHistory } from './ranges.ts'

/** 40 zones: whole, half and quarter hours, both hemispheres, DST at midnight, at 1:00, by half an hour, none, both sides of the date line. */
const zones = [
  'UTC',
  'Europe/Paris',
  'Europe/London',
  'Europe/Dublin',
  'Europe/Moscow',
  'Europe/Istanbul',
  'Atlantic/Azores',
  'Atlantic/Reykjavik',
  'Africa/Cairo',
  'Africa/Casablanca',
  'Africa/Johannesburg',
  'Africa/Lagos',
  'Asia/Beirut',
  'Asia/Gaza',
  'Asia/Tehran',
  'Asia/Kabul',
  'Asia/Karachi',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Asia/Yangon',
  'Asia/Bangkok',
  'Asia/Shanghai',
  'Asia/Tokyo',
  'Asia/Pyongyang',
  'Australia/Adelaide',
  'Australia/Eucla',
  'Australia/Sydney',
  'Australia/Lord_Howe',
  'Pacific/Auckland',
  'Pacific/Chatham',
  'Pacific/Apia',
  'Pacific/Kiritimati',
  'Pacific/Honolulu',
  'Pacific/Marquesas',
  'America/Los_Angeles',
  'America/New_York',
  'America/St_Johns',
  'America/Santiago',
  'America/Asuncion',
  'America/Sao_Paulo',
]
const hourMs = 3_600_000
const formats = new Map(
  zones.map((timeZone) => [
    timeZone,
    new Intl.DateTimeFormat('en-GB', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit', weekday: 'short' }),
  ]),
)
const local = (at: Date, timeZone: string) => {
  const parts = Object.fromEntries(
    formats
      .get(timeZone)!
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  )
  return { day: `${parts['year']}-${parts['month']}-${parts['day']}`, date: parts['day'], weekday: parts['weekday'] }
}
const isLastInstantOf = (at: Date, timeZone: string) => local(new Date(at.getTime() - 1), timeZone)
/** Every 28 days and some hours of a year: each zone's changes of the clock fall into a range of 30 days. */
const moments = Array.from({ length: 14 }, (_, n) => new Date(Date.UTC(2026, 0, 1, 0, 17) + n * (28 * 24 + 7) * hourMs))

describe('days of the asker’s time zone (DSH-2)', () => {
  it('are 40 zones', () => expect(new Set(zones).size).toBe(40))

  it.each(zones)('%s: 30 days, each from its first whole hour to the next day’s, whatever the clock does', (zone) => {
    for (const now of moments) {
      const { bounds } = cutDetections('30d', now, zone)
      const days = bounds.map((at) => local(at, zone).day)
      expect(new Set(days).size).toBe(31)
      for (const [n, at] of bounds.entries()) {
        expect(at.getTime() % hourMs).toBe(0)
        if (n > 0) expect([22, 23, 24, 25, 26]).toContain((at.getTime() - bounds[n - 1]!.getTime()) / hourMs)
        // the first whole hour of the day
        expect(local(new Date(at.getTime() - hourMs), zone).day).not.toBe(days[n])
      }
      // today is the last; just after a midnight between two whole hours it has yet to begin
      expect(now.getTime() - bounds.at(-2)!.getTime()).toBeGreaterThanOrEqual(-hourMs)
      expect(bounds.at(-1)!.getTime()).toBeGreaterThan(now.getTime())
      expect(days.at(-2)).toBe(local(now, zone).day)
    }
    expect(cutDetections('7d', moments[0]!, zone).bounds).toEqual(cutDetections('30d', moments[0]!, zone).bounds.slice(-8))
  })

  it.each(zones)('%s: weeks from Monday and months from the first, the running one last', (zone) => {
    for (const now of moments) {
      for (const [range, count] of [
        ['1m', 5],
        ['3m', 14],
        ['6m', 7],
        ['12m', 13],
      ] as const) {
        const { step, bounds } = cutHistory(range, now, zone)
        expect(bounds.length).toBe(count + 1)
        expect(bounds.at(-2)!.getTime()).toBeLessThanOrEqual(now.getTime())
        expect(bounds.at(-1)!.getTime()).toBeGreaterThan(now.getTime())
        for (const at of bounds) {
          const first = local(at, zone)
          expect(step === 'week' ? first.weekday : first.date, `${range} ${now.toISOString()} ${at.toISOString()}`).toBe(
            step === 'week' ? 'Mon' : '01',
          )
          expect(isLastInstantOf(at, zone).day).not.toBe(first.day)
        }
      }
    }
  })

  it('24 hours end with the one that runs', () => {
    const { step, bounds } = cutDetections('24h', new Date('2026-11-21T10:20:00Z'), 'Asia/Kolkata')
    expect([step, bounds.length, bounds[0]!.toISOString(), bounds[24]!.toISOString()]).toEqual([
      'hour',
      25,
      '2026-11-20T11:00:00.000Z',
      '2026-11-21T11:00:00.000Z',
    ])
  })
})
