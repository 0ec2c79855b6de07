import { isCarrying, nextMove, withPlaces, type OrderCause } from '@vigie/domain/orders'
import { record } from '../audit/index.ts'
import { endUnsent } from '../commands/index.ts'
import { inRounds, type Background, type Services, type TenantDb } from '../platform/index.ts'
import { objectOf } from './giving.ts'
import * as people from './people.ts'
import * as places from './places.ts'
import { agentsAtOnce, releaseSome } from './release.ts'
import * as orders from './store.ts'
import { orderBell } from './wake.ts'

const pollMs = 400

export interface OrderRunner extends Background {
  /** Everything that can be done now, of all businesses. */
  runDue(): Promise<void>
}

/**
 * Lets orders go their way: counts, rings, halts (R16). Each step is one transaction under the order's lock, so that it may die anywhere, run twice and in several processes at once: what did not commit
 * did not happen, and what did is seen by the next look. A process that has an order in hand keeps the others out of that order only.
 */
export function createOrderRunner(services: Services): OrderRunner {
  const { database, log } = services
  let isStopped = false

  async function runDue(): Promise<void> {
    const partners = await database.lookup<{ id: string }>('select vigie.partners_with_live_orders() as id')
    for (const { id: partnerId } of partners) {
      const live = await database.transaction(
        { partnerId, scope: 'all', principalId: null },
        async (db) =>
          (
            await db.query<{ id: string }>(
              `select id from command_order where state in ('delayed', 'running', 'halting') order by created_at, id`,
            )
          ).rows,
      )
      for (const { id } of live) {
        for (let isMore = true; isMore && !isStopped;) {
          isMore = await advance(services, partnerId, id).catch((error: unknown) => {
            log.warn('an order could not go on, tried again', {
              orderId: id,
              error: error instanceof Error ? (error.stack ?? error.message) : String(error),
            })
            return false
          })
        }
      }
    }
  }

  const round = () =>
    runDue().catch((error: unknown) => log.warn('orders could not be looked after, tried again', { error: String(error) }))
  const rounds = inRounds({ name: 'orders.runner', bell: orderBell, pollMs, round })
  return {
    ...rounds,
    runDue,
    async stop() {
      isStopped = true // also between two steps of one round
      await rounds.stop()
    },
  }
}

/** One step of one order. @returns whether another may follow at once */
async function advance(services: Services, partnerId: string, orderId: string): Promise<boolean> {
  const now = services.clock.now()
  const asSystem = { partnerId, scope: 'all' as const, principalId: null }
  const next = await services.database.transaction(asSystem, (db) => decide(db, services, orderId, now))
  if (next === 'again' || next === 'wait') return next === 'again'
  const released = await services.database.transaction({ partnerId, ...next }, (db) => releaseSome(db, services, orderId, now))
  // the rest of the ring is out of the giver's sight
  if (released === 0) await services.database.transaction(asSystem, (db) => skipUnseen(db, orderId, now))
  return true
}

type Next = 'wait' | 'again' | { scope: 'all' | 'limited'; principalId: string | null }

async function decide(db: TenantDb, services: Services, orderId: string, now: Date): Promise<Next> {
  const order = await orders.lockFree(db, orderId)
  if (order === null) return 'wait'
  await orders.fold(db, orderId)
  if (order.state === 'halting') return await haltSome(db, order, now)
  // R16: a freeze holds what is not yet told as well; its rings' time stands still (policy.setFrozen)
  if ((await db.query('select from command_policy where frozen_at is not null')).rowCount === 1) return 'wait'
  const of = await orders.counts(db, [orderId])
  const whole = of(orderId)
  const move = nextMove(
    {
      state: order.state,
      ring: order.ring,
      rings: order.ring_percents.length,
      ringAt: order.ring_at,
      ringMinutes: order.ring_minutes,
      failurePercent: order.failure_percent,
      startsAt: order.starts_at,
      counts: isCarrying(order.type)
        ? withPlaces(of(orderId, order.ring), await places.countsOf(db, orderId, order.ring))
        : of(orderId, order.ring),
      planned: whole.planned + order.places_planned,
      open: whole.waiting + whole.delivered + whole.running,
    },
    now,
  )
  switch (move.kind) {
    case 'wait':
      return 'wait'
    case 'start':
      await orders.set(db, orderId, { state: 'running' })
      return 'again'
    case 'next-ring':
      await orders.set(db, orderId, { ring: order.ring + 1, ring_at: now })
      return 'again'
    case 'pause':
      await stopBy(db, services, order, 'paused', move.cause, now)
      return 'wait'
    case 'halt':
      await stopBy(db, services, order, 'halting', move.cause, now)
      return 'again'
    case 'finish':
      await orders.set(db, orderId, { state: 'finished', ended_at: now })
      return 'wait'
    case 'release': {
      const giver = await people.giver(db, order.created_by_id)
      if (giver) return { ...giver, principalId: order.created_by_id }
      await stopBy(db, services, order, 'halting', 'giver-gone', now)
      return 'again'
    }
  }
}

