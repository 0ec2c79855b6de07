import { describe, expect, it } from 'vitest'
import { covers, parseUrlEntry, UrlIndex, type UrlEntry } from './urls.ts'

const parsed = (text: string): UrlEntry => {
  const result = parseUrlEntry(text)
  if (!('entry' in result)) throw new Error(`${text}: ${result.code}`)
  return result.entry
}

describe('entries of the URL lists (ADM-2)', () => {
  it.each([
    ['Example.COM', 'example.com'],
    ['https://EXAMPLE.com:443/', 'https://example.com'],
    ['http://example.com:8080/a/../b', 'http://example.com:8080/b'],
    ['*.Example.com', '*.example.com'],
    ['https://*.example.com/shop?x=1', 'https://*.example.com/shop?x=1'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['https://日本語.jp/あ', 'https://xn--wgv71a119e.jp/%E3%81%82'],
    ['example.com.', 'example.com'],
    ['192.0.2.1:8443', '192.0.2.1:8443'],
    ['[2001:DB8::1]', '[2001:db8::1]'],
    [' example.com/a b'.replace(' b', ''), 'example.com/a'],
  ])('%s is kept as %s, and that as itself', (typed, kept) => {
    expect(parsed(typed).text).toBe(kept)
    expect(parsed(kept).text).toBe(kept)
  })

  it.each([
    'ftp://example.com',
    'javascript:alert(1)',
    'user:pw@example.com',
    'a*.example.com',
    '*.com',
    '*',
    '*.192.0.2.1',
    'exa mple.com',
    'example.com:0',
    'example.com:99999',
    'example.com/#x',
    'http://',
    '=cmd()',
    'a\u0000.com',
    '<b>.com',
    `${'a'.repeat(64)}.com`,
  ])('%j is refused', (typed) => {
    expect(parseUrlEntry(typed)).toEqual({ code: 'url.shape' })
  })
  it('nothing, and too much', () => {
    expect(parseUrlEntry('  ')).toEqual({ code: 'required' })
    expect(parseUrlEntry(`example.com/${'a'.repeat(2_000)}`)).toEqual({ code: 'too-long' })
  })

  it.each([
    ['*.example.com', 'www.example.com', true],
    ['*.example.com', 'example.com', true],
    ['*.example.com', 'badexample.com', false],
    ['*.example.com', '*.shop.example.com', true],
    ['example.com', '*.example.com', false],
    ['example.com', 'https://example.com/a', true],
    ['https://example.com', 'example.com', false],
    ['https://example.com:443', 'https://example.com', true],
    ['example.com:443', 'https://example.com', true],
    ['example.com:8080', 'example.com', false],
    ['example.com/shop', 'example.com/shop/1', true],
    ['example.com/shop', 'example.com/shopping', false],
    ['example.com/shop', 'example.com/shop?x=1', true],
  ])('%s covers %s: %s', (wide, narrow, expected) => expect(covers(parsed(wide), parsed(narrow))).toBe(expected))

  it.each([
    ['example.com', ['example.com'], 'example.com'],
    ['www.example.com', ['*.example.com'], '*.example.com'],
    ['*.example.com', ['a.b.example.com'], 'a.b.example.com'],
    ['example.com/a', ['example.com/b', 'example.org'], null],
    ['http://example.com', ['https://example.com'], null],
  ])('%s against %j: %s', (typed, others, expected) => {
    const index = new UrlIndex()
    for (const other of others) index.add(parsed(other))
    expect(index.contradiction(parsed(typed))?.text ?? null).toBe(expected)
  })
})
