import { useMemo } from 'react'
import { useText } from '../../kit/index.ts'

export type Step = 'hour' | 'day' | 'week' | 'month'

/** Words for pieces of time in the person's language and zone; `until` is not part of the piece. */
export function spans(locale: string, timeZone: string) {
  const format = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, { timeZone, ...options })
  const short = {
    hour: format({ hour: 'numeric' }),
    day: format({ day: 'numeric', month: 'short' }),
    week: format({ day: 'numeric', month: 'short' }),
    month: format({ month: 'short', year: '2-digit' }),
  }
  const hour = format({ weekday: 'short', day: 'numeric', month: 'short', hour: 'numeric', minute: '2-digit' })
  const day = format({ weekday: 'long', day: 'numeric', month: 'long' })
  const week = format({ day: 'numeric', month: 'short', year: 'numeric' })
  const month = format({ month: 'long', year: 'numeric' })
  return {
    /** Under a bar. */
    short: (from: string, step: Step) => short[step].format(new Date(from)),
    long: (from: string, until: string, step: Step): string => {
      const [first, last] = [new Date(from), new Date(Date.parse(until) - 1)]
      if (step === 'hour') return hour.formatRange(first, new Date(until))
      if (step === 'week') return week.formatRange(first, last)
      return (step === 'day' ? day : month).format(first)
    },
  }
}
export function useSpans() {
  const { locale, timeZone } = useText()
  return useMemo(() => spans(locale, timeZone), [locale, timeZone])
}
