import { productTypeById } from '@vigie/connectors/products'
import { randomFrom } from '../agents/index.ts'
import { Colleagues, isRefusal } from './colleagues.ts'
import type { Deed } from './deeds.ts'
import type { Product } from './estate.ts'
import { Finder } from './finder.ts'
import type { Player, Stage } from './player.ts'
import type { Case } from './standing.ts'

const minuteMs = 60_000
/** Agents tell of their machine this often. */
const reportEveryMs = 10 * minuteMs
/** More incidents than this never stand at once. */
const mostCases = 5
const forgottenAfterMs = 86_400_000

export interface Pace {
  /** Between two things that happen, on average: while somebody looks, and while nobody does. */
  watchedMs: number
  quietMs: number
  /** How many things may happen one soon after the other; each time this long passes, one more may. Holds a demo small that is left open on a wall. */
  most: number
  oneMoreMs: number
  /** Between two steps of whoever sees to an incident. */
  stepMs: number
}
export const usualPace: Pace = { watchedMs: 9_000, quietMs: 6 * minuteMs, most: 120, oneMoreMs: 4 * minuteMs, stepMs: 40_000 }

export interface LifeOptions {
  seed: number
  /** Of the next detection: where an earlier run ended. */
  serial?: number
  pace?: Pace
  /** Somebody looks at the console just now. */
  isWatched?: () => Promise<boolean>
  say?: (line: string) => void
}

/** Which steps an incident takes until it is over; some are mended before anybody takes them. */
const scripts: Readonly<Record<Case['kind'], readonly (readonly Case['left'][number][])[]>> = {
  infection: [['take', 'say', 'resolve', 'mend'], ['take', 'resolve', 'mend'], ['mend']],
  burst: [['take', 'say', 'snooze'], ['take', 'say'], []],
  protection: [['take', 'say', 'mend'], ['mend']],
  components: [
    ['take', 'resolve', 'mend'],
    ['take', 'say', 'resolve', 'mend'],
  ],
  alert: [['take', 'say']],
  away: [['mend']],
}

/**
 * The present goes on by itself, on the stage's clock: machines tell of themselves, find something, lose their network and come back; incidents come, colleagues see to them, and they
 * are over. Everything comes in as agents and people say it. What a visitor has touched is his, and left as it is. A deed that fails (the server is restarted under us, the visitor deleted the
 * customer) is left out.
 */
export class Life {
  readonly #player: Player
  readonly #stage: Stage
  readonly #colleagues: Colleagues
  readonly #options: Required<LifeOptions>
  readonly #random: () => number
  readonly #products: readonly Product[]
  #count: number
  #turn = 0
  #reportAt: number
  #happenAt: number
  #store: { things: number; at: number }

  constructor(player: Player, stage: Stage, options: LifeOptions) {
    this.#player = player
    this.#stage = stage
    this.#options = { serial: 0, pace: usualPace, isWatched: async () => false, say: () => {}, ...options }
    const { seed, serial, pace } = this.#options
    this.#random = randomFrom(seed + serial)
    this.#count = serial
    this.#colleagues = new Colleagues(stage, player.standing, (list) => list[Math.floor(this.#random() * list.length)]!)
    this.#products = [...player.products.values()]
    const now = stage.now().getTime()
    player.standing.presentSince ??= new Date(now).toISOString()
    this.#reportAt = now
    this.#happenAt = now + pace.watchedMs
    this.#store = { things: pace.most, at: now }
  }

  /** Of the next detection: what a later run goes on with. */
  get serial(): number {
    return this.#count
  }

