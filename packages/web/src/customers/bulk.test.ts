import { describe, expect, it } from 'vitest'
import { undoOf } from './bulk.ts'

describe('what takes a change of many back (CUS-2)', () => {
  it('tags: only those it brought or took, customers alike together', () => {
    const changed = [
      { id: 'a', added: ['x'], removed: [] },
      { id: 'b', added: [], removed: ['y'] },
      { id: 'c', added: ['x'], removed: [] },
    ]
    expect(undoOf(changed, { kind: 'tags', add: ['x'], remove: ['y'] })).toEqual([
      { ids: ['a', 'c'], change: { kind: 'tags', add: [], remove: ['x'] } },
      { ids: ['b'], change: { kind: 'tags', add: ['y'], remove: [] } },
    ])
  })
  it('managers: to whom it was before, and only where it is still ours', () => {
    expect(
      undoOf(
        [
          { id: 'a', before: null },
          { id: 'b', before: 'm1' },
          { id: 'c', before: null },
        ],
        { kind: 'assign', accountId: 'm2' },
      ),
    ).toEqual([
      { ids: ['a', 'c'], change: { kind: 'assign', accountId: null, ifManagedBy: 'm2' } },
      { ids: ['b'], change: { kind: 'assign', accountId: 'm1', ifManagedBy: 'm2' } },
    ])
  })
})
