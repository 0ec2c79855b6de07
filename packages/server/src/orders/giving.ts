import { Problem, type BodyOf } from '@vigie/domain/kernel'
import { delayMinutes, isDangerous, ringSizes, type DryRun, type Order, type ordersApi } from '@vigie/domain/orders'
import { record } from '../audit/index.ts'
import { spend } from '../commands/index.ts'
import { notify } from '../outbox/index.ts'
import { newId, type Actor, type Context, type Services, type TenantDb } from '../platform/index.ts'
import { isVersionApproved } from '../releases/index.ts'
import { look, planned, shown } from './dry-run.ts'
import * as people from './people.ts'
import * as policies from './policy.ts'
import * as orders from './store.ts'
import { agentsOf } from './targets.ts'
import { wakeRunners } from './wake.ts'

type Who = Pick<Context, 'actor' | 'origin'>
const doer = ({ actor, origin }: Who) => ({ kind: 'account' as const, actor, origin })

/** Fixes whom the order means and looks at each; nobody is told anything. */
export async function draft(db: TenantDb, services: Services, now: Date, actor: Actor, { type, params, target, isInRings }: BodyOf<typeof ordersApi.draftOrder>): Promise<{ order: Order; dryRun: DryRun }> {
  if (type === 'upgrade-agent') await assertMayUpgrade(db, actor, params!.version, now)
  const agentIds = await agentsOf(db, target, now)
  const policy = await policies.get(db)
  const id = newId(now)
  const inRings = isInRings ?? isDangerous(type)
  await db.query(
    `insert into command_order (partner_id, id, type, target, is_in_rings, state, ring_percents, ring_minutes, failure_percent, agent_count, customer_count, planned, skipped, offline_count, again_of, created_by_id, created_by, created_at, params)
     values ($1, $2, $3, $4, $5, 'draft', $6, $7, $8, 0, 0, 0, 0, 0, $9, $10, $11, $12, $13)`,
    [db.tenant.partnerId, id, type, JSON.stringify(target), inRings, inRings ? policy.ringPercents : [100], policy.ringMinutes, policy.failurePercent, target.kind === 'failed-of' ? target.orderId : null, actor.accountId, actor.name, now, params ? JSON.stringify(params) : null])
  // whoever is limited sees, and so reaches, only his own
  await db.query(
    `insert into order_agent (partner_id, order_id, agent_id, customer_id, product_id, name, company, ring, step, at)
     select a.partner_id, $1, a.id, a.customer_id, a.product_id, a.hostname, c.company, 0, 'planned', $3 from agent a join customer c on c.partner_id = a.partner_id and c.id = a.customer_id where a.id = any($2)`,
    [id, agentIds, now])
  await look(db, { id, type, params: params ?? null }, now)
  const order = await orders.row(db, id)
  return { order: orders.toOrder(order, (await orders.counts(db, [id]))(id)), dryRun: await shown(db, services, order) }
}

/**
 * Gives a dry run that was looked at. What the person confirms is what was shown: where the numbers moved, nothing is told to anybody and the new ones are shown. Dangerous ones are counted
 * whole against the caps here (R16), not ring by ring. A second click finds it given.
 * @param isProven the giver's second factor was proven just now
 * @throws order.not-found, order.not-possible-now, order.nobody-left, mfa.needed-here
 */
