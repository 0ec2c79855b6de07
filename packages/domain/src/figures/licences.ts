import * as z from 'zod'
import { inForce, licenceKinds } from '../licences/shapes.ts'
import { defineFigure } from './define.ts'
import { bucket, step } from './over-time.ts'
import { historyRanges } from './ranges.ts'
import { Counted, rowsOf, Summed } from './rows.ts'

const now = { licences: Counted, expiring: Counted, expired: Counted, seatsUsed: Summed, seats: Summed }
const seatsOf = (typeId?: string) => ({
  seatsUsed: { sum: 41, rows: rowsOf.licences({ typeId }) },
  seats: { sum: 50, rows: rowsOf.licences({ typeId }) },
})
const example = (typeId?: string) => ({
  licences: { count: 3, rows: rowsOf.licences({ typeId }) },
  expiring: { count: 1, rows: rowsOf.licences({ typeId, state: 'expiring' }) },
  expired: { count: 0, rows: rowsOf.licences({ typeId, state: 'expired' }) },
  ...seatsOf(typeId),
})

/** DSH-2, "Licence management": what products report of their licences now, by type. Seats are those of all, of those that are over too. */
export const licenceManagement = defineFigure({
  id: 'licence-management',
  ranges: [],
  unit: 'licences',
  needs: ['product.read'],
  follows: ['endpoint', 'product'],
  value: z.object({
    ...now,
    /** The most first. */
    types: z.array(z.object({ typeId: z.string(), ...now })),
  }),
  example: { ...example(), types: [{ typeId: 'wfbs-svc', ...example('wfbs-svc') }] },
})

const of = { state: inForce.join() }
const ofKinds = z.array(z.object({ kind: z.enum(licenceKinds), now: Counted, counts: z.array(z.number().int()) }))

/**
 * How many licences that were not over there were at the end of each week or month, full ones and trials (DSH-2). Kept by the day of UTC that has the bar's last date; `isCounted` false: from before that
 * was kept, and 0. For who sees a part of the customers, those that he sees today.
 */
export const licencesOverTime = defineFigure({
  id: 'licences-over-time',
  ranges: historyRanges,
  unit: 'licences',
  needs: ['product.read'],
  follows: ['endpoint', 'product'],
  value: z.object({
    now: Counted,
    step,
    /** Of all kinds and types. */
    bars: z.array(z.object({ ...bucket, count: z.number().int() })),
    kinds: ofKinds,
    /** The most first; each with the kinds it has or had. */
    types: z.array(z.object({ typeId: z.string(), now: Counted, kinds: ofKinds })),
  }),
  example: {
    now: { count: 3, rows: rowsOf.licences(of) },
    step: 'month',
    bars: [
      { from: '2026-10-01T00:00:00.000Z', until: '2026-11-01T00:00:00.000Z', isCounted: true, count: 2 },
      { from: '2026-11-01T00:00:00.000Z', until: '2026-12-01T00:00:00.000Z', isCounted: true, count: 3 },
    ],
    kinds: [
      { kind: 'full', now: { count: 2, rows: rowsOf.licences({ ...of, kind: 'full' }) }, counts: [1, 2] },
      { kind: 'trial', now: { count: 1, rows: rowsOf.licences({ ...of, kind: 'trial' }) }, counts: [1, 1] },
    ],
    types: [
      {
        typeId: 'wfbs-svc',
        now: { count: 3, rows: rowsOf.licences({ ...of, typeId: 'wfbs-svc' }) },
        kinds: [
          { kind: 'full', now: { count: 2, rows: rowsOf.licences({ ...of, typeId: 'wfbs-svc', kind: 'full' }) }, counts: [1, 2] },
          { kind: 'trial', now: { count: 1, rows: rowsOf.licences({ ...of, typeId: 'wfbs-svc', kind: 'trial' }) }, counts: [1, 1] },
        ],
      },
    ],
  },
})

const seats = { seatsUsed: z.array(z.number().int()), seats: z.array(z.number().int()) }
const sums = z.object({ seatsUsed: Summed, seats: Summed })

/**
 * Seats provisioned and seats in use at the end of each month of the year (DSH-2), as products report them; days as in `licences-over-time`. What was bought no product knows: it joins them when
 * licences are ordered through us (LIC-1).
 */
export const licenceUsage = defineFigure({
  id: 'licence-usage',
  ranges: ['12m'],
  unit: 'seats',
  needs: ['product.read'],
  follows: ['endpoint', 'product'],
  value: z.object({
    now: sums,
    step,
    bars: z.array(z.object(bucket)),
    /** A number a bar. */
    ...seats,
    types: z.array(z.object({ typeId: z.string(), now: sums, ...seats })),
  }),
  example: {
    now: seatsOf(),
    step: 'month',
    bars: [
      { from: '2026-10-01T00:00:00.000Z', until: '2026-11-01T00:00:00.000Z', isCounted: true },
      { from: '2026-11-01T00:00:00.000Z', until: '2026-12-01T00:00:00.000Z', isCounted: true },
    ],
    seatsUsed: [38, 41],
    seats: [50, 50],
    types: [{ typeId: 'wfbs-svc', now: seatsOf('wfbs-svc'), seatsUsed: [38, 41], seats: [50, 50] }],
  },
})
