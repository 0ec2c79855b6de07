import { describe, expect, it } from 'vitest'
import { byCategory, isOwn, type Setting } from './groups.ts'

const setting = (category: string, name: string, from: Setting['from'] = 'default'): Setting => ({
  category,
  name,
  from,
  tag: from === 'tag' ? 'gold' : null,
  ofTags: [],
  value: 1,
  default: 1,
  min: 1,
  max: 9,
})

describe('thresholds (EVT-3)', () => {
  it('stand by category, in the server’s order', () => {
    const groups = byCategory([setting('b', '1'), setting('a', '1'), setting('b', '2')])
    expect(groups.map(([category, rows]) => [category, rows.map((row) => row.name)])).toEqual([
      ['b', ['1', '2']],
      ['a', ['1']],
    ])
  })
  it.each([
    ['default', {}, false],
    ['business', {}, true],
    ['business', { customerId: 'c' }, false],
    ['customer', { customerId: 'c' }, true],
    ['default', { customerId: 'c' }, false],
    ['tag', { tag: 'gold' }, true],
    ['tag', { customerId: 'c' }, false],
    ['business', { tag: 'gold' }, false],
  ] as const)('from %s, seen at %o: own is %s', (from, whose, own) => expect(isOwn(setting('a', '1', from), whose)).toBe(own))
})
