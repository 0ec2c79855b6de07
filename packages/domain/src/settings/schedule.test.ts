import { describe, expect, it } from 'vitest'
import { lastDueOn, type Schedule } from './schedule.ts'

const daily = (time: string, timeZone = 'Europe/Paris'): Schedule => ({ frequency: 'daily', day: 'monday', time, timeZone })
const at = (iso: string) => new Date(iso)

/** What a runner does: runs when the day moves on. */
function runs(schedule: Schedule, from: string, to: string, everyMinutes = 7): string[] {
  let last = lastDueOn(schedule, at(from))!
  const found: string[] = []
  for (let ms = Date.parse(from); ms <= Date.parse(to); ms += everyMinutes * 60_000) {
    const due = lastDueOn(schedule, new Date(ms))
    if (due !== null && due > last) found.push((last = due))
  }
  return found
}

describe('scheduled scans keep the customer’s clock (R46)', () => {
  it('is due from its minute on, not before', () => {
    expect(lastDueOn(daily('12:30'), at('2026-11-21T11:29:00Z'))).toBe('2026-11-20')
    expect(lastDueOn(daily('12:30'), at('2026-11-21T11:30:00Z'))).toBe('2026-11-21')
  })
  it('weekly: the last such day, by the day there', () => {
    const weekly: Schedule = { frequency: 'weekly', day: 'monday', time: '01:00', timeZone: 'Asia/Tokyo' }
    expect(lastDueOn(weekly, at('2026-11-22T15:59:00Z'))).toBe('2026-11-16')
    expect(lastDueOn(weekly, at('2026-11-22T16:00:00Z'))).toBe('2026-11-23')
  })
  it.each([
    'Europe/Paris',
    'America/New_York',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'Asia/Tokyo',
    'Pacific/Apia',
    'America/Santiago',
    'Asia/Kathmandu',
  ])('%s: once each local day over a whole year of clock changes, at an hour that is skipped or comes twice', (zone) => {
    for (const time of ['00:15', '02:30']) {
      const found = runs(daily(time, zone), '2026-01-05T12:00:00Z', '2026-12-28T12:00:00Z', 31)
      expect(new Set(found).size).toBe(found.length)
      expect(found.length).toBeGreaterThanOrEqual(356)
      expect(found.length).toBeLessThanOrEqual(358)
    }
  })
  it('a machine that slept for days runs once when it wakes', () => {
    const last = lastDueOn(daily('03:00'), at('2026-11-17T12:00:00Z'))!
    const awake = lastDueOn(daily('03:00'), at('2026-11-21T08:00:00Z'))!
    expect([last, awake]).toEqual(['2026-11-17', '2026-11-21'])
  })
})
