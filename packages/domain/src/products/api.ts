import * as z from 'zod'
import { AgentId, anyOf, CustomerId, defineRoute, EndpointId, listQuery, listReply, oneOrMore, ProductId } from '../kernel/index.ts'
import { families, Family, ProductType } from './catalogue.ts'
import {
  Agent,
  agentStates,
  ConnectInstructions,
  Endpoint,
  EndpointDetails,
  EndpointGroup,
  GroupLabel,
  ListedAgent,
  NewProduct,
  platformKinds,
  Product,
  ProductDescription,
  realTimeScanStates,
  TreeProduct,
} from './shapes.ts'

const params = z.strictObject({ productId: ProductId })

/** `isSimulated`: this version can't connect it, and here, on a made-up installation, products of it are played by simulated agents (decision 32). */
export const OfferedType = ProductType.extend({ isSimulated: z.boolean() })
export type OfferedType = z.infer<typeof OfferedType>

export const getCatalogue = defineRoute({
  id: 'catalogue.get',
  method: 'GET',
  path: '/v1/catalogue',
  permission: 'signed-in',
  reply: z.object({ types: z.array(OfferedType) }),
  problems: [],
})

const productQuery = listQuery(['description', 'lastSeenAt', 'createdAt'], {
  customerId: CustomerId.optional(),
  typeId: z.string().max(40).optional(),
  family: Family.optional(),
  state: oneOrMore(agentStates).optional(),
  /** Heard once, and not for longer than its source promises (PRD-8). */
  isStale: z.stringbool().optional(),
})
export const listProducts = defineRoute({
  id: 'products.list',
  method: 'GET',
  path: '/v1/products',
  permission: 'product.read',
  query: productQuery,
  reply: listReply(Product),
  problems: [],
})
/** All that match, as a file. */
export const exportProducts = defineRoute({
  id: 'products.export',
  method: 'GET',
  path: '/v1/products.csv',
  permission: 'product.read',
  query: productQuery,
  reply: z.string(),
  problems: [],
  produces: 'text/csv',
})
/** PRD-3: the whole tree of one customer without its endpoints, which `listEndpoints` brings by product and group. */
export const getTree = defineRoute({
  id: 'customers.tree',
  method: 'GET',
  path: '/v1/customers/:customerId/tree',
  permission: 'product.read',
  params: z.strictObject({ customerId: CustomerId }),
  reply: z.object({ products: z.array(TreeProduct) }),
  problems: ['customer.not-found'],
})
export const createProduct = defineRoute({
  id: 'products.create',
  method: 'POST',
  path: '/v1/customers/:customerId/products',
  permission: 'product.create',
  params: z.strictObject({ customerId: CustomerId }),
  body: NewProduct,
  reply: Product,
  problems: ['customer.not-found', 'product.type-unknown', 'product.type-not-connectable'],
})
export const getProduct = defineRoute({
  id: 'products.get',
  method: 'GET',
  path: '/v1/products/:productId',
  permission: 'product.read',
  params,
  reply: Product,
  problems: ['product.not-found'],
})
export const updateProduct = defineRoute({
  id: 'products.update',
  method: 'PATCH',
  path: '/v1/products/:productId',
  permission: 'product.update',
  params,
  body: z.strictObject({ description: ProductDescription }),
  reply: Product,
  problems: ['product.not-found', 'request.changed-meanwhile', 'request.precondition-missing'],
})
/** CUS-5: its records go with it; a reinstalled machine needs a new GUID. */
export const deleteProduct = defineRoute({
  id: 'products.delete',
  method: 'DELETE',
  path: '/v1/products/:productId',
  permission: 'product.delete',
  params,
  body: z.strictObject({ confirmName: z.string().max(200) }),
  reply: z.null(),
  problems: ['product.not-found', 'product.name-differs'],
})
/** PRD-2: a new one-use key, 24 h; an unused earlier one stops working. */
export const issueKey = defineRoute({
  id: 'products.issue-key',
  method: 'POST',
  path: '/v1/products/:productId/key',
  permission: 'product.issue-key',
  params,
  reply: ConnectInstructions,
  hasSecretReply: true,
  problems: ['product.not-found', 'product.already-registered'],
})

