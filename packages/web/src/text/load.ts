import type { Messages } from '@lingui/core'
import type { Locale } from '@vigie/domain/kernel'

/** Compiled messages by key. */
export type Catalogue = Messages

type Sheet = () => Promise<{ catalogue: Catalogue }>
/**
 * Two chunks a language: what the first screens say (sign-in, home, events), and all the rest, which comes right after and which every other screen waits for. Mails'
 * bodies and the agent's own words are in neither (vite.config.ts).
 */
const sheets: Record<Locale, { first: Sheet; more: Sheet }> = {
  en: { first: () => import('./en.ts'), more: () => import('./en-more.ts') },
  fr: { first: () => import('./fr.ts'), more: () => import('./fr-more.ts') },
  ja: { first: () => import('./ja.ts'), more: () => import('./ja-more.ts') },
}
/** One object a language, which grows: whoever speaks from it speaks what came later too. */
const held: Partial<Record<Locale, Catalogue>> = {}
const whole: Partial<Record<Locale, Promise<void>>> = {}

export async function loadCatalogue(locale: Locale): Promise<Catalogue> {
  const { catalogue } = await sheets[locale].first()
  return (held[locale] ??= { ...catalogue })
}

/** Brings the rest; again after it failed. */
export function loadRest(locale: Locale): Promise<void> {
  return (whole[locale] ??= Promise.all([loadCatalogue(locale), sheets[locale].more()]).then(
    ([own, { catalogue }]) => void Object.assign(own, catalogue),
    (error: unknown) => {
      delete whole[locale]
      throw error
    },
  ))
}

/** Later sheets win; keys are unique anyway (`text.test.ts`). */
export const merge = (...groups: Record<string, Catalogue>[]): Catalogue => Object.assign({}, ...groups.flatMap((group) => Object.values(group)))
