import * as z from 'zod'
import { defineRoute, ViewId } from '../kernel/index.ts'
import { NewView, View, ViewChange, ViewList } from './shapes.ts'

const params = z.strictObject({ viewId: ViewId })

/** One's own and, but for a customer's portal, those the business shares; by name. */
export const listViews = defineRoute({
  id: 'views.list',
  method: 'GET',
  path: '/v1/views',
  permission: 'signed-in',
  query: z.strictObject({ list: ViewList }),
  reply: z.object({ rows: z.array(View) }),
  problems: [],
})
export const createView = defineRoute({
  id: 'views.create',
  method: 'POST',
  path: '/v1/views',
  permission: 'signed-in',
  body: NewView,
  reply: View,
  problems: ['view.too-many'],
})
/** Renames, shares, or overwrites what it shows. `If-Match` carries `version`. */
export const updateView = defineRoute({
  id: 'views.update',
  method: 'PATCH',
  path: '/v1/views/:viewId',
  permission: 'signed-in',
  params,
  body: ViewChange,
  reply: View,
  problems: ['view.not-found', 'permission.missing', 'request.changed-meanwhile', 'request.precondition-missing'],
})
export const deleteView = defineRoute({
  id: 'views.delete',
  method: 'DELETE',
  path: '/v1/views/:viewId',
  permission: 'signed-in',
  params,
  reply: z.null(),
  problems: ['view.not-found', 'permission.missing'],
})
/** With which view one's list opens; null: as it comes. */
export const setDefaultView = defineRoute({
  id: 'views.set-default',
  method: 'PUT',
  path: '/v1/views/default',
  permission: 'signed-in',
  body: z.strictObject({ list: ViewList, viewId: ViewId.nullable() }),
  reply: z.null(),
  problems: ['view.not-found'],
})
