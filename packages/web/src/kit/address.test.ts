import { describe, expect, it } from 'vitest'
import { parseSearch, resolveHref, stringifySearch } from './address.ts'
import { paths, safeReturn } from './paths.ts'

describe('addresses: all state one may send to a colleague', () => {
  const present = { pathname: '/events', search: { severity: 'warning', q: 'a&b=c', event: '1' } }

  it.each([
    ['a patch keeps the rest', '?event=2', '/events?severity=warning&q=a%26b%3Dc&event=2'],
    ['an empty value takes away', '?event=&cursor=', '/events?severity=warning&q=a%26b%3Dc'],
    ['an address of its own is left alone', '/customers?q=x', '/customers?q=x'],
  ])('%s', (_, href, resolved) => {
    expect(resolveHref(href, present)).toBe(resolved)
  })

  it('numbers, GUIDs and signs come back as the text they were', () => {
    const search = { q: '007', id: '1e3', name: 'a+b %20 日本', yes: 'true' }
    expect(parseSearch(stringifySearch(search))).toEqual(search)
    expect(stringifySearch({ a: undefined, b: '', c: null })).toBe('')
  })

  it('ids are escaped into paths', () => {
    expect(paths.customer({ customerId: 'a/../b?c' })).toBe('/customers/a%2F..%2Fb%3Fc')
  })

  it.each([
    ['an address of ours', '/events?severity=warning', '/events?severity=warning'],
    ['nothing', undefined, '/home'],
    ['another site', 'https://evil.example/', '/home'],
    ['another site without scheme', '//evil.example/', '/home'],
    ['a backslash that browsers read as a slash', '/\\evil.example', '/home'],
    ['a script', 'javascript:alert(1)', '/home'],
    ['sign-in itself', '/sign-in?return=/x', '/home'],
  ])('after signing in one returns only to this console: %s', (_, wanted, place) => {
    expect(safeReturn(wanted)).toBe(place)
  })
})
