import { randomFrom } from '../agents/index.ts'
import type { Deed } from './deeds.ts'
import type { Product } from './estate.ts'
import { Finder } from './finder.ts'
import type { Player } from './player.ts'
import { productTypeById } from '@vigie/connectors/products'

const minuteMs = 60_000
/** Agents tell of their machine this often. */
const reportEveryMs = 10 * minuteMs

export interface Pace {
  /** Between two things that happen, on average. */
  everyMs: number
  /** How long an incident stands before somebody at the customer mends it. */
  incidentMs: number
}
export const usualPace: Pace = { everyMs: 9_000, incidentMs: 3 * minuteMs }

export interface Life {
  /** Of the next detection: what a later run goes on with. */
  readonly serial: number
  /** The next thing happens now; for tests. */
  next(): Promise<void>
  stop(): Promise<void>
}

/**
 * The present goes on by itself: machines tell of themselves, find something, lose their network and come back; incidents come and are mended. Nothing is
 * written but what agents tell. A deed that fails (the server is restarted under us) is left out: agents keep what they have to tell.
 */
export function live(player: Player, { seed, serial = 0, pace = usualPace, say = () => {} }: { seed: number; serial?: number; pace?: Pace; say?: (line: string) => void }): Life {
  const random = randomFrom(seed + serial)
  let count = serial
  const finder = () => new Finder(random, seed + 1, (count += 100))
  const products = [...player.products.values()]
  const later = new Set<NodeJS.Timeout>()
  let isStopped = false
  let running: Promise<void> = Promise.resolve()

  const act = (deed: Deed): Promise<void> => (running = running.then(() => (isStopped ? undefined : player.do(deed).catch((error: unknown) => say(String(error))))))
  const afterwards = (deed: Deed) => {
    const timer = setTimeout(() => {
      later.delete(timer)
      void act(deed)
    }, pace.incidentMs * (0.5 + random()))
    later.add(timer)
  }
  const isCalm = ({ description, machines }: Product) => {
    const { away, muted, frozen, infected, unprotected } = player.standing
    return !away.includes(description) && !muted.includes(description) && frozen[description] === undefined && !machines.some(({ name }) => infected[name] !== undefined || unprotected.includes(name))
  }

  async function next(): Promise<void> {
    const calm = products.filter(isCalm)
    if (calm.length === 0) return
    const found = finder()
    const product = found.pick(calm)
    const name = product.description
    const now = new Date()
    const categories = productTypeById.get(product.typeId)?.categories ?? []
    const network = categories.find((category) => ['botnet', 'ips', 'network-virus'].includes(category))
    const lot = random()
    if (lot < 0.07 && categories.includes('antivirus') && product.machines.length > 0) {
      const find = found.infection(product, now)
      await act({ kind: 'find', product: name, finds: [find] })
      afterwards({ kind: 'clear', product: name, machine: find.machine })
    } else if (lot < 0.09 && network !== undefined) await act({ kind: 'find', product: name, finds: found.burst(product, network, 11 + Math.floor(random() * 4), 5, now) })
    else if (lot < 0.12 && categories.includes('antivirus')) {
      const machine = found.pick(product.machines).name
      await act({ kind: 'protection', product: name, machine, isOn: false })
      afterwards({ kind: 'protection', product: name, machine, isOn: true })
    } else if (lot < 0.2) {
      await act({ kind: 'leave', product: name, how: 'bye' })
      afterwards({ kind: 'return', product: name })
    } else {
      const finds = found.everyday(product, now).slice(0, 1).map((find) => ({ ...find, at: now }))
      await act(finds.length > 0 ? { kind: 'find', product: name, finds } : { kind: 'look', product: name })
    }
  }

  // Every product in turn, all of them within ten minutes.
  let turn = 0
  const reporting = setInterval(() => {
    const product = products[turn++ % Math.max(1, products.length)]
    if (product && !player.standing.away.includes(product.description)) void act({ kind: 'look', product: product.description })
  }, reportEveryMs / Math.max(1, products.length))
  const beating = setInterval(() => player.beat(), 20_000)
  let happening: NodeJS.Timeout
  const again = () => {
    happening = setTimeout(() => void next().finally(() => isStopped || again()), pace.everyMs * (0.3 + 1.4 * random()))
  }
  again()
  return {
    get serial() {
      return count
    },
    next,
    async stop() {
      isStopped = true
      clearInterval(reporting)
      clearInterval(beating)
      clearTimeout(happening)
      for (const timer of later) clearTimeout(timer)
      await running
    },
  }
}
