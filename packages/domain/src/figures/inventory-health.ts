import * as z from 'zod'
import { defineFigure } from './define.ts'
import { Counted, rowsOf } from './rows.ts'

/** INV-1 at a glance: what of the endpoints needs a look. One endpoint may be in several. */
export const inventoryHealth = defineFigure({
  id: 'inventory-health',
  ranges: [],
  unit: 'endpoints',
  needs: ['product.read'],
  follows: ['endpoint', 'product'],
  value: z.object({
    total: Counted,
    /** Nobody knows that it is protected (`missingProtection`). */
    unprotected: Counted,
    /** Lags behind the rest of the business (`outdatedComponents`). */
    outdated: Counted,
    /** Has not reported for `silentAfterDays`. */
    silent: Counted,
    infected: Counted,
  }),
  example: {
    total: { count: 250, rows: rowsOf.inventory() },
    unprotected: { count: 3, rows: rowsOf.inventory({ isUnprotected: 'true' }) },
    outdated: { count: 8, rows: rowsOf.inventory({ isOutdated: 'true' }) },
    silent: { count: 5, rows: rowsOf.inventory({ silentDays: '7' }) },
    infected: { count: 1, rows: rowsOf.inventory({ isInfected: 'true' }) },
  },
})
