import { describe, expect, it } from 'vitest'
import { undoOf } from './bulk.ts'

describe('taking back what was done to many events (EVT-4)', () => {
  it('gives each event back to whoever had it, only where it is still with the one it was given to', () => {
    expect(
      undoOf(
        [
          { id: 'a', before: null },
          { id: 'b', before: 'ada' },
          { id: 'c', before: null },
        ],
        { kind: 'assign', accountId: 'bob' },
      ),
    ).toEqual([
      { ids: ['a', 'c'], change: { kind: 'assign', accountId: null, ifAssignedTo: 'bob' } },
      { ids: ['b'], change: { kind: 'assign', accountId: 'ada', ifAssignedTo: 'bob' } },
    ])
  })
  it('ends the silences it made, not those that took another’s place', () => {
    const silence = { kind: 'snoozed' as const, reason: 'r', until: null }
    expect(
      undoOf(
        [
          { id: 'a', silenceId: 's1', isReplaced: false },
          { id: 'b', silenceId: 's2', isReplaced: true },
        ],
        { kind: 'silence', silence },
      ),
    ).toEqual([{ ids: ['a'], change: { kind: 'wake', silences: new Map([['a', 's1']]) } }])
    expect(undoOf([{ id: 'b', silenceId: 's2', isReplaced: true }], { kind: 'silence', silence })).toEqual([])
  })
  it.each(['wake', 'reset', 'resolve'] as const)('%s can’t be taken back', (kind) => expect(undoOf([{ id: 'a' }], { kind })).toEqual([]))
})
