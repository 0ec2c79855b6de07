import { describe, expect, it } from 'vitest'
import { forgetKey, keepKey, keptKey, timeLeft } from './keys.ts'

const at = Date.parse('2026-11-21T10:00:00Z')
const key = {
  guid: 'g',
  key: 'k',
  expiresAt: '2026-11-22T10:00:00Z',
  installCommand: 'curl',
  debCommand: 'apt-get',
  credentialsCommand: null,
  caFingerprint: 'AA',
}

describe('a one-use key in this window (PRD-2)', () => {
  it('is there until it expires', () => {
    keepKey('p', key)
    expect(keptKey('p', at)).toBe(key)
    expect(keptKey('p', at + 24 * 3_600_000 - 1)).toBe(key)
    expect(keptKey('p', at + 24 * 3_600_000)).toBeNull()
    expect(keptKey('other', at)).toBeNull()
  })
  it('is forgotten once used', () => {
    keepKey('p', key)
    forgetKey('p')
    expect(keptKey('p', at)).toBeNull()
  })
})

describe('what is left of it', () => {
  it.each([
    ['a whole day', at, { hours: 24, minutes: 0 }],
    ['a minute less as soon as it began', at + 1, { hours: 23, minutes: 59 }],
    ['an hour and a half', at + 22.5 * 3_600_000, { hours: 1, minutes: 30 }],
    ['the last second', at + 24 * 3_600_000 - 1000, { hours: 0, minutes: 1 }],
    ['a clock a little behind', at - 15_000, { hours: 24, minutes: 0 }],
    ['over', at + 25 * 3_600_000, { hours: 0, minutes: 0 }],
  ])('%s', (_, now, left) => {
    expect(timeLeft(key.expiresAt, now)).toEqual(left)
  })
})
