import {
  antivirus,
  categories,
  categoryById,
  componentUpdate,
  replay,
  reopenWithinMs,
  spanKind,
  spansOfHeld,
  type Category,
  type FactHour,
  type FactSpan,
  type Past as Kept,
} from '@vigie/domain/categories'
import { describe, expect, it } from 'vitest'
import { dice } from '../figures/testing/estate.ts'
import type { ProductFacts } from './facts.ts'
import { worthKeeping, type HeldFacts } from './history.ts'
import { planFor, type Standing } from './plan.ts'

const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000]
const start = Date.parse('2026-08-01T00:00:00Z')
const endMs = start + 90 * dayMs - 1
const nothing: ProductFacts = {
  detections: new Map(),
  infections: new Map(),
  endpointsByScan: new Map(),
  mailServersByScan: new Map(),
  freshAt: null,
  componentsKnown: 0,
  componentsDeployed: 0,
  mailServersOutdated: 0,
  agents: [],
  staleEndpoints: 0,
  health: null,
  nextStaleAt: null,
  alerts: null,
}
interface Life {
  past: (atMs: number) => Partial<ProductFacts>
  /** When something comes. */
  moments: readonly number[]
}

/** Many detections at once, hours apart: 1 to 40 at a time, each within a few minutes. */
function spells(category: Category, roll: (n: number) => number): Life {
  const minutes: number[] = []
  for (let atMs = start + roll(300) * minuteMs; atMs < start + 6 * dayMs; atMs += (180 + roll(900)) * minuteMs) {
    const length = 1 + roll(40)
    for (let n = 0; n < length; n++) minutes.push(atMs + roll(6) * minuteMs)
  }
  const past: Life['past'] = (atMs) => {
    const counting = minutes.filter((at) => at <= atMs && at > atMs - hourMs)
    return counting.length === 0
      ? {}
      : { detections: new Map([[category.id, { count: counting.length, oldest: new Date(Math.min(...counting)) }]]) }
  }
  return { past, moments: minutes }
}

/** Updates that come and stay away for days. */
function updates(roll: (n: number) => number): Life {
  const moments = [start]
  for (let atMs = start; atMs < start + 80 * dayMs;) moments.push((atMs += (1 + roll(20 * 24)) * hourMs))
  return {
    past: (atMs) => ({ freshAt: new Date(Math.max(...moments.filter((at) => at <= atMs))), componentsKnown: 1, componentsDeployed: 1 }),
    moments,
  }
}

/** Several things at one product, each of which is well and not well by turns, for `least` minutes and up to `most` more: their changes, and how each is at a time (since when; null: well). */
function turns(roll: (n: number) => number, things: number, least: number, most: number) {
  const of = Array.from({ length: things }, () => {
    const changes: number[] = []
    for (
      let atMs = start + roll(most) * minuteMs;
      atMs < start + Math.min(60 * dayMs, 40 * most * minuteMs);
      atMs += (least + roll(most)) * minuteMs
    )
      changes.push(atMs)
    return changes
  })
  return {
    moments: of.flat(),
    since: (atMs: number) =>
      of.map((changes) => {
        const past = changes.filter((at) => at <= atMs)
        return past.length % 2 === 1 ? past.at(-1)! : null
      }),
  }
}

/** Agents that go and come, some of them without a goodbye; it takes a minute or two until that is seen. */
function agents(_: Category, roll: (n: number) => number): Life {
  const { moments, since } = turns(roll, 1 + roll(5), 1, [30, 200, 3_000][roll(3)]!)
  const isAbrupt = (sinceMs: number) => (sinceMs / minuteMs) % 3 === 0
  const seenMs = (sinceMs: number) => sinceMs + (isAbrupt(sinceMs) ? 90_000 : 0)
  return {
    past: (atMs) => ({
      agents: since(atMs).map((sinceMs) =>
        sinceMs === null || seenMs(sinceMs) > atMs
          ? { state: 'online', lastSeenAt: new Date(atMs) }
          : { state: isAbrupt(sinceMs) ? 'abnormal' : 'offline', lastSeenAt: new Date(sinceMs) },
      ),
    }),
    moments: moments.flatMap((ms) => [ms, ms + 90_000]),
  }
}

