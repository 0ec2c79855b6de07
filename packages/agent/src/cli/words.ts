import { Locale } from '@vigie/domain/kernel'
import type { Translator } from '@vigie/domain/text'

/** The signs of the console (design.md), never alone: the word stands beside them. */
export const signs = { action: '⬢', warning: '▲', fine: ' ', unknown: '◌', pending: '◷' } as const
export type Sign = keyof typeof signs

/** What people asked for, else what the settings say, else the caller's LANG, else English. */
export function languageOf(asked: string | undefined, fromSettings: Locale | null, env: NodeJS.ProcessEnv): Locale {
  const fromEnv = (env.LC_ALL || env.LC_MESSAGES || env.LANG || '').slice(0, 2)
  return [asked, fromSettings, fromEnv].map((name) => Locale.safeParse(name)).find((found) => found.success)?.data ?? 'en'
}

/** Loaded when somebody speaks: the agent itself, which runs for months, holds no catalogue in memory. */
export const words = async (locale: Locale): Promise<Translator> => (await import('@vigie/domain/text')).translator(locale)

/** Colour only for a terminal; what it says is in the text too. */
export function painted(sign: Sign, text: string, isTerminal: boolean): string {
  const colour = { action: 31, warning: 33, fine: 0, unknown: 90, pending: 34 }[sign]
  const line = `${signs[sign]} ${text}`
  return isTerminal && colour > 0 ? `\u001b[${colour}m${line}\u001b[0m` : line
}

/** From outside, onto a terminal: nothing that could drive it. */
export const plain = (text: string): string => text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, '\uFFFD')

/** `Label: value`, as each language writes it. */
export const labelled = (locale: Locale, label: string, value: string): string =>
  `${label}${{ en: ': ', fr: '\u00a0: ', ja: '：' }[locale]}${value}`
