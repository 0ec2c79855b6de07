import type { Schedule } from '@vigie/domain/maintenance'
import { describe, expect, it } from 'vitest'
import { occurrences, overlap } from './occurrences.ts'

const next = (schedule: Schedule, zone: string, from: string, count = 3, minutes = 120) =>
  occurrences(schedule, minutes, zone, new Date(from), count)
const starts = (...of: Parameters<typeof next>) => next(...of).map(({ startsAt }) => startsAt.toISOString().slice(0, 16))
const until = null

describe('when a maintenance window is (EVT-9)', () => {
  it.each<[string, Schedule, string, string, string[]]>([
    ['once', { kind: 'once', from: '2026-11-28', time: '22:00' }, 'Europe/Paris', '2026-11-21T00:00Z', ['2026-11-28T21:00']],
    ['once, and it is over', { kind: 'once', from: '2026-11-20', time: '22:00' }, 'Europe/Paris', '2026-11-21T00:00Z', []],
    [
      'one that runs comes first',
      { kind: 'daily', from: '2026-01-01', time: '22:00', until, every: 1 },
      'UTC',
      '2026-11-21T23:00Z',
      ['2026-11-21T22:00', '2026-11-22T22:00', '2026-11-23T22:00'],
    ],
    [
      'its end is not in it',
      { kind: 'daily', from: '2026-01-01', time: '22:00', until, every: 1 },
      'UTC',
      '2026-11-22T00:00Z',
      ['2026-11-22T22:00', '2026-11-23T22:00', '2026-11-24T22:00'],
    ],
    [
      'every third day counts from the first, over years',
      { kind: 'daily', from: '2024-02-28', time: '01:00', until, every: 3 },
      'UTC',
      '2026-11-21T23:00Z',
      ['2026-11-23T01:00', '2026-11-26T01:00', '2026-11-29T01:00'],
    ],
    [
      'every second week, on two of its days',
      { kind: 'weekly', from: '2026-11-19', time: '03:00', until, every: 2, days: ['saturday', 'tuesday'] },
      'Asia/Tokyo',
      '2026-11-18T00:00Z',
      ['2026-11-20T18:00', '2026-11-30T18:00', '2026-12-04T18:00'],
    ],
    [
      'the last day on which one may begin',
      { kind: 'weekly', from: '2026-11-01', time: '23:30', until: '2026-11-24', every: 1, days: ['tuesday'] },
      'America/New_York',
      '2026-11-21T00:00Z',
      ['2026-11-25T04:30'],
    ],
    [
      'the 31st, where there is one, else the last day',
      { kind: 'monthly-day', from: '2027-01-01', time: '12:00', until, every: 1, day: 31 },
      'UTC',
      '2026-12-01T00:00Z',
      ['2027-01-31T12:00', '2027-02-28T12:00', '2027-03-31T12:00'],
    ],
    [
      'patch Tuesday',
      { kind: 'monthly-weekday', from: '2026-11-01', time: '20:00', until, every: 1, week: 'second', day: 'tuesday' },
      'America/Los_Angeles',
      '2026-11-21T00:00Z',
      ['2026-12-09T04:00', '2027-01-13T04:00', '2027-02-10T04:00'],
    ],
    [
      'the last Friday of every third month',
      { kind: 'monthly-weekday', from: '2026-10-01', time: '20:00', until, every: 3, week: 'last', day: 'friday' },
      'UTC',
      '2026-11-21T00:00Z',
      ['2027-01-29T20:00', '2027-04-30T20:00', '2027-07-30T20:00'],
    ],
  ])('%s', (_, schedule, zone, from, expected) => expect(starts(schedule, zone, from)).toEqual(expected))

  it('keeps its hour on the wall over a change of the clocks', () => {
    const daily: Schedule = { kind: 'daily', from: '2026-01-01', time: '22:00', until, every: 1 }
    expect(starts(daily, 'Europe/Paris', '2026-10-23T12:00Z', 4)).toEqual([
      '2026-10-23T20:00',
      '2026-10-24T20:00',
      '2026-10-25T21:00',
      '2026-10-26T21:00',
    ])
    // Lord Howe moves by half an hour, Tokyo never
    expect(starts(daily, 'Australia/Lord_Howe', '2026-10-03T00:00Z', 2)).toEqual(['2026-10-03T11:30', '2026-10-04T11:00'])
    expect(starts(daily, 'Asia/Tokyo', '2026-10-24T00:00Z', 2)).toEqual(['2026-10-24T13:00', '2026-10-25T13:00'])
  })

  it('an hour that is skipped begins when it is over; of one that comes twice the first counts; it lasts what it lasts', () => {
    const at = (time: string): Schedule => ({ kind: 'daily', from: '2026-01-01', time, until, every: 1 })
    const [spring] = next(at('02:30'), 'Europe/Paris', '2026-03-29T00:00Z', 1)
    expect(spring).toEqual({ startsAt: new Date('2026-03-29T01:30Z'), endsAt: new Date('2026-03-29T03:30Z'), clocks: 'begins-later' })
    const [autumn] = next(at('02:30'), 'Europe/Paris', '2026-10-24T22:00Z', 1)
    expect(autumn).toEqual({ startsAt: new Date('2026-10-25T00:30Z'), endsAt: new Date('2026-10-25T02:30Z'), clocks: 'ends-earlier' })
    expect(next(at('23:00'), 'Europe/Paris', '2026-03-28T22:00Z', 2, 300).map(({ clocks }) => clocks)).toEqual(['ends-later', null])
  })

  it('every zone: as many windows as days in a year, none twice, each at its hour or later (40 zones)', () => {
    const zones = Intl.supportedValuesOf('timeZone').filter((_, n, all) => n % Math.ceil(all.length / 40) === 0)
    for (const zone of [...zones, 'America/Santiago', 'Africa/Casablanca', 'Europe/Dublin']) {
      const year = occurrences(
        { kind: 'daily', from: '2026-01-01', time: '02:30', until: '2026-12-31', every: 1 },
        60,
        zone,
        new Date('2025-12-30T00:00Z'),
        1_000,
      )
      expect(new Set(year.map(({ startsAt }) => startsAt.getTime())).size, zone).toBe(365)
      const wall = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' })
      for (const { startsAt, clocks } of year)
        if (clocks !== 'begins-later') expect(wall.format(startsAt), `${zone} ${startsAt.toISOString()}`).toBe('02:30')
    }
  })

  it('a rule whose windows run into each other is known: it would be silent for ever', () => {
    const daily: Schedule = { kind: 'daily', from: '2026-01-01', time: '22:00', until, every: 1 }
    expect(overlap(daily, 23 * 60, 'UTC')).toBe(false)
    expect(overlap(daily, 1_441, 'UTC')).toBe(true)
    expect(overlap({ kind: 'once', from: '2026-01-01', time: '22:00' }, 10_080, 'UTC')).toBe(false)
    expect(overlap({ kind: 'weekly', from: '2026-01-01', time: '22:00', until, every: 1, days: ['monday', 'tuesday'] }, 1_500, 'UTC')).toBe(
      true,
    )
  })
})
