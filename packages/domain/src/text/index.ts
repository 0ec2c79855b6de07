import { setupI18n, type I18n } from '@lingui/core'
import { compileMessage } from '@lingui/message-utils/compileMessage'
import type { Locale } from '../kernel/index.ts'
import accessEn from './access/en.json' with { type: 'json' }
import accessFr from './access/fr.json' with { type: 'json' }
import accessJa from './access/ja.json' with { type: 'json' }
import agentEn from './agent/en.json' with { type: 'json' }
import agentFr from './agent/fr.json' with { type: 'json' }
import agentJa from './agent/ja.json' with { type: 'json' }
import auditEn from './audit/en.json' with { type: 'json' }
import auditFr from './audit/fr.json' with { type: 'json' }
import auditJa from './audit/ja.json' with { type: 'json' }
import commandsEn from './commands/en.json' with { type: 'json' }
import commandsFr from './commands/fr.json' with { type: 'json' }
import commandsJa from './commands/ja.json' with { type: 'json' }
import commonEn from './common/en.json' with { type: 'json' }
import commonFr from './common/fr.json' with { type: 'json' }
import commonJa from './common/ja.json' with { type: 'json' }
import consentEn from './consent/en.json' with { type: 'json' }
import consentFr from './consent/fr.json' with { type: 'json' }
import consentJa from './consent/ja.json' with { type: 'json' }
import eventsEn from './events/en.json' with { type: 'json' }
import eventsFr from './events/fr.json' with { type: 'json' }
import eventsJa from './events/ja.json' with { type: 'json' }
import figuresEn from './figures/en.json' with { type: 'json' }
import figuresFr from './figures/fr.json' with { type: 'json' }
import figuresJa from './figures/ja.json' with { type: 'json' }
import identityEn from './identity/en.json' with { type: 'json' }
import identityFr from './identity/fr.json' with { type: 'json' }
import identityJa from './identity/ja.json' with { type: 'json' }
import mailEn from './mail/en.json' with { type: 'json' }
import mailFr from './mail/fr.json' with { type: 'json' }
import mailJa from './mail/ja.json' with { type: 'json' }
import maintenanceEn from './maintenance/en.json' with { type: 'json' }
import maintenanceFr from './maintenance/fr.json' with { type: 'json' }
import maintenanceJa from './maintenance/ja.json' with { type: 'json' }
import ordersEn from './orders/en.json' with { type: 'json' }
import ordersFr from './orders/fr.json' with { type: 'json' }
import ordersJa from './orders/ja.json' with { type: 'json' }
import outbreakEn from './outbreak/en.json' with { type: 'json' }
import outbreakFr from './outbreak/fr.json' with { type: 'json' }
import outbreakJa from './outbreak/ja.json' with { type: 'json' }
import problemsEn from './problems/en.json' with { type: 'json' }
import problemsFr from './problems/fr.json' with { type: 'json' }
import problemsJa from './problems/ja.json' with { type: 'json' }
import productsEn from './products/en.json' with { type: 'json' }
import productsFr from './products/fr.json' with { type: 'json' }
import productsJa from './products/ja.json' with { type: 'json' }
import releasesEn from './releases/en.json' with { type: 'json' }
import releasesFr from './releases/fr.json' with { type: 'json' }
import releasesJa from './releases/ja.json' with { type: 'json' }
import settingsEn from './settings/en.json' with { type: 'json' }
import settingsFr from './settings/fr.json' with { type: 'json' }
import settingsJa from './settings/ja.json' with { type: 'json' }

/**
 * Texts that more than one part speaks: problems, remedies, categories, conditions, commands, agent states, mails, the agent's own output. Flat keys, ICU
 * messages, one folder an area. The console's screens have theirs in `web/src/text/`. `text.test.ts`: same keys and placeholders in all three, none left in
 * English, every word the code can show is there.
 */
export const sharedTexts: Readonly<Record<Locale, Readonly<Record<string, string>>>> = {
  en: {
    ...accessEn,
    ...agentEn,
    ...auditEn,
    ...commandsEn,
    ...commonEn,
    ...consentEn,
    ...eventsEn,
    ...figuresEn,
    ...identityEn,
    ...mailEn,
    ...maintenanceEn,
    ...ordersEn,
    ...outbreakEn,
    ...problemsEn,
    ...productsEn,
    ...releasesEn,
    ...settingsEn,
  },
  fr: {
    ...accessFr,
    ...agentFr,
    ...auditFr,
    ...commandsFr,
    ...commonFr,
    ...consentFr,
    ...eventsFr,
    ...figuresFr,
    ...identityFr,
    ...mailFr,
    ...maintenanceFr,
    ...ordersFr,
    ...outbreakFr,
    ...problemsFr,
    ...productsFr,
    ...releasesFr,
    ...settingsFr,
  },
  ja: {
    ...accessJa,
    ...agentJa,
    ...auditJa,
    ...commandsJa,
    ...commonJa,
    ...consentJa,
    ...eventsJa,
    ...figuresJa,
    ...identityJa,
    ...mailJa,
    ...maintenanceJa,
    ...ordersJa,
    ...outbreakJa,
    ...problemsJa,
    ...productsJa,
    ...releasesJa,
    ...settingsJa,
  },
}

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
