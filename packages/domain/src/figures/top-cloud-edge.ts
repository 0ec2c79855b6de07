import * as z from 'zod'
import { CustomerId, ProductId } from '../kernel/index.ts'
import { defineFigure } from './define.ts'
import { figureKinds } from './kinds.ts'
import { gatewayRanges } from './ranges.ts'
import { Counted, rowsOf } from './rows.ts'

/** How many customers or appliances these figures name. */
export const topOfGateways = 5

const span = { countedFrom: '2026-11-20T10:00:00.000Z', countedUntil: '2026-11-21T10:00:00.000Z' }
const customerId = '019aa000-0000-7000-8000-000000000002'
const productId = '019aa000-0000-7000-8000-000000000003'

/** Customers whose gateways told of the most threats (DSH-2; seed 002, "Clients Cloud Edge avec le plus de menaces"): every product of the family, whoever made it. Deleted customers are not named; `total` has theirs until their records are gone. */
export const topCloudEdgeCustomers = defineFigure({
  id: 'top-cloud-edge-customers',
  ranges: gatewayRanges,
  kinds: figureKinds,
  unit: 'detections',
  needs: ['detection.read', 'customer.read'],
  follows: ['detection'],
  value: z.object({
    /** Of all customers. */
    total: Counted,
    customers: z.array(z.object({ id: CustomerId, company: z.string(), ...Counted.shape })),
  }),
  example: {
    total: { count: 40, rows: rowsOf.detections({ family: 'gateway', ...span }) },
    customers: [
      { id: customerId, company: 'Clinique des Tilleuls', count: 31, rows: rowsOf.detections({ customerId, family: 'gateway', ...span }) },
    ],
  },
})

/** Appliances that told of the most threats (DSH-2; seed 002, "Appareils Cloud Edge avec le plus de menaces"). One product of the family is one appliance (decision 41). Deleted ones as above. */
export const topCloudEdgeAppliances = defineFigure({
  id: 'top-cloud-edge-appliances',
  ranges: gatewayRanges,
  kinds: figureKinds,
  unit: 'detections',
  needs: ['detection.read', 'customer.read', 'product.read'],
  follows: ['detection'],
  value: z.object({
    /** Of all appliances. */
    total: Counted,
    appliances: z.array(
      z.object({ id: ProductId, name: z.string(), customer: z.object({ id: CustomerId, company: z.string() }), ...Counted.shape }),
    ),
  }),
  example: {
    total: { count: 40, rows: rowsOf.detections({ family: 'gateway', ...span }) },
    appliances: [
      {
        id: productId,
        name: 'CliniqueEdge',
        customer: { id: customerId, company: 'Clinique des Tilleuls' },
        count: 31,
        rows: rowsOf.detections({ productId, ...span }),
      },
    ],
  },
})
