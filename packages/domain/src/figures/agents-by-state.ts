import * as z from 'zod'
import { agentStates } from '../products/shapes.ts'
import { defineFigure } from './define.ts'

/** How many products are in each agent state; states with none are left out. */
export const agentsByState = defineFigure({
  id: 'agents-by-state',
  value: z.object({ states: z.array(z.object({ state: z.enum(agentStates), count: z.number().int() })) }),
})
