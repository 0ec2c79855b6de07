import { setupI18n, type I18n } from '@lingui/core'
import { compileMessage } from '@lingui/message-utils/compileMessage'
import type { Locale } from '../kernel/index.ts'
import en from './en.json' with { type: 'json' }
import fr from './fr.json' with { type: 'json' }
import ja from './ja.json' with { type: 'json' }

/**
 * Texts that more than one part speaks: problems, remedies, categories, conditions, commands, agent states, mails, the agent's own output. Flat keys, ICU
 * messages. The console's screens have theirs in `web/src/text/`. `text.test.ts`: same keys and placeholders in all three, none left in English.
 */
export const sharedTexts: Readonly<Record<Locale, Readonly<Record<string, string>>>> = { en, fr, ja }

export type Values = Record<string, string | number | Date>
export interface Translator {
  (key: string, values?: Values): string
  locale: Locale
  has(key: string): boolean
}

/** @param texts the catalogue to speak from. An unknown key is given back as it is, so that a newer agent's word still shows. */
export function translator(locale: Locale, texts: Readonly<Record<string, string>> = sharedTexts[locale]): Translator {
  const i18n: I18n = setupI18n({ locale, messages: { [locale]: texts as Record<string, string> } })
  i18n.setMessagesCompiler(compileMessage)
  const translate = (key: string, values?: Values) => (texts[key] === undefined ? key : i18n._(key, values))
  return Object.assign(translate, { locale, has: (key: string) => texts[key] !== undefined })
}
