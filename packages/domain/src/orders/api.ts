import * as z from 'zod'
import { CustomerId, defineRoute, Instant, listQuery, listReply, oneOrMore, OrderId } from '../kernel/index.ts'
import { OrderPlace, orderOutcomes, placeSteps } from './carried.ts'
import {
  CommandPolicy,
  DryRun,
  GivenTarget,
  Order,
  OrderAgent,
  OrderParams,
  orderSteps,
  orderTypes,
  paramsShape,
  PolicyInput,
  shownOrderStates,
} from './shapes.ts'

const params = z.strictObject({ orderId: OrderId })
const WithDryRun = z.object({ order: Order, dryRun: DryRun })

/**
 * A dry run: nobody is told anything. Its id is what is confirmed. `isInRings` absent: in rings where it is dangerous, else at once. Leaves no audit record: nothing
 * happened; it is forgotten after a day. `params` with the types of `orderParams`; `upgrade-agent` also needs the permission `agent.upgrade` and an approved version, `apply-settings` and
 * `change-urls` need `setting.update` and customers or products as their target.
 */
export const draftOrder = defineRoute({
  id: 'orders.draft',
  method: 'POST',
  path: '/v1/orders',
  permission: 'order.send',
  unaudited: true,
  body: z
    .strictObject({ type: z.enum(orderTypes), params: OrderParams.optional(), target: GivenTarget, isInRings: z.boolean().optional() })
    .refine(({ type, params }) => paramsShape(type)?.safeParse(params).success ?? params === undefined, {
      path: ['params'],
      error: 'required',
    }),
  reply: WithDryRun,
  problems: [
    'order.too-many',
    'order.not-found',
    'customer.not-found',
    'product.not-found',
    'endpoint.not-found',
    'agent.not-found',
    'request.key-reused',
    'release.not-approved',
    'template.not-found',
    'request.invalid',
  ],
})
/**
 * Gives the order. What was shown may have moved meanwhile: then `hasMoved` with the numbers of now, nothing was told to anybody, and it is confirmed again. Beyond the caps with nobody else
 * who could approve, `code` is needed: a code of the giver's second factor (R16). `confirmWeaker`: the person saw that protection gets weaker; without it such an order is refused.
 */
export const confirmOrder = defineRoute({
  id: 'orders.confirm',
  method: 'POST',
  path: '/v1/orders/:orderId/confirm',
  permission: 'order.send',
  params,
  body: z.strictObject({ code: z.string().trim().max(40).optional(), confirmWeaker: z.boolean().default(false) }),
  reply: WithDryRun.extend({ hasMoved: z.boolean() }),
  problems: [
    'order.not-found',
    'setting.weakens',
    'release.not-approved',
    'order.not-possible-now',
    'order.nobody-left',
    'mfa.needed-here',
    'mfa.code-wrong',
  ],
})
/** A dry run of the order that takes this one back, where it has an inverse; what somebody changed since is left alone, and said. Confirmed like any other. */
export const undoOrder = defineRoute({
  id: 'orders.undo',
  method: 'POST',
  path: '/v1/orders/:orderId/undo',
  permission: 'order.send',
  unaudited: true,
  params,
  reply: WithDryRun,
  problems: ['order.not-found', 'order.not-undoable', 'request.key-reused'],
})
export const listOrders = defineRoute({
  id: 'orders.list',
  method: 'GET',
  path: '/v1/orders',
  permission: 'order.read',
  query: listQuery(
    ['createdAt'],
    { state: oneOrMore(shownOrderStates).optional(), type: oneOrMore(orderTypes).optional(), isMine: z.stringbool().optional() },
    '-createdAt',
  ),
  reply: listReply(Order),
  problems: [],
})
export const getOrder = defineRoute({
  id: 'orders.get',
  method: 'GET',
  path: '/v1/orders/:orderId',
  permission: 'order.read',
  params,
  reply: WithDryRun,
  problems: ['order.not-found'],
})