export const listAgents = defineRoute({
  id: 'products.agents',
  method: 'GET',
  path: '/v1/products/:productId/agents',
  permission: 'product.read',
  params,
  reply: z.object({ rows: z.array(ListedAgent) }),
  problems: ['product.not-found'],
})
/** AGT-3: a disabled agent closes its channel and asks for commands every 10 min only. */
export const switchAgent = defineRoute({
  id: 'agents.switch',
  method: 'PATCH',
  path: '/v1/agents/:agentId',
  permission: 'agent.switch',
  params: z.strictObject({ agentId: AgentId }),
  body: z.strictObject({ isDisabled: z.boolean() }),
  reply: Agent,
  problems: ['agent.not-found', 'agent.unregistered', 'command.needs-second-person'],
})
/** Takes an agent's identity away: it must register again. */
export const unregisterAgent = defineRoute({
  id: 'agents.unregister',
  method: 'DELETE',
  path: '/v1/agents/:agentId',
  permission: 'product.delete',
  params: z.strictObject({ agentId: AgentId }),
  body: z.strictObject({ confirmName: z.string().max(200) }),
  reply: z.null(),
  problems: ['agent.not-found', 'product.name-differs', 'command.needs-second-person'],
})

/** INV-1. Several at once; what depends on the day is told in days, so that a saved view stays true. */
export const endpointFilters = {
  customerId: CustomerId.optional(),
  productId: ProductId.optional(),
  group: z.string().max(80).optional(),
  state: oneOrMore(agentStates).optional(),
  realTimeScan: oneOrMore(realTimeScanStates).optional(),
  isInfected: z.stringbool().optional(),
  tag: anyOf(z.string().min(1).max(80), 20).optional(),
  typeId: anyOf(z.string().min(1).max(40), 30).optional(),
  family: oneOrMore(families).optional(),
  platformKind: oneOrMore(platformKinds).optional(),
  agentVersion: z.string().max(255).optional(),
  /** Real-time scan off, no engine, or never reported (`missingProtection`). */
  isUnprotected: z.stringbool().optional(),
  /** Patterns or engine lag behind the rest of the business (`outdated`). */
  isOutdated: z.stringbool().optional(),
  /** Has not reported for so many days. */
  silentDays: z.coerce.number().int().min(1).max(3650).optional(),
}
const endpointSorts = ['name', 'lastSeenAt', 'openInfections', 'patternBuiltAt'] as const
export const listEndpoints = defineRoute({
  id: 'endpoints.list',
  method: 'GET',
  path: '/v1/endpoints',
  permission: 'product.read',
  query: listQuery(endpointSorts, endpointFilters),
  reply: listReply(Endpoint),
  problems: ['consent.missing'],
})
/** Columns of the CSV, in the order they stand there when none are named. */
export const endpointCsvColumns = [
  'name',
  'customerName',
  'tags',
  'productName',
  'productType',
  'group',
  'addresses',
  'formerAddresses',
  'platform',
  'state',
  'agentVersion',
  'agentId',
  'fingerprint',
  'missingProtection',
  'outdated',
  'engine',
  'engineVersion',
  'patternVersion',
  'patternBuiltAt',
  'updateCheckedAt',
  'realTimeScan',
  'lastScan',
  'openInfections',
  'lastSeenAt',
  'isStale',
  'collectedAt',
] as const
/** `columns`: those to write; without it all. */
export const exportEndpoints = defineRoute({
  id: 'endpoints.export',
  method: 'GET',
  path: '/v1/endpoints.csv',
  permission: 'product.read',
  query: listQuery(endpointSorts, endpointFilters).extend({ columns: oneOrMore(endpointCsvColumns).optional() }),
  reply: z.string(),
  problems: ['consent.missing'],
  produces: 'text/csv',
})
export const getEndpoint = defineRoute({
  id: 'endpoints.get',
  method: 'GET',
  path: '/v1/endpoints/:endpointId',
  permission: 'product.read',
  params: z.strictObject({ endpointId: EndpointId }),
  reply: EndpointDetails,
  problems: ['endpoint.not-found', 'consent.missing'],
})

