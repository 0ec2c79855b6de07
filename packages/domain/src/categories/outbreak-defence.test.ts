import { describe, expect, it } from 'vitest'
import { assess } from './define.ts'
import { outbreakDefence } from './outbreak-defence.ts'
import type { Category } from './define.ts'

const calm = { red: 0, yellow: 0, toClean: 0, vulnerable: 0 }
const open = (facts: Partial<typeof calm>, vulnerable = 0, toClean = 1) =>
  assess(outbreakDefence as unknown as Category, { ...calm, ...facts }, { vulnerable, toClean }, new Set())
    .filter(({ holds }) => holds)
    .map(({ condition, severity }) => `${condition}: ${severity}`)

describe('outbreak defence (EVT-3, EVT-5)', () => {
  it.each<[string, Partial<typeof calm>, string[]]>([
    ['no alert', {}, []],
    ['vulnerable endpoints without an alert', { vulnerable: 40 }, []],
    ['a yellow alert', { yellow: 1 }, ['yellow-alert: warning']],
    ['a red alert, nobody vulnerable', { red: 1 }, ['red-alert: action-required']],
    ['both: the red one says it all', { red: 1, yellow: 1, vulnerable: 3 }, ['red-alert: action-required']],
    ['one computer to clean', { toClean: 1, yellow: 1 }, ['to-clean: action-required', 'yellow-alert: warning']],
  ])('%s', (_, facts, expected) => expect(open(facts)).toEqual(expected))

  it.each([
    [4, []],
    [5, ['red-alert: action-required']],
  ])('tuned to five vulnerable endpoints: %i', (vulnerable, expected) => expect(open({ red: 1, vulnerable }, 5)).toEqual(expected))

  it.each([
    [1, []],
    [2, ['to-clean: action-required']],
  ])('tuned to two computers to clean: %i', (toClean, expected) => expect(open({ toClean }, 0, 2)).toEqual(expected))
})
