import * as z from 'zod'

/** OPS-4: the three languages everything is complete in. */
export const locales = ['en', 'fr', 'ja'] as const
export const Locale = z.enum(locales)
export type Locale = z.infer<typeof Locale>

/** An IANA time-zone name this runtime knows, such as `Europe/Paris`. */
export const TimeZone = z.string().max(64).refine(isTimeZone, { error: 'time-zone.unknown' })
export type TimeZone = z.infer<typeof TimeZone>

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return name !== ''
  } catch {
    return false
  }
}

/** An instant as it travels in JSON: ISO 8601 in UTC. */
export const Instant = z.iso.datetime()
export type Instant = z.infer<typeof Instant>