/** A count that stops counting: `isMore` there are more than that. */
const Count = z.object({ count: z.number().int(), isMore: z.boolean() })
/** INV-1: what stands over the inventory. */
export const summariseEndpoints = defineRoute({
  id: 'inventory.summary',
  method: 'GET',
  path: '/v1/inventory/summary',
  permission: 'product.read',
  query: z.strictObject({ customerId: CustomerId.optional(), productId: ProductId.optional() }),
  reply: z.object({
    unprotected: Count,
    outdated: Count,
    silent: Count,
    infected: Count,
    agentVersions: z.array(z.string()),
    tags: z.array(z.string()),
  }),
  problems: [],
})

const groupParams = z.strictObject({ productId: ProductId, group: z.string().max(80) })
export const listGroups = defineRoute({
  id: 'groups.list',
  method: 'GET',
  path: '/v1/products/:productId/groups',
  permission: 'product.read',
  params,
  reply: z.object({ rows: z.array(EndpointGroup), newEndpointGroup: z.string().nullable() }),
  problems: ['product.not-found'],
})
export const createGroup = defineRoute({
  id: 'groups.create',
  method: 'POST',
  path: '/v1/products/:productId/groups',
  permission: 'endpoint.update',
  params,
  body: z.strictObject({ label: GroupLabel }),
  reply: EndpointGroup,
  problems: ['product.not-found', 'group.label-taken', 'group.too-many'],
})
export const renameGroup = defineRoute({
  id: 'groups.rename',
  method: 'PATCH',
  path: '/v1/products/:productId/groups/:group',
  permission: 'endpoint.update',
  params: groupParams,
  body: z.strictObject({ label: GroupLabel }),
  reply: EndpointGroup,
  problems: [
    'product.not-found',
    'group.not-found',
    'group.is-default',
    'group.label-taken',
    'request.changed-meanwhile',
    'request.precondition-missing',
  ],
})
/** Its endpoints go where new ones go. */
export const deleteGroup = defineRoute({
  id: 'groups.delete',
  method: 'DELETE',
  path: '/v1/products/:productId/groups/:group',
  permission: 'endpoint.update',
  params: groupParams,
  reply: z.object({ moved: z.number().int() }),
  problems: ['product.not-found', 'group.not-found', 'group.is-default', 'request.changed-meanwhile', 'request.precondition-missing'],
})
/** Where new endpoints go; null: to the default group of their platform. */
export const setNewEndpointGroup = defineRoute({
  id: 'groups.set-new',
  method: 'PATCH',
  path: '/v1/products/:productId/new-endpoint-group',
  permission: 'endpoint.update',
  params,
  body: z.strictObject({ group: z.string().max(80).nullable() }),
  reply: z.object({ newEndpointGroup: z.string().nullable() }),
  problems: ['product.not-found', 'group.not-found', 'request.changed-meanwhile', 'request.precondition-missing'],
})
/** The named ones, or all of the product that a filter finds. Those that are there already count as moved to nowhere. */
export const moveEndpoints = defineRoute({
  id: 'endpoints.move',
  method: 'POST',
  path: '/v1/products/:productId/groups/:group/endpoints',
  permission: 'endpoint.update',
  params: groupParams,
  body: z
    .strictObject({
      endpointIds: z.array(EndpointId).min(1).max(1_000).optional(),
      filter: z.strictObject({ q: z.string().trim().max(200).optional(), group: z.string().max(80).optional() }).optional(),
    })
    .refine((body) => (body.endpointIds === undefined) !== (body.filter === undefined), { path: ['endpointIds'], error: 'required' }),
  reply: z.object({ moved: z.number().int() }),
  problems: ['product.not-found', 'group.not-found', 'endpoint.not-found'],
})