async function stopBy(
  db: TenantDb,
  services: Services,
  order: orders.OrderRow,
  state: 'paused' | 'halting',
  cause: OrderCause,
  now: Date,
): Promise<void> {
  await orders.set(db, order.id, { state, cause })
  await record(
    db,
    services.vault,
    now,
    { kind: 'system', name: 'orders' },
    {
      activity: state === 'paused' ? 'order.paused' : 'order.halted',
      object: objectOf(order),
      before: { state: order.state },
      after: { state, cause },
    },
  )
}

/** Ends what was not handed over, piece by piece; what was goes on (R15). Settings that were set at a customer stay wanted there, so what was told of them goes on too. */
async function haltSome(db: TenantDb, order: orders.OrderRow, now: Date): Promise<Next> {
  const { rows } = await db.query<{ agent_id: string; ring: number; command_id: string | null; step: string }>(
    `select agent_id, ring, command_id, step from order_agent where order_id = $1 and step = any($2) order by agent_id limit ${agentsAtOnce * 4}`,
    [order.id, isCarrying(order.type) ? ['planned'] : ['planned', 'waiting']],
  )
  await places.skipPlanned(db, order.id, null, 'order-halted', now)
  if (rows.length === 0) {
    await orders.fold(db, order.id)
    await orders.set(db, order.id, { state: 'halted', ended_at: now })
    return 'wait'
  }
  await endUnsent(
    db,
    rows.flatMap(({ command_id }) => (command_id === null ? [] : [{ id: command_id }])),
    'order-halted',
    now,
  )
  await skip(
    db,
    order.id,
    rows.filter(({ step }) => step === 'planned'),
    'order-halted',
    now,
  )
  await forgetLost(db, order.id, now)
  return 'again'
}

async function skipUnseen(db: TenantDb, orderId: string, now: Date): Promise<void> {
  const order = await orders.lock(db, orderId)
  if (order.state !== 'running') return
  const { rows } = await db.query<{ agent_id: string; ring: number }>(
    `select agent_id, ring from order_agent where order_id = $1 and ring = $2 and step = 'planned' order by agent_id`,
    [orderId, order.ring],
  )
  await places.skipPlanned(db, orderId, order.ring, 'customer-gone', now)
  await skip(db, orderId, rows, 'agent-gone', now)
}

async function skip(
  db: TenantDb,
  orderId: string,
  rows: readonly { agent_id: string; ring: number }[],
  reason: string,
  now: Date,
): Promise<void> {
  if (rows.length === 0) return
  await db.query(
    `update order_agent set step = 'skipped', reason = $3, at = $4 where order_id = $1 and agent_id = any($2) and step = 'planned'`,
    [orderId, rows.map(({ agent_id }) => agent_id), reason, now],
  )
  for (const [ring, ofRing] of Map.groupBy(rows, (one) => one.ring))
    await orders.move(db, orderId, ring, { planned: -ofRing.length, skipped: ofRing.length })
}

/** Agents that were taken away with their commands: their order does not wait for them for ever. */
export async function forgetLost(db: TenantDb, orderId: string | null, now: Date): Promise<void> {
  await db.query(
    `with lost as (
       select i.order_id, i.agent_id, i.ring, i.step from order_agent i where i.step in ('waiting', 'delivered', 'running') and ($3::uuid is null or i.order_id = $3)
         and not exists (select from command o where o.partner_id = i.partner_id and o.id = i.command_id) for no key update
     ), ended as (
       update order_agent i set step = 'expired', reason = 'agent-gone', at = $2 from lost where i.order_id = lost.order_id and i.agent_id = lost.agent_id
     )
     insert into order_move (partner_id, order_id, ring, step, count)
     select $1::uuid, order_id, ring, step, -count(*) from lost group by order_id, ring, step union all select $1::uuid, order_id, ring, 'expired', count(*) from lost group by order_id, ring`,
    [db.tenant.partnerId, now, orderId],
  )
}