const healthy = { lowOnDisk: [], mailHandled: 0, mailSpam: 0, down: {}, licenceEndsAt: null, seatsOver: 0 }
/** Services of one kind on several machines, which stop and run again. */
function services(category: Category, roll: (n: number) => number): Life {
  const fact = Object.values(category.facts)[0]!
  const service = fact.of === 'down-minutes' ? fact.service : 'appliance'
  const { moments, since } = turns(roll, 1 + roll(3), 1, [20, 100, 1_000][roll(3)]!)
  const past = (atMs: number) => {
    const down = since(atMs).filter((one) => one !== null)
    return down.length === 0 ? {} : { health: { ...healthy, down: { [service]: new Date(Math.min(...down)) } } }
  }
  return { past, moments }
}

/** A licence that is renewed early, late, or not; and for how many seats too many. */
function licences(_: Category, roll: (n: number) => number): Life {
  const renewals: { atMs: number; endsMs: number | null; over: number }[] = [{ atMs: start, endsMs: null, over: 0 }]
  for (let atMs = start + roll(5) * dayMs; atMs < start + 85 * dayMs; atMs += (1 + roll(40 * 24)) * hourMs)
    renewals.push({ atMs, endsMs: roll(8) === 0 ? null : atMs + (roll(60 * 24) - 24 * 10) * hourMs, over: Math.max(0, roll(12) - 5) })
  return {
    past: (atMs) => {
      const { endsMs, over } = renewals.findLast((one) => one.atMs <= atMs)!
      return { health: { ...healthy, licenceEndsAt: endsMs === null ? null : new Date(endsMs), seatsOver: over } }
    },
    moments: renewals.map(({ atMs }) => atMs),
  }
}

/** Numbers that change hours apart, as they are kept by the hour. */
function numbers<T>(roll: (n: number) => number, of: (roll: (n: number) => number) => T, past: (of: T) => Partial<ProductFacts>): Life {
  const known: { atMs: number; of: T }[] = []
  for (let atMs = start + roll(300) * minuteMs; atMs < start + 20 * dayMs; atMs += (61 + roll(900)) * minuteMs)
    known.push({ atMs, of: of(roll) })
  return {
    past: (atMs) => {
      const now = known.findLast((one) => one.atMs <= atMs)
      return now ? past(now.of) : {}
    },
    moments: known.map(({ atMs }) => atMs),
  }
}
const few = (roll: (n: number) => number) => Math.max(0, roll(9) - 3)
const lives: Record<string, (category: Category, roll: (n: number) => number) => Life> = {
  'agent-offline': agents,
  'agent-abnormal': agents,
  'managed-server': agents,
  'smart-protection': services,
  'mail-server': services,
  'appliance-failure': services,
  'licence-expired': licences,
  'licence-expiring': licences,
  'seats-exceeded': licences,
  'data-freshness': (_, roll) => numbers(roll, few, (staleEndpoints) => ({ staleEndpoints })),
  'disk-space': (_, roll) =>
    numbers(
      roll,
      () => Array.from({ length: roll(8) }, () => roll(10)),
      (lowOnDisk) => ({ health: { ...healthy, lowOnDisk } }),
    ),
  'outbreak-defence': (_, roll) =>
    numbers(
      roll,
      () => (roll(3) === 0 ? null : { red: roll(2), yellow: roll(2), vulnerable: few(roll), toClean: few(roll) }),
      (alerts) => ({ alerts: alerts && { ...alerts, nextEndAt: new Date(start + 100 * dayMs) } }),
    ),
}

/** Values at which what happens in these lives differs; the others as they are by default. */
const ranges: Record<string, [number, number]> = {
  offlineAfterMinutes: [5, 900],
  abnormalAfterMinutes: [2, 300],
  stoppedAfterMinutes: [2, 300],
  downAfterMinutes: [1, 120],
  graceDays: [0, 12],
  days: [1, 60],
  seats: [1, 6],
  staleEndpoints: [1, 6],
  endpoints: [1, 6],
  freePercent: [1, 10],
  vulnerable: [0, 5],
  toClean: [1, 5],
}
const anyValues = (category: Category, roll: (n: number) => number) =>
  Object.fromEntries(
    Object.keys(category.indexes).map((name) => {
      const [least, most] = ranges[name]!
      return [name, least + roll(most - least + 1)]
    }),
  )

