import { Problem, type BodyOf } from '@vigie/domain/kernel'
import {
  closingOf,
  delayMinutes,
  inverses,
  isCarrying,
  isDangerous,
  reasonAgainstUndo,
  versionOf,
  type DryRun,
  type Order,
  type OrderParams,
  type ordersApi,
  type OrderTarget,
  type OrderType,
} from '@vigie/domain/orders'
import { longestDefenceDays } from '@vigie/domain/outbreak'
import { doer, record, type Doer } from '../audit/index.ts'
import { spend } from '../commands/index.ts'
import { notify } from '../outbox/index.ts'
import { newId, type Actor, type Context, type Services, type TenantDb } from '../platform/index.ts'
import { isVersionApproved } from '../releases/index.ts'
import { carriedOf, fingerprint, type Carried } from './carrying.ts'
import { endangered, look, shown } from './dry-run.ts'
import * as people from './people.ts'
import * as policies from './policy.ts'
import { layOutPlaces, layOutRings } from './rings.ts'
import * as orders from './store.ts'
import { agentsOf } from './targets.ts'
import { orderBell } from './wake.ts'

type Who = Pick<Context, 'actor' | 'origin'>
/** Fixes whom the order means and looks at each; nobody is told anything. */
export async function draft(
  db: TenantDb,
  services: Services,
  now: Date,
  actor: Actor,
  { type, params, target, isInRings }: BodyOf<typeof ordersApi.draftOrder>,
): Promise<{ order: Order; dryRun: DryRun }> {
  await assertMayGive(db, actor, params ?? null, now)
  const carried = isCarrying(type) ? await carriedOf(db, actor, type, params ?? null, target) : null
  const agentIds = carried === null ? await agentsOf(db, target, now) : []
  // what is carried may weaken, which the look says only later: in rings unless the person wants it at once
  return await looked(
    db,
    services,
    await insert(db, now, {
      type,
      params: params ?? null,
      target,
      agentIds,
      carried,
      undoOf: null,
      isInRings: isInRings ?? (isDangerous(type) || carried !== null),
      by: { id: actor.accountId, name: actor.name },
    }),
  )
}

/**
 * The dry run of an order that takes another back: its inverse, for whom it reached. What somebody changed since is left alone. In rings where the other was.
 * @throws order.not-found, order.not-undoable with the reason
 */
export async function draftUndo(
  db: TenantDb,
  services: Services,
  now: Date,
  actor: Actor,
  orderId: string,
): Promise<{ order: Order; dryRun: DryRun }> {
  const undone = await orders.row(db, orderId)
  const reason = reasonAgainstUndo(await orders.get(db, orderId))
  if (reason !== null) throw new Problem('order.not-undoable', { reason })
  const type = inverses[undone.type]!
  const target: OrderTarget = { kind: 'undo-of', orderId }
  const carried = isCarrying(type) ? await carriedOf(db, actor, type, null, target) : null
  const agentIds = carried === null ? await agentsOf(db, target, now) : []
  return await looked(
    db,
    services,
    await insert(db, now, {
      type,
      params: null,
      target,
      agentIds,
      carried,
      undoOf: orderId,
      isInRings: isDangerous(type) || undone.is_in_rings,
      by: { id: actor.accountId, name: actor.name },
    }),
  )
}

async function looked(db: TenantDb, services: Services, id: string): Promise<{ order: Order; dryRun: DryRun }> {
  const order = await orders.row(db, id)
  return { order: orders.toOrder(order, (await orders.counts(db, [id]))(id)), dryRun: await shown(db, services, order) }
}

interface Draft {
  type: OrderType
  params: OrderParams | null
  target: OrderTarget
  agentIds: readonly string[]
  carried: Carried | null
  undoOf: string | null
  isInRings: boolean
  by: { id: string | null; name: string }
  leftAloneSince?: Date | null
}
async function insert(
  db: TenantDb,
  now: Date,
  { type, params, target, agentIds, carried, undoOf, isInRings, by, leftAloneSince }: Draft,
): Promise<string> {
  const policy = await policies.get(db)
  const id = newId(now)
  await db.query(
    `insert into command_order (partner_id, id, type, target, is_in_rings, state, ring_percents, ring_minutes, failure_percent, agent_count, customer_count, planned, skipped, offline_count, again_of, created_by_id, created_by, created_at, params, carried, undo_of, left_alone_since)
     values ($1, $2, $3, $4, $5, 'draft', $6, $7, $8, 0, 0, 0, 0, 0, $9, $10, $11, $12, $13, $14, $15, $16)`,
    [
      db.tenant.partnerId,
      id,
      type,
      JSON.stringify(target),
      isInRings,
      isInRings ? policy.ringPercents : [100],
      policy.ringMinutes,
      policy.failurePercent,
      target.kind === 'failed-of' ? target.orderId : null,
      by.id,
      by.name,
      now,
      params && JSON.stringify(params),
      carried && JSON.stringify(carried),
      undoOf,
      leftAloneSince ?? null,
    ],
  )
  // whoever is limited sees, and so reaches, only his own
  await db.query(
    `insert into order_agent (partner_id, order_id, agent_id, customer_id, product_id, name, company, ring, step, at)
     select a.partner_id, $1, a.id, a.customer_id, a.product_id, a.hostname, c.company, 0, 'planned', $3 from agent a join customer c on c.partner_id = a.partner_id and c.id = a.customer_id where a.id = any($2)`,
    [id, agentIds, now],
  )
  await look(db, await orders.row(db, id), now)
  return id
}

