import * as z from 'zod'
import { defineRoute, EndpointId, EventId, Instant, listQuery, listReply } from '../kernel/index.ts'

/** What the detections behind an event are told apart by: the threat's name, what it was found in (file, address, URL), the endpoint. */
export const findingKinds = ['threat', 'object', 'endpoint'] as const
/** As found: hostile text. */
export const Finding = z.object({
  id: z.string(),
  name: z.string(),
  endpointId: EndpointId.nullable(),
  detections: z.number().int(),
  endpoints: z.number().int(),
  lastAt: Instant,
})
export type Finding = z.infer<typeof Finding>

/** More are not gone through: the newest are. */
export const mostFindings = 20_000
const params = z.strictObject({ eventId: EventId })
const query = listQuery(['detections', 'lastAt', 'name'], { by: z.enum(findingKinds).default('threat') }, '-detections')
const problems = ['event.not-found', 'consent.missing'] as const
/** EVT-4: from the hour before the event opened (or its reset) until it was resolved, of its category. `isWhole` false: counted among the newest 20,000 detections. */
export const listFindings = defineRoute({
  id: 'events.findings',
  method: 'GET',
  path: '/v1/events/:eventId/findings',
  permission: 'detection.read',
  params,
  query,
  reply: listReply(Finding).extend({ isWhole: z.boolean() }),
  problems,
})
export const exportFindings = defineRoute({
  id: 'events.export-findings',
  method: 'GET',
  path: '/v1/events/:eventId/findings.csv',
  permission: 'detection.read',
  params,
  query,
  reply: z.string(),
  problems,
  produces: 'text/csv',
})
