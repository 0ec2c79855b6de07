import { parseUrlEntry } from '@vigie/domain/settings'
import { expect, it } from 'vitest'
import { decodedUrl } from './decode-url.ts'

it.each(['bücher.example', '*.日本語.jp', 'пример.испытание/a', 'münchen.de:8443/x', 'example.com', '[2001:db8::1]/a', 'faß.de'])(
  '%s is kept in ASCII and shown as it is (ADM-2)',
  (typed) => {
    const parsed = parseUrlEntry(typed)
    expect('entry' in parsed && decodedUrl(parsed.entry.text)).toBe(typed)
  },
)
it.each(['xn--', 'xn--a-ä', 'xn--zzzzzzzzzzzzzzz.com'])('%s, which is none, stays', (text) => expect(decodedUrl(text)).toBe(text))
