import * as z from 'zod'
import {
  anyOf,
  CustomerId,
  defineRoute,
  EndpointId,
  EventId,
  Instant,
  listQuery,
  listReply,
  oneOrMore,
  ProductId,
} from '../kernel/index.ts'
import { commandsApi } from '../commands/index.ts'
import { Tag } from '../customers/shapes.ts'
import { Family } from '../products/index.ts'
import { Detection, detectionOutcomes, Event, EventDetail, indexLevels } from './shapes.ts'

const params = z.strictObject({ eventId: EventId })
export * from './list-api.ts'
export * from './work-api.ts'
export * from './findings-api.ts'

export const getEvent = defineRoute({
  id: 'events.get',
  method: 'GET',
  path: '/v1/events/:eventId',
  permission: 'event.read',
  params,
  reply: EventDetail,
  problems: ['event.not-found'],
})
/** EVT-4: counts start anew now. What still holds raises it again. */
export const resetEvent = defineRoute({
  id: 'events.reset',
  method: 'POST',
  path: '/v1/events/:eventId/reset',
  permission: 'event.act',
  params,
  reply: Event,
  problems: ['event.not-found', 'event.resolved-already', 'event.not-counted'],
})
/** EVT-4: sends the command that mends the condition; the event stays pending until the product confirms. */
export const resolveEvent = defineRoute({
  id: 'events.resolve',
  method: 'POST',
  path: '/v1/events/:eventId/resolve',
  permission: 'event.act',
  params,
  reply: z.object({ event: Event, commands: z.array(commandsApi.Command) }),
  problems: [
    'event.not-found',
    'event.resolved-already',
    'event.no-command-resolves',
    'command.not-supported',
    'command.target-unregistered',
    'command.target-disabled',
  ],
})

/** `threat`: its name as it was told, whole. `countedFrom`, `countedUntil`: by when a record counts (R23), as figures do; `from`, `until`: by when its machine says it was. */
export const listDetections = defineRoute({
  id: 'detections.list',
  method: 'GET',
  path: '/v1/detections',
  permission: 'detection.read',
  query: listQuery(
    ['at'],
    {
      customerId: CustomerId.optional(),
      productId: ProductId.optional(),
      endpointId: EndpointId.optional(),
      typeId: anyOf(z.string().min(1).max(40), 20).optional(),
      family: Family.optional(),
      category: z.string().max(40).optional(),
      outcome: oneOrMore(detectionOutcomes).optional(),
      threat: z.string().min(1).max(255).optional(),
      from: Instant.optional(),
      until: Instant.optional(),
      countedFrom: Instant.optional(),
      countedUntil: Instant.optional(),
    },
    '-at',
  ),
  reply: listReply(Detection),
  problems: ['consent.missing'],
})

/**
 * EVT-3: the indexes of every category with default, bounds, and the value in force for the business, a tag or one customer. `tag`: which tag's value it is. `ofTags`: what each of the customer's tags says; of two
 * the stricter counts.
 */
export const IndexSetting = z.object({
  category: z.string(),
  name: z.string(),
  value: z.number(),
  from: z.enum(indexLevels),
  tag: z.string().nullable(),
  ofTags: z.array(z.object({ tag: z.string(), value: z.number() })),
  default: z.number(),
  min: z.number(),
  max: z.number(),
})
/** Of whom: a customer, a tag, or neither: the business. */
const of = { customerId: CustomerId.optional(), tag: Tag.optional() }
const isOne = ({ customerId, tag }: { customerId?: string | null | undefined; tag?: string | null | undefined }) => !customerId || !tag
const onlyOne = { path: ['tag'], error: 'not-a-choice' }
export const getIndexes = defineRoute({
  id: 'indexes.get',
  method: 'GET',
  path: '/v1/indexes',
  permission: 'index.read',
  query: z.strictObject(of).refine(isOne, onlyOne),
  reply: z.object({ rows: z.array(IndexSetting) }),
  problems: ['customer.not-found'],
})
/** Tags that have values of their own, and how many. */
export const listIndexTags = defineRoute({
  id: 'indexes.tags',
  method: 'GET',
  path: '/v1/indexes/tags',
  permission: 'index.read',
  reply: z.object({ rows: z.array(z.object({ tag: z.string(), values: z.number().int(), customers: z.number().int() })) }),
  problems: [],
})
/**
 * EVT-7: how many events of its category the last 90 days would have raised with the value in force and with the new one, per customer, by the same rule. Numbers to the hour, times to the
 * minute; resets and snoozes are left out. `rows`: customers for whom it makes a difference, largest first, at most 200; `customerCount`: how many these are.
 */
export const previewIndex = defineRoute({
  id: 'indexes.preview',
  method: 'GET',
  path: '/v1/indexes/preview',
  permission: 'index.read',
  query: z.strictObject({ category: z.string().max(40), name: z.string().max(40), value: z.coerce.number(), ...of }).refine(isOne, onlyOne),
  reply: z.object({
    /** From when on the category's past is known: later than 90 days ago where the installation, or the version that keeps it, is younger. What was open by then is not counted. */
    since: Instant,
    present: z.number().int(),
    proposed: z.number().int(),
    customerCount: z.number().int(),
    rows: z.array(z.object({ customerId: CustomerId, company: z.string(), present: z.number().int(), proposed: z.number().int() })),
  }),
  problems: ['customer.not-found', 'index.out-of-range'],
})
/** `value` null: back to what is inherited. */
export const setIndex = defineRoute({
  id: 'indexes.set',
  method: 'PUT',
  path: '/v1/indexes',
  permission: 'index.update',
  body: z
    .strictObject({
      category: z.string().max(40),
      name: z.string().max(40),
      value: z.number().nullable(),
      customerId: CustomerId.nullable(),
      tag: Tag.nullable().default(null),
    })
    .refine(isOne, onlyOne),
  reply: z.object({ rows: z.array(IndexSetting) }),
  problems: ['customer.not-found', 'index.out-of-range'],
})
