import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { permissions } from '@vigie/domain/access'
import { locales, problems } from '@vigie/domain/kernel'
import { sharedTexts } from '@vigie/domain/text'
import { describe, expect, it } from 'vitest'
import { elsewhere } from './elsewhere.ts'

const here = import.meta.dirname
const source = join(here, '..')
const slices = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
const sheet = (slice: string, locale: string) =>
  JSON.parse(readFileSync(join(here, slice, `${locale}.json`), 'utf8')) as Record<string, string>

/** Whole texts that are the same in French and English; each was looked at. */
const sameInFrench = new Set(JSON.parse(readFileSync(join(here, 'same-in-french.json'), 'utf8')) as string[])

/** `{count, plural, one {# row} other {# rows}}` has the placeholder `count`; the inner texts' own ones count too. */
function placeholders(message: string): string[] {
  return [...new Set([...message.matchAll(/\{\s*([a-zA-Z]\w*)\s*[,}]/g)].map(([, name]) => name!))].toSorted()
}
const isJapanese = (text: string) => /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u.test(text)
/** Names that no language translates; and texts of signs alone. */
const international = new Set(['GUID'])
/** What is left when placeholders and signs are away. */
const wordsOf = (text: string) => (international.has(text) ? '' : text.replaceAll(/\{[^{}]*\}/g, '').replaceAll(/[^\p{L}]/gu, ''))

const sources = readdirSync(source, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name))
  .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
  .join('\n')
const literals = new Set(
  [...sources.matchAll(/'([a-z][a-zA-Z0-9-]*(?:\.[a-zA-Z0-9-]+)+)'|"([a-z][a-zA-Z0-9-]*(?:\.[a-zA-Z0-9-]+)+)"/g)].map(
    ([, single, double]) => (single ?? double)!,
  ),
)
/** `access.scope.target.${kind}` stands for every key that begins so (and ends as it ends). */
const patterns = [...sources.matchAll(/`([a-z][a-zA-Z0-9-]*\.(?:[a-zA-Z0-9.-]|\$\{[^`{}]*(?:\{[^`{}]*\}[^`{}]*)*\})*)`/g)]
  .map(([, text]) => text!)
  .filter((text) => text.includes('${'))
  .map(
    (text) =>
      new RegExp(
        `^${text
          .split(/\$\{[^}]*\}/)
          .map((part) => part.replaceAll(/[.*+?^$()[\]\\|]/g, '\\$&'))
          .join('[a-zA-Z0-9.-]+')}$`,
      ),
  )

describe.each(slices)('texts of %s (OPS-4)', (slice) => {
  const english = sheet(slice, 'en')

  it('begin with their folder, which stands for the slice', () => {
    expect(Object.keys(english).filter((key) => !key.startsWith(`${slice}.`))).toEqual([])
  })

  it.each(['fr', 'ja'])('%s has the same keys and the same placeholders', (locale) => {
    const other = sheet(slice, locale)
    expect(Object.keys(other).toSorted()).toEqual(Object.keys(english).toSorted())
    const differing = Object.keys(english).filter((key) => placeholders(other[key]!).join() !== placeholders(english[key]!).join())
    expect(differing).toEqual([])
  })

  it('none is left in English', () => {
    const french = sheet(slice, 'fr')
    const japanese = sheet(slice, 'ja')
    expect(
      Object.keys(english).filter(
        (key) => french[key] === english[key] && wordsOf(english[key]!) !== '' && !sameInFrench.has(english[key]!),
      ),
    ).toEqual([])
    expect(
      Object.keys(english).filter(
        (key) =>
          wordsOf(english[key]!) !== '' && !isJapanese(japanese[key]!) && /\p{L}/u.test(japanese[key]!.replaceAll(/\{[^{}]*\}/g, '')),
      ),
    ).toEqual([])
  })

  it('every one is used', () => {
    const unused = Object.keys(english).filter((key) => {
      if (literals.has(key) || patterns.some((pattern) => pattern.test(key))) return false
      // `columns<Customer>('customers.column')`: a literal that is a prefix of keys stands for all of them.
      const parts = key.split('.')
      return !parts.some(
        (_, end) => end > 1 && literals.has(parts.slice(0, end).join('.')) && english[parts.slice(0, end).join('.')] === undefined,
      )
    })
    expect(unused).toEqual([])
  })
})

describe('keys in the code (OPS-4)', () => {
  it('every key that a screen names exists', () => {
    const known = new Set([...Object.keys(sharedTexts.en), ...slices.flatMap((slice) => Object.keys(sheet(slice, 'en')))])
    // `audit.read` and `consent.missing` look like keys of those screens
    const permitted: readonly string[] = [...permissions, ...Object.keys(problems)]
    const own = [...literals]
      .filter((literal) => !permitted.includes(literal))
      .filter((literal) => slices.includes(literal.split('.')[0]!) || /^(remedy|problem|field)\./.test(literal))
    const missing = own.filter((literal) => !known.has(literal) && ![...known].some((key) => key.startsWith(`${literal}.`)))
    expect(missing).toEqual([])
  })

  it('what a screen names, or an agent in what it reports (INV-2, AGT-3), is not left out of the browser', () => {
    const named = Object.keys(sharedTexts.en).filter(
      (key) =>
        literals.has(key) ||
        patterns.some((pattern) => pattern.test(key)) ||
        /^(agent\.connection|release-fault|check|engine-problem)\./.test(key),
    )
    expect(named.length).toBeGreaterThan(300)
    expect(named.filter((key) => elsewhere.test(key))).toEqual([])
    // the states of an agent that `check` tells, and whatever else stands in what is reported, each with its way out
    const reported = ['check', 'move', 'upgrade']
      .map((file) => readFileSync(join(source, `../../agent/src/core/${file}.ts`), 'utf8'))
      .join('\n')
    const told = [
      ...[...reported.matchAll(/'(agent\.(?:status|error)\.[a-z-]+)'/g)].map(([, key]) => key!),
      ...['waiting', 'unregistered', 'version-mismatch', 'refused', 'disabled', 'stopped'].map((state) => `agent.status.${state}`),
    ]
    expect(told).toEqual(expect.arrayContaining(['agent.status.not-running', 'agent.status.connecting', 'agent.error.parts']))
    for (const key of told.flatMap((one) => [one, `${one}.remedy`]).filter((one) => one in sharedTexts.en))
      expect([key, elsewhere.test(key)]).toEqual([key, false])
    expect(told.filter((key) => !(key in sharedTexts.en))).toEqual([])
    expect(['agent.help.enrol', 'mail.event.subject', 'column.customer'].map((key) => elsewhere.test(key))).toEqual([true, true, true])
  })

  it('every slice with screens has its sheet in all languages', () => {
    expect(slices.flatMap((slice) => locales.filter((locale) => !existsSync(join(here, slice, `${locale}.json`))))).toEqual([])
  })

  it('what is allowed to be the same in French still is', () => {
    const english = Object.assign({}, ...slices.map((slice) => sheet(slice, 'en'))) as Record<string, string>
    const french = Object.assign({}, ...slices.map((slice) => sheet(slice, 'fr'))) as Record<string, string>
    const same = new Set(
      Object.keys(english)
        .filter((key) => english[key] === french[key])
        .map((key) => english[key]!),
    )
    expect([...sameInFrench].filter((words) => !same.has(words))).toEqual([])
  })
})
