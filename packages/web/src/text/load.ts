import type { Messages } from '@lingui/core'
import { locales, type Locale } from '@vigie/domain/kernel'

/** Compiled messages by key. */
export type Catalogue = Messages

type Sheet = () => Promise<{ catalogue: Catalogue }>
type Part = 'more' | 'last' | 'home'
/**
 * Three chunks a language: what the first screens say (sign-in, home, events); what every other screen waits for (`more`); and what none says as it opens (`last`), which comes with
 * `more` once the first screen is drawn. Mails' bodies and the agent's own words are in none (vite.config.ts). The dashboard brings its own words with it: `home`.
 */
const sheets: Record<Locale, Record<'first' | Part, Sheet>> = {
  en: {
    first: () => import('./en.ts'),
    more: () => import('./en-more.ts'),
    last: () => import('./en-last.ts'),
    home: () => import('./en-home.ts'),
  },
  fr: {
    first: () => import('./fr.ts'),
    more: () => import('./fr-more.ts'),
    last: () => import('./fr-last.ts'),
    home: () => import('./fr-home.ts'),
  },
  ja: {
    first: () => import('./ja.ts'),
    more: () => import('./ja-more.ts'),
    last: () => import('./ja-last.ts'),
    home: () => import('./ja-home.ts'),
  },
}
/** One object a language, which grows: whoever speaks from it speaks what came later too. */
const held: Partial<Record<Locale, Catalogue>> = {}
const brought = new Set<string>()
const whole: Partial<Record<`${Locale} ${Part}`, Promise<void>>> = {}
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
export const isWhole = (locale: Locale): boolean =>
  brought.has(`${locale} more`) && brought.has(`${locale} last`) && (!hasHome || brought.has(`${locale} home`))
/** Brings the rest, with the dashboard's words once it has been there; again after it failed. */
export async function loadRest(locale: Locale = localeNow()): Promise<void> {
  await Promise.all([bring(locale, 'more'), bring(locale, 'last'), hasHome && bring(locale, 'home')])
}
/** Brings what a screen says as it opens. */
export const loadMore = (locale: Locale = localeNow()): Promise<void> => bring(locale, 'more')
/** Brings what the dashboard says as it opens. */
export async function loadHome(locale: Locale = localeNow()): Promise<void> {
  hasHome = true
  await bring(locale, 'home')
}
function bring(locale: Locale, part: Part): Promise<void> {
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
export const merge = (...groups: Record<string, Tree>[]): Catalogue =>
  Object.assign({}, ...groups.flatMap((group) => Object.values(group).map((tree) => unfolded(tree))))

/** Messages by the words of their keys (vite.config.ts). */
export interface Tree {
  [word: string]: Messages[string] | Tree
}
export function unfolded(tree: Tree, way = '', out: Catalogue = {}): Catalogue {
  for (const [word, below] of Object.entries(tree)) {
    const key = word === '' ? way : way === '' ? word : `${way}.${word}`
    if (typeof below === 'string' || Array.isArray(below)) out[key] = below as Messages[string]
    else unfolded(below as Tree, key, out)
  }
  return out
}
