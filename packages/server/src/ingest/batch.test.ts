import { describe, expect, it } from 'vitest'
import { answersTo, type Batch, type Result, type Sender } from './batch.ts'

const sender = { agentId: 'a' } as Sender
const other = { agentId: 'b' } as Sender
const batch = (firstSeq: number, count: number, by = sender): Batch => ({
  sender: by,
  epoch: 'e',
  firstSeq,
  count,
  items: { detections: [], cleared: [], endpoints: [], outcomes: [], refused: [] },
})
const stored = (seq: number): Result => ({ kind: 'stored', seq })
const missing = (expectedSeq: number): Result => ({ kind: 'missing', expectedSeq })
const heard = (batches: Batch[], results: Result[]) => {
  const { storedSeq, expectedSeq, isSuperseded } = answersTo(batches, results).get(sender)!
  return { storedSeq, expectedSeq, isSuperseded }
}

describe('what an agent hears of its batches (R22)', () => {
  it.each([
    [
      'two that follow: the last acknowledgement says it all',
      [batch(1, 20), batch(21, 20)],
      [stored(20), stored(40)],
      { storedSeq: 40, expectedSeq: null },
    ],
    ['one that does not follow: send again', [batch(41, 20)], [missing(21)], { storedSeq: null, expectedSeq: 21 }],
    [
      'the later one first, then the one it follows, in one flush: the later one is asked for',
      [batch(41, 20), batch(21, 20)],
      [missing(21), stored(40)],
      { storedSeq: 40, expectedSeq: 41 },
    ],
    [
      'the later one first and again behind: all is stored',
      [batch(41, 20), batch(21, 20), batch(41, 20)],
      [missing(21), stored(40), stored(60)],
      { storedSeq: 60, expectedSeq: null },
    ],
    ['sent again though stored', [batch(1, 20)], [stored(40)], { storedSeq: 40, expectedSeq: null }],
  ])('%s', (_, batches, results, answer) => {
    expect(heard(batches, results)).toEqual({ ...answer, isSuperseded: false })
  })

  it('each sender hears of its own', () => {
    const answers = answersTo([batch(1, 1), batch(9, 1, other)], [stored(1), { kind: 'superseded' }])
    expect(answers.get(sender)).toEqual({ epoch: 'e', storedSeq: 1, expectedSeq: null, isSuperseded: false })
    expect(answers.get(other)!.isSuperseded).toBe(true)
  })
})
