import * as z from 'zod'
import { Instant } from '../kernel/index.ts'
import { defineFigure } from './define.ts'
import { historyRanges } from './ranges.ts'
import { Counted, rowsOf } from './rows.ts'

/** A bar: a week or a month of the asker's time zone. `isCounted` false: from before there were daily counts, worked out from what is still there; what was deleted since is missing. */
export const bucket = { from: Instant, until: Instant, isCounted: z.boolean() }
export const step = z.enum(['week', 'month'])

/** How many customers there were at the end of each week or month, and now (DSH-2). For who sees a part of them, those that he sees today. */
export const customersOverTime = defineFigure({
  id: 'customers-over-time',
  ranges: historyRanges,
  unit: 'customers',
  needs: ['customer.read'],
  follows: ['customer'],
  isOwn: true,
  value: z.object({
    now: Counted,
    step,
    /** Oldest first; the last runs still, and is as now. `count`: at its end. */
    bars: z.array(z.object({ ...bucket, count: z.number().int() })),
  }),
  example: {
    now: { count: 12, rows: rowsOf.customers() },
    step: 'week',
    bars: [
      { from: '2026-11-09T00:00:00.000Z', until: '2026-11-16T00:00:00.000Z', isCounted: true, count: 10 },
      { from: '2026-11-16T00:00:00.000Z', until: '2026-11-23T00:00:00.000Z', isCounted: true, count: 12 },
    ],
  },
})

/** The same of managed products, by type (DSH-2). */
export const productsOverTime = defineFigure({
  id: 'products-over-time',
  ranges: historyRanges,
  unit: 'products',
  needs: ['product.read'],
  follows: ['product'],
  isOwn: true,
  value: z.object({
    now: Counted,
    step,
    /** `count`: of all types. */
    bars: z.array(z.object({ ...bucket, count: z.number().int() })),
    /** Types there are or were, the most first; `counts`: a number a bar. */
    types: z.array(z.object({ typeId: z.string(), now: Counted, counts: z.array(z.number().int()) })),
  }),
  example: {
    now: { count: 12, rows: rowsOf.products() },
    step: 'month',
    bars: [
      { from: '2026-10-01T00:00:00.000Z', until: '2026-11-01T00:00:00.000Z', isCounted: false, count: 10 },
      { from: '2026-11-01T00:00:00.000Z', until: '2026-12-01T00:00:00.000Z', isCounted: true, count: 12 },
    ],
    types: [{ typeId: 'clamav-endpoint', now: { count: 12, rows: rowsOf.products({ typeId: 'clamav-endpoint' }) }, counts: [10, 12] }],
  },
})
