import { describe, expect, it } from 'vitest'
import { isPlain, openingOf, queryOf, sameQuery } from './views.ts'

const keys = ['threat', 'tag']

describe('views in the address (CUS-2)', () => {
  it('keep filters, search and order, not the page nor what lies beside', () => {
    expect(queryOf({ tag: 'gold,lyon', sort: '-threat', page: '3', cursor: 'x', event: 'e', view: 'v', q: 'a b' }, keys)).toBe(
      'q=a+b&sort=-threat&tag=gold%2Clyon',
    )
    expect(queryOf({ page: '2' }, keys)).toBe('')
  })
  it('are the same whatever the order of their parts', () => {
    expect(sameQuery('tag=a&q=b', 'q=b&tag=a&sort=')).toBe(true)
    expect(sameQuery('tag=a', 'tag=b')).toBe(false)
  })
  it('take away what the view does not have, and the page', () => {
    expect(openingOf({ id: 'v1', query: 'threat=warning' }, { tag: 'gold', threat: 'none', page: '3', cursor: 'x' }, keys)).toBe(
      '?threat=warning&tag=&cursor=&page=&view=v1',
    )
  })
  it('the list opens with its default only where nothing is asked for', () => {
    expect([isPlain({}, keys), isPlain({ page: '1' }, keys), isPlain({ tag: 'x' }, keys), isPlain({ view: 'v' }, keys)]).toEqual([
      true,
      true,
      false,
      false,
    ])
  })
})