/**
 * Gives a dry run that was looked at. What the person confirms is what was shown: where the numbers moved, nothing is told to anybody and the new ones are shown. Dangerous ones are counted
 * whole against the caps here (R16), not ring by ring. A second click finds it given.
 * `isProven`: the giver's second factor was proven just now; `confirmWeaker`: he saw that protection gets weaker.
 * @throws order.not-found, order.not-possible-now, order.nobody-left, setting.weakens, mfa.needed-here
 */
export async function confirm(
  db: TenantDb,
  services: Services,
  now: Date,
  who: Who,
  orderId: string,
  { isProven, confirmWeaker }: { isProven: boolean; confirmWeaker: boolean },
): Promise<{ order: Order; dryRun: DryRun; hasMoved: boolean }> {
  const before = await orders.lock(db, orderId)
  if (before.created_by_id !== who.actor.accountId) throw new Problem('order.not-found', { orderId })
  if (before.state !== 'draft') {
    if (before.given_at === null) throw new Problem('order.not-possible-now', { state: before.state })
    db.markAudited() // a second click: it is given already
    return { order: await orders.get(db, orderId), dryRun: await shown(db, services, before), hasMoved: false }
  }
  await assertMayGive(db, who.actor, before.params, now)
  if (isCarrying(before.type) && !who.actor.permissions.has('setting.update'))
    throw new Problem('permission.missing', { permission: 'setting.update' })
  const shownBefore = await fingerprint(db, orderId)
  await look(db, before, now)
  const order = await orders.row(db, orderId)
  const dryRun = await shown(db, services, order)
  if (
    isCarrying(order.type)
      ? (await fingerprint(db, orderId)) !== shownBefore
      : order.planned !== before.planned || order.customer_count !== before.customer_count
  ) {
    db.markAudited() // nothing was told to anybody
    return { order: await orders.get(db, orderId), dryRun, hasMoved: true }
  }
  if ((isCarrying(order.type) ? order.places_planned : order.planned) === 0) throw new Problem('order.nobody-left')
  if (order.weakens && !confirmWeaker)
    throw new Problem('setting.weakens', {
      changes: dryRun.places!.lines.flatMap(({ line }) => (line.kind === 'setting' && line.weakens ? [line] : [])),
    })
  if (dryRun.needs === 'delay' && !isProven) throw new Problem('mfa.needed-here')
  await hand(db, services, now, order, dryRun, doer(who), who.actor)
  return { order: await orders.get(db, orderId), dryRun: await shown(db, services, await orders.row(db, orderId)), hasMoved: false }
}

