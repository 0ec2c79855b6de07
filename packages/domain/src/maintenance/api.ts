import * as z from 'zod'
import { CustomerId, defineRoute, listQuery, listReply, oneOrMore, ProductId } from '../kernel/index.ts'
import { MaintenanceWindow, Occurrence, Schedule, targetKinds, windowFields, WindowId, windowStates } from './shapes.ts'

const filters = {
  state: oneOrMore(windowStates).optional(),
  target: oneOrMore(targetKinds).optional(),
  /** Of this customer alone: those over many are not in it. */
  customerId: CustomerId.optional(),
  productId: ProductId.optional(),
}
const query = listQuery(['startsAt', 'name', 'createdAt'], filters)
const params = z.strictObject({ windowId: WindowId })

/** EVT-9. `q` searches names. Whose customers one sees some of: those over many too. */
export const listWindows = defineRoute({
  id: 'maintenance.list',
  method: 'GET',
  path: '/v1/maintenance',
  permission: 'maintenance.read',
  query,
  reply: listReply(MaintenanceWindow),
  problems: [],
})
export const exportWindows = defineRoute({
  id: 'maintenance.export',
  method: 'GET',
  path: '/v1/maintenance.csv',
  permission: 'maintenance.read',
  query,
  reply: z.string(),
  problems: [],
  produces: 'text/csv',
})
export const getWindow = defineRoute({
  id: 'maintenance.get',
  method: 'GET',
  path: '/v1/maintenance/:windowId',
  permission: 'maintenance.read',
  params,
  reply: MaintenanceWindow,
  problems: ['maintenance.not-found'],
})

const targetProblems = ['customer.not-found', 'product.not-found', 'group.not-found', 'endpoint.not-found'] as const
/** How many occurrences a preview shows. */
export const previewed = 5
/** The next occurrences, and where the clocks change in between. Changes nothing. */
export const previewWindow = defineRoute({
  id: 'maintenance.preview',
  method: 'POST',
  path: '/v1/maintenance/preview',
  permission: 'maintenance.read',
  body: z.strictObject({ schedule: Schedule, durationMinutes: windowFields.durationMinutes, timeZone: windowFields.timeZone }),
  reply: z.object({
    /** Each on the wall there. */
    occurrences: z.array(
      Occurrence.extend({
        /** The clocks change between its planned hours: `begins-later`: that hour is skipped; `ends-later`, `ends-earlier`: by the wall, since it lasts what it lasts. */
        clocks: z.enum(['begins-later', 'ends-later', 'ends-earlier']).nullable(),
      }),
    ),
  }),
  // it only works something out
  unaudited: true,
  problems: [],
})
/** One that is now silences what is open, too. */
export const createWindow = defineRoute({
  id: 'maintenance.create',
  method: 'POST',
  path: '/v1/maintenance',
  permission: 'maintenance.update',
  body: z.strictObject(windowFields),
  reply: MaintenanceWindow,
  problems: targetProblems,
})
/** What it silences now is heard again where it no longer covers it. */
export const updateWindow = defineRoute({
  id: 'maintenance.update',
  method: 'PUT',
  path: '/v1/maintenance/:windowId',
  permission: 'maintenance.update',
  params,
  body: z.strictObject(windowFields),
  reply: MaintenanceWindow,
  problems: ['maintenance.not-found', ...targetProblems],
})
/** Now: a repeating one goes on with its next occurrence. */
export const endWindow = defineRoute({
  id: 'maintenance.end',
  method: 'POST',
  path: '/v1/maintenance/:windowId/end',
  permission: 'maintenance.update',
  params,
  reply: MaintenanceWindow,
  problems: ['maintenance.not-found', 'maintenance.not-now'],
})
export const deleteWindow = defineRoute({
  id: 'maintenance.delete',
  method: 'DELETE',
  path: '/v1/maintenance/:windowId',
  permission: 'maintenance.update',
  params,
  reply: z.null(),
  problems: ['maintenance.not-found'],
})
