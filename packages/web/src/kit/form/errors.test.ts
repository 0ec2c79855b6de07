import { describe, expect, it } from 'vitest'
import { entryOf, errorAt } from './errors.ts'

describe('where an error stands (CUS-2, CUS-3)', () => {
  const tooLong = { path: 'tags.1', code: 'too-long', values: { max: 50 } }

  it('one of an entry stands at the field that holds the list, and names the entry', () => {
    expect(errorAt([tooLong], 'tags')).toBe(tooLong)
    expect(entryOf(['retail', 'priority'], 'tags', 'tags.1')).toBe('priority')
  })
  it('a long entry is cut by whole letters', () => {
    expect(entryOf(['', '港'.repeat(60)], 'tags', 'tags.1')).toBe(`${'港'.repeat(23)}…`)
    expect(entryOf(['', '𠮷'.repeat(60)], 'tags', 'tags.1')).toBe(`${'𠮷'.repeat(23)}…`)
  })
  it('one of the field itself goes first and names no entry', () => {
    const tooFew = { path: 'tags', code: 'required', values: {} }
    expect(errorAt([tooLong, tooFew], 'tags')).toBe(tooFew)
    expect(entryOf(['retail'], 'tags', 'tags')).toBeNull()
  })
  it('what lies below an entry, or at another field whose name begins alike, does not stand there', () => {
    expect(
      errorAt(
        [
          { ...tooLong, path: 'products.0.description' },
          { ...tooLong, path: 'productsOfOld' },
        ],
        'products',
      ),
    ).toBeUndefined()
    expect(errorAt([{ ...tooLong, path: 'tagsOfOld.1' }], 'tags')).toBeUndefined()
  })
})
