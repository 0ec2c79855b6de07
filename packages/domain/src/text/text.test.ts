import { compileMessage } from '@lingui/message-utils/compileMessage'
import { describe, expect, it } from 'vitest'
import { releaseFaults } from '../agents/index.ts'
import { permissions, roles } from '../access/index.ts'
import { auditSources } from '../audit/index.ts'
import { categories } from '../categories/index.ts'
import { activities, consentStates } from '../consent/index.ts'
import { commandSteps, commandTypes } from '../commands/index.ts'
import { detectionOutcomes, EventStep, eventStates, severities } from '../events/index.ts'
import { figures } from '../figures/index.ts'
import { duplicateStates, evidences } from '../identity/index.ts'
import { fieldCodes, type Locale, locales, problems } from '../kernel/index.ts'
import { licenceKinds, licenceStates } from '../licences/index.ts'
import { deliveryStates, mailKinds } from '../outbox/index.ts'
import { agentStates, families, ProductType, realTimeScanStates } from '../products/index.ts'
import { originKinds, settings, settingStates, urlKinds } from '../settings/index.ts'
import { sharedTexts, translator } from './index.ts'

const keys = Object.keys(sharedTexts.en)
const others = locales.filter((locale): locale is 'fr' | 'ja' => locale !== 'en')

type Token = ReturnType<typeof compileMessage>[number]
/** Every placeholder of a message with its kind (`plural`, `number`, none), sorted, each once. */
function placeholders(tokens: unknown): string[] {
  if (!Array.isArray(tokens)) return []
  const found = (tokens as Token[]).flatMap((token) => {
    if (typeof token === 'string') return []
    const [name, kind, branches] = token
    const inner =
      kind === 'plural' && typeof branches === 'object' ? Object.values(branches as Record<string, unknown>).flatMap(placeholders) : []
    return [`${name} ${kind ?? 'text'}`, ...inner]
  })
  return [...new Set(found)].filter((name) => !name.startsWith('# ')).toSorted()
}

/** Vendors' own names, which nobody translates. */
const brands = [
  'microsoft-defender',
  'rspamd',
  'suricata',
  'hosted-email-security',
  'cloud-edge',
  'threat-discovery',
  'threat-mitigator',
  'vision-one',
]
  .map((id) => `product-type.${id}.name`)
  .concat(['linux', 'windows', 'macos'].map((id) => `alert-platform.${id}`))
/** Words that are the same in French as in English, or are names. Each was looked at; a new one is added on purpose. */
const sameInFrench = new Set([
  'column.agents',
  'app.name',
  'locale.en',
  'locale.fr',
  'locale.ja',
  'common.agent',
  'common.infections',
  'audit-source.console',
  'audit-source.api',
  'audit-source.agent',
  'audit-actor.agent',
  'audit-category.agent',
  'audit-category.contact',
  'audit-category.invitation',
  'audit-category.licence',
  'category.antivirus',
  'category.anti-spyware',
  'category.botnet',
  'category-group.licence',
  'figure.notifications',
  'figure-name.infections',
  'figure-name.incidents',
  'mail-kind.invitation',
  'product-type.wfbs-s.name',
  'product-type.wfbs-a.name',
  'product-type.wfbs-svc.name',
  'add-on.edr',
  ...brands,
])
const sameInJapanese = new Set(['app.name', 'locale.en', 'locale.fr', 'locale.ja', 'audit-source.api', 'add-on.edr', ...brands])

