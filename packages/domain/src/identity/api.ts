import * as z from 'zod'
import { CustomerId, defineRoute, EndpointId, Instant, listQuery, listReply, oneOrMore, ProductId } from '../kernel/index.ts'
import { Duplicate, duplicateStates, Merge, Move } from './shapes.ts'
import { ConnectionSwitch, SwitchAgent, switchStates, switchSteps } from './switches.ts'

const ofDuplicate = z.strictObject({ duplicateId: z.uuid() })
const duplicateFilters = { customerId: CustomerId.optional(), state: oneOrMore(duplicateStates).optional() }

/** INV-3. `waiting`: how many pairs of all customers wait for a decision, whatever the filter. */
export const listDuplicates = defineRoute({
  id: 'duplicates.list',
  method: 'GET',
  path: '/v1/duplicates',
  permission: 'product.read',
  query: listQuery(['foundAt'], duplicateFilters, '-foundAt'),
  reply: listReply(Duplicate).extend({ waiting: z.number().int() }),
  problems: [],
})
export const exportDuplicates = defineRoute({
  id: 'duplicates.export',
  method: 'GET',
  path: '/v1/duplicates.csv',
  permission: 'product.read',
  query: listQuery(['foundAt'], duplicateFilters, '-foundAt'),
  reply: z.string(),
  problems: [],
  produces: 'text/csv',
})
/** They are two machines: remembered, never asked again; or asked again after all. */
export const decideDuplicate = defineRoute({
  id: 'duplicates.decide',
  method: 'PUT',
  path: '/v1/duplicates/:duplicateId/decision',
  permission: 'identity.heal',
  params: ofDuplicate,
  body: z.strictObject({ isKeptApart: z.boolean() }),
  reply: Duplicate,
  problems: ['duplicate.not-found'],
})

/** Takes an endpoint into another of the same customer: one machine under two identities. The next report of either lands on the one that stays. */
export const mergeEndpoints = defineRoute({
  id: 'endpoints.merge',
  method: 'POST',
  path: '/v1/endpoints/:endpointId/merge',
  permission: 'identity.heal',
  params: z.strictObject({ endpointId: EndpointId }),
  body: z.strictObject({ intoId: EndpointId }),
  reply: Merge,
  problems: ['endpoint.not-found', 'merge.same-endpoint', 'merge.other-customer'],
})
export const listMerges = defineRoute({
  id: 'merges.list',
  method: 'GET',
  path: '/v1/merges',
  permission: 'product.read',
  query: listQuery(['mergedAt'], { customerId: CustomerId.optional(), endpointId: EndpointId.optional() }, '-mergedAt'),
  reply: listReply(Merge),
  problems: [],
})
/** Puts back what a merge took: the endpoint, its infections, its history. What came while they were one stays with the one that stayed. */
export const undoMerge = defineRoute({
  id: 'merges.undo',
  method: 'POST',
  path: '/v1/merges/:mergeId/undo',
  permission: 'identity.heal',
  params: z.strictObject({ mergeId: z.uuid() }),
  reply: Merge,
  problems: ['merge.not-found', 'merge.undone-already', 'merge.gone'],
})
/** A dead identity: its endpoint goes, and comes back if it is heard of again. */
export const removeEndpoint = defineRoute({
  id: 'endpoints.remove',
  method: 'DELETE',
  path: '/v1/endpoints/:endpointId',
  permission: 'identity.heal',
  params: z.strictObject({ endpointId: EndpointId }),
  body: z.strictObject({ confirmName: z.string().max(255) }),
  reply: z.null(),
  problems: ['endpoint.not-found', 'endpoint.name-differs', 'endpoint.still-reporting'],
})

/** AGT-11: a product with its agents, endpoints and history goes to another customer of the business, all or none. `hasConsent`: the person says that the new customer agreed. */
export const moveProduct = defineRoute({
  id: 'products.move',
  method: 'POST',
  path: '/v1/products/:productId/move',
  permission: 'agent.move',
  params: z.strictObject({ productId: ProductId }),
  body: z.strictObject({
    customerId: CustomerId,
    confirmName: z.string().max(200),
    hasConsent: z.literal(true),
    reason: z.string().trim().max(200),
  }),
  reply: Move,
  problems: [
    'product.not-found',
    'customer.not-found',
    'product.name-differs',
    'move.same-customer',
    'move.merged-elsewhere',
    'command.needs-second-person',
  ],
})
export const listMoves = defineRoute({
  id: 'moves.list',
  method: 'GET',
  path: '/v1/moves',
  permission: 'product.read',
  query: listQuery(['movedAt'], { customerId: CustomerId.optional(), productId: ProductId.optional() }, '-movedAt'),
  reply: listReply(Move),
  problems: [],
})
export const getMove = defineRoute({
  id: 'moves.get',
  method: 'GET',
  path: '/v1/moves/:moveId',
  permission: 'product.read',
  params: z.strictObject({ moveId: z.uuid() }),
  reply: Move,
  problems: ['move.not-found'],
})
export const undoMove = defineRoute({
  id: 'moves.undo',
  method: 'POST',
  path: '/v1/moves/:moveId/undo',
  permission: 'agent.move',
  params: z.strictObject({ moveId: z.uuid() }),
  reply: Move,
  problems: ['move.not-found', 'move.not-undoable', 'move.merged-elsewhere', 'customer.not-found', 'command.needs-second-person'],
})

