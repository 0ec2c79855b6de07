import type { DetectionRange, HistoryRange } from '@vigie/domain/figures'
import { Temporal } from 'temporal-polyfill'

const hourMs = 3_600_000

/** Boundaries of buckets, one more than there are: each is the end of the one before. */
export interface Cut<Step extends string = string> {
  step: Step
  bounds: Date[]
}

/** Counts are kept by whole hours of UTC: a midnight between two of them (India, Nepal, Lord Howe) gives way to the next. */
const wholeHour = (at: Date) => new Date(Math.ceil(at.getTime() / hourMs) * hourMs)

const zoned = (now: Date, timeZone: string) => Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timeZone)
/** When a day begins there: not always at 0:00 (DST at midnight), and a day may be missing (Apia 2011). */
const startOf = (day: Temporal.PlainDate, timeZone: string) => new Date(day.toZonedDateTime(timeZone).startOfDay().epochMilliseconds)
/** A day that the zone left out is no bucket, nor is one that lies between two whole hours. */
const withoutEmpty = (bounds: Date[]) => bounds.filter((at, n) => n === 0 || at > bounds[n - 1]!)

/** The asker's days (DSH-2): the last is the hour, or the day, that runs; it ends in the future. */
export function cutDetections(range: DetectionRange, now: Date, timeZone: string): Cut<'hour' | 'day'> {
  if (range === '24h') {
    const end = Math.floor(now.getTime() / hourMs) * hourMs + hourMs
    return { step: 'hour', bounds: Array.from({ length: 25 }, (_, n) => new Date(end - (24 - n) * hourMs)) }
  }
  const days = range === '7d' ? 7 : 30
  const today = zoned(now, timeZone).toPlainDate()
  return {
    step: 'day',
    bounds: withoutEmpty(Array.from({ length: days + 1 }, (_, n) => wholeHour(startOf(today.add({ days: n + 1 - days }), timeZone)))),
  }
}

/** Dates there, on which buckets end: the day before each boundary but the first. */
export const lastDays = (bounds: readonly Date[], timeZone: string): string[] =>
  bounds.slice(1).map((at) => zoned(at, timeZone).toPlainDate().subtract({ days: 1 }).toString())

const slotMs = 5 * 60_000
/** The five minutes that run and the 55 before, of what is counted by five minutes (decision 41). */
export function lastHour(now: Date): Date[] {
  const end = Math.floor(now.getTime() / slotMs) * slotMs + slotMs
  return [new Date(end - hourMs), new Date(end)]
}

const bars = {
  '1m': { step: 'week', count: 5 },
  '3m': { step: 'week', count: 14 },
  '6m': { step: 'month', count: 7 },
  '12m': { step: 'month', count: 13 },
} as const

/** Weeks from Monday, or months, of the asker's time zone; the last runs still. As many as hold the range whole: with the one that runs, one more. */
export function cutHistory(range: HistoryRange, now: Date, timeZone: string): Cut<'week' | 'month'> {
  const { step, count } = bars[range]
  const today = zoned(now, timeZone).toPlainDate()
  const first = step === 'week' ? today.subtract({ days: today.dayOfWeek - 1 }) : today.with({ day: 1 })
  const at = (n: number) => (step === 'week' ? first.add({ weeks: n }) : first.add({ months: n }))
  return { step, bounds: Array.from({ length: count + 1 }, (_, n) => startOf(at(n + 1 - count), timeZone)) }
}
