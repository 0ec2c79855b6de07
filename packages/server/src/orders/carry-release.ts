import type { CommandStep } from '@vigie/domain/commands'
import { record, recordAll, type Doer } from '../audit/index.ts'
import { lockAgents } from '../commands/index.ts'
import { enterGate, withoutConsent } from '../consent/index.ts'
import type { Services, TenantDb } from '../platform/index.ts'
import {
  deliverSettings,
  holdSettings,
  setAtPlaces,
  setUrls,
  type CarriedSettings,
  type CarriedUrls,
  type Memory,
  type UrlMemory,
} from '../settings/index.ts'
import { settingPlace, urlPlace } from './carrying.ts'
import { objectOf } from './giving.ts'
import * as places from './places.ts'
import { agentsAtOnce } from './release.ts'
import * as orders from './store.ts'

/** Places set in one transaction; fewer where they have many endpoints. */
const placesAtOnce = 50
const doer: Doer = { kind: 'system', name: 'orders' }

/**
 * The next step of a ring of an order that carries, under the giver's own row-level security: first what is wanted at some places, then, where all of the ring have it, agents are told. A place's
 * row, what was set there and its record commit together, and so do an agent's row and its command: wherever this dies, and however often it runs, no place is set twice and no agent told twice.
 * @returns how many rows were done; 0: none left that the giver sees
 */
export async function releaseCarried(db: TenantDb, services: Services, order: orders.OrderRow, now: Date): Promise<number> {
  const next = await places.nextOf(db, order.id, order.ring, placesAtOnce, agentsAtOnce)
  return next.length > 0 ? await setSome(db, services, order, next, now) : await tellSome(db, services, order, now)
}

async function setSome(
  db: TenantDb,
  services: Services,
  order: orders.OrderRow,
  rows: readonly places.PlaceRow[],
  now: Date,
): Promise<number> {
  const by = order.created_by
  const asked = order.undo_of === null ? rows : await places.remembering(db, order.undo_of, rows)
  const looked =
    order.type === 'change-urls'
      ? await setUrls(db, order.carried as CarriedUrls, asked.map(urlPlace), by, now)
      : await setAtPlaces(
          db,
          order.carried as CarriedSettings,
          asked.map((row) => ({ ...settingPlace(row), shown: row.lines })),
          by,
          now,
        )
  const outcomes = looked.map(({ reason, lines, before, after }, at) => ({
    row: rows[at]!,
    id: rows[at]!.id,
    reason,
    lines,
    before,
    after,
  }))
  await places.settle(
    db,
    order.id,
    outcomes.map(({ row: _, ...outcome }) => outcome),
    now,
  )
  // agents of a place that was left out are told nothing
  for (const { row, reason } of outcomes) if (reason !== null) await skipBelow(db, order, row, reason, now)
  db.announce({ kind: 'order', id: order.id, customerId: null })
  const done = outcomes.filter(({ reason }) => reason === null)
  await recordAll(db, services.vault, now, doer, [
    ...done.map(({ row, before, after }) => ({
      activity: activityOf(order, after),
      customerId: row.customer_id,
      before,
      after: { ...(after as object), order: order.id, givenBy: order.created_by, approvedBy: order.approved_by },
      object:
        row.product_id === null
          ? { kind: 'customer', id: row.customer_id, name: row.company }
          : { kind: 'product', id: row.product_id, name: row.name },
    })),
    {
      activity: 'order.released',
      object: objectOf(order),
      after: {
        ring: order.ring,
        givenBy: order.created_by,
        approvedBy: order.approved_by,
        customers: done.map(({ row }) => row.company),
        skipped: outcomes.length - done.length,
      },
    },
  ])
  return rows.length
}

const activityOf = ({ carried }: orders.OrderRow, after: Memory | UrlMemory): string =>
  'added' in after
    ? after.removed.length > 0
      ? 'url.removed'
      : 'url.added'
    : carried?.kind === 'template'
      ? 'template.applied'
      : 'setting.changed'

async function skipBelow(
  db: TenantDb,
  order: orders.OrderRow,
  { customer_id, product_id }: places.PlaceRow,
  reason: string,
  now: Date,
): Promise<void> {
  const { rowCount } = await db.query(
    `update order_agent set step = 'skipped', reason = $4, at = $5 where order_id = $1 and customer_id = $2 and ($3::uuid is null or product_id = $3) and step = 'planned'`,
    [order.id, customer_id, product_id, reason, now],
  )
  await orders.move(db, order.id, order.ring, { planned: -rowCount, skipped: rowCount })
}