/** AGT-11: what the giving side needs to send its agents here. Holds the product's one-use key and a key for its site's endpoints; told once (R9). */
export const issueConnectionCode = defineRoute({
  id: 'products.connection-code',
  method: 'POST',
  path: '/v1/products/:productId/connection-code',
  permission: 'product.issue-key',
  params: z.strictObject({ productId: ProductId }),
  body: z.strictObject({ machines: z.number().int().min(1).max(500) }),
  reply: z.object({ connectionCode: z.string(), machines: z.number().int(), expiresAt: Instant }),
  hasSecretReply: true,
  problems: ['product.not-found', 'product.already-registered'],
})

const ofSwitch = z.strictObject({ switchId: z.uuid() })
const switchFilters = { customerId: CustomerId.optional(), productId: ProductId.optional(), state: oneOrMore(switchStates).optional() }
/** AGT-11, R16: to a stranger's installation only with a second person; where there is none, after an hour of which the owners are told, and with the second factor (`code`). */
export const startSwitch = defineRoute({
  id: 'switches.start',
  method: 'POST',
  path: '/v1/products/:productId/switch',
  permission: 'agent.move',
  params: z.strictObject({ productId: ProductId }),
  body: z.strictObject({
    connectionCode: z.string().max(4_000),
    confirmName: z.string().max(200),
    reason: z.string().trim().max(200),
    code: z.string().trim().max(40).optional(),
  }),
  reply: ConnectionSwitch,
  problems: [
    'product.not-found',
    'product.name-differs',
    'switch.code-wrong',
    'switch.code-expired',
    'switch.same-product',
    'switch.under-way',
    'switch.nobody',
    'switch.too-many',
    'command.target-disabled',
    'command.not-supported',
    'mfa.needed-here',
    'mfa.code-wrong',
  ],
})
export const judgeSwitch = defineRoute({
  id: 'switches.judge',
  method: 'POST',
  path: '/v1/switches/:switchId/judge',
  permission: 'order.approve',
  params: ofSwitch,
  body: z.strictObject({ isApproved: z.boolean(), code: z.string().trim().max(40).optional() }),
  reply: ConnectionSwitch,
  problems: ['switch.not-found', 'order.own', 'switch.not-possible-now', 'mfa.needed-here', 'mfa.code-wrong'],
})
/** Until it is decided: agents drop what they registered at the new side, and nothing has changed. */
export const giveUpSwitch = defineRoute({
  id: 'switches.give-up',
  method: 'POST',
  path: '/v1/switches/:switchId/give-up',
  permission: 'agent.move',
  params: ofSwitch,
  reply: ConnectionSwitch,
  problems: ['switch.not-found', 'switch.not-possible-now'],
})
export const listSwitches = defineRoute({
  id: 'switches.list',
  method: 'GET',
  path: '/v1/switches',
  permission: 'product.read',
  query: listQuery(['createdAt'], switchFilters, '-createdAt'),
  reply: listReply(ConnectionSwitch),
  problems: [],
})
export const exportSwitches = defineRoute({
  id: 'switches.export',
  method: 'GET',
  path: '/v1/switches.csv',
  permission: 'product.read',
  query: listQuery(['createdAt'], switchFilters, '-createdAt'),
  reply: z.string(),
  problems: [],
  produces: 'text/csv',
})
export const getSwitch = defineRoute({
  id: 'switches.get',
  method: 'GET',
  path: '/v1/switches/:switchId',
  permission: 'product.read',
  params: ofSwitch,
  reply: ConnectionSwitch,
  problems: ['switch.not-found'],
})
export const listSwitchAgents = defineRoute({
  id: 'switches.agents',
  method: 'GET',
  path: '/v1/switches/:switchId/agents',
  permission: 'product.read',
  params: ofSwitch,
  query: listQuery(['name'], { step: oneOrMore(switchSteps).optional() }, 'name'),
  reply: listReply(SwitchAgent),
  problems: ['switch.not-found'],
})
