import { setupI18n } from '@lingui/core'
import type { Locale } from '@vigie/domain/kernel'
import { createContext, useContext, useMemo, type ReactNode } from 'react'
import type { Catalogue } from '../text/load.ts'

export type Values = Record<string, string | number>

/**
 * What a screen wants said: a key of the catalogue; a key with values; or words that are data already (a customer's name), which nobody
 * translates.
 */
export type Label = string | { key: string; values?: Values } | { text: string }
/** Tells labels apart, for React: before their words have come all say the same, nothing. */
export const labelKey = (label: Label): string => (typeof label === 'string' ? label : JSON.stringify(label))

export interface Speaker {
  (label: Label, values?: Values): string
  has(key: string): boolean
  locale: Locale
  /** Of the person, IANA; before sign-in the browser's. */
  timeZone: string
}

/**
 * As `translator()` of the domain, from messages that were compiled when the console was built (vite.config.ts): a first load carries one language, no compiler.
 * @param askRest called for a word that is not here: true while the rest is still to come, which will draw everything anew. Until then nothing is said in its place.
 */
export function speaker(locale: Locale, timeZone: string, catalogue: Catalogue, askRest: () => boolean = () => false): Speaker {
  const i18n = setupI18n({ locale, messages: { [locale]: catalogue } })
  const say = (label: Label, values?: Values): string => {
    if (typeof label === 'object') return 'text' in label ? label.text : say(label.key, label.values)
    const message = catalogue[label]
    if (typeof message === 'string') return message // plain words; the library warns of each that it was not compiled
    if (message !== undefined) return i18n._(label, values)
    if (askRest()) return ''
    if (import.meta.env.DEV) console.warn(`no text for ${label} in ${locale}`)
    return label
  }
  return Object.assign(say, { has: (key: string) => catalogue[key] !== undefined || (askRest(), false), locale, timeZone })
}

/** The three languages by their own names. */
export const languageNames: Record<Locale, string> = { en: 'English', fr: 'Français', ja: '日本語' }

interface Language {
  say: Speaker
  /** Loads the other language's texts, then draws everything in it. Whoever is signed in also stores it in the account. */
  change(locale: Locale, timeZone?: string): Promise<void>
}
const LanguageContext = createContext<Language | null>(null)
export const LanguageProvider = ({ value, children }: { value: Language; children: ReactNode }) => (
  <LanguageContext.Provider value={value}>{children}</LanguageContext.Provider>
)

function useLanguage(): Language {
  const language = useContext(LanguageContext)
  if (!language) throw new Error('LanguageProvider is missing')
  return language
}
/** `const say = useText()`, then `say('customers.title')` or `say('kit.table.selected', { count })`. */
export const useText = (): Speaker => useLanguage().say
export const useChangeLanguage = () => useLanguage().change

/** A label in place, where no hook fits. */
export function Say({ children, values }: { children: Label; values?: Values }) {
  return <>{useText()(children, values)}</>
}

export { nameOf } from '@vigie/domain/kernel'

/** Numbers, dates and lists in the person's language and time zone (OPS-4). */
export function useFormat() {
  const { locale, timeZone } = useText()
  return useMemo(() => formats(locale, timeZone), [locale, timeZone])
}

export function formats(locale: Locale, timeZone: string) {
  const number = new Intl.NumberFormat(locale)
  const ratio = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 })
  const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short', timeZone })
  const exact = new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'long', timeZone })
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone })
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'short', timeZone })
  const list = new Intl.ListFormat(locale, { type: 'conjunction' })
  const collator = new Intl.Collator(locale, { numeric: true, sensitivity: 'base' })
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' })
  return {
    number: (value: number) => number.format(value),
    /** @param value 0 to 1 */
    percent: (value: number) => ratio.format(value),
    moment: (at: string | Date) => moment.format(new Date(at)),
    /** With seconds, weekday and zone: what stands on hover. */
    exact: (at: string | Date) => exact.format(new Date(at)),
    day: (at: string | Date) => day.format(new Date(at)),
    /** Of today. @param at ms since 1970 */
    clock: (at: number) => clock.format(at),
    list: (parts: string[]) => list.format(parts),
    compare: (a: string, b: string) => collator.compare(a, b),
    /** Coarse on purpose: one unit, never "1 hour 3 minutes". Works for the past and the future. */
    ago: (at: string | Date, now: number) => {
      const seconds = Math.round((new Date(at).getTime() - now) / 1000)
      const size = Math.abs(seconds)
      if (size < 45) return relative.format(0, 'second')
      if (size < 45 * 60) return relative.format(Math.round(seconds / 60), 'minute')
      if (size < 22 * 3600) return relative.format(Math.round(seconds / 3600), 'hour')
      if (size < 26 * 86_400) return relative.format(Math.round(seconds / 86_400), 'day')
      if (size < 320 * 86_400) return relative.format(Math.round(seconds / 2_629_800), 'month')
      return relative.format(Math.round(seconds / 31_557_600), 'year')
    },
  }
}
export type Formats = ReturnType<typeof formats>
