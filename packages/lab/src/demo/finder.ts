import { createHash } from 'node:crypto'
import { productTypeById } from '@vigie/connectors/products'
import type { Find } from './deeds.ts'
import type { Product } from './estate.ts'
import { infections, vocabulary } from './vocabulary.ts'

const minuteMs = 60_000
const dayMs = 86_400_000

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
      return Array.from({ length: count }, () =>
        this.found(product, category, new Date(day.getTime() - Math.floor(this.#random() * 0.8 * dayMs))),
      )
    })
  }

  found(
    product: Product,
    category: string,
    at: Date,
    what?: { threat?: string; object?: string; outcome?: string; machine?: string },
  ): Find {
    const words = vocabulary[category]!
    const machine = what?.machine ?? this.pick(product.machines).name
    const object = (what?.object ?? this.pick(words.objects)).replace('{n}', String(Math.floor(this.#random() * 250)))
    const contentId = createHash('sha256')
      .update(`vigie demo ${this.#seed} ${this.#serial++}`)
      .digest('hex')
      .slice(0, 32)
    return {
      machine,
      at,
      category,
      threat: what?.threat ?? this.pick(words.threats),
      object,
      outcome: what?.outcome ?? this.pick(words.outcomes),
      contentId,
    }
  }

  infection(product: Product, at: Date, machine?: string): Find {
    const [threat, object] = this.pick(infections)
    return this.found(product, 'antivirus', at, { threat, object, outcome: 'failed', ...(machine === undefined ? {} : { machine }) })
  }

  /** Many in the minutes before `at`. */
  burst(product: Product, category: string, count: number, minutes: number, at: Date): Find[] {
    const threat = this.pick(vocabulary[category]!.threats)
    return Array.from({ length: count }, (_, n) =>
      this.found(product, category, new Date(at.getTime() - (minutes * minuteMs * n) / count), { threat }),
    )
  }
}
