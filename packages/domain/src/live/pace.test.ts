import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createPacer, type Pacer } from './pace.ts'

const clock = {
  now: () => Date.now(),
  after: (ms: number, run: () => void) => {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}
let asked: { names: string[]; at: number; answer(): void }[]
let pacer: Pacer
let isLookedAt = true
beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
  asked = []
  isLookedAt = true
  pacer = createPacer({
    clock,
    isLookedAt: () => isLookedAt,
    run: (names) => new Promise((resolve) => asked.push({ names: [...names], at: Date.now() - 1_000_000, answer: () => resolve(null) })),
  })
})
afterEach(() => {
  pacer.stop()
  vi.useRealTimers()
})
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const answer = async () => {
  asked.at(-1)!.answer()
  await pass(0)
}

describe('asking again for what changed (EVT-8)', () => {
  it('gathers what changes within 200 ms', async () => {
    pacer.touch(['events'])
    await pass(150)
    pacer.touch(['customers', 'events'])
    await pass(49)
    expect(asked).toEqual([])
    await pass(1)
    expect(asked).toMatchObject([{ names: ['events', 'customers'], at: 200 }])
  })

  it('where something changes all the time, once a second', async () => {
    for (let ms = 0; ms < 5_000; ms += 50) {
      pacer.touch(['events'])
      await pass(50)
      if (asked.length > 0) await answer()
    }
    expect(asked.map(({ at }) => at)).toEqual([200, 1_200, 2_200, 3_200, 4_200])
  })

  it('never while the answer is on its way, and again after it: that answer may not know of it', async () => {
    pacer.touch(['events'])
    await pass(200)
    pacer.touch(['events'])
    await pass(3_000)
    expect(asked).toHaveLength(1)
    await answer()
    await pass(200)
    expect(asked.map(({ at }) => at)).toEqual([200, 3_400])
  })

  it('goes on after an answer that failed', async () => {
    const failing = createPacer({
      clock,
      isLookedAt: () => true,
      async run(names) {
        asked.push({ names: [...names], at: 0, answer() {} })
        throw new Error('away')
      },
    })
    failing.touch(['a'])
    await pass(200)
    failing.touch(['b'])
    await pass(1_000)
    expect(asked.map(({ names }) => names)).toEqual([['a'], ['b']])
    failing.stop()
  })

  it('waits no more for an answer that does not come', async () => {
    pacer.touch(['events'])
    await pass(200)
    pacer.touch(['events'])
    await pass(15_200)
    expect(asked.map(({ at }) => at)).toEqual([200, 15_400])
  })

  it('a tab that nobody looks at asks when somebody does, for all of it at once', async () => {
    isLookedAt = false
    pacer.touch(['events'])
    pacer.touch(['orders'])
    await pass(60_000)
    expect(asked).toEqual([])
    isLookedAt = true
    pacer.look()
    await pass(200)
    expect(asked).toMatchObject([{ names: ['events', 'orders'] }])
  })

  it('stopped, it asks no more', async () => {
    pacer.touch(['events'])
    pacer.stop()
    await pass(10_000)
    pacer.touch(['events'])
    await pass(10_000)
    expect(asked).toEqual([])
  })
})
