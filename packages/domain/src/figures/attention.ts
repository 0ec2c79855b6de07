import * as z from 'zod'
import { defineFigure } from './define.ts'

/** Open events over all customers in scope, and the customers needing most attention, worst first (DSH-2). */
export const attention = defineFigure({
  id: 'attention',
  value: z.object({
    actionRequired: z.number().int(),
    warning: z.number().int(),
    customers: z.array(z.object({ id: z.uuid(), company: z.string(), actionRequired: z.number().int(), warning: z.number().int() })),
  }),
})
