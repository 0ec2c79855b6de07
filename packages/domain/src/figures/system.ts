import * as z from 'zod'
import { defineFigure } from './define.ts'
import { Counted, rowsOf } from './rows.ts'

const counts = { actionRequired: Counted, warning: Counted }

/** System events that are open now and ask for attention, by category (DSH-2, "System management"). Every category of the group is named, those without any too. */
export const system = defineFigure({
  id: 'system',
  ranges: [],
  unit: 'events',
  needs: ['event.read'],
  follows: ['event'],
  value: z.object({
    ...counts,
    categories: z.array(z.object({ category: z.string(), ...counts, types: z.array(z.object({ typeId: z.string(), ...counts })) })),
  }),
  example: {
    actionRequired: { count: 1, rows: rowsOf.events({ group: 'system', severity: 'action-required' }) },
    warning: { count: 0, rows: rowsOf.events({ group: 'system', severity: 'warning' }) },
    categories: [
      {
        category: 'agent-offline',
        actionRequired: { count: 1, rows: rowsOf.events({ category: 'agent-offline', severity: 'action-required' }) },
        warning: { count: 0, rows: rowsOf.events({ category: 'agent-offline', severity: 'warning' }) },
        types: [
          {
            typeId: 'clamav-endpoint',
            actionRequired: {
              count: 1,
              rows: rowsOf.events({ category: 'agent-offline', typeId: 'clamav-endpoint', severity: 'action-required' }),
            },
            warning: { count: 0, rows: rowsOf.events({ category: 'agent-offline', typeId: 'clamav-endpoint', severity: 'warning' }) },
          },
        ],
      },
    ],
  },
})