describe('the shared texts (OPS-4)', () => {
  it.each(others)('%s has the same keys as English', (locale) => {
    expect(Object.keys(sharedTexts[locale]).toSorted()).toEqual(keys.toSorted())
  })

  it.each([...locales])('%s: every message is ICU that compiles, with the placeholders of English', (locale) => {
    const wrong = keys.filter(
      (key) =>
        JSON.stringify(placeholders(compileMessage(text(locale, key)))) !== JSON.stringify(placeholders(compileMessage(text('en', key)))),
    )
    expect(wrong).toEqual([])
  })

  it.each([...locales])('%s: every message speaks with small, one and large figures, and leaves no brace, NaN or key behind', (locale) => {
    const t = translator(locale)
    const wrong = keys.filter((key) =>
      [0, 1, 2, 1_000_000].some((n) => {
        const values = Object.fromEntries(placeholders(compileMessage(text('en', key))).map((name) => [name.split(' ')[0]!, n]))
        const spoken = t(key, values)
        return spoken === key || spoken.trim() === '' || /[{}#]|NaN|undefined/.test(spoken)
      }),
    )
    expect(wrong).toEqual([])
  })

  it('none is left in English', () => {
    expect(keys.filter((key) => text('fr', key) === text('en', key) && !sameInFrench.has(key))).toEqual([])
    expect(keys.filter((key) => !/[\u3040-\u30ff\u4e00-\u9fff\uff01-\uff60]/.test(text('ja', key)) && !sameInJapanese.has(key))).toEqual([])
  })

  it('the allow lists name only what is still the same', () => {
    expect([...sameInFrench].filter((key) => text('fr', key) !== text('en', key))).toEqual([])
    expect([...sameInJapanese].filter((key) => text('ja', key) !== text('en', key) && !key.startsWith('locale.'))).toEqual([])
  })

  it('apostrophes are typographic: a straight one would begin an ICU quotation', () => {
    expect(locales.flatMap((locale) => keys.filter((key) => text(locale, key).includes("'")).map((key) => `${locale} ${key}`))).toEqual([])
  })

  it('French keeps its spaces with the sign they belong to', () => {
    expect(keys.filter((key) => / [:;!?%»]|« /.test(text('fr', key)))).toEqual([])
  })

  it('French takes 0 as singular and Japanese counts with its counters', () => {
    expect(translator('fr')('common.endpoints', { count: 0 })).toBe('0 terminal')
    expect(translator('en')('common.endpoints', { count: 0 })).toBe('0 endpoints')
    expect(translator('ja')('common.endpoints', { count: 1234 })).toBe('エンドポイント 1,234 台')
  })

  it('a word it does not know is given back as it is', () => {
    expect(translator('ja')('agent-cause.word-of-a-newer-agent')).toBe('agent-cause.word-of-a-newer-agent')
  })
})

/** Closed lists: what the code can show, and nothing that it no longer can. */
const lists: [prefix: string, names: readonly string[], suffixes?: readonly string[]][] = [
  ['problem', Object.keys(problems)],
  ['remedy', [...new Set(Object.values(problems).map((kind) => kind.remedy.slice('remedy.'.length)))]],
  ['field', fieldCodes],
  ['role', roles, ['', '.about']],
  ['permission', permissions],
  ['account-state', ['invited', 'active', 'disabled']],
  ['family', families],
  ['licence-unit', ProductType.shape.licenceUnit.options],
  ['licence-kind', licenceKinds],
  ['licence-state', licenceStates],
  ['connection', ProductType.shape.connection.options],
  ['agent-state', agentStates, ['', '.cause', '.remedy']],
  ['real-time-scan', realTimeScanStates],
  ['category', categories.map(({ id }) => id), ['', '.about']],
  ['category-group', ['threat', 'system', 'licence']],
  ['index', categories.flatMap(({ id, indexes }) => Object.keys(indexes).map((name) => `${id}.${name}`)), ['', '.about']],
  [
    'condition',
    categories.flatMap(({ id, conditions }) => Object.keys(conditions).map((condition) => `${id}.${condition}`)),
    ['.title', '.explain', '.next'],
  ],
  ['severity', severities],
  ['event-state', eventStates],
  ['event-step', EventStep.shape.what.options],
  ['detection-outcome', detectionOutcomes],
  ['activity', activities, ['', '.about']],
  ['consent-state', consentStates],
  ['command', commandTypes, ['', '.about']],
  ['delivery-state', deliveryStates],
  ['mail-kind', mailKinds],
  ['audit-source', auditSources],
  ['figure', figures.map(({ id }) => id), ['', '.about']],
  ['duplicate-evidence', evidences, ['', '.about']],
  ['duplicate-state', duplicateStates],
  ['setting', settings.map(({ id }) => id)],
  [
    'setting-choice',
    settings.flatMap(({ id, shape }) => (shape.kind === 'choice' ? shape.choices.map((choice) => `${id}.${choice}`) : [])),
  ],
  ['setting-state', settingStates],
  ['setting-origin', originKinds],
  ['url-kind', urlKinds],
  ['release-fault', releaseFaults],
]

describe('what the code can show has its text', () => {
  it.each(lists)('%s', (prefix, names, suffixes = ['']) => {
    const needed = names.flatMap((name) => suffixes.map((suffix) => `${prefix}.${name}${suffix}`))
    expect(keys.filter((key) => key.startsWith(`${prefix}.`)).toSorted()).toEqual(needed.toSorted())
  })

  it('command steps', () => {
    expect(commandSteps.filter((step) => !keys.includes(`command-step.${step}`))).toEqual([])
  })

  it('every mail has subject, greeting, lead, button and the reason one gets it (NTF-4)', () => {
    const needed = mailKinds.flatMap((kind) => ['subject', 'greeting', 'lead', 'button', 'reason'].map((part) => `mail.${kind}.${part}`))
    expect(needed.filter((key) => !keys.includes(key))).toEqual([])
  })

  it('every engine problem says the way out', () => {
    const named = keys.filter((key) => key.startsWith('engine-problem.') && !key.endsWith('.remedy'))
    expect(named.filter((key) => !keys.includes(`${key}.remedy`))).toEqual([])
    expect(named).not.toEqual([])
  })

  it("a condition's texts use its figures and no others; each figure has a name (EVT-6)", () => {
    for (const category of categories) {
      for (const [name, condition] of Object.entries(category.conditions)) {
        const is = Object.fromEntries(Object.keys(category.facts).map((fact) => [fact, 1]))
        const figureNames = Object.keys(condition.figures(is, Object.fromEntries(Object.keys(category.indexes).map((index) => [index, 1]))))
        const used = ['title', 'explain', 'next'].flatMap((part) =>
          placeholders(compileMessage(text('en', `condition.${category.id}.${name}.${part}`))).map(
            (placeholder) => placeholder.split(' ')[0]!,
          ),
        )
        expect(
          used.filter((placeholder) => !figureNames.includes(placeholder)),
          `${category.id}.${name}`,
        ).toEqual([])
        expect(
          figureNames.filter((figure) => !keys.includes(`figure-name.${figure}`)),
          `${category.id}.${name}`,
        ).toEqual([])
      }
    }
  })
})

function text(locale: Locale, key: string): string {
  return sharedTexts[locale][key] ?? ''
}
