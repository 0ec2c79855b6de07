import { productTypeById } from '@vigie/connectors/products'
import { randomFrom } from '../agents/index.ts'
import type { Deed, Find, Moment } from './deeds.ts'
import { estateOf, type Product } from './estate.ts'
import { Finder } from './finder.ts'
import { story } from './story.ts'

const minuteMs = 60_000
const dayMs = 86_400_000

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
    finds.push(
      ...products
        .filter(({ description }) => joinedAt.get(description)! < at - dayMs)
        .flatMap((product) => writer.everyday(product, new Date(at))),
    )
    // of what lies far back several days are told at once: nobody looks at their hours, and the start is quicker
    if (finds.length === 0 || (days - day > 30 && day % 4 !== 0)) continue
    moments.push({ at: new Date(at), deed: { kind: 'day', finds } })
    finds = []
  }
  moments.push(...past(products, { random, writer, joinedAt, from: start, until: now.getTime() - 2 * dayMs }))
  moments.push(
    ...story({
      products: new Map(products.map((product) => [product.description, product])),
      companies: new Set(customers.map(({ company }) => company)),
      writer,
      now,
      days,
    }),
  )
  return moments.toSorted((a, b) => a.at.getTime() - b.at.getTime())
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
