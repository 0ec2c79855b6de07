import * as z from 'zod'
import { categoryGroups } from '../categories/types.ts'
import { CustomerId } from '../kernel/index.ts'
import { defineFigure } from './define.ts'
import { Counted, rowsOf } from './rows.ts'

/** How many customers "needing most attention" names (DSH-2). */
export const topCustomers = 5

/** Open events over all customers, and the customers that need most attention: by red, then by yellow; each opened up to its categories (DSH-2). */
export const customersNeedingAttention = defineFigure({
  id: 'customers-needing-attention',
  ranges: [],
  unit: 'events',
  needs: ['customer.read'],
  follows: ['event', 'customer'],
  value: z.object({
    actionRequired: Counted,
    warning: Counted,
    /** How many customers have any. */
    customers: Counted,
    top: z.array(
      z.object({
        id: CustomerId,
        company: z.string(),
        actionRequired: Counted,
        warning: Counted,
        /** Those that it has any of, the worst and then the most first. */
        categories: z.array(z.object({ category: z.string(), group: z.enum(categoryGroups), actionRequired: Counted, warning: Counted })),
      }),
    ),
  }),
  example: {
    actionRequired: { count: 4, rows: rowsOf.events({ severity: 'action-required' }) },
    warning: { count: 7, rows: rowsOf.events({ severity: 'warning' }) },
    customers: { count: 3, rows: rowsOf.customers({ attention: 'action-required,warning' }) },
    top: [
      {
        id: '019aa000-0000-7000-8000-000000000002',
        company: 'Boulangerie Martin',
        actionRequired: {
          count: 2,
          rows: rowsOf.events({ customerId: '019aa000-0000-7000-8000-000000000002', severity: 'action-required' }),
        },
        warning: { count: 0, rows: rowsOf.events({ customerId: '019aa000-0000-7000-8000-000000000002', severity: 'warning' }) },
        categories: [
          {
            category: 'antivirus',
            group: 'threat',
            actionRequired: {
              count: 2,
              rows: rowsOf.events({
                customerId: '019aa000-0000-7000-8000-000000000002',
                category: 'antivirus',
                severity: 'action-required',
              }),
            },
            warning: {
              count: 0,
              rows: rowsOf.events({ customerId: '019aa000-0000-7000-8000-000000000002', category: 'antivirus', severity: 'warning' }),
            },
          },
        ],
      },
    ],
  },
})
