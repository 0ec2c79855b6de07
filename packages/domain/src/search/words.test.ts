import { describe, expect, it } from 'vitest'
import { folded, looksLikeAddress, readWords } from './words.ts'

describe('what somebody typed', () => {
  it.each([
    ['one word', 'martin', ['martin']],
    ['words between any blanks, also the wide one of Japanese', ' 山田商店　pc\t12 ', ['山田商店', 'pc', '12']],
    ['each once', 'a b a', ['a', 'b']],
    ['more than six say nothing more', '1 2 3 4 5 6 7', ['1', '2', '3', '4', '5', '6']],
    ['nothing', ' 　', []],
  ])('%s', (_, q, words) => expect(readWords(q).words).toEqual(words))

  const guid = '0192f5a3-1b2c-7d3e-8f40-123456789abc'
  it.each([
    ['a whole GUID', guid, guid, guid],
    ['in capitals and braces', `{${guid.toUpperCase()}}`, guid, guid],
    ['without dashes', guid.replaceAll('-', ''), guid, guid],
    ['its first eight digits', '0192f5a3', '0192f5a3-0000-0000-0000-000000000000', '0192f5a3-ffff-ffff-ffff-ffffffffffff'],
    ['up to a dash', '0192f5a3-1b2c-', '0192f5a3-1b2c-0000-0000-000000000000', '0192f5a3-1b2c-ffff-ffff-ffffffffffff'],
  ])('an id: %s', (_, q, from, to) => expect(readWords(q).id).toEqual({ from, to }))

  it.each(['0192f5a', 'deadbeef-srv', '0192f5a3-1b2', `${guid}0`, '0192f5a31-b2c', `${guid} x`])(
    '%s is no id, unless it could be one',
    (q) => {
      expect(readWords(q).id === null).toBe(q !== '0192f5a3-1b2')
    },
  )

  it.each([
    ['10.0.1', true],
    ['10.', true],
    ['fe80::1', true],
    ['pc.example', false],
    ['10', false],
    ['pc:1', false],
  ])('%s looks like an address: %s', (word, is) => expect(looksLikeAddress(word)).toBe(is))

  it.each([
    ['Étude', 'etude'],
    ['ＰＣ－１２', 'pc-12'],
    ['ｶﾞﾗｽ', 'ガラス'.normalize('NFKD')],
  ])('%s folds to %s', (word, plain) => expect(folded(word)).toBe(plain))
})
