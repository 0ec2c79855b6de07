import { expect, it } from 'vitest'
import { dropUndo, forget, keepUndo, undoings, undoMs } from './undoing.ts'

it('what was done may be taken back for ten minutes, the newest first, and no more than five (EVT-4)', () => {
  const done: number[] = []
  const ids = [1, 2, 3, 4, 5, 6].map((n) => keepUndo(`done ${n}`, () => void done.push(n), n * 1_000))
  expect(undoings().map(({ label }) => label)).toEqual(['done 6', 'done 5', 'done 4', 'done 3', 'done 2'])
  undoings()[0]!.run()
  dropUndo(ids[5]!)
  expect([done, undoings().length]).toEqual([[6], 4])
  forget(2_000 + undoMs - 1)
  expect(undoings()).toHaveLength(4)
  forget(3_000 + undoMs)
  expect(undoings().map(({ label }) => label)).toEqual(['done 5', 'done 4'])
  keepUndo('later', () => {}, 5_000 + undoMs)
  expect(undoings().map(({ label }) => label)).toEqual(['later'])
})
