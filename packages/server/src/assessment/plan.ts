import { assess, indexesInForce, type Category } from '@vigie/domain/categories'
import { isFinal, type CommandStep } from '@vigie/domain/commands'
import { hasGrown, type Severity } from '@vigie/domain/events'
import { basesOf, factsOf, nextChangeAt, type ProductFacts } from './facts.ts'
import { ofCategory, type Tuned } from './store.ts'

/** Moving figures leave a step in the history at most so often. */
const noteEveryMs = 300_000
/** While nothing changes, "last seen to hold" is brought forward so often. */
const stillHoldsEveryMs = 600_000
/** After its command succeeded an event waits so long for the product to show it. */
const confirmWithinMs = 120_000

export type Figures = Record<string, number>

/** An event as it stands: open, or resolved a moment ago. */
export interface Standing {
  id: string
  productId: string
  category: string
  condition: string
  state: 'unresolved' | 'pending' | 'resolved'
  count: number
  figures: Figures
  lastRaisedAt: Date
  notedAt: Date | null
  severity: Severity
  /** Why it is silent; null: it asks for attention. */
  silenceId: string | null
  /** When people were last told of it; null: never. */
  toldAt: Date | null
  /** It holds something that they were not told of. */
  hasNews: boolean
  /** Of the commands last sent to resolve it. */
  commands: readonly { step: CommandStep; changedAt: Date }[]
}

export interface Opened {
  category: string
  condition: string
  severity: Severity
  figures: Figures
}
/** What becomes of an event that stands. `step`: for its history; null: figures only. */
export interface Changed {
  event: Standing
  state: Standing['state']
  count: number
  figures: Figures
  lastRaisedAt: Date
  notedAt: Date | null
  step: 'raised' | 'eased' | 'resolved' | 'reopened' | null
}
export interface Plan {
  opened: Opened[]
  changed: Changed[]
  /** When to look again though nothing came; null: when something comes. */
  nextAt: Date | null
  /** The numbers each category saw, and what those of them are kept as that are kept at their changes. */
  found: { category: Category; is: Readonly<Record<string, number>>; bases: Readonly<Record<string, number>> }[]
}

export interface Subject {
  facts: ProductFacts
  categories: readonly Category[]
  /** Tuned values. */
  tuned: Tuned
  standing: readonly Standing[]
}

/** Pure: what one product's facts make of its events (EVT-2, EVT-9). */
export function planFor({ facts, categories, tuned: { business, byTag, customer }, standing }: Subject, now: Date): Plan {
  const plan: Plan = { opened: [], changed: [], nextAt: null, found: [] }
  const isOpen = new Set(standing.filter(({ state }) => state !== 'resolved').map(({ category }) => category))
  for (const category of inOrder(categories)) {
    const of = new Map(standing.filter((event) => event.category === category.id).map((event) => [event.condition, event]))
    const open = new Set([...of.values()].filter(({ state }) => state !== 'resolved').map(({ condition }) => condition))
    const inForce = indexesInForce(category, business[category.id] ?? {}, customer[category.id] ?? {}, ofCategory(byTag, category.id))
    const at = Object.fromEntries(Object.entries(inForce).map(([name, { value }]) => [name, value]))
    let isCounting = false
    const isSilent = category.silentWhile?.some((other) => isOpen.has(other)) === true
    const is = factsOf(category, facts, now)
    plan.found.push({ category, is, bases: basesOf(category, facts) })
    for (const verdict of assess(category, is, at, open)) {
      if (isSilent) break // it is looked at again when what explains it ends: that comes with data, or with time
      const event = of.get(verdict.condition)
      if (verdict.holds) isOpen.add(category.id)
      isCounting ||= verdict.holds && category.facts[category.conditions[verdict.condition]!.concerns]!.of === 'detections'
      if (event) {
        const changed = event.state === 'resolved' ? reopen(event, verdict, now) : carryOn(event, verdict, now)
        if (changed) plan.changed.push(changed)
        if (event.state === 'pending' && verdict.holds && (changed?.state ?? 'pending') === 'pending')
          plan.nextAt = earlier(plan.nextAt, patienceEnds(event))
      } else if (verdict.holds) {
        plan.opened.push({ category: category.id, condition: verdict.condition, severity: verdict.severity, figures: verdict.figures })
      }
    }
    plan.nextAt = earlier(plan.nextAt, isSilent ? null : nextChangeAt(category, facts, at, isCounting, now))
  }
  // of a category that is assessed no more (a newer version's, or the type lost it): nothing holds it
  const known = new Set(categories.map(({ id }) => id))
  for (const event of standing) if (event.state !== 'resolved' && !known.has(event.category)) plan.changed.push(resolve(event))
  return plan
}

/** What explains others before what it explains: one that opens now silences them at once. */
const inOrder = (categories: readonly Category[]): Category[] =>
  categories.toSorted((a, b) => Number(a.silentWhile !== undefined) - Number(b.silentWhile !== undefined))

interface Held {
  holds: boolean
  figures: Figures
}

function reopen(event: Standing, { holds, figures }: Held, now: Date): Changed | null {
  if (!holds) return null
  return { event, state: 'unresolved', count: event.count + 1, figures, lastRaisedAt: now, notedAt: null, step: 'reopened' }
}

/** Keeps the figures it last held with: they are what it tells of itself for good ("0 infections could not be cleaned" is no event). */
const resolve = (event: Standing): Changed => ({
  event,
  state: 'resolved',
  count: event.count,
  figures: event.figures,
  lastRaisedAt: event.lastRaisedAt,
  notedAt: event.notedAt,
  step: 'resolved',
})

function carryOn(event: Standing, { holds, figures }: Held, now: Date): Changed | null {
  if (!holds) return resolve(event)
  const isGivenUp = event.state === 'pending' && hasFailed(event, now)
  const state = isGivenUp ? 'unresolved' : event.state
  const grew = hasGrown(figures, event.figures)
  const moved = !isSame(figures, event.figures)
  const isNoteworthy =
    (grew || hasGrown(event.figures, figures)) && (event.notedAt === null || now.getTime() - event.notedAt.getTime() >= noteEveryMs)
  const isStale = now.getTime() - event.lastRaisedAt.getTime() >= stillHoldsEveryMs
  if (!isGivenUp && !moved && !isStale) return null
  const step = isGivenUp ? 'reopened' : !isNoteworthy ? null : grew ? 'raised' : 'eased'
  return {
    event,
    state,
    count: event.count + (grew ? 1 : 0),
    figures,
    lastRaisedAt: grew || isStale ? now : event.lastRaisedAt,
    notedAt: step === 'raised' || step === 'eased' ? now : event.notedAt,
    step,
  }
}

const isSame = (a: Figures, b: Figures) => Object.entries(a).every(([name, value]) => b[name] === value)

/** Nothing more is to be expected of what was sent: all of it ended, and where it succeeded the product had time to show it. */
function hasFailed({ commands }: Standing, now: Date): boolean {
  if (!commands.every(({ step }) => isFinal(step))) return false
  return !commands.some(({ step, changedAt }) => step === 'succeeded' && now.getTime() - changedAt.getTime() < confirmWithinMs)
}
/** When a pending event whose commands ended is given up; null: one is still on its way, its outcome will ask. */
function patienceEnds({ commands }: Standing): Date | null {
  if (!commands.every(({ step }) => isFinal(step))) return null
  return new Date(Math.max(...commands.map(({ changedAt }) => changedAt.getTime())) + confirmWithinMs)
}

export const earlier = (a: Date | null, b: Date | null): Date | null => (a === null ? b : b === null ? a : a < b ? a : b)
