import * as z from 'zod'
import { AccountId, anyOf, CustomerId, defineRoute, listQuery, listReply, oneOrMore, pageSizes } from '../kernel/index.ts'
import { agentStates } from '../products/shapes.ts'
import { Customer, Manager, mostTags, Tag } from './shapes.ts'

/** What open events a customer has: some of this severity, or none at all. Several: any of them. */
const attention = () => oneOrMore(['action-required', 'warning', 'none']).optional()
/** Each narrows the list further; several values of one widen it again. */
const filters = {
  attention: attention(),
  threat: attention(),
  system: attention(),
  licence: attention(),
  typeId: anyOf(z.string().min(1).max(40), 20).optional(),
  tag: anyOf(Tag, mostTags).optional(),
  managedBy: anyOf(AccountId, 50).optional(),
  /** Has a product in one of these states. */
  connection: oneOrMore(agentStates).optional(),
  ids: anyOf(CustomerId, pageSizes.max).optional(),
}
const sorts = ['company', 'attention', 'threat', 'system', 'licence', 'productCount', 'endpointCount', 'lastSeenAt', 'createdAt'] as const
const query = listQuery(sorts, filters)

/** Columns of the CSV, in the order they stand there when none are named. */
export const customerCsvColumns = [
  'company',
  'accountId',
  'contact',
  'email',
  'phone',
  'city',
  'country',
  'tags',
  'managedBy',
  'productCount',
  'endpointCount',
  'actionRequired',
  'warning',
  'threatActionRequired',
  'threatWarning',
  'systemActionRequired',
  'systemWarning',
  'licenceActionRequired',
  'licenceWarning',
  'lastSeenAt',
  'createdAt',
] as const

/** CUS-2. `q` searches company, account id and contact. */
export const listCustomers = defineRoute({
  id: 'customers.list',
  method: 'GET',
  path: '/v1/customers',
  permission: 'customer.read',
  query,
  reply: listReply(Customer),
  problems: [],
})
/** `columns`: those to write; without it all. */
export const exportCustomers = defineRoute({
  id: 'customers.export',
  method: 'GET',
  path: '/v1/customers.csv',
  permission: 'customer.read',
  query: query.extend({ columns: oneOrMore(customerCsvColumns).optional() }),
  reply: z.string(),
  problems: [],
  produces: 'text/csv',
})
/** At most so many customers are selected by "all that match". */
export const mostMatches = 10_000
/** Ids of all that match the filters, in the order of the list, for a change of many; of more than 10,000 the first. `total`: how many match. */
export const matchCustomers = defineRoute({
  id: 'customers.match',
  method: 'GET',
  path: '/v1/customers/matches',
  permission: 'customer.read',
  query: query.omit({ limit: true, cursor: true }),
  reply: z.object({ ids: z.array(CustomerId), total: z.number().int() }),
  problems: [],
})

/** Whom a list can be filtered by. `canManage`: customers may be given to it; without the right to give them only those who manage some that one sees. */
export const listManagers = defineRoute({
  id: 'customers.managers',
  method: 'GET',
  path: '/v1/customers/managers',
  permission: 'customer.read',
  reply: z.object({ rows: z.array(Manager.extend({ canManage: z.boolean() })) }),
  problems: [],
})

/** Tags in use among the customers one sees, the most used first, at most 200. */
export const listTags = defineRoute({
  id: 'customers.tags',
  method: 'GET',
  path: '/v1/customers/tags',
  permission: 'customer.read',
  reply: z.object({ rows: z.array(z.object({ tag: z.string(), customers: z.number().int() })) }),
  problems: [],
})

const Refused = z.object({
  id: CustomerId,
  company: z.string().nullable(),
  code: z.enum([
    'customer.not-found',
    'customer.outside-scope',
    'customer.too-many-tags',
    'customer.manager-unfit',
    'request.changed-meanwhile',
  ]),
})
/**
 * The outcome of a change of many: what was refused changed nothing, and the others are done. `changed` says what each had before, so that it can be taken back. The same request again
 * (same Idempotency-Key) answers the same.
 */
const outcome = <T extends z.ZodType>(change: T) =>
  z.object({ changed: z.array(change), unchanged: z.number().int(), refused: z.array(Refused) })
/** A piece: one transaction. Who changes more sends several. */
export const mostAtOnce = 200
const ids = z.array(CustomerId).min(1).max(mostAtOnce)

/** Adds and takes away tags; one audit record a customer. */
export const tagCustomers = defineRoute({
  id: 'customers.tag',
  method: 'POST',
  path: '/v1/customers/tags',
  permission: 'customer.update',
  body: z.strictObject({ ids, add: z.array(Tag).max(mostTags).default([]), remove: z.array(Tag).max(mostTags).default([]) }),
  reply: outcome(z.object({ id: CustomerId, added: z.array(z.string()), removed: z.array(z.string()) })),
  problems: [],
})
/** CUS-7. `accountId` null: nobody in particular, so the primary. `ifManagedBy`: only those that this account manages now (null: the primary by default); for taking back what one did. */
export const assignCustomers = defineRoute({
  id: 'customers.assign',
  method: 'POST',
  path: '/v1/customers/managed-by',
  permission: 'customer.assign',
  body: z.strictObject({ ids, accountId: AccountId.nullable(), ifManagedBy: AccountId.nullable().optional() }),
  reply: outcome(z.object({ id: CustomerId, before: AccountId.nullable() })),
  problems: ['account.not-found', 'customer.manager-unfit'],
})
/** The same of one customer. `If-Match` carries its `version`: of two who assign at once the second is told. */
export const assignCustomer = defineRoute({
  id: 'customers.assign-one',
  method: 'PUT',
  path: '/v1/customers/:customerId/managed-by',
  permission: 'customer.assign',
  params: z.strictObject({ customerId: CustomerId }),
  body: z.strictObject({ accountId: AccountId.nullable() }),
  reply: Customer,
  problems: [
    'customer.not-found',
    'account.not-found',
    'customer.manager-unfit',
    'request.changed-meanwhile',
    'request.precondition-missing',
  ],
})
