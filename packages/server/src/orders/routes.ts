import { Problem } from '@vigie/domain/kernel'
import { isSwitch, ordersApi, type Order, type OrderState, type OrderType } from '@vigie/domain/orders'
import { assertSecondFactor } from '../access/index.ts'
import { doer, record } from '../audit/index.ts'
import { wakeAgents } from '../commands/index.ts'
import {
  assertVersion,
  exportPageSize,
  handle,
  handleInSteps,
  handleStream,
  speaker,
  streamCsv,
  type Context,
  type Handler,
  type TenantDb,
} from '../platform/index.ts'
import { shown } from './dry-run.ts'
import * as agents from './agents.ts'
import { confirm, draft, draftUndo, objectOf } from './giving.ts'
import * as places from './places.ts'
import * as policies from './policy.ts'
import { countOutcomes, keepSoon } from './outcomes.ts'
import { lineWords } from './words.ts'
import * as orders from './store.ts'

const policyObject = { kind: 'command-policy', id: null, name: 'command-policy' }

export const orderRoutes: Handler[] = [
  handle(ordersApi.draftOrder, async ({ db, services, now, actor }, { body }) => await draft(db, services, now, actor, body)),

  handleInSteps(ordersApi.confirmOrder, async ({ services, now, change, actor, origin }, { params, body }) => {
    if (body.code !== undefined) await assertSecondFactor(services, actor, body.code, now)
    return await change((db) =>
      confirm(db, services, now, { actor, origin }, params.orderId, {
        isProven: body.code !== undefined,
        confirmWeaker: body.confirmWeaker,
      }),
    )
  }),

  handle(ordersApi.listOrders, async ({ db, actor }, { query }) => await orders.list(db, query, actor.accountId)),

  handle(ordersApi.getOrder, async ({ db, services }, { params }) => ({
    order: await orders.get(db, params.orderId),
    dryRun: await shown(db, services, await orders.row(db, params.orderId)),
  })),

  handle(ordersApi.listOrderAgents, async ({ db }, { params, query }) => {
    return await agents.list(db, await orders.row(db, params.orderId), query)
  }),

  handle(ordersApi.countOutcomes, async ({ db, services }, { params }) => {
    const order = await orders.row(db, params.orderId)
    keepSoon(services, db.tenant.partnerId, order)
    return await countOutcomes(db, order)
  }),

  handle(ordersApi.listOrderPlaces, async ({ db }, { params, query }) => {
    await orders.row(db, params.orderId)
    return await places.list(db, params.orderId, query)
  }),

  handleStream(ordersApi.exportOrderPlaces, async (context, { params, query }, reply) => {
    const say = speaker(context.actor.locale)
    const head = ['customer', 'product', 'ring', 'order-step', 'reason', 'changes', 'endpoints', 'at'].map((name) => say(`column.${name}`))
    await streamCsv(context, reply, 'order-customers.csv', head, async (db, cursor) => {
      const order = await orders.row(db, params.orderId)
      const page = await places.list(db, order.id, { ...query, limit: exportPageSize, cursor: cursor ?? query.cursor })
      if (cursor === undefined)
        await record(db, context.services.vault, context.now, doer(context), {
          activity: 'order.exported',
          object: objectOf(order),
          after: query,
        })
      return {
        rows: page.rows.map((one) => [
          one.customerName,
          one.productName,
          one.ring,
          say(`place-step.${one.step}`),
          one.reason && say(`place-reason.${one.reason}`),
          one.lines.map((line) => lineWords(say, line)).join('\n'),
          one.endpointCount,
          one.at,
        ]),
        nextCursor: page.nextCursor,
      }
    })
  }),

  handle(
    ordersApi.undoOrder,
    async ({ db, services, now, actor }, { params }) => await draftUndo(db, services, now, actor, params.orderId),
  ),

  handleStream(ordersApi.exportOrderAgents, async (context, { params, query }, reply) => {
    const say = speaker(context.actor.locale)
    const head = ['endpoint', 'customer', 'ring', 'order-step', 'reason', 'outcome', 'at'].map((name) => say(`column.${name}`))
    await streamCsv(context, reply, 'order.csv', head, async (db, cursor) => {
      const order = await orders.row(db, params.orderId)
      const page = await agents.list(db, order, { ...query, limit: exportPageSize, cursor: cursor ?? query.cursor })
      if (cursor === undefined)
        await record(db, context.services.vault, context.now, doer(context), {
          activity: 'order.exported',
          object: objectOf(order),
          after: query,
        })
      const because = (reason: string | null) =>
        reason === null ? null : say.has(`command-reason.${reason}`) ? say(`command-reason.${reason}`) : reason
      return {
        rows: page.rows.map((one) => [
          one.name,
          one.customerName,
          one.ring,
          say(`order-step.${one.step}`),
          because(one.reason),
          one.outcome && say(`order-outcome.${one.outcome}`),
          one.at,
        ]),
        nextCursor: page.nextCursor,
      }
    })
  }),

  handle(ordersApi.steerOrder, async ({ db, services, now, ...who }, { params, body: { to } }) => {
    const before = await orders.lock(db, params.orderId)
    const { from, state, activity } = steering[to]
    if (before.state === state || (to === 'halt' && before.state === 'halted')) {
      db.markAudited() // a second click: nothing changes
      return await orders.get(db, before.id)
    }
    if (!from.includes(before.state)) throw new Problem('order.not-possible-now', { state: before.state })
    // a person lets it go on though nothing proved it harmless: with the next ring
    const isPushed = to === 'resume' && before.cause === 'no-word' && before.ring < before.ring_percents.length
    await orders.set(db, before.id, {
      state,
      cause: null,
      ...(to === 'resume' ? { ring_at: now, ...(isPushed ? { ring: before.ring + 1 } : {}) } : {}),
    })
    if (to === 'resume') await wakeAgents(db, await waitingFor(db, before.id))
    await record(db, services.vault, now, doer(who), {
      activity,
      object: objectOf(before),
      before: { state: before.state, cause: before.cause },
      after: { state },
    })
    return await orders.get(db, before.id)
  }),

  handleInSteps(ordersApi.judgeOrder, async ({ services, now, change, actor, origin }, { params, body }) => {
    if (body.isApproved) await assertSecondFactor(services, actor, body.code, now)
    return await change(async (db): Promise<Order> => {
      const before = await orders.lock(db, params.orderId)
      if (before.created_by_id === actor.accountId) throw new Problem('order.own')
      if (before.state !== 'waiting') throw new Problem('order.not-possible-now', { state: before.state })
      await orders.set(db, before.id, {
        approved_by: actor.name,
        approved_by_id: actor.accountId,
        ...(body.isApproved ? { state: 'running' } : { state: 'refused', ended_at: now }),
      })
      const activity = body.isApproved ? 'order.approved' : 'order.refused-by-person'
      await record(
        db,
        services.vault,
        now,
        { kind: 'account', actor, origin },
        {
          activity,
          object: objectOf(before),
          before: { state: before.state },
          after: { givenBy: before.created_by, agents: before.planned, customers: before.customer_count },
        },
      )
      return await orders.get(db, before.id)
    })
  }),

  handle(ordersApi.getPolicy, async ({ db }) => await policies.get(db)),

  handle(ordersApi.setPolicy, async ({ db, services, now, ifMatch, ...who }, { body }) => {
    const before = await policies.lock(db)
    assertVersion(ifMatch, before.version)
    await policies.set(db, body)
    return await told(db, services, now, who, 'order.policy-changed', before)
  }),

  handle(ordersApi.freeze, async ({ db, services, now, ...who }) => {
    const before = await policies.lock(db)
    if (before.frozenAt !== null) {
      db.markAudited() // a second click: nothing changes
      return before
    }
    await policies.setFrozen(db, who.actor.name, now)
    return await told(db, services, now, who, 'order.frozen', before)
  }),

  handle(ordersApi.unfreeze, async ({ db, services, now, ...who }) => {
    const before = await policies.lock(db)
    if (before.frozenAt === null) {
      db.markAudited() // a second click: nothing changes
      return before
    }
    await wakeAgents(db, await policies.setFrozen(db, null, now))
    return await told(db, services, now, who, 'order.unfrozen', before)
  }),
]

