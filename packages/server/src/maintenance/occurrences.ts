import { maintenanceDays, type monthWeeks, type Schedule } from '@vigie/domain/maintenance'
import { Temporal } from 'temporal-polyfill'

export interface Planned {
  startsAt: Date
  endsAt: Date
  /** What a change of the clocks does to its hours; null: nothing. */
  clocks: 'begins-later' | 'ends-later' | 'ends-earlier' | null
}
type MonthWeek = (typeof monthWeeks)[number]

const mostYears = 6
const dayMs = 86_400_000

/**
 * Occurrences that are not over at `from`, soonest first, at most `count`: pure. Looks six years ahead, so that the 31st of every 24th month is found and a rule that never comes again ends.
 * Days are counted on the calendar of the zone; only then each is put on the clock (EVT-9; Temporal, `disambiguation: compatible`, as RFC 5545).
 */
export function occurrences(schedule: Schedule, durationMinutes: number, timeZone: string, from: Date, count: number): Planned[] {
  const found: Planned[] = []
  const last = schedule.kind === 'once' || schedule.until === null ? null : Temporal.PlainDate.from(schedule.until)
  const horizon = Temporal.PlainDate.from(from.toISOString().slice(0, 10)).add({ years: mostYears })
  // one may have begun as long ago as it lasts, and stand on the day before or after in its zone
  const since = Temporal.PlainDate.from(new Date(from.getTime() - durationMinutes * 60_000 - 2 * dayMs).toISOString().slice(0, 10))
  for (const date of dates(schedule, since)) {
    if (found.length >= count || (last !== null && Temporal.PlainDate.compare(date, last) > 0)) break
    if (schedule.kind !== 'once' && Temporal.PlainDate.compare(date, horizon) > 0) break
    const one = onClock(date, schedule.time, durationMinutes, timeZone)
    if (one.endsAt > from) found.push(one)
  }
  return found
}

/** Whether one would begin before the one before it is over, so that it never ended. */
export function overlap(schedule: Schedule, durationMinutes: number, timeZone: string): boolean {
  if (schedule.kind === 'once') return false
  const some = occurrences(schedule, durationMinutes, timeZone, new Date(Date.parse(schedule.from) - dayMs), 40)
  return some.some((one, n) => n > 0 && one.startsAt < some[n - 1]!.endsAt)
}

/** Days on which one begins, in order; those long before `since` are left out. */
function* dates(schedule: Schedule, since: Temporal.PlainDate): Generator<Temporal.PlainDate> {
  const first = Temporal.PlainDate.from(schedule.from)
  const behind = Temporal.PlainDate.compare(since, first) > 0
  switch (schedule.kind) {
    case 'once':
      yield first
      return
    case 'daily': {
      const skipped = behind ? Math.floor(first.until(since, { largestUnit: 'days' }).days / schedule.every) : 0
      for (let n = skipped; ; n++) yield first.add({ days: n * schedule.every })
    }
    case 'weekly': {
      const days = schedule.days.map((day) => maintenanceDays.indexOf(day)).sort((a, b) => a - b)
      // weeks begin on Monday, as ISO 8601 has them
      const monday = first.subtract({ days: first.dayOfWeek - 1 })
      const skipped = behind ? Math.floor(monday.until(since, { largestUnit: 'days' }).days / (7 * schedule.every)) : 0
      for (let n = skipped; ; n++) {
        const week = monday.add({ weeks: n * schedule.every })
        for (const day of days) {
          const date = week.add({ days: day })
          if (Temporal.PlainDate.compare(date, first) >= 0) yield date
        }
      }
    }
    case 'monthly-day':
    case 'monthly-weekday': {
      const month = first.with({ day: 1 })
      const skipped = behind ? Math.floor(month.until(since, { largestUnit: 'months' }).months / schedule.every) : 0
      for (let n = skipped; ; n++) {
        const of = month.add({ months: n * schedule.every })
        // `constrain`, Temporal's own way, puts the 31st on the last day there is
        const date =
          schedule.kind === 'monthly-day'
            ? of.with({ day: schedule.day })
            : weekdayOf(of, schedule.week, maintenanceDays.indexOf(schedule.day) + 1)
        if (Temporal.PlainDate.compare(date, first) >= 0) yield date
      }
    }
  }
}

function weekdayOf(month: Temporal.PlainDate, week: MonthWeek, dayOfWeek: number): Temporal.PlainDate {
  if (week === 'last') {
    const end = month.with({ day: month.daysInMonth })
    return end.subtract({ days: (end.dayOfWeek - dayOfWeek + 7) % 7 })
  }
  const first = month.add({ days: (dayOfWeek - month.dayOfWeek + 7) % 7 })
  return first.add({ weeks: { first: 0, second: 1, third: 2, fourth: 3 }[week] })
}

function onClock(date: Temporal.PlainDate, time: string, durationMinutes: number, timeZone: string): Planned {
  const wall = date.toPlainDateTime(Temporal.PlainTime.from(time))
  const start = wall.toZonedDateTime(timeZone, { disambiguation: 'compatible' })
  const end = start.add({ minutes: durationMinutes })
  const expected = wall.add({ minutes: durationMinutes })
  const difference = Temporal.PlainDateTime.compare(end.toPlainDateTime(), expected)
  const isSkipped = !start.toPlainDateTime().equals(wall)
  return {
    startsAt: new Date(start.epochMilliseconds),
    endsAt: new Date(end.epochMilliseconds),
    clocks: isSkipped ? 'begins-later' : difference > 0 ? 'ends-later' : difference < 0 ? 'ends-earlier' : null,
  }
}
