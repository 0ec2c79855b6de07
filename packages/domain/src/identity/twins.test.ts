import { describe, expect, it } from 'vitest'
import { areTwins, fallsCountForMs, noteFall, type Fall } from './twins.ts'

const fall = (counter: number, from = 'office', to = 'annex', atMs = counter): Fall => ({ atMs, counter, from, to })

describe('two identical machines that are never online together (R10)', () => {
  it.each([
    ['three falls at rising counts between two places', [fall(11), fall(12), fall(14)], true],
    ['also when the other one falls', [fall(11), fall(13, 'annex', 'office'), fall(14)], true],
    ['two are one restore too few', [fall(11), fall(12)], false],
    ['a snapshot that is put back each night falls to the same count', [fall(11), fall(11), fall(11)], false],
    ['restored in its place', [fall(11, 'office', 'office'), fall(12, 'office', 'office'), fall(14, 'office', 'office')], false],
    [
      'a machine that travels is at more than two places',
      [fall(11, 'home', 'train'), fall(12, 'train', 'office'), fall(14, 'office', 'home')],
      false,
    ],
    ['no address known', [fall(11, '', 'office'), fall(12, '', 'office'), fall(13, '', 'office')], false],
  ])('%s', (_, falls, is) => expect(areTwins(falls)).toBe(is))

  it('what is long ago does not count, and no more is kept than is looked at', () => {
    let falls: Fall[] = []
    for (let i = 1; i <= 20; i++) falls = noteFall(falls, fall(i, 'office', 'annex', i * 1_000))
    expect(falls).toHaveLength(6)
    expect(noteFall(falls, fall(99, 'office', 'annex', fallsCountForMs + 30_000))).toHaveLength(1)
  })
})