/** Lays out the rings, counts what is dangerous, tells whom it needs, writes it down. @param actor null: Vigie itself gives it */
async function hand(
  db: TenantDb,
  services: Services,
  now: Date,
  order: orders.OrderRow,
  dryRun: DryRun,
  by: Doer,
  actor: Actor | null,
): Promise<'waiting' | 'delayed' | 'running'> {
  const sizes = isCarrying(order.type) ? await layOutPlaces(db, order) : await layOutRings(db, order)
  const { rows: planned } = await db.query<{ ring: number; count: number }>(
    `select ring, count(*)::integer as count from order_agent where order_id = $1 and step = 'planned' group by ring`,
    [order.id],
  )
  for (const { ring, count } of planned) await orders.move(db, order.id, ring, { planned: count })
  await orders.move(db, order.id, 0, { skipped: order.skipped })
  const state = dryRun.needs === 'second-person' ? 'waiting' : dryRun.needs === 'delay' ? 'delayed' : 'running'
  const startsAt = state === 'delayed' ? new Date(now.getTime() + delayMinutes * 60_000) : null
  if ((isDangerous(order.type) || order.weakens) && !dryRun.isBeyondCaps)
    await spend(db, services, actor, { type: order.weakens ? 'weaken-settings' : order.type, agents: await endangered(db, order) })
  await orders.set(db, order.id, { state, starts_at: startsAt, given_at: now, is_beyond_caps: dryRun.isBeyondCaps })
  db.afterCommit(orderBell.ring)
  if (startsAt) {
    for (const accountId of await people.owners(db)) {
      await notify(db, services, {
        kind: 'order-delayed',
        key: `order:${order.id}:delayed:${accountId}`,
        accountId,
        values: {
          orderId: order.id,
          orderType: order.type,
          giver: order.created_by,
          agents: String(order.planned),
          customers: String(order.customer_count),
          at: startsAt.toISOString(),
        },
      })
    }
  }
  await record(db, services.vault, now, by, {
    activity: state === 'waiting' ? 'order.submitted' : state === 'delayed' ? 'order.delayed' : 'order.given',
    object: objectOf(order),
    after: {
      type: order.type,
      ...order.params,
      target: order.target,
      undoOf: order.undo_of,
      ...(order.carried === null ? {} : { carried: order.carried, places: order.places_planned }),
      agents: order.planned,
      customers: order.customer_count,
      skipped: order.skipped,
      rings: sizes,
      state,
      startsAt: startsAt?.toISOString() ?? null,
    },
  })
  return state
}

export interface OwnOrder {
  type: OrderType
  params: OrderParams | null
  customerIds: readonly string[]
  /** Why, in a word that people know: a virus alert's name. */
  because: string
  /** What people told an endpoint of this since then, or closed until later, stays theirs; null: not even that. */
  leftAloneSince: Date | null
}
/**
 * An order that Vigie gives by itself, to all agents of these customers: it goes the way of any other, under the same caps, rings, consent and freeze (R16). Beyond the caps it waits for a
 * person, and whoever may approve is told. The caller's transaction sees the whole business.
 * @returns null: nobody there can take it
 */
export async function giveOwn(
  db: TenantDb,
  services: Services,
  now: Date,
  { type, params, customerIds, because, leftAloneSince }: OwnOrder,
): Promise<string | null> {
  const target: OrderTarget = { kind: 'customers', customerIds: [...customerIds] }
  const id = await insert(db, now, {
    type,
    params,
    target,
    agentIds: await agentsOf(db, target, now),
    carried: null,
    undoOf: null,
    isInRings: isDangerous(type),
    by: { id: null, name: 'Vigie' },
    leftAloneSince,
  })
  const order = await orders.row(db, id)
  if (order.planned === 0) {
    await db.query('delete from command_order where id = $1', [id])
    return null
  }
  const dryRun = await shown(db, services, order)
  const state = await hand(db, services, now, order, dryRun, { kind: 'system', name: 'outbreak' }, null)
  if (state === 'waiting') {
    for (const accountId of await people.approvers(db)) {
      await notify(db, services, {
        kind: 'order-waiting',
        key: `order:${id}:waiting:${accountId}`,
        accountId,
        values: { orderId: id, orderType: type, alert: because, agents: String(order.planned), customers: String(order.customer_count) },
      })
    }
  }
  return id
}

/** What may be told beside the type. @throws permission.missing, release.not-approved, request.invalid */
async function assertMayGive(db: TenantDb, actor: Actor, params: OrderParams | null, now: Date): Promise<void> {
  const version = versionOf(params)
  if (version !== null) await assertMayUpgrade(db, actor, version, now)
  const closing = closingOf(params)
  if (closing === null) return
  const wrong = (path: string, code: string, values?: Record<string, number>) =>
    new Problem('request.invalid', {}, { fields: [{ path: `params.${path}`, code, ...(values ? { values } : {}) }] })
  if (Date.parse(closing.until) <= now.getTime()) throw wrong('until', 'until.past')
  if (Date.parse(closing.until) > now.getTime() + longestDefenceDays * 86_400_000)
    throw wrong('until', 'until.too-far', { max: longestDefenceDays })
  if (closing.blockPorts.length + closing.denyWrites.length + (closing.blockAttachments?.length ?? 0) === 0)
    throw wrong('blockPorts', 'required')
}

/** AGT-1: its own permission beside that of orders, and a version that the business approved. @throws permission.missing, release.not-approved */
async function assertMayUpgrade(db: TenantDb, actor: Actor, version: string, now: Date): Promise<void> {
  if (!actor.permissions.has('agent.upgrade')) throw new Problem('permission.missing', { permission: 'agent.upgrade' })
  if (!(await isVersionApproved(db, version, now))) throw new Problem('release.not-approved', { version })
}

export const objectOf = (order: { id: string; type: string }) => ({ kind: 'order', id: order.id, name: order.type })
