import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createBell, inRounds, type RoundEnd } from './rounds.ts'

describe('work in rounds', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  const working = (end: () => RoundEnd | undefined = () => undefined) => {
    const bell = createBell()
    const rounds: (() => void)[] = []
    const work = inRounds({ name: 'work', bell, pollMs: 400, round: () => new Promise((resolve) => rounds.push(() => resolve(end()))) })
    /** Ends the round in hand. */
    const finish = async () => {
      rounds.at(-1)!()
      await vi.advanceTimersByTimeAsync(0)
    }
    return { bell, rounds, work, finish }
  }

  it('looks every so often, and at once when the bell rings', async () => {
    const { bell, rounds, work, finish } = working()
    await work.start()
    await finish()
    await vi.advanceTimersByTimeAsync(399)
    expect(rounds).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(rounds).toHaveLength(2)
    await finish()
    bell.ring()
    await vi.advanceTimersByTimeAsync(0)
    expect(rounds).toHaveLength(3)
    await finish()
    await work.stop()
  })

  it('a bell during a round is not lost, and starts none beside it', async () => {
    const { bell, rounds, work, finish } = working()
    await work.start()
    bell.ring()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(rounds).toHaveLength(1)
    await finish()
    expect(rounds).toHaveLength(2)
    await finish()
    await work.stop()
  })

  it('a rest is taken whatever rings; more work follows it at once', async () => {
    const { bell, rounds, work, finish } = working(() => ({ restMs: 100, hasMore: true }))
    await work.start()
    await finish()
    bell.ring()
    await vi.advanceTimersByTimeAsync(99)
    expect(rounds).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(rounds).toHaveLength(2)
    await finish()
    await work.stop()
  })

  it('stopping ends after the round in hand, and ends any wait', async () => {
    const { bell, rounds, work, finish } = working(() => ({ restMs: 60_000 }))
    await work.start()
    const stopped = work.stop()
    bell.ring()
    await finish()
    await stopped
    expect(rounds).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })
})
