const dayMs = 86_400_000
/** A day of the calendar, `2026-11-22`. */
type Day = string

const at = (day: Day): Date => new Date(`${day}T00:00:00Z`)
const next = (day: Day): Day => new Date(at(day).getTime() + dayMs).toISOString().slice(0, 10)
/** Weeks are drawn of the last three months (14 bars), months of the last year and the one before. */
const weeksKeptDays = 105

/** May a bar end with this day: a Sunday, or the last of a month? */
const endsBar = (day: Day, today: Day): boolean =>
  next(day).endsWith('-01') || (at(day).getUTCDay() === 0 && at(today).getTime() - at(day).getTime() < weeksKeptDays * dayMs)

/** Of the days that were counted those that no bar needs: each bar shows the last day that was counted by its end. The newest stays, and so does what stands in for an end at which nothing was counted. */
export function superfluousDays(counted: readonly Day[], today: Day): Day[] {
  const days = counted.toSorted()
  return days.slice(0, -1).filter((day, n) => {
    for (let one = day; one < days[n + 1]!; one = next(one)) if (endsBar(one, today)) return false
    return true
  })
}

/** The last day counted by the end of each of these; null: nothing was counted by then. */
export const standsFor = (counted: readonly Day[], ends: readonly Day[]): (Day | null)[] =>
  ends.map(
    (end) =>
      counted
        .filter((day) => day <= end)
        .toSorted()
        .at(-1) ?? null,
  )
