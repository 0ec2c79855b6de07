import * as z from 'zod'
import { CustomerId, defineRoute, Instant, listQuery, listReply } from '../kernel/index.ts'
import { longestUrl, urlKinds } from './urls.ts'

export const UrlEntryId = z.uuid()
/** ADM-2. `customerId` null: the business's, which every customer inherits; a customer's own outweighs it. */
export const UrlListEntry = z.object({
  id: UrlEntryId,
  customerId: CustomerId.nullable(),
  kind: z.enum(urlKinds),
  /** ASCII, as engines take it. The console shows IDN decoded beside it. */
  text: z.string(),
  addedBy: z.string(),
  addedAt: Instant,
})
export type UrlListEntry = z.infer<typeof UrlListEntry>

const filters = { customerId: CustomerId.optional(), kind: z.enum(urlKinds).optional() }
/** Of the business; with `customerId`: of that customer alone. */
export const listUrls = defineRoute({
  id: 'urls.list',
  method: 'GET',
  path: '/v1/urls',
  permission: 'setting.read',
  query: listQuery(['text', 'addedAt'], filters),
  reply: listReply(UrlListEntry),
  problems: ['customer.not-found'],
})
export const exportUrls = defineRoute({
  id: 'urls.export',
  method: 'GET',
  path: '/v1/urls.csv',
  permission: 'setting.read',
  query: listQuery(['text', 'addedAt'], filters),
  reply: z.string(),
  problems: ['customer.not-found'],
  produces: 'text/csv',
})
/** Typed lines or a file, at most 2,000 at once. Those that fit are added, the others told with their line; `isDryRun`: only told. */
export const addUrls = defineRoute({
  id: 'urls.add',
  method: 'POST',
  path: '/v1/urls',
  permission: 'setting.update',
  body: z.strictObject({
    customerId: CustomerId.nullable(),
    kind: z.enum(urlKinds),
    lines: z
      .array(z.string().max(longestUrl + 100))
      .min(1)
      .max(2_000),
    isDryRun: z.boolean().default(false),
  }),
  reply: z.object({
    added: z.number().int(),
    known: z.number().int(),
    /** `line`: from 1. `conflictsWith`: the entry of the other list that says the opposite. */
    refused: z.array(z.object({ line: z.number().int(), text: z.string(), code: z.string(), conflictsWith: z.string().nullable() })),
  }),
  problems: ['customer.not-found', 'url.too-many'],
  bodyLimitBytes: 5_000_000,
})
export const removeUrls = defineRoute({
  id: 'urls.remove',
  method: 'POST',
  path: '/v1/urls/remove',
  permission: 'setting.update',
  body: z.strictObject({ ids: z.array(UrlEntryId).min(1).max(1_000) }),
  reply: z.object({ removed: z.number().int() }),
  problems: ['url.not-found'],
})
