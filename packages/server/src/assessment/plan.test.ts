import { antivirus, componentUpdate, type Category } from '@vigie/domain/categories'
import { describe, expect, it } from 'vitest'
import type { ProductFacts } from './facts.ts'
import { planFor, type Standing } from './plan.ts'

const now = new Date('2026-11-21T12:00:00Z')
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1_000)
const categories = [antivirus, componentUpdate] as unknown as Category[]

const facts = (
  change: { incidents?: number; infections?: number; freshAt?: Date; known?: number; deployed?: number; mailServers?: number } = {},
): ProductFacts => ({
  detections: new Map(change.incidents ? [['antivirus', { count: change.incidents, oldest: ago(1_800) }]] : []),
  infections: new Map(change.infections ? [['antivirus', { count: change.infections, endpoints: 1 }]] : []),
  endpointsByScan: new Map([['on', 1]]),
  mailServersByScan: new Map(),
  freshAt: change.freshAt ?? null,
  componentsKnown: change.known ?? 0,
  componentsDeployed: change.deployed ?? 0,
  mailServersOutdated: change.mailServers ?? 0,
  agents: [],
  staleEndpoints: 0,
  health: null,
  nextStaleAt: null,
  alerts: null,
})
const standing = (change: Partial<Standing> = {}): Standing => ({
  id: 'e1',
  productId: 'p1',
  category: 'antivirus',
  condition: 'uncleaned',
  state: 'unresolved',
  count: 1,
  figures: { infections: 1 },
  lastRaisedAt: ago(60),
  notedAt: null,
  severity: 'action-required',
  silenceId: null,
  toldAt: null,
  hasNews: false,
  commands: [],
  ...change,
})
const plan = (of: ProductFacts, events: Standing[] = [], customer = {}) =>
  planFor({ facts: of, categories, tuned: { business: {}, byTag: {}, customer }, standing: events }, now)

describe('what facts make of events (EVT-2, EVT-3, EVT-9)', () => {
  it('opens one event a condition, with its figures', () => {
    expect(plan(facts({ incidents: 20, infections: 2 })).opened).toEqual([
      { category: 'antivirus', condition: 'uncleaned', severity: 'action-required', figures: { infections: 2 } },
      { category: 'antivirus', condition: 'many-incidents', severity: 'warning', figures: { incidents: 20, threshold: 15 } },
    ])
  })

  it("obeys a customer's own index", () => {
    expect(plan(facts({ incidents: 20 }), [], { antivirus: { incidents: 21 } }).opened).toEqual([])
  })

  it('leaves an event alone that still holds with the same figures', () => {
    expect(plan(facts({ infections: 1 }), [standing()]).changed).toEqual([])
  })

  it.each([
    ['grew: counts up, noted in the history', standing(), 3, { count: 2, step: 'raised', lastRaisedAt: now, notedAt: now }],
    [
      'grew again within 5 minutes: counts up, no further step',
      standing({ notedAt: ago(60), count: 2 }),
      3,
      { count: 3, step: null, lastRaisedAt: now },
    ],
    ['eased: noted, not raised', standing({ figures: { infections: 5 } }), 3, { count: 1, step: 'eased', lastRaisedAt: ago(60) }],
    [
      'holds unchanged for 10 minutes: seen again',
      standing({ lastRaisedAt: ago(600), figures: { infections: 3 } }),
      3,
      { count: 1, step: null, lastRaisedAt: now },
    ],
  ])('%s', (_, event, infections, expected) => {
    expect(plan(facts({ infections }), [event]).changed).toEqual([
      expect.objectContaining({ ...expected, state: 'unresolved', figures: { infections } }),
    ])
  })

  it('a day older: its figures go on, and nothing has happened that one would count or note', () => {
    const event = standing({ category: 'component-update', condition: 'old', severity: 'warning', figures: { days: 8, threshold: 7 } })
    expect(plan(facts({ freshAt: ago(86_400 * 9 + 3_600), known: 1, deployed: 1 }), [event]).changed).toEqual([
      expect.objectContaining({ count: 1, step: null, lastRaisedAt: ago(60), figures: { days: 9, threshold: 7 } }),
    ])
  })

  it('a smaller share is worse, a larger one better', () => {
    const event = standing({ category: 'component-update', condition: 'barely-deployed', figures: { percent: 60, threshold: 70 } })
    expect(plan(facts({ freshAt: now, known: 10, deployed: 5 }), [event]).changed).toEqual([
      expect.objectContaining({ step: 'raised', figures: { percent: 50, threshold: 70 } }),
    ])
  })

  it('resolves what holds no more, also while pending', () => {
    for (const state of ['unresolved', 'pending'] as const)
      expect(plan(facts(), [standing({ state, figures: { infections: 3 } })]).changed).toEqual([
        expect.objectContaining({ state: 'resolved', step: 'resolved', figures: { infections: 3 } }),
      ])
  })

  it('what comes again within 10 minutes goes on as the same event (EVT-9, flapping)', () => {
    const result = plan(facts({ infections: 2 }), [standing({ state: 'resolved' })])
    expect(result.opened).toEqual([])
    expect(result.changed).toEqual([
      expect.objectContaining({ state: 'unresolved', step: 'reopened', count: 2, figures: { infections: 2 } }),
    ])
    expect(plan(facts(), [standing({ state: 'resolved' })]).changed).toEqual([])
  })

  it('an event of a category that is assessed no more is resolved', () => {
    expect(plan(facts(), [standing({ category: 'gone' })]).changed).toEqual([expect.objectContaining({ state: 'resolved' })])
  })
})

