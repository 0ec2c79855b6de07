import { createHash } from 'node:crypto'
import { productTypeById } from '@vigie/connectors/products'
import { randomFrom } from '../agents/index.ts'
import { estateOf, type Customer, type Product } from './estate.ts'
import { infections, vocabulary } from './vocabulary.ts'

const minuteMs = 60_000
const dayMs = 86_400_000

/** A detection of one machine; `at` as its own clock says. */
export interface Find {
  machine: string
  at: Date
  category: string
  threat: string
  object: string
  outcome: string
  /** Of this detection for ever: the same seed finds the same. 32 hex digits. */
  contentId: string
}

/** What happens at one moment; names are those of the estate: companies, product descriptions, machines. */
export type Deed =
  | { kind: 'join'; customer: Customer }
  | { kind: 'day'; finds: readonly Find[] }
  /** As `day`, and looked at at once. */
  | { kind: 'find'; product: string; finds: readonly Find[] }
  | { kind: 'clear'; product: string; machine: string }
  | { kind: 'protection'; product: string; machine: string; isOn: boolean }
  /** Its engine gets no new patterns from now on; or does again. */
  | { kind: 'components'; product: string; isUpdating: boolean; ageDays?: number }
  /** Its machine, or what stands for a service, tells nothing new of itself while its agent goes on beating. */
  | { kind: 'mute'; product: string; isMute: boolean }
  | { kind: 'leave'; product: string; how: 'bye' | 'kill' }
  | { kind: 'return'; product: string }
  | { kind: 'clone'; product: string }
  /** Time alone changed something: the hour of a burst is over, a grace has passed. */
  | { kind: 'look'; product: string }
  | { kind: 'people' }
  | { kind: 'work'; product: string; by: number; what: { assign: number } | { comment: string } | { snooze: string; hours: number } | { accept: string; days: number } }
export interface Moment {
  at: Date
  deed: Deed
}

export interface PlanOptions {
  seed: number
  now: Date
  /** Days of history. */
  days: number
  customers?: number
}

/** The whole past and present of an estate, oldest first: the same for the same seed and instant. Pure. */
export function planOf({ seed, now, days, customers: customerCount }: PlanOptions): readonly Moment[] {
  const random = randomFrom(seed)
  const customers = estateOf(customerCount)
  const start = now.getTime() - days * dayMs
  const ago = (minutes: number) => new Date(now.getTime() - minutes * minuteMs)
  const joinedAt = new Map<string, number>()
  const moments: Moment[] = customers.map((customer, index) => {
    const at = Math.max(start + index * minuteMs, now.getTime() - customer.joinedDaysAgo * dayMs)
    for (const { description } of customer.products) joinedAt.set(description, at)
    return { at: new Date(at), deed: { kind: 'join', customer } }
  })
  const products = customers.flatMap((customer) => customer.products)
  const writer = new Finder(random, seed)
  let finds: Find[] = []
  for (let day = 1; day <= days; day++) {
    const at = start + day * dayMs - minuteMs
    finds.push(...products.filter(({ description }) => joinedAt.get(description)! < at - dayMs).flatMap((product) => writer.everyday(product, new Date(at))))
    // of what lies far back several days are told at once: nobody looks at their hours, and the start is quicker
    if (finds.length === 0 || (days - day > 30 && day % 4 !== 0)) continue
    moments.push({ at: new Date(at), deed: { kind: 'day', finds } })
    finds = []
  }
  moments.push(...past(products, { random, writer, joinedAt, from: start, until: now.getTime() - 2 * dayMs }))
  moments.push(...present(new Map(products.map((product) => [product.description, product])), writer, ago))
  return moments.toSorted((a, b) => a.at.getTime() - b.at.getTime())
}

/** Writes detections, each with a name of its own. */
export class Finder {
  readonly #random: () => number
  readonly #seed: number
  #serial = 0

