import { createHash } from 'node:crypto'
import { productTypeById } from '@vigie/connectors/products'
import type { Customer } from './estate.ts'

/** As a machine reports it of its product (`endpoint.health.licence`). */
interface Said {
  /** Left out: its agent does not tell. */
  kind?: 'full' | 'trial' | undefined
  expiresAt: string
  seats: number
  seatsUsed: number
}
/** And what it said until when, the longest ago first: trials that became full ones, businesses that grew. */
export interface Licence extends Said {
  before: (Said & { until: string })[]
}

/** What it says at an instant. */
export function saidAt({ before, ...said }: Licence, now: Date): Said {
  const earlier = before.find(({ until }) => now.toISOString() < until)
  if (earlier === undefined) return said
  const { until: _, ...then } = earlier
  return then
}

const dayMs = 86_400_000

/** Those there is something to tell of: days left, and seats in use beyond those bought. The day on which each comes within 30 days, or is over, is told of in `story.ts`. */
const told: Readonly<Record<string, { daysLeft: number; over?: number }>> = {
  EtudeMail: { daysLeft: 12 },
  Cabinet: { daysLeft: -3 },
  Coop: { daysLeft: 27.8 },
  Agence: { daysLeft: 143, over: 2 },
}

/** Every product of a type that has a licence has one, until a day of its own; the same for the same estate and instant. */
export function licencesOf(customers: readonly Customer[], now: Date): Record<string, Licence> {
  return Object.fromEntries(
    customers
      .flatMap(({ products }) => products)
      .flatMap(({ typeId, description, machines }) => {
        if (!productTypeById.get(typeId)?.categories.includes('licence-expiring')) return []
        const lot = createHash('sha256').update(`licence of ${description}`).digest()
        const { daysLeft, over = 0 } = told[description] ?? { daysLeft: 45 + (lot.readUInt16BE(0) % 640) }
        const seats = machines.length * 5 + (lot[2]! % 20)
        const seatsUsed = over > 0 ? seats + over : Math.max(1, seats - (lot[3]! % 5))
        const at = (days: number) => new Date(now.getTime() + days * dayMs).toISOString()
        const isTold = description in told
        const kind: Said['kind'] = lot[4]! % 8 === 0 ? undefined : !isTold && lot[4]! % 5 === 0 ? 'trial' : 'full'
        // one in three began as a trial within the last weeks; its end was far enough off that nobody was warned
        const wasTrial = !isTold && kind === 'full' && lot[5]! % 3 === 0
        const turned = -7 * (1 + (lot[6]! % 9))
        const said: Said = { kind, expiresAt: at(daysLeft), seats, seatsUsed }
        const share = (ratio: number) => Math.max(1, Math.round(seatsUsed * ratio))
        const before = [
          { ...said, seatsUsed: share(0.6), until: at(-60) },
          { ...said, seatsUsed: share(0.8), until: at(-28) },
        ]
        if (!wasTrial) return [[description, { ...said, before: isTold ? [] : before }]]
        const trial = { kind: 'trial' as const, expiresAt: at(turned + 40), seats: 5, seatsUsed: Math.min(5, share(0.5)) }
        return [[description, { ...said, before: [{ ...trial, until: at(turned) }, ...before.filter(({ until }) => until > at(turned))] }]]
      }),
  )
}