export async function confirm(db: TenantDb, services: Services, now: Date, who: Who, orderId: string, isProven: boolean): Promise<{ order: Order; dryRun: DryRun; hasMoved: boolean }> {
  const before = await orders.lock(db, orderId)
  if (before.created_by_id !== who.actor.accountId) throw new Problem('order.not-found', { orderId })
  if (before.state !== 'draft') {
    if (before.given_at === null) throw new Problem('order.not-possible-now', { state: before.state })
    db.markAudited() // a second click: it is given already
    return { order: await orders.get(db, orderId), dryRun: await shown(db, services, before), hasMoved: false }
  }
  if (before.type === 'upgrade-agent') await assertMayUpgrade(db, who.actor, before.params!.version, now)
  await look(db, before, now)
  const order = await orders.row(db, orderId)
  const dryRun = await shown(db, services, order)
  if (order.planned !== before.planned || order.customer_count !== before.customer_count) {
    db.markAudited() // nothing was told to anybody
    return { order: await orders.get(db, orderId), dryRun, hasMoved: true }
  }
  if (order.planned === 0) throw new Problem('order.nobody-left')
  if (dryRun.needs === 'delay' && !isProven) throw new Problem('mfa.needed-here')
  const sizes = await layOutRings(db, order)
  for (const [i, size] of sizes.entries()) await orders.move(db, orderId, i + 1, { planned: size })
  await orders.move(db, orderId, 0, { skipped: order.skipped })
  const state = dryRun.needs === 'second-person' ? 'waiting' : dryRun.needs === 'delay' ? 'delayed' : 'running'
  const startsAt = state === 'delayed' ? new Date(now.getTime() + delayMinutes * 60_000) : null
  if (isDangerous(order.type) && !dryRun.isBeyondCaps) await spend(db, services, who.actor, { type: order.type, agents: await planned(db, orderId) })
  await orders.set(db, orderId, { state, starts_at: startsAt, given_at: now, is_beyond_caps: dryRun.isBeyondCaps })
  db.afterCommit(wakeRunners)
  if (startsAt) {
    for (const accountId of await people.owners(db)) {
      await notify(db, services, {
        kind: 'order-delayed', key: `order:${orderId}:delayed:${accountId}`, accountId,
        values: { orderId, orderType: order.type, giver: who.actor.name, agents: String(order.planned), customers: String(order.customer_count), at: startsAt.toISOString() },
      })
    }
  }
  await record(db, services.vault, now, doer(who), {
    activity: state === 'waiting' ? 'order.submitted' : state === 'delayed' ? 'order.delayed' : 'order.given', object: objectOf(order),
    after: { type: order.type, ...order.params, target: order.target, agents: order.planned, customers: order.customer_count, skipped: order.skipped, rings: sizes, state, startsAt: startsAt?.toISOString() ?? null },
  })
  return { order: await orders.get(db, orderId), dryRun: await shown(db, services, await orders.row(db, orderId)), hasMoved: false }
}

/** AGT-1: its own permission beside that of orders, and a version that the business approved. @throws permission.missing, release.not-approved */
async function assertMayUpgrade(db: TenantDb, actor: Actor, version: string, now: Date): Promise<void> {
  if (!actor.permissions.has('agent.upgrade')) throw new Problem('permission.missing', { permission: 'agent.upgrade' })
  if (!(await isVersionApproved(db, version, now))) throw new Problem('release.not-approved', { version })
}

export const objectOf = (order: { id: string; type: string }) => ({ kind: 'order', id: order.id, name: order.type })

/** Who is in which ring: drawn by lot (a hash), those that are connected first, so that the first rings answer soon. @returns the rings' sizes */
async function layOutRings(db: TenantDb, order: orders.OrderRow): Promise<number[]> {
  const sizes = ringSizes(order.planned, order.ring_percents)
  const ends = sizes.map((_, i) => sizes.slice(0, i + 1).reduce((sum, size) => sum + size, 0))
  await db.query(
    `update order_agent i set ring = (select count(*) from unnest($2::integer[]) ends where ends < drawn.place) + 1 from (
       select i.agent_id, row_number() over (order by (a.state = 'online') desc, md5(i.order_id::text || i.agent_id::text)) as place
       from order_agent i join agent a on a.partner_id = i.partner_id and a.id = i.agent_id where i.order_id = $1 and i.step = 'planned'
     ) drawn where i.order_id = $1 and i.agent_id = drawn.agent_id`, [order.id, ends])
  await db.query('update command_order set ring_percents = $2 where id = $1', [order.id, sizes.map((_, i) => order.ring_percents[i]!)])
  return sizes
}
