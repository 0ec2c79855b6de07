import * as z from 'zod'
import { type Permission, Role } from '../access/permissions.ts'
import { AccountState } from '../access/shapes.ts'
import { eventStates, severities } from '../events/shapes.ts'
import { AccountId, CustomerId, EndpointId, EventId, Instant, ProductId } from '../kernel/index.ts'

/** What is found by its words, in the order in which it is shown. Screens and actions the console knows by itself. */
export const searchKinds = ['customer', 'product', 'endpoint', 'event', 'threat', 'account'] as const
export const SearchKind = z.enum(searchKinds)
export type SearchKind = z.infer<typeof SearchKind>
/** What a console asks for side by side while somebody types: to look through the words of all endpoints is half of the work where no index may tell (ACC-14, decision 39). */
export const askedTogether: readonly (readonly SearchKind[])[] = [['endpoint'], searchKinds.filter((kind) => kind !== 'endpoint')]

/** ACC-2: of a kind that one may not read nothing is found, and nothing is said. */
export const findsWith: Readonly<Record<SearchKind, Permission>> = {
  customer: 'customer.read',
  product: 'product.read',
  endpoint: 'product.read',
  event: 'event.read',
  threat: 'detection.read',
  account: 'account.read',
}

const place = { customerId: CustomerId, customerName: z.string() }
/** Enough to recognise it by and to go there. */
export const SearchHit = z.discriminatedUnion('kind', [
  /** `contact`: the person by whom it was found; null: by its own words. */
  z.object({ kind: z.literal('customer'), id: CustomerId, name: z.string(), accountId: z.string(), contact: z.string().nullable() }),
  z.object({ kind: z.literal('product'), id: ProductId, name: z.string(), typeId: z.string(), ...place }),
  /** `formerName`, `address`: by which it was found; null: by other words. */
  z.object({
    kind: z.literal('endpoint'),
    id: EndpointId,
    name: z.string(),
    productName: z.string(),
    formerName: z.string().nullable(),
    address: z.string().nullable(),
    ...place,
  }),
  /** Open ones alone. `threat`: one of those still there, by whose name it was found. */
  z.object({
    kind: z.literal('event'),
    id: EventId,
    category: z.string(),
    condition: z.string(),
    figures: z.record(z.string(), z.union([z.number(), z.string()])),
    severity: z.enum(severities),
    state: z.enum(eventStates),
    lastRaisedAt: Instant,
    productName: z.string(),
    threat: z.string().nullable(),
    ...place,
  }),
  /** What was found at a product between these days (UTC), whether it is still there or was dealt with, as long as there are records of it. */
  z.object({
    kind: z.literal('threat'),
    id: z.uuid(),
    name: z.string(),
    productId: ProductId,
    productName: z.string(),
    firstOn: z.iso.date(),
    lastOn: z.iso.date(),
    ...place,
  }),
  z.object({ kind: z.literal('account'), id: AccountId, name: z.string(), email: z.string(), role: Role, state: AccountState }),
])
export type SearchHit = z.infer<typeof SearchHit>
export type HitOf<K extends SearchKind> = Extract<SearchHit, { kind: K }>

/** More words than this say nothing more. */
export const mostWords = 6
/** Recently opened things that a console asks the names of. */
export const mostNamed = 20

/** A thing by its kind and id, as `endpoint:<id>`. */
export const Ref = z.string().regex(new RegExp(`^(${searchKinds.join('|')}):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`))
