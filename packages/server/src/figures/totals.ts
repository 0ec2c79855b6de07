/** What running totals of days are made of (decision 26): 25 numbers a row, what was counted of it since its first day when the day began and after each of its hours. */
export const hourMs = 3_600_000
export const dayMs = 24 * hourMs
/** Days kept: the longest range (30 days of any time zone) and one before, from which it is the difference. */
export const keptDays = 34

export const dayOf = (at: Date) => at.toISOString().slice(0, 10)
export const startOfDay = (at: Date) => new Date(Math.floor(at.getTime() / dayMs) * dayMs)

/** The totals of a day that changes `x` come to: 25 sums in one pass. `before`: what makes a change count from the day's beginning on. */
export const sums = (before: string) =>
  `array[${Array.from({ length: 25 }, (_, i) => `coalesce(sum(x.change) filter (where ${before} or x.n < ${i}), 0)::bigint`).join(', ')}]`
/** Spelled out: a function of arrays costs ten times as much, for each of a day's rows. */
export const added = `array[${Array.from({ length: 25 }, (_, i) => `t.totals[${i + 1}] + excluded.totals[${i + 1}]`).join(', ')}]`

/** How far counting has come, and where in which day's totals the instants `$1` and `$2` (whole hours) are found: `edge` 1 and 2. */
export const edges = `
  state as materialized (select coalesce((select closed_until from count_state), '-infinity'::timestamptz) as closed),
  edge as materialized (
    select n, last::date as day, extract(hour from last)::integer + 2 as place
    from (select b.n, (least(b.at, s.closed) - interval '1 hour') at time zone 'UTC' as last from (values (1, $1::timestamptz), (2, $2::timestamptz)) b (n, at), state s where s.closed > '-infinity') b)`
