import { defineRoute } from '../kernel/index.ts'
import { Dashboard, Layout } from './shapes.ts'

/** DSH-1: one's own; what the role is given until one changes it. */
export const getDashboard = defineRoute({
  id: 'dashboard.get',
  method: 'GET',
  path: '/v1/dashboard',
  permission: 'figure.read',
  reply: Dashboard,
  problems: [],
})
/** All tabs as they shall be. `If-Match` carries `version`: of two windows, the second is told. */
export const putDashboard = defineRoute({
  id: 'dashboard.put',
  method: 'PUT',
  path: '/v1/dashboard',
  permission: 'figure.read',
  body: Layout,
  reply: Dashboard,
  problems: [
    'request.changed-meanwhile',
    'request.precondition-missing',
    'dashboard.too-many-tabs',
    'dashboard.too-many-widgets',
    'dashboard.needs-notifications',
  ],
})
/** Back to what the role is given. */
export const resetDashboard = defineRoute({
  id: 'dashboard.reset',
  method: 'DELETE',
  path: '/v1/dashboard',
  permission: 'figure.read',
  reply: Dashboard,
  problems: ['request.changed-meanwhile', 'request.precondition-missing'],
})
