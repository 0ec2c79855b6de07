import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { compileMessage } from '@lingui/message-utils/compileMessage'
import { describe, expect, it, vi } from 'vitest'
import { formats, type Label, labelKey, nameOf, speaker } from './text.tsx'

const now = Date.parse('2026-03-29T12:00:00Z')
const before = (seconds: number) => new Date(now - seconds * 1000).toISOString()

describe('words, numbers and times in the person’s language and zone (OPS-4)', () => {
  const say = speaker('fr', 'Europe/Paris', {
    'x.rows': compileMessage('{count, plural, one {# ligne} many {# de lignes} other {# lignes}}'),
    'x.of': compileMessage('{a} sur {b}'),
    'x.plain': 'tout',
  })

  it.each([
    [0, '0 ligne'],
    [1, '1 ligne'],
    [2, '2 lignes'],
    [1_000_000, '1 000 000 de lignes'],
  ])('French counts %i as it should', (count, words) => {
    expect(say('x.rows', { count }).replaceAll(/[\u202F\u00A0]/g, ' ')).toBe(words)
  })

  it('a label is a key, a key with values, or words that are data', () => {
    expect(say({ key: 'x.of', values: { a: 1, b: 2 } })).toBe('1 sur 2')
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {})
    expect(say('x.plain')).toBe('tout')
    expect(warned).not.toHaveBeenCalled()
    warned.mockRestore()
    expect(say({ text: 'x.rows' })).toBe('x.rows')
    expect(say('nobody.wrote-this')).toBe('nobody.wrote-this')
    expect(say.has('nobody.wrote-this')).toBe(false)
  })

  it('a word that is still to come is asked for once it is wanted, and leaves no key in its place (P14)', () => {
    const catalogue: Record<string, string> = { 'x.first': 'premier' }
    let asked = 0
    let isWhole = false
    const later = speaker('fr', 'Europe/Paris', catalogue, () => !isWhole && ++asked > 0)
    expect([later('x.first'), asked]).toEqual(['premier', 0])
    expect([later('x.later'), later.has('x.later'), asked]).toEqual(['', false, 2])
    Object.assign(catalogue, { 'x.later': 'ensuite' })
    isWhole = true
    expect([later('x.later'), later.has('x.later'), later('nobody.wrote-this')]).toEqual(['ensuite', true, 'nobody.wrote-this'])
  })

  it.each([
    [10, 'now'],
    [59, '1 min. ago'],
    [44 * 60, '44 min. ago'],
    [46 * 60, '1 hr. ago'],
    [21 * 3600, '21 hr. ago'],
    [23 * 3600, 'yesterday'],
    [25 * 86_400, '25 days ago'],
    [40 * 86_400, 'last mo.'],
    [400 * 86_400, 'last yr.'],
  ])('%i s ago', (seconds, words) => {
    expect(formats('en', 'UTC').ago(before(seconds), now)).toBe(words)
  })

  it('the exact time names the zone, right on both sides of a clock change', () => {
    const { exact } = formats('en', 'Europe/Paris')
    expect(exact('2026-03-29T00:59:00Z')).toContain('1:59:00')
    expect(exact('2026-03-29T01:01:00Z')).toContain('3:01:00')
    expect(exact('2026-03-29T01:01:00Z')).toMatch(/GMT\+2|CEST/)
  })

  it.each([
    ['Ada', 'Lovelace', 'Ada Lovelace'],
    ['花子', '山田', '山田 花子'],
    ['はなこ', 'やまだ', 'やまだ はなこ'],
  ])('names stand in the order their owners write them: %s %s', (firstName, lastName, name) => {
    expect(nameOf({ firstName, lastName })).toBe(name)
  })
})

describe('what tells rows and buttons apart (P14)', () => {
  it('a label’s own name, its values with it', () => {
    const labels: Label[] = [
      'events.bulk.go.assign',
      'events.bulk.go.wake',
      { key: 'a', values: { count: 1 } },
      { key: 'a', values: { count: 2 } },
      { text: 'a' },
    ]
    expect(new Set(labels.map(labelKey)).size).toBe(labels.length)
  })

  it('never its words: until they have come all of them are nothing, and what was drawn twice stays', () => {
    const sources = path.resolve(import.meta.dirname, '..')
    const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tsx'))
    expect(files.length).toBeGreaterThan(100)
    expect(files.filter((name) => readFileSync(path.join(sources, name), 'utf8').includes('key={say('))).toEqual([])
  })
})
