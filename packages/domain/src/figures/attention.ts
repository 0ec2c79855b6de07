import * as z from 'zod'
import { defineFigure } from './define.ts'

/** The two numbers on every screen, with no more than they need; `customers-needing-attention` says it whole. */
export const attention = defineFigure({
  id: 'attention',
  ranges: [],
  unit: 'events',
  needs: ['customer.read'],
  follows: ['event', 'customer'],
  value: z.object({
    actionRequired: z.number().int(),
    warning: z.number().int(),
    customers: z.array(z.object({ id: z.uuid(), company: z.string(), actionRequired: z.number().int(), warning: z.number().int() })),
  }),
  example: {
    actionRequired: 1,
    warning: 0,
    customers: [{ id: '019aa000-0000-7000-8000-000000000002', company: 'Boulangerie Martin', actionRequired: 1, warning: 0 }],
  },
})
