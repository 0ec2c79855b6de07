import { createHash } from 'node:crypto'
import { productTypeById } from '@vigie/connectors/products'
import type { Customer } from './estate.ts'

/** As a machine reports it of its product (`endpoint.health.licence`). */
export interface Licence {
  expiresAt: string
  seats: number
  seatsUsed: number
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
        return [[description, { expiresAt: new Date(now.getTime() + daysLeft * dayMs).toISOString(), seats, seatsUsed }]]
      }),
  )
}