  /** Does all that is due by now. @returns when the next is */
  async step(): Promise<Date> {
    const { standing } = this.#player
    const now = this.#stage.now().getTime()
    for (const one of standing.cases.filter(({ at }) => Date.parse(at) <= now)) await this.#goOn(one)
    if (this.#reportAt <= now) {
      this.#reportAt = now + reportEveryMs / Math.max(1, this.#products.length)
      const product = this.#products[this.#turn++ % Math.max(1, this.#products.length)]
      if (product && !standing.away.includes(product.description)) await this.#act({ kind: 'look', product: product.description })
    }
    if (this.#happenAt <= now) {
      await this.#try(() => this.#next())
      this.#happenAt = now + (await this.#pauseMs(now)) * (0.3 + 1.4 * this.#random())
    }
    return new Date(Math.min(this.#reportAt, this.#happenAt, ...standing.cases.map(({ at }) => Date.parse(at))))
  }

  async #pauseMs(now: number): Promise<number> {
    const { pace, isWatched } = this.#options
    this.#store = { things: Math.min(pace.most, this.#store.things + (now - this.#store.at) / pace.oneMoreMs) - 1, at: now }
    const isLively = this.#store.things >= 1 && (await isWatched().catch(() => false))
    return isLively ? pace.watchedMs : Math.max(pace.oneMoreMs, pace.quietMs)
  }

  /** The next thing happens. */
  async #next(): Promise<void> {
    const found = new Finder(this.#random, this.#options.seed + 1, (this.#count += 100))
    const product = found.pick(this.#products.filter((one) => this.#isCalm(one)))
    if (product === undefined) return
    const name = product.description
    const now = this.#stage.now()
    if (this.#random() < 0.03) {
      const event = await this.#colleagues.unseenAlert()
      const of = this.#products.find(({ description }) => description === event?.productName)
      if (event && of) return this.#open('alert', of.description, 'outbreak-defence', new Date(event.openedAt))
    }
    if (!(await this.#colleagues.isFree(name))) return
    const categories = productTypeById.get(product.typeId)?.categories ?? []
    const network = categories.find((category) => ['botnet', 'ips', 'network-virus'].includes(category))
    const isFull = this.#player.standing.cases.length >= mostCases
    const lot = this.#random()
    if (lot < 0.12 && !isFull && categories.includes('antivirus')) {
      const find = found.infection(product, now)
      await this.#act({ kind: 'find', product: name, finds: [find] })
      this.#open('infection', name, 'antivirus', now, find.machine)
    } else if (lot < 0.18 && !isFull && network !== undefined) {
      await this.#act({ kind: 'find', product: name, finds: found.burst(product, network, 11 + Math.floor(this.#random() * 4), 5, now) })
      this.#open('burst', name, network, now)
    } else if (lot < 0.23 && !isFull && categories.includes('antivirus')) {
      const machine = found.pick(product.machines).name
      if (!this.#player.isAsDelivered(machine)) return
      await this.#act({ kind: 'protection', product: name, machine, isOn: false })
      this.#open('protection', name, 'antivirus', now, machine)
    } else if (lot < 0.28 && !isFull && categories.includes('component-update')) {
      await this.#act({ kind: 'components', product: name, isUpdating: false, ageDays: 8 + Math.floor(this.#random() * 5) })
      this.#open('components', name, 'component-update', now)
    } else if (lot < 0.38 && !isFull) {
      await this.#act({ kind: 'leave', product: name, how: 'bye' })
      this.#open('away', name, '', now)
    } else if (lot < 0.44 && productTypeById.get(product.typeId)?.commands.includes('scan-now')) await this.#colleagues.scan(name)
    else {
      const finds = found
        .everyday(product, now)
        .slice(0, 1)
        .map((find) => ({ ...find, at: now }))
      await this.#act(finds.length > 0 ? { kind: 'find', product: name, finds } : { kind: 'look', product: name })
    }
  }

  #open(kind: Case['kind'], product: string, category: string, since: Date, machine = ''): void {
    const lot = this.#random()
    const left = scripts[kind][Math.floor(lot * scripts[kind].length)]!
    if (left.length > 0)
      this.#player.standing.cases.push({
        kind,
        product,
        category,
        machine,
        by: this.#colleagues.whoFor(product),
        since: since.toISOString(),
        at: this.#soon(),
        left: [...left],
      })
  }

  #soon = (): string => new Date(this.#stage.now().getTime() + this.#options.pace.stepMs * (0.4 + 1.2 * this.#random())).toISOString()

  /** The next step of a case; it is over after the last, or as soon as a visitor sees to it. */
  async #goOn(one: Case): Promise<void> {
    const [step, ...left] = one.left
    one.at = this.#soon()
    const isOurs = one.kind === 'away' || (await this.#try(() => this.#see(one)))
    if (isOurs === null && this.#stage.now().getTime() - Date.parse(one.since) < forgottenAfterMs) return // the server is away: again in a while
    if (isOurs && step === 'mend') await this.#mend(one)
    one.left = isOurs ? left : []
    if (one.left.length > 0) return
    const { standing } = this.#player
    standing.cases = standing.cases.filter((other) => other !== one)
  }

  /** What a person does about it now. @returns false: a visitor has touched its event */
  async #see(one: Case): Promise<boolean> {
    const [step] = one.left
    const found = await this.#colleagues.eventOf(one)
    if (found?.isOurs === false) return false
    if (found === null || found.event.state !== 'unresolved' || step === undefined || step === 'mend') return true
    try {
      await this.#colleagues.do(step, one, found.event)
    } catch (error) {
      if (!isRefusal(error)) throw error
    }
    return true
  }

  /** By somebody at the customer, or by itself. */
  async #mend({ kind, product, machine }: Case): Promise<void> {
    if (kind === 'infection') await this.#act({ kind: 'clear', product, machine })
    else if (kind === 'components') await this.#act({ kind: 'components', product, isUpdating: true })
    else if (kind === 'away') await this.#act({ kind: 'return', product })
    else if (kind === 'protection' && this.#player.isAsDelivered(machine))
      await this.#act({ kind: 'protection', product, machine, isOn: true })
  }

  #isCalm({ description, machines }: Product): boolean {
    const { away, muted, frozen, infected, unprotected, cases } = this.#player.standing
    return (
      this.#player.isHere(description) &&
      !away.includes(description) &&
      !muted.includes(description) &&
      frozen[description] === undefined &&
      !cases.some(({ product }) => product === description) &&
      !machines.some(({ name }) => infected[name] !== undefined || unprotected.includes(name))
    )
  }

  async #act(deed: Deed): Promise<void> {
    await this.#try(() => this.#player.do(deed))
  }

  async #try<T>(work: () => Promise<T>): Promise<T | null> {
    try {
      return await work()
    } catch (error) {
      if (!isRefusal(error)) this.#options.say(error instanceof Error ? error.message : String(error))
      return null
    }
  }
}

export interface Running {
  stop(): Promise<void>
}

/** Lets it live where time passes by itself. */
export function run(life: Life, player: Player): Running {
  let isStopped = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  const beating = setInterval(() => player.beat(), 20_000)
  const goOn = () => {
    running = life.step().then((next) => {
      if (!isStopped) timer = setTimeout(goOn, Math.max(50, next.getTime() - Date.now()))
    })
  }
  goOn()
  return {
    async stop() {
      isStopped = true
      clearInterval(beating)
      clearTimeout(timer)
      await running
    },
  }
}
