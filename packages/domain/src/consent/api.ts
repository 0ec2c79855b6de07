import * as z from 'zod'
import { CustomerId, defineRoute, listQuery, listReply } from '../kernel/index.ts'
import { activities } from './activities.ts'
import { ConsentId, ConsentInput, ConsentLine, ConsentStanding, Withheld } from './shapes.ts'

const params = z.strictObject({ customerId: CustomerId })

/** ACC-12: every activity with what the customer said of it last, and what follows. `isStrict`: the business refuses what is not recorded. */
export const getConsent = defineRoute({
  id: 'consent.get',
  method: 'GET',
  path: '/v1/customers/:customerId/consent',
  permission: 'consent.read',
  params,
  reply: z.object({ isStrict: z.boolean(), standings: z.array(ConsentStanding) }),
  problems: ['customer.not-found'],
})
/** All lines of the ledger. */
export const listConsent = defineRoute({
  id: 'consent.list',
  method: 'GET',
  path: '/v1/customers/:customerId/consent/lines',
  permission: 'consent.read',
  params,
  query: listQuery(['recordedAt'], { activity: z.enum(activities).optional() }, '-recordedAt'),
  reply: listReply(ConsentLine),
  problems: ['customer.not-found'],
})
/**
 * Adds one line an activity. Withdrawn: from this moment commands of the activity are refused, those not yet handed over are called off (`cancelledCommands`), those already with
 * an agent go on, are not handed over again, and carry a note.
 */
export const recordConsent = defineRoute({
  id: 'consent.record',
  method: 'POST',
  path: '/v1/customers/:customerId/consent',
  permission: 'consent.update',
  params,
  body: ConsentInput,
  bodyLimitBytes: 1_500_000,
  reply: z.object({ lines: z.array(ConsentLine), cancelledCommands: z.number().int(), leftRunning: z.number().int() }),
  problems: ['customer.not-found'],
})
/** The file kept with a line, always as an attachment. */
export const getConsentDocument = defineRoute({
  id: 'consent.document',
  method: 'GET',
  path: '/v1/customers/:customerId/consent/lines/:consentId/document',
  permission: 'consent.read',
  params: z.strictObject({ customerId: CustomerId, consentId: ConsentId }),
  reply: z.string(),
  problems: ['customer.not-found', 'consent.no-document'],
  produces: 'application/octet-stream',
})
/** Customers whose endpoints or detections no list shows, or of whose machines no address is shown, as far as one sees them; or whether this one is among them. */
export const listWithheld = defineRoute({
  id: 'consent.withheld',
  method: 'GET',
  path: '/v1/consent/withheld',
  permission: 'consent.read',
  query: z.strictObject({ activity: z.enum(activities), customerId: CustomerId.optional() }),
  reply: z.object({ rows: z.array(Withheld), isMore: z.boolean() }),
  problems: [],
})
/** What "not recorded" means here. */
export const getConsentRule = defineRoute({
  id: 'consent.rule',
  method: 'GET',
  path: '/v1/consent/rule',
  permission: 'business.read',
  reply: z.object({ isStrict: z.boolean() }),
  problems: [],
})
export const setConsentRule = defineRoute({
  id: 'consent.set-rule',
  method: 'PUT',
  path: '/v1/consent/rule',
  permission: 'business.update',
  body: z.strictObject({ isStrict: z.boolean() }),
  reply: z.object({ isStrict: z.boolean() }),
  problems: [],
})
