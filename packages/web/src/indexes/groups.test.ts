import { describe, expect, it } from 'vitest'
import { byCategory, isOwn, type Setting } from './groups.ts'

const setting = (category: string, name: string, from: Setting['from'] = 'default'): Setting => ({ category, name, from, value: 1, default: 1, min: 1, max: 9 })

describe('thresholds (EVT-3)', () => {
  it('stand by category, in the server’s order', () => {
    const groups = byCategory([setting('b', '1'), setting('a', '1'), setting('b', '2')])
    expect(groups.map(([category, rows]) => [category, rows.map((row) => row.name)])).toEqual([['b', ['1', '2']], ['a', ['1']]])
  })
  it.each([
    ['default', null, false], ['business', null, true], ['business', 'c', false], ['customer', 'c', true], ['default', 'c', false],
  ] as const)('from %s, seen at %s: own is %s', (from, customerId, own) => expect(isOwn(setting('a', '1', from), customerId)).toBe(own))
})
