import type { Messages } from '@lingui/core'
import type { Locale } from '@vigie/domain/kernel'

/** Compiled messages by key. */
export type Catalogue = Messages

/** One chunk a language: the console's own texts and the shared ones it can show (mails' bodies are the server's). */
const catalogues: Record<Locale, () => Promise<{ catalogue: Catalogue }>> = {
  en: () => import('./en.ts'),
  fr: () => import('./fr.ts'),
  ja: () => import('./ja.ts'),
}

export async function loadCatalogue(locale: Locale): Promise<Catalogue> {
  return (await catalogues[locale]()).catalogue
}

/** Later sheets win; keys are unique anyway (`text.test.ts`). */
export const merge = (...groups: Record<string, Catalogue>[]): Catalogue => Object.assign({}, ...groups.flatMap((group) => Object.values(group)))
