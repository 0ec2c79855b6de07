import { commandKinds, contradictions, type CommandType } from '@vigie/domain/commands'
import {
  closingOf,
  isCarrying,
  isDangerous,
  isSwitch,
  versionOf,
  type DryRun,
  type OrderParams,
  type OrderType,
} from '@vigie/domain/orders'
import { carriesEndpoints, isBeyond } from '../commands/index.ts'
import { withoutConsent } from '../consent/index.ts'
import type { Services, TenantDb } from '../platform/index.ts'
import { lookAtPlaces } from './carrying.ts'
import * as people from './people.ts'
import * as places from './places.ts'
import type { OrderRow } from './store.ts'
import { changedSince, decidedByPeople } from './targets.ts'

/**
 * What would happen to the agents of an order if it were given now: those that can't take it get the reason. Looks at all of them in one statement and writes what it found beside
 * them; nothing is told to anybody. The numbers are also kept with the order.
 */
export async function look(db: TenantDb, order: OrderRow, now: Date): Promise<void> {
  const { id: orderId, type } = order
  if (isCarrying(type)) await lookAtPlaces(db, order, now)
  if (type !== 'change-urls') await lookAtAgents(db, order, type, now)
  // customers of an order that carries are those of its places; of another those of whom somebody gets it
  await db.query(
    `update command_order set agent_count = n.agents, customer_count = n.customers, planned = n.planned, skipped = n.agents - n.planned, offline_count = n.offline from (
       select count(*)::integer as agents, ${isCarrying(type) ? '(select count(distinct customer_id)::integer from order_place where order_id = $1)' : `(count(distinct i.customer_id) filter (where i.step <> 'skipped'))::integer`} as customers, (count(*) filter (where i.step = 'planned'))::integer as planned,
         (count(*) filter (where i.step = 'planned' and a.state <> 'online'))::integer as offline
       from order_agent i left join agent a on a.partner_id = i.partner_id and a.id = i.agent_id where i.order_id = $1
     ) n where command_order.id = $1`,
    [orderId],
  )
}

async function lookAtAgents(db: TenantDb, order: OrderRow, type: Exclude<OrderType, 'change-urls'>, now: Date): Promise<void> {
  const { id: orderId, params } = order
  const { rows: customers } = await db.query<{ id: string }>('select distinct customer_id as id from order_agent where order_id = $1', [
    orderId,
  ])
  const activity = isSwitch(type) ? null : commandKinds[type].activity
  const refusing =
    activity === null
      ? []
      : [
          ...(await withoutConsent(
            db,
            customers.map(({ id }) => id),
            activity,
          )),
        ]
  await db.query(
    `update order_agent i set step = case when looked.reason is null then 'planned' else 'skipped' end, reason = looked.reason, at = $2 from (
       select i.agent_id, ${isSwitch(type) ? switchReason : isCarrying(type) ? settingReason : commandReason} as reason
       from order_agent i left join agent a on a.partner_id = i.partner_id and a.id = i.agent_id
       where i.order_id = $1
     ) looked where i.order_id = $1 and i.agent_id = looked.agent_id and (i.reason is distinct from looked.reason or (i.step = 'planned') <> (looked.reason is null))`,
    [
      orderId,
      now,
      ...(isSwitch(type)
        ? [type === 'disable-agents' ? 'disabled' : 'enabled']
        : [type, refusing, leavingOf(type), versionOf(params), isOver(params, now)]),
    ],
  )
  for (const [reason, agentIds] of [
    ['changed-since', await changedSince(db, order, null)],
    ['decided-by-people', await decidedByPeople(db, order, orderId, null, now)],
  ] as const) {
    if (agentIds.length === 0) continue
    await db.query(
      `update order_agent set step = 'skipped', reason = $4, at = $2 where order_id = $1 and agent_id = any($3) and step = 'planned'`,
      [orderId, now, agentIds, reason],
    )
  }
}

const isOver = (params: OrderParams | null, now: Date): boolean => Date.parse(closingOf(params)?.until ?? '') <= now.getTime()
const leavingOf = (type: CommandType) => contradictions[type].refusedBy
const switchReason = `case when a.id is null then 'agent-gone' when a.switch = 'unregistered' then 'agent-unregistered' when a.switch = $3 then 'as-it-is' end`
/** The same order as a single command's refusals. */
const commandReason = `case
  when a.id is null then 'agent-gone'
  when a.switch = 'unregistered' then 'agent-unregistered'
  when a.switch = 'disabled' then 'agent-disabled'
  when i.customer_id = any($4::uuid[]) then 'no-consent'
  when $7::boolean then 'defence-over'
  when $6::text is not null and vigie.is_version_from(a.agent_version, $6) then 'version-current'
  when $3 = 'uninstall-agent' and ${carriesEndpoints} then 'carries-endpoints'
  when exists (select from jsonb_array_elements(a.commands) c where c ->> 'type' = $3 and (c ->> 'isSupported')::boolean) then
    case when exists (select from command o where o.agent_id = a.id and o.step in ('waiting', 'delivered', 'running') and o.expires_at > $2 and o.type = any($5::text[])) then 'contradicts' end
  else coalesce((select c ->> 'reason' from jsonb_array_elements(a.commands) c where c ->> 'type' = $3 limit 1), 'not-supported') end`

/** What somebody there has already, or sets nearer to the endpoint, needs no telling. */
const settingReason = `case when i.reason = 'as-it-is' then i.reason else ${commandReason} end`

/** The dry run as it is shown: by the last look, the caps as of now. */
export async function shown(db: TenantDb, services: Services, order: OrderRow): Promise<DryRun> {
  const { rows: skipped } = await db.query<{ reason: string; agents: number }>(
    `select reason, count(*)::integer as agents from order_agent where order_id = $1 and step = 'skipped' group by reason order by agents desc, reason limit 30`,
    [order.id],
  )
  const table = isCarrying(order.type) ? 'order_place' : 'order_agent'
  const { rows: some } = await db.query<{ company: string }>(
    `select distinct company, company_key from ${table} where order_id = $1 and ${isCarrying(order.type) ? 'reason is null' : `step <> 'skipped'`} order by company_key limit 5`,
    [order.id],
  )
  const isBeyondCaps =
    order.given_at === null
      ? (isDangerous(order.type) || order.weakens) &&
        (await isBeyond(db, services, { type: order.type, agents: await endangered(db, order) }))
      : order.is_beyond_caps
  return {
    customers: order.customer_count,
    agents: order.agent_count,
    willGet: order.planned,
    offline: order.offline_count,
    skipped,
    isBeyondCaps,
    needs: !isBeyondCaps ? 'nobody' : (await people.canApprove(db, order.created_by_id)) ? 'second-person' : 'delay',
    someCustomers: some.map(({ company }) => company),
    weakens: order.weakens,
    places: isCarrying(order.type) ? await places.summary(db, order.id) : null,
  }
}

/** R16: whom the order may weaken or cut off. Of settings: all who get any where somebody's protection gets weaker. */
export async function endangered(db: TenantDb, { id, type }: Pick<OrderRow, 'id' | 'type'>): Promise<{ id: string; customerId: string }[]> {
  const { rows } = await db.query<{ id: string; customerId: string }>(
    `select agent_id as id, customer_id as "customerId" from order_agent where order_id = $1 and step = 'planned'
       ${isCarrying(type) ? 'and customer_id in (select customer_id from order_place where order_id = $1 and weakens)' : ''}`,
    [id],
  )
  return rows
}
