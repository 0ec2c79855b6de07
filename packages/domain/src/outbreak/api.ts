import * as z from 'zod'
import { CustomerId, defineRoute, listQuery, listReply, oneOrMore } from '../kernel/index.ts'
import {
  AlertFeed,
  AlertId,
  AlertInput,
  alertLevels,
  alertStates,
  ConcernedEndpoint,
  concernKinds,
  CustomerRule,
  OutbreakRule,
  ruleLevels,
  VirusAlert,
} from './shapes.ts'

const params = z.strictObject({ alertId: AlertId })

/** Alerts belong to the installation: every business reads the same ones. */
export const listAlerts = defineRoute({
  id: 'alerts.list',
  method: 'GET',
  path: '/v1/virus-alerts',
  permission: 'alert.read',
  query: listQuery(['startsAt'], { state: oneOrMore(alertStates).optional(), level: oneOrMore(alertLevels).optional() }, '-startsAt'),
  reply: listReply(VirusAlert),
  problems: [],
})
/**
 * What is in force at this moment, worst first, and what it means here: for banners and dashboards. The numbers are those of the open events of `outbreak-defence` that the reader sees,
 * so that their rows are the events' rows.
 */
export const alertsNow = defineRoute({
  id: 'alerts.now',
  method: 'GET',
  path: '/v1/virus-alerts/now',
  permission: 'alert.read',
  reply: z.object({ rows: z.array(VirusAlert), vulnerable: z.number().int(), toClean: z.number().int(), customers: z.number().int() }),
  problems: [],
})
export const getAlert = defineRoute({
  id: 'alerts.get',
  method: 'GET',
  path: '/v1/virus-alerts/:alertId',
  permission: 'alert.read',
  params,
  reply: VirusAlert,
  problems: ['alert.not-found'],
})
/** EVT-5. Whoever may, and only at the business that runs the installation (ACC-1). */
export const declareAlert = defineRoute({
  id: 'alerts.declare',
  method: 'POST',
  path: '/v1/virus-alerts',
  permission: 'alert.declare',
  body: AlertInput,
  reply: VirusAlert,
  problems: ['alert.operator-only', 'request.key-reused'],
})
export const updateAlert = defineRoute({
  id: 'alerts.update',
  method: 'PUT',
  path: '/v1/virus-alerts/:alertId',
  permission: 'alert.declare',
  params,
  body: AlertInput,
  reply: VirusAlert,
  problems: [
    'alert.operator-only',
    'alert.not-found',
    'alert.over',
    'alert.of-feed',
    'request.changed-meanwhile',
    'request.precondition-missing',
  ],
})
/** Ends it now. Defence that Vigie began by itself because of it is stopped. */
export const withdrawAlert = defineRoute({
  id: 'alerts.withdraw',
  method: 'POST',
  path: '/v1/virus-alerts/:alertId/withdraw',
  permission: 'alert.declare',
  params,
  reply: VirusAlert,
  problems: ['alert.operator-only', 'alert.not-found', 'alert.over'],
})

const endpointsQuery = listQuery(['name'], { kind: z.enum(concernKinds).default('vulnerable'), customerId: CustomerId.optional() })
export const listAlertEndpoints = defineRoute({
  id: 'alerts.endpoints',
  method: 'GET',
  path: '/v1/virus-alerts/:alertId/endpoints',
  permission: 'product.read',
  params,
  query: endpointsQuery,
  reply: listReply(ConcernedEndpoint),
  problems: ['alert.not-found', 'consent.missing'],
})
export const exportAlertEndpoints = defineRoute({
  id: 'alerts.export-endpoints',
  method: 'GET',
  path: '/v1/virus-alerts/:alertId/endpoints.csv',
  permission: 'product.read',
  params,
  query: endpointsQuery,
  reply: z.string(),
  problems: ['alert.not-found', 'consent.missing'],
  produces: 'text/csv',
})

export const getFeed = defineRoute({
  id: 'alert-feed.get',
  method: 'GET',
  path: '/v1/virus-alert-feed',
  permission: 'alert.declare',
  reply: z.object({ feed: AlertFeed.nullable() }),
  problems: ['alert.operator-only'],
})
export const FeedChange = z.strictObject({
  name: z.string().trim().min(1).max(120),
  publicKey: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9_-]{43}$/, { error: 'key.shape' }),
  code: z.string().trim().max(40),
})
/** Whom to believe, with a code of the second factor just now: whoever holds this key closes ports at customers (R16). Another key begins its sequence anew. */
export const setFeed = defineRoute({
  id: 'alert-feed.set',
  method: 'PUT',
  path: '/v1/virus-alert-feed',
  permission: 'alert.declare',
  body: FeedChange,
  reply: z.object({ feed: AlertFeed.nullable() }),
  problems: ['alert.operator-only', 'mfa.needed-here', 'mfa.code-wrong'],
})
/** Nobody is believed any more; what was taken stays until it ends or is withdrawn. */
export const removeFeed = defineRoute({
  id: 'alert-feed.remove',
  method: 'DELETE',
  path: '/v1/virus-alert-feed',
  permission: 'alert.declare',
  reply: z.object({ feed: AlertFeed.nullable() }),
  problems: ['alert.operator-only'],
})
/** The file's content as text. All or nothing. */
export const importFeed = defineRoute({
  id: 'alert-feed.import',
  method: 'POST',
  path: '/v1/virus-alert-feed/import',
  permission: 'alert.declare',
  body: z.strictObject({ file: z.string().max(500_000) }),
  reply: z.object({ declared: z.number().int(), changed: z.number().int(), withdrawn: z.number().int(), sequence: z.number().int() }),
  problems: ['alert.operator-only', 'feed.none', 'feed.unreadable', 'feed.signature-wrong', 'feed.replayed', 'feed.expired', 'feed.wrong'],
})

const rulesQuery = listQuery(['company'], { from: oneOrMore(ruleLevels).optional(), hasConsented: z.stringbool().optional() })
/** Every customer with what it allows by itself; those nobody asked allow nothing. */
export const listRules = defineRoute({
  id: 'outbreak-rules.list',
  method: 'GET',
  path: '/v1/outbreak-rules',
  permission: 'alert.read',
  query: rulesQuery,
  reply: listReply(CustomerRule),
  problems: [],
})
export const exportRules = defineRoute({
  id: 'outbreak-rules.export',
  method: 'GET',
  path: '/v1/outbreak-rules.csv',
  permission: 'alert.read',
  query: rulesQuery,
  reply: z.string(),
  problems: [],
  produces: 'text/csv',
})
/** One rule for these customers. It counts for alerts that come and for defence that has not begun; what runs ends at its time. */
export const setRules = defineRoute({
  id: 'outbreak-rules.set',
  method: 'PUT',
  path: '/v1/outbreak-rules',
  permission: 'outbreak.update',
  body: z.strictObject({ customerIds: z.array(CustomerId).min(1).max(1_000), rule: OutbreakRule }),
  reply: z.object({ changed: z.number().int(), unchanged: z.number().int() }),
  problems: ['customer.not-found'],
})
