import { describe, expect, it } from 'vitest'
import { byFamily, isIn, type TreeEntry } from './families.ts'

const entry = (id: string, family: string) => ({ product: { id, family }, groups: [] }) as unknown as TreeEntry

describe('the network tree by family (PRD-3)', () => {
  it('keeps the order of products and families', () => {
    const groups = byFamily([entry('a', 'email'), entry('b', 'gateway'), entry('c', 'email')])
    expect(groups.map(([family, entries]) => [family, entries.map(({ product }) => product.id)])).toEqual([
      ['email', ['a', 'c']],
      ['gateway', ['b']],
    ])
  })
})
describe('search in the tree', () => {
  it.each([
    ['Siège', 'siege', true],
    ['SRV01', 'srv', true],
    ['東京', '東', true],
    ['SRV01', 'srv2', false],
  ])('%s: %s', (text, sought, is) => expect(isIn(text, sought)).toBe(is))
})
