import { describe, expect, it } from 'vitest'
import { changesOf, valueText } from './diff.ts'

const kinds = (before: unknown, after: unknown) => Object.fromEntries(changesOf(before, after).map(({ path, kind }) => [path, kind]))

describe('before and after of an audit record (ACC-11)', () => {
  it.each([
    ['made', null, { company: 'Acme' }, { company: 'added' }],
    ['deleted', { company: 'Acme' }, null, { company: 'removed' }],
    ['changed and unchanged', { city: 'Lyon', phone: '1' }, { city: 'Paris', phone: '1' }, { city: 'changed', phone: 'same' }],
    ['below an object', { profile: { city: 'Lyon' } }, { profile: { city: 'Paris' } }, { 'profile.city': 'changed' }],
    ['a list is one value', { tags: ['a'] }, { tags: ['a', 'b'] }, { tags: 'changed' }],
    ['to null', { limit: 3 }, { limit: null }, { limit: 'changed' }],
    ['a plain value', 3, 5, { value: 'changed' }],
    ['nothing kept', null, null, {}],
  ])('%s', (_, before, after, expected) => expect(kinds(before, after)).toEqual(expected))

  it.each([
    [[], null],
    ['', null],
    [null, null],
    [['a', 'b'], 'a, b'],
    [false, 'false'],
    [0, '0'],
    [[{ a: 1 }], '{"a":1}'],
  ])('%j as text', (value, text) => {
    expect(valueText(value)).toBe(text)
  })
})