describe('an event that waits for its product (EVT-2, EVT-4, AGT-3)', () => {
  const command = (step: 'running' | 'failed' | 'expired' | 'unknown' | 'succeeded', seconds: number) => ({ step, changedAt: ago(seconds) })
  it.each([
    ['its command runs', [command('running', 3_000)], 'pending', null],
    ['it failed', [command('failed', 1)], 'unresolved', null],
    ['it expired', [command('expired', 1)], 'unresolved', null],
    ['its outcome is unknown', [command('unknown', 1)], 'unresolved', null],
    ['it succeeded a minute ago', [command('succeeded', 60)], 'pending', 60],
    ['it succeeded two minutes ago and the condition still holds', [command('succeeded', 120)], 'unresolved', null],
    ['one failed, the other still runs', [command('failed', 1), command('running', 10)], 'pending', null],
  ])('%s', (_, commands, state, waitsSeconds) => {
    const { changed, nextAt } = plan(facts({ infections: 1 }), [standing({ state: 'pending', commands })])
    expect(changed.map((one) => [one.state, one.step])).toEqual(state === 'pending' ? [] : [['unresolved', 'reopened']])
    expect(nextAt).toEqual(waitsSeconds === null ? null : new Date(now.getTime() + waitsSeconds * 1_000))
  })
})

describe('when time alone changes the answer', () => {
  it('looks again when the oldest minute leaves the hour, if an event hangs on it', () => {
    const open = standing({ condition: 'many-incidents', figures: { incidents: 20, threshold: 15 } })
    expect(plan(facts({ incidents: 20 }), [open]).nextAt).toEqual(new Date(ago(1_800).getTime() + 3_600_001))
    expect(plan(facts({ incidents: 3 })).nextAt).toBeNull()
  })

  it('looks again when components are a day older', () => {
    expect(plan(facts({ freshAt: ago(86_400 * 3 + 3_600), known: 1, deployed: 1 })).nextAt).toEqual(
      new Date(now.getTime() + 23 * 3_600_000 + 1),
    )
  })

  it.each([
    ['7 days sharp', 7 * 86_400, [], 1],
    ['a second more', 7 * 86_400 + 1, [['old', { days: 7, threshold: 7 }]], 86_400 - 1],
    ['14 days sharp', 14 * 86_400, [['old', { days: 13, threshold: 7 }]], 1],
    ['a second more than 14', 14 * 86_400 + 1, [['very-old', { days: 14, threshold: 14 }]], 86_400 - 1],
  ] as const)(
    'more than so many days begins as soon as they are over, by the clock alone (EVT-3): %s',
    (_, seconds, opened, waitsSeconds) => {
      const found = plan(facts({ freshAt: ago(seconds), known: 1, deployed: 1 }))
      expect(found.opened.map(({ condition, figures }) => [condition, figures])).toEqual(opened)
      expect(Math.round((found.nextAt!.getTime() - now.getTime()) / 1_000)).toBe(waitsSeconds)
    },
  )

  it.each([
    [2_000, 1_800, []],
    [2_000, 1_799, ['not-all-deployed']],
    [1_000, 700, ['not-all-deployed']],
    [1_000, 699, ['barely-deployed']],
  ] as const)('%i endpoints, %i up to date (EVT-3)', (known, deployed, conditions) => {
    expect(plan(facts({ freshAt: now, known, deployed })).opened.map(({ condition }) => condition)).toEqual(conditions)
  })

  it('a share that is tuned to is met, whatever numbers make it (EVT-3)', () => {
    for (let percent = 1; percent <= 100; percent++) {
      for (const known of [100, 200, 700]) {
        const at = { 'component-update': { warnBelowPercent: percent, actBelowPercent: 1 } }
        expect(plan(facts({ freshAt: now, known, deployed: (known * percent) / 100 }), [], at).opened, `${percent} % of ${known}`).toEqual(
          [],
        )
        if (percent > 1) expect(plan(facts({ freshAt: now, known, deployed: (known * percent) / 100 - 1 }), [], at).opened).toHaveLength(1)
      }
    }
  })
})