/** The product's life with this value in force, assessed when something comes and when it asked to be: what opened, by condition, and what was kept for previews. */
function live(
  category: Category,
  at: Record<string, number>,
  { past, moments }: Life,
  others: readonly Category[] = [],
): { opened: string[]; kept: Kept } {
  const opened: string[] = []
  const spans: (FactSpan & { category: string })[] = []
  const hours = new Map<string, FactHour>()
  const standing = new Map<string, Standing & { resolvedMs: number }>()
  let uneasy: string[] = []
  let held: HeldFacts | null = {}
  const due = [...new Set(moments)].toSorted((a, b) => a - b)
  for (let nowMs = due.shift(); nowMs !== undefined; nowMs = due.shift()) {
    const now = new Date(nowMs)
    const going = [...standing.values()].filter(
      ({ state, resolvedMs }) => state !== 'resolved' || resolvedMs > now.getTime() - reopenWithinMs,
    )
    const plan = planFor(
      {
        facts: { ...nothing, ...past(nowMs) },
        categories: [category, ...others],
        tuned: { business: { [category.id]: at }, byTag: {}, customer: {} },
        standing: going,
      },
      now,
    )
    for (const { category: of, condition, severity, figures } of plan.opened) {
      if (of === category.id) opened.push(condition)
      standing.set(`${of}.${condition}`, {
        id: condition,
        productId: 'p',
        category: of,
        condition,
        state: 'unresolved',
        count: 1,
        figures,
        lastRaisedAt: now,
        notedAt: null,
        severity,
        silenceId: null,
        toldAt: null,
        hasNews: false,
        commands: [],
        resolvedMs: 0,
      })
    }
    for (const { event, state, figures } of plan.changed)
      standing.set(`${event.category}.${event.condition}`, {
        ...standing.get(`${event.category}.${event.condition}`)!,
        state,
        figures,
        resolvedMs: nowMs,
      })
    const worth = worthKeeping({ id: 'p', customerId: 'c', typeId: 't', description: '', company: '', uneasy, held }, plan.found, now)
    spans.push(...worth.over)
    if (worth.next) ({ uneasy, held } = worth.next)
    for (const { fact, value, isLow } of worth.kept) {
      const hour = Math.floor(nowMs / hourMs) * hourMs
      const known = hours.get(`${fact} ${hour}`)
      hours.set(`${fact} ${hour}`, {
        fact,
        hourMs: hour,
        worst: known ? (isLow ? Math.min : Math.max)(known.worst, value) : value,
        last: value,
      })
    }
    const next = plan.nextAt?.getTime()
    if (next !== undefined && next < start + 90 * dayMs && (due[0] === undefined || next < due[0])) due.unshift(next)
  }
  for (const [of, facts] of Object.entries(held))
    for (const [name, one] of Object.entries(facts)) spans.push(...spansOfHeld(name, one).map((span) => ({ ...span, category: of })))
  const spansOf = (id: string) => spans.filter((span) => span.category === id)
  // as the preview takes them: with the values in force
  const silent = others.flatMap((other) => replay(other, { spans: spansOf(other.id) }, valuesOf(other), endMs))
  return { opened, kept: { hours: [...hours.values()], spans: spansOf(category.id), silent } }
}

const valuesOf = (category: Category) => Object.fromEntries(Object.entries(category.indexes).map(([name, index]) => [name, index.default]))
const counted = (conditions: readonly string[]) =>
  Object.fromEntries([...Map.groupBy(conditions, (one) => one)].map(([condition, of]) => [condition, of.length] as const).toSorted())

