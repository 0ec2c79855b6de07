import { endOfDay } from '../kit/time.ts'

/** How long an event is kept silent, as one chooses it: hours from now, the end of a day that is picked, or as long as it lasts. */
export const spans = { snoozed: ['4', '24', '72', '168', '720', 'day', 'never'], accepted: ['720', '2160', '4320', '8760', 'day'] } as const
export type Span = (typeof spans)['snoozed' | 'accepted'][number]

/** Null: no end of its own. @param day `YYYY-MM-DD`, for `day` */
export function untilOf(span: string, day: string, timeZone: string, nowMs: number): string | null {
  if (span === 'never') return null
  return span === 'day' ? endOfDay(day, timeZone) : new Date(nowMs + Number(span) * 3_600_000).toISOString()
}
