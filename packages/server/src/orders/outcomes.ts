import { orderOutcomes, type OrderOutcome } from '@vigie/domain/orders'
import type { Services, TenantDb } from '../platform/index.ts'
import * as orders from './store.ts'

/**
 * How what a settings order brought stands at an agent's endpoint, by what it reports: against what its command carried, of the keys that the order is about, and against what is wanted of it by
 * now. @param keys the place of those keys among the parameters; null there: all that the command carried (an order that takes another back)
 */
export const outcomeOf = (keys: string) => ({
  sql: `case when i.step = 'planned' then 'pending' when i.step = 'skipped' or t.told is null then null
    when not vigie.says_same(s.wanted, t.told, t.keys) then 'changed-since'
    when s.reported_revision >= t.revision and s.reported ?& t.keys and vigie.says_same(s.reported, t.told, t.keys) then 'effective'
    when s.reported_revision >= t.revision and not s.reported ?& t.keys or i.step = 'failed' then 'refused'
    when s.reported_revision >= t.revision and i.step not in ('waiting', 'delivered', 'running') then 'drifted' else 'pending' end`,
  from: `left join lateral (
      select p.told, p.revision, array(select k from jsonb_object_keys(p.told) k where ${keys}::text[] is null or k = any(${keys})) as keys from (
        select o.frame #> '{order,params,values}' as told, (o.frame #>> '{order,params,revision}')::integer as revision from command o where o.partner_id = i.partner_id and o.id = i.command_id) p) t on true
    left join lateral (
      select s.wanted, s.reported, s.reported_revision from endpoint e join setting_state s on s.partner_id = e.partner_id and s.endpoint_id = e.id where e.partner_id = i.partner_id and e.agent_id = i.agent_id limit 1) s on true`,
})

export function keysOf({ carried }: orders.OrderRow): string[] | null {
  if (carried?.kind === 'template') return Object.keys(carried.template.values)
  return carried?.kind === 'values' ? Object.keys(carried.values) : null
}

/** Of more agents it is kept: to look at one takes 16 µs (2026-11-22), and every change of an order that runs asks anew. */
const lookedAtMost = 1_000
/** What is kept is looked at again when somebody asks, at most so often. */
const keptForMs = 15_000
const atOnce = 500

export const isKept = ({ type, agent_count: agents }: Pick<orders.OrderRow, 'type' | 'agent_count'>): boolean =>
  type === 'apply-settings' && agents > lookedAtMost

type Counts = Record<OrderOutcome, number>

/** Of all endpoints of a settings order; of many as they were at `at`, null: not looked at yet. Plan of what is kept: order_agent_outcome alone. */
export async function countOutcomes(db: TenantDb, order: orders.OrderRow): Promise<Counts & { at: string | null }> {
  const counted: Counts & { at: string | null } = {
    ...(Object.fromEntries(orderOutcomes.map((outcome) => [outcome, 0])) as Counts),
    at: isKept(order) ? (order.outcomes_at?.toISOString() ?? null) : null,
  }
  if (order.type !== 'apply-settings') return counted
  const { sql, from } = outcomeOf('$2')
  const { rows } = isKept(order)
    ? await db.query<{ outcome: OrderOutcome; count: number }>(
        'select outcome, count(*)::integer as count from order_agent where order_id = $1 and outcome is not null group by 1',
        [order.id],
      )
    : await db.query<{ outcome: OrderOutcome | null; count: number }>(
        `select ${sql} as outcome, count(*)::integer as count from order_agent i ${from} where i.order_id = $1 and i.step <> 'skipped' group by 1`,
        [order.id, keysOf(order)],
      )
  for (const { outcome, count } of rows) if (outcome !== null) counted[outcome] = count
  return counted
}

const underWay = new WeakMap<Services['database'], Set<string>>()

/** Somebody looks at an order whose outcomes are kept: looks at them again, beside the request, unless that was a moment ago or goes on. Whoever looks hears of what changed (`db.announce`). */
export function keepSoon(services: Services, partnerId: string, order: orders.OrderRow): void {
  if (!isKept(order) || (order.outcomes_at !== null && services.clock.now().getTime() - order.outcomes_at.getTime() < keptForMs)) return
  const { database, log } = services
  const looking = underWay.get(database) ?? new Set()
  underWay.set(database, looking)
  if (looking.has(order.id)) return
  looking.add(order.id)
  void keepOutcomes(services, partnerId, order.id)
    .catch((error: unknown) =>
      log.warn('outcomes of an order could not be looked at, tried again when somebody asks', { orderId: order.id, error: String(error) }),
    )
    .finally(() => looking.delete(order.id))
}

/**
 * Looks at all of the order's endpoints and writes what changed beside them, in pieces: rows that somebody else holds are left for the next time, so that nobody waits and nothing locks crosswise.
 * May die anywhere, and run in several processes at once. @returns how many changed
 */
export async function keepOutcomes(
  { database, clock }: Pick<Services, 'database' | 'clock'>,
  partnerId: string,
  orderId: string,
): Promise<number> {
  const asSystem = { partnerId, scope: 'all' as const, principalId: null }
  const now = clock.now()
  const { sql, from } = outcomeOf('$2')
  const looked = await database.transaction(asSystem, async (db) => {
    const order = await orders.row(db, orderId)
    const { rows } = await db.query<{ agent_id: string; outcome: OrderOutcome | null }>(
      `select agent_id, outcome from (select i.agent_id, i.outcome as kept, ${sql} as outcome from order_agent i ${from} where i.order_id = $1) looked where outcome is distinct from kept order by agent_id`,
      [orderId, keysOf(order)],
    )
    return rows
  })
  for (let done = 0; done < looked.length; done += atOnce) {
    const some = looked.slice(done, done + atOnce)
    await database.transaction(asSystem, (db) =>
      db.query(
        `with free as (select agent_id from order_agent where order_id = $1 and agent_id = any($2) for no key update skip locked)
       update order_agent i set outcome = new.outcome from unnest($2::uuid[], $3::text[]) new (agent_id, outcome) join free using (agent_id) where i.order_id = $1 and i.agent_id = new.agent_id`,
        [orderId, some.map((one) => one.agent_id), some.map(({ outcome }) => outcome)],
      ),
    )
  }
  await database.transaction(asSystem, async (db) => {
    const {
      rows: [before],
    } = await db.query<{ outcomes_at: Date | null }>('select outcomes_at from command_order where id = $1', [orderId])
    await db.query('update command_order set outcomes_at = $2 where id = $1', [orderId, now])
    if (looked.length > 0 || before?.outcomes_at === null) db.announce({ kind: 'order', id: orderId, customerId: null })
  })
  return looked.length
}