describe('what a preview says is what happens with the value in force (EVT-7)', () => {
  const busy = categories.filter(({ conditions }) => conditions['many-incidents'] !== undefined).map(({ id }) => id)
  it.each(busy)('%s: many at once, hours apart, whatever value was in force when it was kept', (id) => {
    const category = categories.find((one) => one.id === id)!
    const roll = dice(busy.indexOf(id) + 1)
    for (let round = 0; round < 8; round++) {
      const life = spells(category, roll)
      const kept = live(category, { ...valuesOf(category), incidents: 5 + roll(30) }, life).kept
      for (let n = 0; n < 4; n++) {
        const at = { ...valuesOf(category), incidents: 5 + roll(30) }
        expect(counted(replay(category, kept, at).map(({ condition }) => condition)), `round ${round}, ${at.incidents}`).toEqual(
          counted(live(category, at, life).opened),
        )
      }
    }
  })

  it('component update: days without one, and days that an update ends', () => {
    const category = componentUpdate as unknown as Category
    const roll = dice(7)
    for (let round = 0; round < 20; round++) {
      const life = updates(roll)
      const pair = () => {
        const warnAfterDays = 3 + roll(8)
        return { ...valuesOf(category), warnAfterDays, actAfterDays: warnAfterDays + 1 + roll(8) }
      }
      const kept = live(category, pair(), life).kept
      for (let n = 0; n < 4; n++) {
        const at = pair()
        expect(
          counted(replay(category, kept, at).map(({ condition }) => condition)),
          `round ${round}, ${at.warnAfterDays}, ${at.actAfterDays}`,
        ).toEqual(counted(live(category, at, life).opened))
      }
    }
  })

  it.each(Object.keys(lives))('%s: whatever value was in force when it was kept', (id) => {
    const category = categoryById.get(id)!
    const roll = dice(Object.keys(lives).indexOf(id) + 100)
    let raised = 0
    for (let round = 0; round < 8; round++) {
      const life = lives[id]!(category, roll)
      const { kept } = live(category, anyValues(category, roll), life)
      for (let n = 0; n < 4; n++) {
        const at = anyValues(category, roll)
        const { opened } = live(category, at, life)
        raised += opened.length
        expect(
          counted(replay(category, kept, at, endMs).map(({ condition }) => condition)),
          `round ${round}, ${JSON.stringify(at)}`,
        ).toEqual(counted(opened))
      }
    }
    expect(raised).toBeGreaterThan(20)
  })

  it('disk space while its agents come and go: nothing opens or closes under an event that explains it', () => {
    const category = categoryById.get('disk-space')!
    const others = ['agent-offline', 'agent-abnormal'].map((id) => categoryById.get(id)!)
    const roll = dice(300)
    let [raised, unexplained] = [0, 0]
    for (let round = 0; round < 8; round++) {
      const [disks, away] = [lives['disk-space']!(category, roll), agents(category, roll)]
      const life = {
        past: (atMs: number) => ({ ...disks.past(atMs), ...away.past(atMs) }),
        // whoever is back reports at once
        moments: [...disks.moments, ...away.moments.flatMap((ms) => [ms, ms + 1])],
      }
      const { kept } = live(category, anyValues(category, roll), life, others)
      for (let n = 0; n < 4; n++) {
        const at = anyValues(category, roll)
        const { opened } = live(category, at, life, others)
        raised += opened.length
        unexplained += replay(category, { ...kept, silent: [] }, at, endMs).length
        expect(
          counted(replay(category, kept, at, endMs).map(({ condition }) => condition)),
          `round ${round}, ${JSON.stringify(at)}`,
        ).toEqual(counted(opened))
      }
    }
    expect([raised > 20, unexplained > raised]).toEqual([true, true])
  })

  it('every category is lived, and none has a past that is kept in two ways', () => {
    const lived = new Set([...busy, ...Object.keys(lives), 'component-update', 'anti-spam'])
    expect(categories.map(({ id }) => id).filter((id) => !lived.has(id))).toEqual([])
    expect(categories.filter(({ facts }) => new Set(Object.values(facts).map((fact) => spanKind(fact) === null)).size > 1)).toEqual([])
  })

  it('has something to say', () => {
    const category = antivirus as unknown as Category
    expect(live(category, valuesOf(category), spells(category, dice(3))).opened.length).toBeGreaterThan(3)
  })
})
