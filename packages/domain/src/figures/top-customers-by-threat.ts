import * as z from 'zod'
import { CustomerId } from '../kernel/index.ts'
import { defineFigure } from './define.ts'
import { detectionRanges } from './ranges.ts'
import { Counted, rowsOf } from './rows.ts'

/** How many customers the figure names. */
export const topByThreat = 10

const span = { countedFrom: '2026-11-20T10:00:00.000Z', countedUntil: '2026-11-21T10:00:00.000Z' }

/** Customers with the most detections, each by category (DSH-2). Deleted ones are not named; their detections stay in `total` until they are gone. */
export const topCustomersByThreat = defineFigure({
  id: 'top-customers-by-threat',
  ranges: detectionRanges,
  unit: 'detections',
  needs: ['detection.read', 'customer.read'],
  follows: ['detection'],
  value: z.object({
    /** Of all customers. */
    total: Counted,
    customers: z.array(
      z.object({
        id: CustomerId,
        company: z.string(),
        ...Counted.shape,
        categories: z.array(z.object({ category: z.string(), ...Counted.shape })),
      }),
    ),
  }),
  example: {
    total: { count: 40, rows: rowsOf.detections(span) },
    customers: [
      {
        id: '019aa000-0000-7000-8000-000000000002',
        company: 'Boulangerie Martin',
        count: 12,
        rows: rowsOf.detections({ customerId: '019aa000-0000-7000-8000-000000000002', ...span }),
        categories: [
          {
            category: 'antivirus',
            count: 12,
            rows: rowsOf.detections({ customerId: '019aa000-0000-7000-8000-000000000002', category: 'antivirus', ...span }),
          },
        ],
      },
    ],
  },
})
