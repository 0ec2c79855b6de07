import * as z from 'zod'
import { agentStates } from '../products/shapes.ts'
import { defineFigure } from './define.ts'
import { Counted, rowsOf } from './rows.ts'

/** How many products' agents are in each state (AGT-2), in the order of `agentStates`; states with none are left out. */
export const agentsByState = defineFigure({
  id: 'agents-by-state',
  ranges: [],
  unit: 'products',
  needs: ['product.read'],
  follows: ['product'],
  value: z.object({ total: Counted, states: z.array(z.object({ state: z.enum(agentStates), ...Counted.shape })) }),
  example: {
    total: { count: 12, rows: rowsOf.products() },
    states: [
      { state: 'online', count: 11, rows: rowsOf.products({ state: 'online' }) },
      { state: 'offline', count: 1, rows: rowsOf.products({ state: 'offline' }) },
    ],
  },
})