  constructor(random: () => number, seed: number, serial = 0) {
    this.#random = random
    this.#seed = seed
    this.#serial = serial
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)]!
  }

  /** An hour's or a day's usual catch of one product: few of many categories, more at those that stand at the edge of a network. */
  everyday(product: Product, day: Date): Find[] {
    const categories = (productTypeById.get(product.typeId)?.categories ?? []).filter((category) => vocabulary[category] !== undefined)
    return categories.flatMap((category) => {
      const most = ['web-reputation', 'url-filtering', 'botnet', 'ips', 'network-virus'].includes(category) ? 6 : 2.4
      const count = Math.floor(this.#random() ** 2 * most)
      return Array.from({ length: count }, () => this.found(product, category, new Date(day.getTime() - Math.floor(this.#random() * 0.8 * dayMs))))
    })
  }

  found(product: Product, category: string, at: Date, what?: { threat?: string; object?: string; outcome?: string; machine?: string }): Find {
    const words = vocabulary[category]!
    const machine = what?.machine ?? this.pick(product.machines).name
    const object = (what?.object ?? this.pick(words.objects)).replace('{n}', String(Math.floor(this.#random() * 250)))
    const contentId = createHash('sha256').update(`vigie demo ${this.#seed} ${this.#serial++}`).digest('hex').slice(0, 32)
    return { machine, at, category, threat: what?.threat ?? this.pick(words.threats), object, outcome: what?.outcome ?? this.pick(words.outcomes), contentId }
  }

  infection(product: Product, at: Date, machine?: string): Find {
    const [threat, object] = this.pick(infections)
    return this.found(product, 'antivirus', at, { threat, object, outcome: 'failed', ...(machine === undefined ? {} : { machine }) })
  }

  /** Many in the minutes before `at`. */
  burst(product: Product, category: string, count: number, minutes: number, at: Date): Find[] {
    const threat = this.pick(vocabulary[category]!.threats)
    return Array.from({ length: count }, (_, n) => this.found(product, category, new Date(at.getTime() - (minutes * minuteMs * n) / count), { threat }))
  }
}

interface Ground {
  random: () => number
  writer: Finder
  joinedAt: ReadonlyMap<string, number>
  from: number
  until: number
}

/** Incidents that came and went: about one a day over the estate. */
function past(products: readonly Product[], { random, writer, joinedAt, from, until }: Ground): Moment[] {
  const moments: Moment[] = []
  const say = (at: number, deed: Deed) => void (at < until && moments.push({ at: new Date(at), deed }))
  const busyUntil = new Map<string, number>()
  for (let at = from + dayMs; at < until; at += (0.4 + random() * 1.3) * dayMs * (40 / Math.max(40, products.length))) {
    const product = writer.pick(products)
    const name = product.description
    if (joinedAt.get(name)! > at - dayMs || (busyUntil.get(name) ?? 0) > at) continue
    const hours = 0.5 + random() ** 2 * 30
    const over = at + hours * 3_600_000
    if (over > until) continue
    busyUntil.set(name, over + dayMs)
    const scale = random()
    const categories = productTypeById.get(product.typeId)?.categories ?? []
    const network = categories.find((category) => ['botnet', 'ips', 'network-virus'].includes(category))
    if (categories.includes('antivirus') && scale < 0.45) {
      const find = writer.infection(product, new Date(at))
      say(at, { kind: 'find', product: name, finds: [find] })
      say(over, { kind: 'clear', product: name, machine: find.machine })
    } else if (network !== undefined && scale < 0.75) {
      say(at, { kind: 'find', product: name, finds: writer.burst(product, network, 14 + Math.floor(random() * 20), 40, new Date(at)) })
      say(at + 2 * 3_600_000, { kind: 'look', product: name })
    } else if (categories.includes('component-update') && scale < 0.6) {
      say(at, { kind: 'components', product: name, isUpdating: false, ageDays: 8 + Math.floor(random() * 9) })
      say(over, { kind: 'components', product: name, isUpdating: true })
    } else if (categories.includes('antivirus') && scale < 0.8) {
      const machine = writer.pick(product.machines).name
      say(at, { kind: 'protection', product: name, machine, isOn: false })
      say(over, { kind: 'protection', product: name, machine, isOn: true })
    } else if (categories.includes('agent-offline') || categories.includes('managed-server')) {
      const graceMs = categories.includes('agent-offline') ? 24.5 * 3_600_000 : 40 * minuteMs
      say(at, { kind: 'leave', product: name, how: 'bye' })
      say(at + graceMs, { kind: 'look', product: name })
      say(Math.max(over, at + graceMs + 20 * minuteMs), { kind: 'return', product: name })
    }
  }
  return moments
}

/** What there is to see now, told by hand: each thing the console is for, once or more. Of a small estate only that of its customers. */
function present(products: ReadonlyMap<string, Product>, writer: Finder, ago: (minutes: number) => Date): Moment[] {
  const moments: Moment[] = []
  const on = (name: string, tell: (product: Product, say: (minutes: number, deed: Deed) => void) => void) => {
    const product = products.get(name)
    if (product) tell(product, (minutes, deed) => void moments.push({ at: ago(minutes), deed }))
  }
  const hour = 60
  const day = 24 * hour
  moments.push({ at: ago(1.9 * day), deed: { kind: 'people' } })
  on('Fournil', (product, say) => say(12, { kind: 'find', product: 'Fournil', finds: [writer.infection(product, ago(12))] }))
  on('Clinique', (product, say) => {
    say(5 * hour, { kind: 'protection', product: 'Clinique', machine: 'accueil-02', isOn: false })
    say(4 * hour, { kind: 'work', product: 'Clinique', by: 1, what: { assign: 1 } })
    say(3.5 * hour, { kind: 'work', product: 'Clinique', by: 1, what: { comment: 'Switched off for the imaging software’s update; the supplier calls back before noon.' } })
    say(38, { kind: 'find', product: 'Clinique', finds: [writer.infection(product, ago(38), 'pharmacie-01')] })
  })
  on('CliniqueMail', (_, say) => say(5 * hour, { kind: 'mute', product: 'CliniqueMail', isMute: true }))
  on('CliniqueEdge', (product, say) => say(25, { kind: 'find', product: 'CliniqueEdge', finds: writer.burst(product, 'botnet', 19, 20, ago(25)) }))
  // an outbreak: one family through one company within the hour
  on('本社サーバー', (product, say) => {
    const emotet = Array.from({ length: 24 }, (_, n) => writer.found(product, 'antivirus', ago(50 - n * 1.5), { threat: 'Doc.Dropper.Emotet-99', object: `D:\\共有\\請求書\\2026年11月\\請求書-${n}.docm`, outcome: n % 9 === 4 ? 'failed' : 'quarantined' }))
    say(14, { kind: 'find', product: '本社サーバー', finds: emotet })
    say(9, { kind: 'work', product: '本社サーバー', by: 0, what: { assign: 1 } })
    say(8, { kind: 'work', product: '本社サーバー', by: 0, what: { comment: 'Same family on all three products within the hour: treat as an outbreak.' } })
  })
  on('営業所', (product, say) => say(17, { kind: 'find', product: '営業所', finds: [writer.found(product, 'antivirus', ago(17), { threat: 'Doc.Dropper.Emotet-99', object: 'C:\\Users\\sales\\Downloads\\請求書.docm', outcome: 'failed' })] }))
  on('倉庫センサー', (product, say) => say(21, { kind: 'find', product: '倉庫センサー', finds: writer.burst(product, 'network-virus', 31, 30, ago(21)) }))
  on('Office', (_, say) => say(190, { kind: 'leave', product: 'Office', how: 'kill' }))
  on('Plans', (_, say) => {
    say(1.2 * day, { kind: 'components', product: 'Plans', isUpdating: false, ageDays: 9 })
    say(1.1 * day, { kind: 'work', product: 'Plans', by: 0, what: { snooze: 'NAS is replaced next week.', hours: 120 } })
  })
  on('Courrier', (product, say) => say(33, { kind: 'find', product: 'Courrier', finds: Array.from({ length: 17 }, (_, n) => writer.found(product, 'antivirus', ago(34 + n * 1.4), { threat: 'Html.Phishing.Bank-1213', object: `/var/vmail/accueil/cur/1763${n}.eml`, outcome: 'reported' })) }))
  on('Boutique', (_, say) => say(1.5 * day, { kind: 'leave', product: 'Boutique', how: 'bye' }))
  on('Mairie', (_, say) => say(1.4 * day, { kind: 'components', product: 'Mairie', isUpdating: false, ageDays: 16 }))
  on('Werk', (product, say) => {
    say(1.8 * day, { kind: 'protection', product: 'Werk', machine: product.machines[0]!.name, isOn: false })
    say(1.7 * day, { kind: 'work', product: 'Werk', by: 0, what: { accept: 'Machine controller, isolated in its own network; vendor forbids on-access scanning.', days: 180 } })
  })
  on('WerkEdge', (product, say) => say(47, { kind: 'find', product: 'WerkEdge', finds: writer.burst(product, 'ips', 16, 12, ago(47)) }))
  on('Etude', (product, say) => {
    say(7 * hour, { kind: 'find', product: 'Etude', finds: [writer.infection(product, ago(7 * hour))] })
    say(6.5 * hour, { kind: 'work', product: 'Etude', by: 1, what: { assign: 1 } })
  })
  on('Lycee', (_, say) => {
    say(80, { kind: 'leave', product: 'Lycee', how: 'bye' })
    say(40, { kind: 'look', product: 'Lycee' })
  })
  return moments
}
