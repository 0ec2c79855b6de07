import { beforeEach, describe, expect, it } from 'vitest'
import { createMemory, type Memory } from './memory.ts'

let now = 0
let memory: Memory
beforeEach(() => {
  now = 100_000
  memory = createMemory(60_000, () => now)
})
const change = (id: string) => ({ kind: 'event' as const, id, customerId: null })
const ids = (since: number) => memory.since(since, 'p')?.map(({ id }) => id) ?? null

describe('what changed of late (EVT-8)', () => {
  it('is not known before it was heard, nor past its term', () => {
    expect(ids(now)).toBeNull()
    memory.begin()
    expect(ids(now)).toBeNull() // a reading is older than its answer
    now += 3_000
    expect(ids(now)).toEqual([])
    now += 100_000
    expect([ids(now - 57_000), ids(now - 57_001)]).toEqual([[], null])
  })

  it('each change once, of the own business, since then and a little before', () => {
    memory.begin()
    now += 10_000
    memory.keep('p', change('old'))
    now += 3_000
    memory.keep('p', change('a'))
    memory.keep('other', change('b'))
    memory.keep('p', change('a'))
    expect([ids(now), ids(now + 1), ids(now + 3_001)]).toEqual([['old', 'a'], ['a'], []])
  })

  it('after a gap only what came since', () => {
    memory.begin()
    now += 30_000
    memory.keep('p', change('a'))
    memory.begin()
    expect(ids(now)).toBeNull()
    now += 5_000
    memory.begin(false)
    expect(ids(now - 2_000)).toEqual([])
  })

  it('a flood is forgotten rather than kept, and that is known', () => {
    memory.begin()
    now += 10_000
    for (let n = 0; n < 30_000; n++) memory.keep('p', change(String(n)))
    expect(ids(now)).toBeNull()
    now += 4_000
    memory.keep('p', change('last'))
    expect(ids(now - 500)).toEqual(['last'])
  })
})
