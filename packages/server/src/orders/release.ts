import { commandKinds, type CommandType } from '@vigie/domain/commands'
import { compareVersions } from '@vigie/domain/agents'
import { closingOf, isCarrying, isSwitch, versionOf, type OrderParams, type OrderType } from '@vigie/domain/orders'
import { isReleaseVersion } from '@vigie/domain/releases'
import { record } from '../audit/index.ts'
import { carrying, giveWay, issueCommands, lockAgents, wakeAgents, type CommandTarget } from '../commands/index.ts'
import { enterGate, withoutConsent } from '../consent/index.ts'
import type { Services, TenantDb } from '../platform/index.ts'
import { switchAgents } from '../products/index.ts'
import { isVersionApproved } from '../releases/index.ts'
import { releaseCarried } from './carry-release.ts'
import { objectOf } from './giving.ts'
import * as orders from './store.ts'
import { changedSince, decidedByPeople } from './targets.ts'

/** Agents told in one transaction: their locks are held so long. */
export const agentsAtOnce = 500

/**
 * Tells the next agents of the ring that is out, under the giver's own row-level security: what he no longer sees he no longer reaches. Each is looked at again: what changed since the dry run
 * is skipped with its reason. The command, its number and the row that says it was given commit together, so that wherever this dies, and however often it runs, no agent
 * gets two commands of one order.
 * @returns how many rows were done; 0: none left that the giver sees
 */
export async function releaseSome(db: TenantDb, services: Services, orderId: string, now: Date): Promise<number> {
  const order = await orders.lock(db, orderId)
  if (order.state !== 'running') return 0
  if (isCarrying(order.type)) return await releaseCarried(db, services, order, now)
  return await releaseAgents(db, services, { ...order, type: order.type }, now)
}

/** Of which no type carries. */
type Telling = orders.OrderRow & { type: Exclude<OrderType, 'change-urls' | 'apply-settings'> }

async function releaseAgents(db: TenantDb, services: Services, order: Telling, now: Date): Promise<number> {
  const orderId = order.id
  const { rows } = await db.query<{ agent_id: string; customer_id: string }>(
    `select agent_id, customer_id from order_agent where order_id = $1 and ring = $2 and step = 'planned' order by agent_id limit ${agentsAtOnce}`,
    [orderId, order.ring],
  )
  if (rows.length === 0) return 0
  const customerIds = [...new Set(rows.map(({ customer_id }) => customer_id))]
  const activity = isSwitch(order.type) ? null : commandKinds[order.type].activity
  if (activity !== null) await enterGate(db, customerIds, 'sends')
  const targets = new Map(
    (
      await lockAgents(
        db,
        rows.map(({ agent_id }) => agent_id),
      )
    ).map((target) => [target.id, target]),
  )
  const refusing = activity === null ? new Set<string>() : await withoutConsent(db, customerIds, activity)
  const version = versionOf(order.params)
  const isWithdrawn = version !== null && !(await isVersionApproved(db, version, now))
  const reasons = new Map(
    rows.map(({ agent_id, customer_id }) => [
      agent_id,
      isWithdrawn ? 'version-withdrawn' : reasonFor(order, targets.get(agent_id), refusing.has(customer_id), now),
    ]),
  )
  for (const id of await changedSince(db, order, [...targets.keys()])) if (reasons.get(id) === null) reasons.set(id, 'changed-since')
  for (const id of await decidedByPeople(db, order, orderId, [...targets.keys()], now))
    if (reasons.get(id) === null) reasons.set(id, 'decided-by-people')
  if (order.type === 'uninstall-agent')
    for (const id of await carrying(db, [...targets.keys()])) if (reasons.get(id) === null) reasons.set(id, 'carries-endpoints')
  const able = [...targets.values()].filter(({ id }) => reasons.get(id) === null)
  const deed = order.type === 'disable-agents' ? 'disable' : order.type === 'enable-agents' ? 'enable' : order.type
  for (const id of await giveWay(
    db,
    able.map((target) => target.id),
    deed,
    now,
  ))
    reasons.set(id, 'contradicts')
  const told = able.filter(({ id }) => reasons.get(id) === null)
  const skipped = [...reasons].filter(([, reason]) => reason !== null)

  const commandIds = await tell(db, services, now, order, told)
  const done = isSwitch(order.type) ? 'succeeded' : 'waiting'
  await db.query(
    `update order_agent i set step = $3, command_id = told.command_id, at = $4, reason = null from unnest($5::uuid[], $6::uuid[]) told (agent_id, command_id)
     where i.order_id = $1 and i.agent_id = told.agent_id and i.ring = $2`,
    [orderId, order.ring, done, now, told.map(({ id }) => id), commandIds],
  )
  await db.query(
    `update order_agent i set step = 'skipped', at = $2, reason = gone.reason from unnest($3::uuid[], $4::text[]) gone (agent_id, reason) where i.order_id = $1 and i.agent_id = gone.agent_id`,
    [orderId, now, skipped.map(([id]) => id), skipped.map(([, reason]) => reason)],
  )
  await orders.move(db, orderId, order.ring, { planned: -rows.length, skipped: skipped.length, [done]: told.length })
  db.announce({ kind: 'order', id: orderId, customerId: null })
  await record(
    db,
    services.vault,
    now,
    { kind: 'system', name: 'orders' },
    {
      activity: 'order.released',
      object: objectOf(order),
      after: {
        ring: order.ring,
        givenBy: order.created_by,
        approvedBy: order.approved_by,
        agents: told.map(({ id }) => id),
        skipped: skipped.length,
      },
    },
  )
  return rows.length
}

/** @returns ids of the commands, in the agents' order; of a switch, which has none, nulls */
async function tell(
  db: TenantDb,
  services: Services,
  now: Date,
  order: Telling,
  told: readonly CommandTarget[],
): Promise<(string | null)[]> {
  if (told.length === 0) return []
  if (!isSwitch(order.type)) {
    return await issueCommands(db, services, now, {
      targets: told,
      type: order.type,
      params: paramsOf(order.params),
      eventId: null,
      orderId: order.id,
      sentBy: { id: order.created_by_id, name: order.created_by },
    })
  }
  await switchAgents(
    db,
    told.map(({ id }) => id),
    order.type === 'disable-agents',
  )
  await wakeAgents(
    db,
    told.map(({ id }) => id),
  )
  return told.map(() => null)
}

/** What its commands carry beside their type. */
function paramsOf(params: OrderParams | null) {
  const version = versionOf(params)
  return version === null ? (closingOf(params) ?? undefined) : { version }
}

/** The same answers as the dry run's. */
function reasonFor(
  { type, params }: Pick<Telling, 'type' | 'params'>,
  target: CommandTarget | undefined,
  isRefused: boolean,
  now: Date,
): string | null {
  if (!target) return 'agent-gone'
  if (target.switch === 'unregistered') return 'agent-unregistered'
  if (isSwitch(type)) return (target.switch === 'disabled') === (type === 'disable-agents') ? 'as-it-is' : null
  if (target.switch === 'disabled') return 'agent-disabled'
  if (isRefused) return 'no-consent'
  if (Date.parse(closingOf(params)?.until ?? '') <= now.getTime()) return 'defence-over'
  const version = versionOf(params)
  if (version !== null && isReleaseVersion(target.agent_version ?? '') && compareVersions(target.agent_version!, version) >= 0)
    return 'version-current'
  const known = target.commands.find((command) => command.type === (type satisfies CommandType))
  return known?.isSupported === true ? null : (known?.reason ?? 'not-supported')
}