const agentsQuery = listQuery(['name', 'customer'], {
  step: oneOrMore(orderSteps).optional(),
  outcome: oneOrMore(orderOutcomes).optional(),
  customerId: CustomerId.optional(),
})
export const listOrderAgents = defineRoute({
  id: 'orders.agents',
  method: 'GET',
  path: '/v1/orders/:orderId/agents',
  permission: 'order.read',
  params,
  query: agentsQuery,
  reply: listReply(OrderAgent),
  problems: ['order.not-found'],
})
export const exportOrderAgents = defineRoute({
  id: 'orders.export',
  method: 'GET',
  path: '/v1/orders/:orderId/agents.csv',
  permission: 'order.read',
  params,
  query: agentsQuery,
  reply: z.string(),
  problems: ['order.not-found'],
  produces: 'text/csv',
})
const placesQuery = listQuery(['customer'], { step: oneOrMore(placeSteps).optional(), customerId: CustomerId.optional() })
/** Of an order that carries: each customer or product, what changes there, what already is so, what can't. */
export const listOrderPlaces = defineRoute({
  id: 'orders.places',
  method: 'GET',
  path: '/v1/orders/:orderId/places',
  permission: 'order.read',
  params,
  query: placesQuery,
  reply: listReply(OrderPlace),
  problems: ['order.not-found'],
})
export const exportOrderPlaces = defineRoute({
  id: 'orders.export-places',
  method: 'GET',
  path: '/v1/orders/:orderId/places.csv',
  permission: 'order.read',
  params,
  query: placesQuery,
  reply: z.string(),
  problems: ['order.not-found'],
  produces: 'text/csv',
})
/** Of an order that carries settings: endpoints by how it stands with them, by what they report; of more than 1,000 agents as they were at `at`, null: as of now, or of many not looked at yet. */
export const countOutcomes = defineRoute({
  id: 'orders.outcomes',
  method: 'GET',
  path: '/v1/orders/:orderId/outcomes',
  permission: 'order.read',
  params,
  reply: z.object({
    ...(Object.fromEntries(orderOutcomes.map((outcome) => [outcome, z.number().int()])) as Record<
      (typeof orderOutcomes)[number],
      z.ZodNumber
    >),
    at: Instant.nullable(),
  }),
  problems: ['order.not-found'],
})
/** `halt` ends it for good: what was not handed over never will be. What was handed over goes on (R15). */
export const steerOrder = defineRoute({
  id: 'orders.steer',
  method: 'POST',
  path: '/v1/orders/:orderId/steer',
  permission: 'order.send',
  params,
  body: z.strictObject({ to: z.enum(['pause', 'resume', 'halt']) }),
  reply: Order,
  problems: ['order.not-found', 'order.not-possible-now'],
})
/** R16: by somebody else than who gave it, with a code of the second factor just now. */
export const judgeOrder = defineRoute({
  id: 'orders.judge',
  method: 'POST',
  path: '/v1/orders/:orderId/judge',
  permission: 'order.approve',
  params,
  body: z.strictObject({ isApproved: z.boolean(), code: z.string().trim().max(40).optional() }),
  reply: Order,
  problems: ['order.not-found', 'order.not-possible-now', 'order.own', 'mfa.needed-here', 'mfa.code-wrong'],
})

export const getPolicy = defineRoute({
  id: 'orders.policy',
  method: 'GET',
  path: '/v1/command-policy',
  permission: 'order.read',
  reply: CommandPolicy,
  problems: [],
})
export const setPolicy = defineRoute({
  id: 'orders.set-policy',
  method: 'PUT',
  path: '/v1/command-policy',
  permission: 'order.approve',
  body: PolicyInput,
  reply: CommandPolicy,
  problems: ['request.changed-meanwhile', 'request.precondition-missing'],
})
/** R16: one switch for all commands of the business; whoever may give orders may stop them, only who approves lets them flow again. */
export const freeze = defineRoute({
  id: 'orders.freeze',
  method: 'POST',
  path: '/v1/command-policy/freeze',
  permission: 'order.send',
  reply: CommandPolicy,
  problems: [],
})
export const unfreeze = defineRoute({
  id: 'orders.unfreeze',
  method: 'POST',
  path: '/v1/command-policy/unfreeze',
  permission: 'order.approve',
  reply: CommandPolicy,
  problems: [],
})
