import * as z from 'zod'
import { CustomerId, defineRoute, listQuery, listReply, oneOrMore, OrderId } from '../kernel/index.ts'
import { CommandPolicy, DryRun, Order, OrderAgent, OrderParams, orderSteps, OrderTarget, orderTypes, paramsShape, PolicyInput, shownOrderStates } from './shapes.ts'

const params = z.strictObject({ orderId: OrderId })
const WithDryRun = z.object({ order: Order, dryRun: DryRun })

/**
 * A dry run: nobody is told anything. Its id is what is confirmed. `isInRings` absent: in rings where it is dangerous, else at once. Leaves no audit record: nothing
 * happened; it is forgotten after a day. `params` with the types of
 * `orderParams`; `upgrade-agent` also needs the permission `agent.upgrade` and an approved version.
 */
export const draftOrder = defineRoute({
  id: 'orders.draft', method: 'POST', path: '/v1/orders', permission: 'order.send', unaudited: true, 
  body: z.strictObject({ type: z.enum(orderTypes), params: OrderParams.optional(), target: OrderTarget, isInRings: z.boolean().optional() })
    .refine(({ type, params }) => paramsShape(type)?.safeParse(params).success ?? params === undefined, { path: ['params'], error: 'required' }),
  reply: WithDryRun, problems: ['order.too-many', 'order.not-found', 'customer.not-found', 'product.not-found', 'endpoint.not-found', 'agent.not-found', 'request.key-reused', 'release.not-approved'],
})
/**
 * Gives the order. What was shown may have moved meanwhile: then `hasMoved` with the numbers of now, nothing was told to anybody, and it is confirmed again. Beyond the caps with nobody else
 * who could approve, `code` is needed: a code of the giver's second factor (R16).
 */
export const confirmOrder = defineRoute({
  id: 'orders.confirm', method: 'POST', path: '/v1/orders/:orderId/confirm', permission: 'order.send', params, body: z.strictObject({ code: z.string().trim().max(40).optional() }),
  reply: WithDryRun.extend({ hasMoved: z.boolean() }), problems: ['order.not-found', 'release.not-approved', 'order.not-possible-now', 'order.nobody-left', 'mfa.needed-here', 'mfa.code-wrong'],
})
export const listOrders = defineRoute({
  id: 'orders.list', method: 'GET', path: '/v1/orders', permission: 'order.read',
  query: listQuery(['createdAt'], { state: oneOrMore(shownOrderStates).optional(), type: oneOrMore(orderTypes).optional(), isMine: z.stringbool().optional() }, '-createdAt'), reply: listReply(Order), problems: [],
})
export const getOrder = defineRoute({ id: 'orders.get', method: 'GET', path: '/v1/orders/:orderId', permission: 'order.read', params, reply: WithDryRun, problems: ['order.not-found'] })

const agentsQuery = listQuery(['name', 'customer'], { step: oneOrMore(orderSteps).optional(), customerId: CustomerId.optional() })
export const listOrderAgents = defineRoute({
  id: 'orders.agents', method: 'GET', path: '/v1/orders/:orderId/agents', permission: 'order.read', params, query: agentsQuery, reply: listReply(OrderAgent), problems: ['order.not-found'],
})
export const exportOrderAgents = defineRoute({
  id: 'orders.export', method: 'GET', path: '/v1/orders/:orderId/agents.csv', permission: 'order.read', params, query: agentsQuery, reply: z.string(), problems: ['order.not-found'], produces: 'text/csv',
})
/** `halt` ends it for good: what was not handed over never will be. What was handed over goes on (R15). */
export const steerOrder = defineRoute({
  id: 'orders.steer', method: 'POST', path: '/v1/orders/:orderId/steer', permission: 'order.send', params, body: z.strictObject({ to: z.enum(['pause', 'resume', 'halt']) }), reply: Order,
  problems: ['order.not-found', 'order.not-possible-now'],
})
/** R16: by somebody else than who gave it, with a code of the second factor just now. */
export const judgeOrder = defineRoute({
  id: 'orders.judge', method: 'POST', path: '/v1/orders/:orderId/judge', permission: 'order.approve', params, body: z.strictObject({ isApproved: z.boolean(), code: z.string().trim().max(40).optional() }), reply: Order,
  problems: ['order.not-found', 'order.not-possible-now', 'order.own', 'mfa.needed-here', 'mfa.code-wrong'],
})

export const getPolicy = defineRoute({ id: 'orders.policy', method: 'GET', path: '/v1/command-policy', permission: 'order.read', reply: CommandPolicy, problems: [] })
export const setPolicy = defineRoute({
  id: 'orders.set-policy', method: 'PUT', path: '/v1/command-policy', permission: 'order.approve', body: PolicyInput, reply: CommandPolicy, problems: ['request.changed-meanwhile', 'request.precondition-missing'],
})
/** R16: one switch for all commands of the business; whoever may give orders may stop them, only who approves lets them flow again. */
export const freeze = defineRoute({ id: 'orders.freeze', method: 'POST', path: '/v1/command-policy/freeze', permission: 'order.send', reply: CommandPolicy, problems: [] })
export const unfreeze = defineRoute({ id: 'orders.unfreeze', method: 'POST', path: '/v1/command-policy/unfreeze', permission: 'order.approve', reply: CommandPolicy, problems: [] })
