import { describe, expect, it } from 'vitest'
import { clearDraft, readDraft, writeDraft } from './draft.ts'

const like = { profile: { company: '', sizeEndpoints: null }, tags: [] as string[] }
function aStore(content: Record<string, string> = {}) {
  const kept = new Map(Object.entries(content))
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  }
}

describe('a customer half typed (CUS-1)', () => {
  it('is found again by who typed it, and by nobody else', () => {
    const store = aStore()
    const typed = { profile: { company: 'Bakery', sizeEndpoints: 12 as number | null }, tags: ['gold'] }
    writeDraft('ada', typed, store)
    expect(readDraft('ada', { ...like, profile: { ...like.profile, sizeEndpoints: null as number | null } }, store)).toEqual(typed)
    expect(readDraft('bob', like, store)).toBeNull()
    clearDraft('ada', store)
    expect(readDraft('ada', like, store)).toBeNull()
  })
  it.each([
    '',
    '{',
    'null',
    '[]',
    '{"profile":{"company":1},"tags":[]}',
    '{"profile":null,"tags":[]}',
    '{"profile":{"company":"x","sizeEndpoints":null}}',
  ])('what is not of its shape is none: %s', (text) => {
    expect(readDraft('ada', like, aStore({ 'vigie.new-customer.ada': text }))).toBeNull()
  })
  it('a store that refuses loses the draft and nothing else', () => {
    const refuse = () => {
      throw new Error('full')
    }
    const store = { getItem: refuse, setItem: refuse, removeItem: refuse }
    expect(() => writeDraft('ada', like, store)).not.toThrow()
    expect(readDraft('ada', like, store)).toBeNull()
  })
})
