import { useMemo } from 'react'
import { useAddress, useFormat, type Filter } from '../kit/index.ts'

/** Midnight so many days ago in the person's time zone is close enough to "the last days": whole hours of UTC, so that the address stays readable. */
export function daysBack(days: number, now: Date): string {
  const hour = new Date(Math.floor(now.getTime() / 3_600_000) * 3_600_000)
  return new Date(hour.getTime() - days * 86_400_000).toISOString().replace('.000', '')
}

/** From when on: as an instant in the address, so that a shared link shows the same rows tomorrow. */
export function usePeriodFilter(): Filter {
  const { from } = useAddress().search
  const { moment } = useFormat()
  return useMemo(() => {
    const now = new Date()
    const options: Filter['options'] = [1, 7, 30].map((days) => ({
      value: daysBack(days, now),
      label: { key: 'audit.period', values: { days } },
    }))
    if (from && !options.some((option) => option.value === from)) options.unshift({ value: from, label: { text: moment(from) } })
    return { key: 'from', label: 'audit.column.at', isSingle: true, options }
  }, [from, moment])
}
