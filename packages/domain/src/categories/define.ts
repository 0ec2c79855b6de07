import type { CommandType } from '../commands/types.ts'
import type { AgentState } from '../products/shapes.ts'
import type { Severity } from '../events/shapes.ts'

/** A fact is a number about one product that the server works out; a category says which it needs, and how. */
export type Fact =
  /** Detections of this category in the last minutes, counted from the event's reset if that is later. */
  | { of: 'detections'; lastMinutes: number }
  /** Infections of this category now open (mission §0). */
  | { of: 'infections' }
  /** Endpoints with an open infection of this category. */
  | { of: 'infected-endpoints' }
  /** Endpoints whose real-time scan is in one of these states; of all, or of mail servers alone. */
  | { of: 'endpoints'; realTimeScan: readonly string[]; areMailServers?: true }
  /** Days since the newest components any endpoint of the product has were built or checked, to the hour, one that has begun counted as whole; 0 when nothing is known yet. */
  | { of: 'component-age-days' }
  /** Share of endpoints whose components are as new as the product's newest, 0 to 100; 100 when nothing is known yet. */
  | { of: 'components-deployed-percent' }
  /** Mail servers (an endpoint of the group of mail servers, or one that reports mail it handled) whose components are older than the product's newest by more than endpoints may take to fetch them. */
  | { of: 'mail-servers-outdated' }
  /** Whole minutes since the product's own agent (not those of its site's endpoints) was last heard, while it is in one of these states; 0: it is not. */
  | { of: 'agent-silent-minutes'; states: readonly AgentState[] }
  /** Endpoints whose agent is connected, but whose figures are older than their source promises (PRD-8). */
  | { of: 'stale-endpoints' }
  /** Virus alerts of this level in force that concern an endpoint of the product (EVT-5). */
  | { of: 'virus-alerts'; level: 'yellow' | 'red' }
  /** Endpoints with an open infection that a virus alert in force names. */
  | { of: 'alert-infections' }
  /** Endpoints that a virus alert in force could hit, and nothing on them would stop it. */
  | { of: 'vulnerable-endpoints' }
  /** Endpoints with a file system under so many per cent free. */
  | { of: 'endpoints-low-on-disk'; underPercent: number }
  /** Spam among the messages its mail gateways handled in their last hour, 0 to 100; 0 when none says so. */
  | { of: 'spam-percent' }
  /** Whole minutes since an endpoint of the product says that this service of its is down; at least 1; 0: none does. */
  | { of: 'down-minutes'; service: ReportedService }
  /** Of the licence that its agents report: days since it was over (from 1; 0: it is not), days until it is (36,500: it is over, or nobody says), seats in use beyond it. */
  | { of: 'licence'; what: 'days-over' | 'days-left' | 'seats-over' }

/** Services that an agent may say are down. */
export const reportedServices = ['smart-protection', 'mail-server', 'appliance'] as const
export type ReportedService = (typeof reportedServices)[number]
/** "Not soon": what `days-left` is where nothing is known. */
export const farAwayDays = 36_500

export const fact = {
  detections: (lastMinutes: number): Fact => ({ of: 'detections', lastMinutes }),
  infections: (): Fact => ({ of: 'infections' }),
  infectedEndpoints: (): Fact => ({ of: 'infected-endpoints' }),
  endpoints: (where: { realTimeScan: readonly string[]; areMailServers?: true }): Fact => ({ of: 'endpoints', ...where }),
  componentAgeDays: (): Fact => ({ of: 'component-age-days' }),
  componentsDeployedPercent: (): Fact => ({ of: 'components-deployed-percent' }),
  mailServersOutdated: (): Fact => ({ of: 'mail-servers-outdated' }),
  agentSilentMinutes: (states: readonly AgentState[]): Fact => ({ of: 'agent-silent-minutes', states }),
  staleEndpoints: (): Fact => ({ of: 'stale-endpoints' }),
  virusAlerts: (level: 'yellow' | 'red'): Fact => ({ of: 'virus-alerts', level }),
  alertInfections: (): Fact => ({ of: 'alert-infections' }),
  vulnerableEndpoints: (): Fact => ({ of: 'vulnerable-endpoints' }),
  endpointsLowOnDisk: (underPercent: number): Fact => ({ of: 'endpoints-low-on-disk', underPercent }),
  spamPercent: (): Fact => ({ of: 'spam-percent' }),
  downMinutes: (service: ReportedService): Fact => ({ of: 'down-minutes', service }),
  licence: (what: 'days-over' | 'days-left' | 'seats-over'): Fact => ({ of: 'licence', what }),
}

/** An assessment index (mission §0): a threshold that a partner, then a tag of customers, then a customer, may tune. */
export interface Index {
  default: number
  min: number
  max: number
  /** A higher value raises events sooner: of two tags' values the higher counts. Absent: the lower. */
  isHighStricter?: true
}

