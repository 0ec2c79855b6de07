import { antivirus, categories, componentUpdate, replay, type Category, type FactHour } from '@vigie/domain/categories'
import { describe, expect, it } from 'vitest'
import { dice } from '../figures/testing/estate.ts'
import type { ProductFacts } from './facts.ts'
import { worthKeeping } from './history.ts'
import { planFor, reopenWithinMs, type Standing } from './plan.ts'

const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000]
const start = Date.parse('2026-08-01T00:00:00Z')
const nothing: ProductFacts = {
  detections: new Map(),
  infections: new Map(),
  endpointsByScan: new Map(),
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
type Past = (atMs: number) => Partial<ProductFacts>

/** Many detections at once, hours apart: 1 to 40 at a time, each within a few minutes. */
function spells(category: Category, roll: (n: number) => number): { past: Past; moments: number[] } {
  const minutes: number[] = []
  for (let atMs = start + roll(300) * minuteMs; atMs < start + 6 * dayMs; atMs += (180 + roll(900)) * minuteMs) {
    const length = 1 + roll(40)
    for (let n = 0; n < length; n++) minutes.push(atMs + roll(6) * minuteMs)
  }
  const past: Past = (atMs) => {
    const counting = minutes.filter((at) => at <= atMs && at > atMs - hourMs)
    return counting.length === 0
      ? {}
      : { detections: new Map([[category.id, { count: counting.length, oldest: new Date(Math.min(...counting)) }]]) }
  }
  return { past, moments: minutes }
}

/** Updates that come and stay away for days. */
function updates(roll: (n: number) => number): { past: Past; moments: number[] } {
  const moments = [start]
  for (let atMs = start; atMs < start + 80 * dayMs;) moments.push((atMs += (1 + roll(20 * 24)) * hourMs))
  return {
    past: (atMs) => ({ freshAt: new Date(Math.max(...moments.filter((at) => at <= atMs))), componentsKnown: 1, componentsDeployed: 1 }),
    moments,
  }
}

/** The product's life with this value in force, assessed when something comes and when it asked to be: what opened, by condition, and what was kept for previews. */
function live(category: Category, at: Record<string, number>, { past, moments }: { past: Past; moments: readonly number[] }) {
  const opened: string[] = []
  const hours = new Map<string, FactHour>()
  const standing = new Map<string, Standing & { resolvedMs: number }>()
  let uneasy: string[] = []
  const due = [...new Set(moments)].toSorted((a, b) => a - b)
  for (let nowMs = due.shift(); nowMs !== undefined; nowMs = due.shift()) {
    const now = new Date(nowMs)
    const going = [...standing.values()].filter(
      ({ state, resolvedMs }) => state !== 'resolved' || resolvedMs > now.getTime() - reopenWithinMs,
    )
    const plan = planFor(
      {
        facts: { ...nothing, ...past(nowMs) },
        categories: [category],
        tuned: { business: { [category.id]: at }, byTag: {}, customer: {} },
        standing: going,
      },
      now,
    )
    for (const { condition, severity, figures } of plan.opened) {
      opened.push(condition)
      standing.set(condition, {
        id: condition,
        productId: 'p',
        category: category.id,
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
      standing.set(event.condition, { ...standing.get(event.condition)!, state, figures, resolvedMs: nowMs })
    const worth = worthKeeping({ id: 'p', customerId: 'c', typeId: 't', description: '', company: '', uneasy }, plan.found)
    uneasy = worth.uneasy
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
  return { opened, hours: [...hours.values()] }
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
      const kept = live(category, { ...valuesOf(category), incidents: 5 + roll(30) }, life).hours
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
      const kept = live(category, pair(), life).hours
      for (let n = 0; n < 4; n++) {
        const at = pair()
        expect(
          counted(replay(category, kept, at).map(({ condition }) => condition)),
          `round ${round}, ${at.warnAfterDays}, ${at.actAfterDays}`,
        ).toEqual(counted(live(category, at, life).opened))
      }
    }
  })

  it('has something to say', () => {
    const category = antivirus as unknown as Category
    expect(live(category, valuesOf(category), spells(category, dice(3))).opened.length).toBeGreaterThan(3)
  })
})