async function told(
  db: TenantDb,
  services: Context['services'],
  now: Date,
  who: Pick<Context, 'actor' | 'origin'>,
  activity: string,
  before: unknown,
) {
  const after = await policies.get(db)
  db.announce({ kind: 'order', id: 'policy', customerId: null })
  await record(db, services.vault, now, doer(who), { activity, object: policyObject, before, after })
  return after
}

const steering: Record<'pause' | 'resume' | 'halt', { from: readonly OrderState[]; state: OrderState; activity: string }> = {
  pause: { from: ['running'], state: 'paused', activity: 'order.paused' },
  resume: { from: ['paused'], state: 'running', activity: 'order.resumed' },
  halt: { from: ['waiting', 'delayed', 'running', 'paused'], state: 'halting', activity: 'order.halted' },
}

async function waitingFor(db: TenantDb, orderId: string): Promise<string[]> {
  const { rows } = await db.query<{ agent_id: string }>(`select agent_id from order_agent where order_id = $1 and step = 'waiting'`, [
    orderId,
  ])
  return rows.map(({ agent_id }) => agent_id)
}

/** What an order tells, in the reader's words. */
export const deedKey = (type: OrderType): string => (isSwitch(type) || type === 'change-urls' ? `order-deed.${type}` : `command.${type}`)
