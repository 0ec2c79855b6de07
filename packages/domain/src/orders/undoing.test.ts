import { describe, expect, it } from 'vitest'
import { withPlaces } from './rules.ts'
import { noCounts, type Order } from './shapes.ts'
import { reasonAgainstUndo } from './undoing.ts'

const ended = (more: Partial<Order>): Order =>
  ({
    type: 'start-outbreak-defence',
    state: 'finished',
    counts: { ...noCounts(), succeeded: 1 },
    places: null,
    undoneBy: null,
    ...more,
  }) as Order

describe('why an order can’t be taken back (issue 3)', () => {
  it.each<[string, Partial<Order>, string | null]>([
    ['outbreak defence, at one agent', {}, null],
    ['halted in the middle', { state: 'halted' }, null],
    ['still running', { state: 'running' }, 'not-ended'],
    ['paused', { state: 'paused' }, 'not-ended'],
    ['a scan', { type: 'scan-now' }, 'no-inverse'],
    ['an upgrade', { type: 'upgrade-agent' }, 'one-way'],
    ['agents that have left', { type: 'uninstall-agent' }, 'uninstalled'],
    ['nobody was told', { counts: { ...noCounts(), failed: 2, expired: 1, skipped: 3 } }, 'nothing-done'],
    ['refused by the second person', { state: 'refused', counts: { ...noCounts(), planned: 5 } }, 'nothing-done'],
    ['handed over, without word', { counts: { ...noCounts(), unknown: 1 } }, null],
    [
      'settings at one place, however the agents answered',
      { type: 'apply-settings', counts: { ...noCounts(), failed: 1 }, places: { planned: 0, set: 1, skipped: 0 } },
      null,
    ],
    ['settings at no place', { type: 'apply-settings', places: { planned: 0, set: 0, skipped: 4 } }, 'nothing-done'],
    ['taken back before', { undoneBy: '0193e1a0-0000-7000-8000-000000000001' as Order['id'] }, 'undone'],
  ])('%s', (_, more, reason) => expect(reasonAgainstUndo(ended(more))).toBe(reason))
})

describe('a ring of places (R16)', () => {
  it.each([
    ['a place to set, its agents not told', { planned: 2 }, { planned: 1, done: 0 }, { planned: 3, succeeded: 0 }],
    ['set, its agents not told yet', { planned: 2 }, { planned: 0, done: 1 }, { planned: 2, succeeded: 0 }],
    ['set, its agents told', { waiting: 2 }, { planned: 0, done: 1 }, { planned: 0, succeeded: 0 }],
    ['set, nobody there to tell', {}, { planned: 0, done: 3 }, { planned: 0, succeeded: 3 }],
    ['all left out', { skipped: 2 }, { planned: 0, done: 0 }, { planned: 0, succeeded: 0 }],
    ['a failure weighs, however many places are set', { failed: 1 }, { planned: 0, done: 9 }, { failed: 1, succeeded: 0 }],
  ])('%s', (_, counts, places, expected) => expect(withPlaces({ ...noCounts(), ...counts }, places)).toMatchObject(expected))
})
