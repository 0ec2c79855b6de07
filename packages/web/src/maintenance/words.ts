import { maintenanceDays, type MaintenanceWindow, type Schedule } from '@vigie/domain/maintenance'
import type { Locale } from '@vigie/domain/kernel'
import type { Speaker } from '../kit/text.tsx'

type Day = (typeof maintenanceDays)[number]

/** "Monday", in the reader's language. 1 January 2024 was one. */
export function dayName(locale: Locale, day: Day, width: 'long' | 'short' = 'long'): string {
  return new Intl.DateTimeFormat(locale, { weekday: width, timeZone: 'UTC' }).format(
    new Date(Date.UTC(2024, 0, 1 + maintenanceDays.indexOf(day))),
  )
}

/** "2 h 30 min". */
export function durationWords(locale: Locale, minutes: number): string {
  const part = (unit: 'day' | 'hour' | 'minute', value: number) =>
    value === 0 ? [] : [new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' }).format(value)]
  const days = minutes >= 2_880 ? Math.floor(minutes / 1_440) : 0
  const rest = minutes - days * 1_440
  return [...part('day', days), ...part('hour', Math.floor(rest / 60)), ...part('minute', rest % 60)].join(' ')
}

/** A calendar day as it stands, in no zone. */
export const dateWords = (locale: Locale, day: string): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' }).format(new Date(`${day}T00:00:00Z`))

/** An hour as it stands on the clock, in no zone. */
const clockWords = (locale: Locale, time: string): string =>
  new Intl.DateTimeFormat(locale, { timeStyle: 'short', timeZone: 'UTC' }).format(new Date(`2024-01-01T${time}:00Z`))

/** "Every 2 weeks on Monday and Friday at 22:00"; where the clock is not the reader's own, it says whose. */
export function scheduleWords(say: Speaker, schedule: Schedule, timeZone: string): string {
  const words = hourWords(say, schedule)
  return timeZone === say.timeZone ? words : say('maintenance.words.elsewhere', { words, zone: timeZone.replaceAll('_', ' ') })
}

function hourWords(say: Speaker, schedule: Schedule): string {
  const { locale } = say
  const time = clockWords(locale, schedule.time)
  const list = new Intl.ListFormat(locale, { type: 'conjunction' })
  switch (schedule.kind) {
    case 'once':
      return say('maintenance.words.once', { date: dateWords(locale, schedule.from), time })
    case 'daily':
      return say('maintenance.words.daily', { every: schedule.every, time })
    case 'weekly': {
      const days = maintenanceDays.filter((day) => schedule.days.includes(day)).map((day) => dayName(locale, day))
      return say('maintenance.words.weekly', { every: schedule.every, days: list.format(days), time })
    }
    case 'monthly-day':
      return say('maintenance.words.monthly-day', { every: schedule.every, day: schedule.day, time })
    case 'monthly-weekday':
      return say('maintenance.words.monthly-weekday', {
        every: schedule.every,
        week: say(`maintenance.week.${schedule.week}`),
        day: dayName(locale, schedule.day),
        time,
      })
  }
}

/** Whom it is for, in a few words. */
export function targetWords(
  say: Speaker,
  window: Pick<MaintenanceWindow, 'target' | 'customer' | 'product' | 'groupLabel' | 'endpoints'>,
): string {
  const { target, customer, product } = window
  switch (target.kind) {
    case 'all':
      return say('maintenance-target.all')
    case 'tag':
      return say('maintenance.of.tag', { tag: target.tag })
    case 'customer':
      return customer?.name ?? ''
    case 'product':
      return say('maintenance.of.product', { customer: customer?.name ?? '', product: product?.name ?? '' })
    case 'group':
      return say('maintenance.of.product', {
        customer: customer?.name ?? '',
        product: `${product?.name ?? ''} › ${groupWords(say, { name: target.group, label: window.groupLabel })}`,
      })
    case 'endpoints':
      return say('maintenance.of.endpoints', {
        customer: customer?.name ?? '',
        first: window.endpoints[0]?.name ?? '–',
        count: target.endpointIds.length,
        more: target.endpointIds.length - 1,
      })
  }
}

export const groupWords = (say: Speaker, group: { name: string; label: string | null }): string =>
  group.label ?? (say.has(`group.${group.name}`) ? say(`group.${group.name}`) : group.name)
