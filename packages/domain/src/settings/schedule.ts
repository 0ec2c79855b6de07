import { weekdays, type Weekday } from './scheduled-scan.ts'

export interface Schedule {
  frequency: 'daily' | 'weekly'
  day: Weekday
  /** `HH:MM` on that day's clock. */
  time: string
  timeZone: string
}

/**
 * The local day (`2026-11-21`) of the newest time at or before `now` at which the schedule was due (R46). One that runs when this changes runs once each local day it should, whatever the
 * clocks do: an hour that is skipped is due as soon as it is past, an hour that comes twice is one, and days slept through are one. Null: it was never due in the last 8 days (cannot be).
 */
export function lastDueOn({ frequency, day, time, timeZone }: Schedule, now: Date): string | null {
  const local = localParts(now, timeZone)
  for (let back = 0; back <= 8; back++) {
    const date = new Date(Date.UTC(local.year, local.month - 1, local.day - back))
    if (frequency === 'weekly' && weekdays[(date.getUTCDay() + 6) % 7] !== day) continue
    if (back === 0 && local.time < time) continue
    return date.toISOString().slice(0, 10)
  }
  return null
}

/** `now` on the wall there. @throws RangeError for a zone that this machine does not know */
function localParts(now: Date, timeZone: string): { year: number; month: number; day: number; time: string } {
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(now)
      .map(({ type, value }) => [type, value]),
  )
  return {
    year: Number(parts['year']),
    month: Number(parts['month']),
    day: Number(parts['day']),
    time: `${parts['hour']}:${parts['minute']}`,
  }
}

/** Making one takes longer than using it a hundred times; an agent asks every half minute. Names of zones come from our own server: few. */
const formats = new Map<string, Intl.DateTimeFormat>()
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known) return known
  const made = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  formats.set(timeZone, made)
  return made
}

export function isTimeZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return true
  } catch {
    return false
  }
}