async function tellSome(db: TenantDb, services: Services, order: orders.OrderRow, now: Date): Promise<number> {
  const { rows } = await db.query<{ agent_id: string; customer_id: string }>(
    `select agent_id, customer_id from order_agent where order_id = $1 and ring = $2 and step = 'planned' order by agent_id limit ${agentsAtOnce}`,
    [order.id, order.ring],
  )
  if (rows.length === 0) return 0
  const [agentIds, customerIds] = [rows.map(({ agent_id }) => agent_id), [...new Set(rows.map(({ customer_id }) => customer_id))]]
  await enterGate(db, customerIds, 'sends')
  await holdSettings(db, customerIds)
  const targets = new Map((await lockAgents(db, agentIds)).map((target) => [target.id, target]))
  const told = await deliverSettings(db, services, now, { id: order.created_by_id, name: order.created_by }, { agentIds }, order.id)
  const others = agentIds.filter((id) => !told.has(id))
  const adopted = await adopt(db, order.id, others)
  const refusing = await withoutConsent(db, customerIds, 'configure')
  const skipped = rows
    .filter(({ agent_id: id }) => !told.has(id) && !adopted.has(id))
    .map(({ agent_id: id, customer_id }) => {
      const target = targets.get(id)
      const known = target?.commands.find(({ type }) => type === 'apply-settings')
      const reason = !target
        ? 'agent-gone'
        : target.switch !== 'enabled'
          ? `agent-${target.switch}`
          : refusing.has(customer_id)
            ? 'no-consent'
            : known?.isSupported !== true
              ? (known?.reason ?? 'not-supported')
              : 'as-it-is'
      return { id, reason }
    })
  const going = [
    ...[...told].map(([id, commandId]) => ({ id, commandId, step: 'waiting' as const })),
    ...[...adopted].map(([id, { commandId, step }]) => ({ id, commandId, step })),
  ]
  await db.query(
    `update order_agent i set step = told.step, command_id = told.command_id, at = $2, reason = null from unnest($3::uuid[], $4::uuid[], $5::text[]) told (agent_id, command_id, step) where i.order_id = $1 and i.agent_id = told.agent_id`,
    [order.id, now, going.map(({ id }) => id), going.map(({ commandId }) => commandId), going.map(({ step }) => step)],
  )
  await db.query(
    `update order_agent i set step = 'skipped', at = $2, reason = gone.reason from unnest($3::uuid[], $4::text[]) gone (agent_id, reason) where i.order_id = $1 and i.agent_id = gone.agent_id`,
    [order.id, now, skipped.map(({ id }) => id), skipped.map(({ reason }) => reason)],
  )
  await orders.move(db, order.id, order.ring, { planned: -rows.length, skipped: skipped.length })
  for (const [step, of] of Map.groupBy(going, (one) => one.step)) await orders.move(db, order.id, order.ring, { [step]: of.length })
  db.announce({ kind: 'order', id: order.id, customerId: null })
  await record(db, services.vault, now, doer, {
    activity: 'order.released',
    object: objectOf(order),
    after: {
      ring: order.ring,
      givenBy: order.created_by,
      approvedBy: order.approved_by,
      agents: going.map(({ id }) => id),
      skipped: skipped.length,
    },
  })
  return rows.length
}

/** Between the two steps the minute's own work may have told an agent what was set (`settings.tell`): its command is the order's then. */
async function adopt(
  db: TenantDb,
  orderId: string,
  agentIds: readonly string[],
): Promise<Map<string, { commandId: string; step: CommandStep }>> {
  if (agentIds.length === 0) return new Map()
  const { rows } = await db.query<{ agent_id: string; id: string; step: CommandStep }>(
    `update command o set order_id = $1 from (
       select distinct on (s.agent_id) s.command_id from setting_state s where s.agent_id = any($2) and s.is_wanted and s.command_revision = s.wanted_revision order by s.agent_id, s.command_id desc
     ) newest where o.id = newest.command_id and o.order_id is null and not exists (select from order_agent i where i.partner_id = o.partner_id and i.command_id = o.id) returning o.agent_id, o.id, o.step`,
    [orderId, agentIds],
  )
  return new Map(rows.map(({ agent_id, id, step }) => [agent_id, { commandId: id, step }]))
}
