import { describe, expect, it } from 'vitest'
import { failureLimit, isBeyondCaps, isDangerous, nextMove, ringSizes, type RingView } from './rules.ts'
import { noCounts, type OrderCounts } from './shapes.ts'

const now = new Date('2026-11-21T12:00:00Z')
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000)

describe('caps of dangerous orders (R16)', () => {
  const caps = { capCustomers: 10, capPercent: 5 }
  it.each([
    ['10 customers of 1,000 agents', { customers: 10, agents: 10 }, 1_000, false],
    ['the 11th customer', { customers: 11, agents: 11 }, 1_000, true],
    ['5 % of the agents', { customers: 1, agents: 50 }, 1_000, false],
    ['one agent more', { customers: 1, agents: 51 }, 1_000, true],
    ['3 agents of a business of 10', { customers: 1, agents: 3 }, 10, false],
    ['the 4th of 10', { customers: 1, agents: 4 }, 10, true],
  ])('%s', (_, reached, estate, expected) => {
    expect(isBeyondCaps(reached, estate, caps)).toBe(expected)
  })

  it('are for what weakens or cuts off; scans, updates and enabling are free', () => {
    expect(
      (
        [
          'disable-agents',
          'start-outbreak-defence',
          'enable-agents',
          'scan-now',
          'update-components',
          'synchronise',
          'stop-outbreak-defence',
        ] as const
      ).map(isDangerous),
    ).toEqual([true, true, false, false, false, false, false])
  })
})

describe('rings (R16)', () => {
  it.each([
    [1_000, [1, 5, 25, 100], [10, 40, 200, 750]],
    [10, [1, 5, 25, 100], [1, 1, 1, 7]],
    [3, [1, 5, 25, 100], [1, 1, 1]],
    [1, [1, 5, 25, 100], [1]],
    [0, [1, 100], []],
    [7, [100], [7]],
  ])('of %i agents at %j: %j', (agents, percents, sizes) => {
    expect(ringSizes(agents, percents)).toEqual(sizes)
  })

  it.each([
    [1, 10, 1],
    [9, 10, 1],
    [10, 10, 1],
    [11, 10, 2],
    [100, 10, 10],
  ])('a ring of %i fails at %i %% with %i', (size, percent, limit) => {
    expect(failureLimit(size, percent)).toBe(limit)
  })

  const view = (counts: Partial<OrderCounts>, more: Partial<RingView> = {}): RingView => ({
    state: 'running',
    ring: 1,
    rings: 4,
    ringAt: minutesAgo(10),
    ringMinutes: 60,
    failurePercent: 10,
    startsAt: null,
    counts: { ...noCounts(), ...counts },
    planned: 100,
    open: 0,
    ...more,
  })
  it.each<[string, RingView, string]>([
    ['begins with the first ring', view({}, { ring: 0 }), 'next-ring'],
    ['goes on telling the ring that is out', view({ planned: 1, waiting: 9 }), 'release'],
    ['waits for answers', view({ delivered: 1, succeeded: 9 }), 'wait'],
    ['goes on when all answered', view({ succeeded: 10 }), 'next-ring'],
    ['goes on below the limit of failures', view({ succeeded: 19, failed: 1 }), 'next-ring'],
    ['halts at the limit', view({ succeeded: 18, failed: 2 }), 'halt'],
    ['halts at once, also while others still run', view({ failed: 1, running: 9 }), 'halt'],
    ['an unknown outcome is a failure', view({ succeeded: 9, unknown: 1 }), 'halt'],
    ['one agent that fails is enough in a ring of one', view({ failed: 1 }), 'halt'],
    ['silent ones count as failures when the ring is late', view({ succeeded: 8, delivered: 2 }, { ringAt: minutesAgo(60) }), 'halt'],
    ['and not a minute before', view({ succeeded: 8, delivered: 2 }, { ringAt: minutesAgo(59) }), 'wait'],
    ['agents that never came back count neither way', view({ succeeded: 2, waiting: 8 }, { ringAt: minutesAgo(60) }), 'next-ring'],
    ['pauses when nobody at all succeeded in time', view({ waiting: 10 }, { ringAt: minutesAgo(60) }), 'pause'],
    ['pauses when everyone expired', view({ expired: 10 }), 'pause'],
    ['the last ring ends when all have answered', view({ succeeded: 10 }, { ring: 4, open: 0 }), 'finish'],
    ['but not while agents of an earlier one are away', view({ succeeded: 10 }, { ring: 4, open: 3 }), 'wait'],
    ['all at once never halts by itself', view({ failed: 10 }, { rings: 1 }), 'finish'],
    ['a paused one waits for a person', view({ succeeded: 10 }, { state: 'paused' }), 'wait'],
    ['a delayed one starts at its time', view({}, { state: 'delayed', startsAt: now }), 'start'],
    ['and not before', view({}, { state: 'delayed', startsAt: new Date(now.getTime() + 1) }), 'wait'],
  ])('%s', (_, given, expected) => {
    expect(nextMove(given, now).kind).toBe(expected)
  })
})
