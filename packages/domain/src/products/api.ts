import * as z from 'zod'
import { AgentId, CustomerId, defineRoute, EndpointId, listQuery, listReply, oneOrMore, ProductId } from '../kernel/index.ts'
import { Family, ProductType } from './catalogue.ts'
import { Agent, agentStates, ConnectInstructions, Endpoint, NewProduct, Product, ProductDescription, realTimeScanStates, TreeProduct } from './shapes.ts'

const params = z.strictObject({ productId: ProductId })

export const getCatalogue = defineRoute({
  id: 'catalogue.get', method: 'GET', path: '/v1/catalogue', permission: 'signed-in', reply: z.object({ types: z.array(ProductType) }), problems: [],
})

export const listProducts = defineRoute({
  id: 'products.list', method: 'GET', path: '/v1/products', permission: 'product.read',
  query: listQuery(['description', 'lastSeenAt', 'createdAt'], {
    customerId: CustomerId.optional(), typeId: z.string().max(40).optional(), family: Family.optional(), state: oneOrMore(agentStates).optional(),
  }),
  reply: listReply(Product), problems: [],
})
/** PRD-3: the whole tree of one customer without its endpoints, which `listEndpoints` brings by product and group. */
export const getTree = defineRoute({
  id: 'customers.tree', method: 'GET', path: '/v1/customers/:customerId/tree', permission: 'product.read', params: z.strictObject({ customerId: CustomerId }),
  reply: z.object({ products: z.array(TreeProduct) }), problems: ['customer.not-found'],
})
export const createProduct = defineRoute({
  id: 'products.create', method: 'POST', path: '/v1/customers/:customerId/products', permission: 'product.create', params: z.strictObject({ customerId: CustomerId }),
  body: NewProduct, reply: Product, problems: ['customer.not-found', 'product.type-unknown', 'product.type-not-connectable'],
})
export const getProduct = defineRoute({
  id: 'products.get', method: 'GET', path: '/v1/products/:productId', permission: 'product.read', params, reply: Product, problems: ['product.not-found'],
})
export const updateProduct = defineRoute({
  id: 'products.update', method: 'PATCH', path: '/v1/products/:productId', permission: 'product.update', params, body: z.strictObject({ description: ProductDescription }), reply: Product,
  problems: ['product.not-found', 'request.changed-meanwhile', 'request.precondition-missing'],
})
/** CUS-5: its records go with it; a reinstalled machine needs a new GUID. */
export const deleteProduct = defineRoute({
  id: 'products.delete', method: 'DELETE', path: '/v1/products/:productId', permission: 'product.delete', params, body: z.strictObject({ confirmName: z.string().max(200) }), reply: z.null(),
  problems: ['product.not-found', 'product.name-differs'],
})
/** PRD-2: a new one-use key, 24 h; an unused earlier one stops working. */
export const issueKey = defineRoute({
  id: 'products.issue-key', method: 'POST', path: '/v1/products/:productId/key', permission: 'product.issue-key', params, reply: ConnectInstructions, hasSecretReply: true,
  problems: ['product.not-found', 'product.already-registered'],
})

export const listAgents = defineRoute({
  id: 'products.agents', method: 'GET', path: '/v1/products/:productId/agents', permission: 'product.read', params, reply: z.object({ rows: z.array(Agent) }), problems: ['product.not-found'],
})
/** AGT-3: a disabled agent closes its channel and asks for commands every 10 min only. */
export const switchAgent = defineRoute({
  id: 'agents.switch', method: 'PATCH', path: '/v1/agents/:agentId', permission: 'agent.switch', params: z.strictObject({ agentId: AgentId }), body: z.strictObject({ isDisabled: z.boolean() }),
  reply: Agent, problems: ['agent.not-found', 'agent.unregistered'],
})
/** Takes an agent's identity away: it must register again. */
export const unregisterAgent = defineRoute({
  id: 'agents.unregister', method: 'DELETE', path: '/v1/agents/:agentId', permission: 'product.delete', params: z.strictObject({ agentId: AgentId }), body: z.strictObject({ confirmName: z.string().max(200) }),
  reply: z.null(), problems: ['agent.not-found', 'product.name-differs'],
})

const endpointFilters = {
  customerId: CustomerId.optional(), productId: ProductId.optional(), group: z.string().max(80).optional(), state: oneOrMore(agentStates).optional(),
  realTimeScan: oneOrMore(realTimeScanStates).optional(), isInfected: z.stringbool().optional(),
}
const endpointSorts = ['name', 'lastSeenAt', 'openInfections', 'patternBuiltAt'] as const
export const listEndpoints = defineRoute({
  id: 'endpoints.list', method: 'GET', path: '/v1/endpoints', permission: 'product.read', query: listQuery(endpointSorts, endpointFilters), reply: listReply(Endpoint), problems: [],
})
export const exportEndpoints = defineRoute({
  id: 'endpoints.export', method: 'GET', path: '/v1/endpoints.csv', permission: 'product.read', query: listQuery(endpointSorts, endpointFilters), reply: z.string(), problems: [], produces: 'text/csv',
})
export const getEndpoint = defineRoute({
  id: 'endpoints.get', method: 'GET', path: '/v1/endpoints/:endpointId', permission: 'product.read', params: z.strictObject({ endpointId: EndpointId }), reply: Endpoint, problems: ['endpoint.not-found'],
})
