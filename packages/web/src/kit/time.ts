/** Days in a person's time zone, without a clock: all pure. A day is `YYYY-MM-DD`. */

function partsIn(at: Date, timeZone: string): Record<string, number> {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(at)
  return Object.fromEntries(parts.map((part) => [part.type, Number(part.value)]))
}

export function dayOf(instant: string, timeZone: string): string {
  const { year, month, day } = partsIn(new Date(instant), timeZone)
  return `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`
}

/** The last second of a day there, as an instant; right on days of 23 and 25 hours too. */
export function endOfDay(day: string, timeZone: string): string {
  const wanted = Date.parse(`${day}T23:59:59Z`)
  let guess = wanted
  // The offset at the guess may differ from the one at the answer (a clock change that night): two steps settle it.
  for (let step = 0; step < 3; step++) {
    const {
      year,
      month,
      day: d,
      hour,
      minute,
      second,
    } = partsIn(new Date(guess), timeZone) as Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', number>
    guess += wanted - Date.UTC(year, month - 1, d, hour, minute, second)
  }
  return new Date(guess).toISOString()
}
