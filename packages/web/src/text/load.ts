import type { Messages } from '@lingui/core'
import { locales, type Locale } from '@vigie/domain/kernel'

/** Compiled messages by key. */
export type Catalogue = Messages

type Sheet = () => Promise<{ catalogue: Catalogue }>
/**
 * Two chunks a language: what the first screens say (sign-in, home, events), and all the rest, which comes once the first is drawn and which every other screen waits for. Mails'
 * bodies and the agent's own words are in neither (vite.config.ts). The dashboard brings its own words with it: `home`.
 */
const sheets: Record<Locale, { first: Sheet; more: Sheet; home: Sheet }> = {
  en: { first: () => import('./en.ts'), more: () => import('./en-more.ts'), home: () => import('./en-home.ts') },
  fr: { first: () => import('./fr.ts'), more: () => import('./fr-more.ts'), home: () => import('./fr-home.ts') },
  ja: { first: () => import('./ja.ts'), more: () => import('./ja-more.ts'), home: () => import('./ja-home.ts') },
}
/** One object a language, which grows: whoever speaks from it speaks what came later too. */
const held: Partial<Record<Locale, Catalogue>> = {}
const brought = new Set<string>()
const whole: Partial<Record<`${Locale} ${'more' | 'home'}`, Promise<void>>> = {}
let hasHome = false

/** The language of what is on the screen: `first-paint.js` and `Language` write it there. */
export function localeNow(): Locale {
  const { lang } = document.documentElement
  return isLocale(lang) ? lang : 'en'
}
const isLocale = (text: string): text is Locale => (locales as readonly string[]).includes(text)

export async function loadCatalogue(locale: Locale): Promise<Catalogue> {
  const { catalogue } = await sheets[locale].first()
  return (held[locale] ??= { ...catalogue })
}

/** Nothing of this language is still to come: what is not in it was never written. */
export const isWhole = (locale: Locale): boolean => brought.has(`${locale} more`) && (!hasHome || brought.has(`${locale} home`))
/** Brings the rest, with the dashboard's words once it has been there; again after it failed. */
export async function loadRest(locale: Locale = localeNow()): Promise<void> {
  await Promise.all([bring(locale, 'more'), hasHome && bring(locale, 'home')])
}
/** Brings all that the dashboard says. */
export async function loadHome(locale: Locale = localeNow()): Promise<void> {
  hasHome = true
  await loadRest(locale)
}
function bring(locale: Locale, part: 'more' | 'home'): Promise<void> {
  return (whole[`${locale} ${part}`] ??= Promise.all([loadCatalogue(locale), sheets[locale][part]()]).then(
    ([own, { catalogue }]) => {
      Object.assign(own, catalogue)
      brought.add(`${locale} ${part}`)
    },
    (error: unknown) => {
      delete whole[`${locale} ${part}`]
      throw error
    },
  ))
}

/** Later sheets win; keys are unique anyway (`text.test.ts`). */
export const merge = (...groups: Record<string, Catalogue>[]): Catalogue => Object.assign({}, ...groups.flatMap((group) => Object.values(group)))
