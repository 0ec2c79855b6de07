import * as z from 'zod'
import { categoryGroups } from '../categories/types.ts'
import { mostTags, Tag } from '../customers/shapes.ts'
import { AccountId, anyOf, CustomerId, defineRoute, EventId, listQuery, listReply, oneOrMore, ProductId } from '../kernel/index.ts'
import { Event, eventStates, severities, silenceKinds } from './shapes.ts'

/** `none`: asks for attention. */
export const silences = ['none', ...silenceKinds] as const
/** Each narrows the list further; several values of one widen it again. */
const filters = {
  severity: oneOrMore(severities).optional(),
  /** Without it the open ones (unresolved and pending). */
  state: oneOrMore(eventStates).optional(),
  category: z.string().max(40).optional(),
  /** Of any category of these groups. */
  group: oneOrMore(categoryGroups).optional(),
  customerId: CustomerId.optional(),
  productId: ProductId.optional(),
  typeId: anyOf(z.string().min(1).max(40), 20).optional(),
  /** Of customers with any of these tags. */
  tag: anyOf(Tag, mostTags).optional(),
  /** Who works on it. */
  assignee: anyOf(z.union([z.literal('me'), z.literal('nobody'), AccountId]), 50).optional(),
  /** Of open events; without it those that ask for attention. Resolved ones are shown whatever they were. */
  silence: oneOrMore(silences).optional(),
  /** True: what a virus alert does at many products at once is not listed one by one, but counted in `folded`; asked for by its category it is listed all the same. Files hold everything. */
  isFolded: z.stringbool().optional(),
}
/** `severity`: within one, by when they opened. */
const sorts = ['lastRaisedAt', 'openedAt', 'severity', 'customer'] as const
const query = listQuery(sorts, filters, '-lastRaisedAt')

/** EVT-4. `q` searches customer and product names. */
export const listEvents = defineRoute({
  id: 'events.list',
  method: 'GET',
  path: '/v1/events',
  permission: 'event.read',
  query,
  reply: listReply(Event).extend({
    /** With the first page of a folded list: the category whose events are left out, how many match, and at how many customers. Null: none. */
    folded: z.object({ category: z.string(), count: z.number().int(), customers: z.number().int() }).nullable(),
  }),
  problems: [],
})
export const exportEvents = defineRoute({
  id: 'events.export',
  method: 'GET',
  path: '/v1/events.csv',
  permission: 'event.read',
  query,
  reply: z.string(),
  problems: [],
  produces: 'text/csv',
})

/** At most so many events are selected by "all that match". */
export const mostMatches = 10_000
/** Ids of all that match the filters, in the order of the list, for a change of many; of more than 10,000 the first. `total`: how many match. */
export const matchEvents = defineRoute({
  id: 'events.match',
  method: 'GET',
  path: '/v1/events/matches',
  permission: 'event.read',
  query: query.omit({ limit: true, cursor: true }),
  reply: z.object({ ids: z.array(EventId), total: z.number().int() }),
  problems: [],
})