export interface Condition<Is, At> {
  severity: Severity
  /** The fact whose endpoints the explanation and the mail name (EVT-6). */
  concerns: keyof Is & string
  /** Opens the event. */
  opens(is: Is, at: At): boolean
  /** Keeps an open event open: a threshold of its own, so that a value at the edge does not flap (EVT-9). Default: `opens`. */
  stays?(is: Is, at: At): boolean
  /** A worse condition, named before this one, that says all this one would: while it holds, this one does not. */
  restsWhile?: string
  /** The figures the explanation quotes; their names are the placeholders of the condition's texts. */
  figures(is: Is, at: At): Record<string, number>
  /** Names of the indexes that decide it, for the explanation (EVT-6); empty: none does, one case is enough. Absent: any of the category's may. */
  decidedBy?: readonly string[]
  /** People hear of it from what causes it everywhere at once (a virus alert's own mail): no mail for each event. */
  isToldElsewhere?: true
  /** One mail for a customer while the same virus alerts are in force, however many of its products it comes up at. */
  isToldOnce?: true
  /** One cause brings it to many products at once, and says so over every screen: lists may tell of them together. */
  isOfMany?: true
  /** Commands that mend it, best first; none: it is mended at the product. */
  resolvedBy: readonly CommandType[]
}

export interface Category<F extends Record<string, Fact> = Record<string, Fact>, I extends Record<string, Index> = Record<string, Index>> {
  id: string
  group: 'threat' | 'system' | 'licence'
  facts: F
  indexes: I
  /** Categories that explain this one: while an event of theirs is open, nothing of this one opens or closes (the figures can't be trusted, and nobody is told twice). */
  silentWhile?: readonly string[]
  /** Each condition is an event of its own (EVT-9); worst first. */
  conditions: Record<string, Condition<Record<keyof F, number>, Record<keyof I, number>>>
}

export function defineCategory<const F extends Record<string, Fact>, const I extends Record<string, Index>>(
  category: Category<F, I>,
): Category<F, I> {
  return category
}

/** One condition's verdict: `holds` says whether an event of it should now be open. */
export interface Verdict {
  condition: string
  severity: Severity
  holds: boolean
  figures: Record<string, number>
}

/** Which of the conditions hold; `rules` are the category's, in its order. The one place where they are asked: an assessment and a look back must not differ. */
export function holdingOf(
  rules: readonly (readonly [string, Category['conditions'][string]])[],
  is: Record<string, number>,
  at: Record<string, number>,
  open: { has(condition: string): boolean },
): Set<string> {
  const holding = new Set<string>()
  for (const [condition, rule] of rules) {
    if (rule.restsWhile !== undefined && holding.has(rule.restsWhile)) continue
    if (rule.opens(is, at) || (rule.stays !== undefined && open.has(condition) && rule.stays(is, at))) holding.add(condition)
  }
  return holding
}

/**
 * Pure: what the rules of one category say of one product. `open`: conditions with an open event, which close by their own threshold.
 * A warning rests while a worse condition of the same category holds the same ground, where it says so (`restsWhile`).
 */
export function assess(category: Category, is: Record<string, number>, at: Record<string, number>, open: ReadonlySet<string>): Verdict[] {
  const rules = Object.entries(category.conditions)
  const holding = holdingOf(rules, is, at, open)
  return rules.map(([condition, { severity, figures }]) => ({
    condition,
    severity,
    holds: holding.has(condition),
    figures: figures(is, at),
  }))
}

export type IndexLevel = 'default' | 'business' | 'tag' | 'customer'
export interface InForce {
  value: number
  from: IndexLevel
  /** Of `tag`: which. */
  tag: string | null
}

/**
 * Values in force: a customer's own, else that of its tags, else the business's, else the default. Of two tags the stricter value counts (EVT-3): a customer of two kinds is guarded as the more demanding asks.
 * @param byTag what each of the customer's tags says, by tag and index name
 */
export function indexesInForce(
  category: Category,
  business: Readonly<Record<string, number>>,
  customer: Readonly<Record<string, number>>,
  byTag: Readonly<Record<string, Readonly<Record<string, number>>>> = {},
): Record<string, InForce> {
  return Object.fromEntries(
    Object.entries(category.indexes).map(([name, index]): [string, InForce] => {
      if (customer[name] !== undefined) return [name, { value: customer[name], from: 'customer', tag: null }]
      const sign = index.isHighStricter ? -1 : 1
      const [strictest] = Object.entries(byTag)
        .flatMap(([tag, values]) => (values[name] === undefined ? [] : [{ tag, value: values[name] }]))
        .toSorted((a, b) => sign * (a.value - b.value) || (a.tag < b.tag ? -1 : 1))
      if (strictest) return [name, { value: strictest.value, from: 'tag', tag: strictest.tag }]
      return [
        name,
        business[name] !== undefined
          ? { value: business[name], from: 'business', tag: null }
          : { value: index.default, from: 'default', tag: null },
      ]
    }),
  )
}
