import { categoryById, type Fact } from '@vigie/domain/categories'
import type { TenantDb } from '../platform/index.ts'
import { deployWithinMs, isMailServer } from './facts.ts'

export interface Concerned {
  id: string
  name: string
  infections: number
}

/**
 * The endpoints an event is about (EVT-6), worst first, at most `limit`, and how many there are. Empty for conditions of a newer version. Plans: the product's own
 * indexes of endpoints and detections.
 */
export async function concernedEndpoints(
  db: TenantDb,
  event: { productId: string; category: string; condition: string },
  since: Date,
  limit: number,
): Promise<{ endpoints: Concerned[]; total: number }> {
  const category = categoryById.get(event.category)
  const condition = category?.conditions[event.condition]
  const fact = condition && category.facts[condition.concerns]
  if (!fact) return { endpoints: [], total: 0 }
  const { where, values } = whereOf(fact, event, since)
  const { rows } = await db.query<Concerned & { total: number }>(
    `select e.id, e.name, e.open_infections as infections, count(*) over ()::integer as total from endpoint e where e.product_id = $1 and ${where} order by e.open_infections desc, e.name, e.id limit $2`,
    [event.productId, limit, ...values],
  )
  return { endpoints: rows.map(({ id, name, infections }) => ({ id, name, infections })), total: rows[0]?.total ?? 0 }
}

/** Whether it concerns an endpoint outside these, or none at all: of such an event nobody can say that it is theirs alone. */
export async function concernsOthers(
  db: TenantDb,
  event: { productId: string; category: string; condition: string },
  since: Date,
  inside: { group: string } | { endpointIds: readonly string[] },
): Promise<boolean> {
  const category = categoryById.get(event.category)
  const condition = category?.conditions[event.condition]
  const fact = condition && category.facts[condition.concerns]
  if (!fact) return true
  const { where, values } = whereOf(fact, event, since)
  const is =
    'group' in inside ? { sql: 'e."group" = $2', value: inside.group } : { sql: 'e.id = any($2::uuid[])', value: inside.endpointIds }
  const {
    rows: [found],
  } = await db.query<{ any: boolean; others: boolean }>(
    `select count(*) > 0 as any, count(*) filter (where not ${is.sql}) > 0 as others from endpoint e where e.product_id = $1 and ${where}`,
    [event.productId, is.value, ...values],
  )
  return !found!.any || found!.others
}

const inForce = 'a.starts_at <= now() and a.ends_at > now() and a.withdrawn_at is null'

const behind = `date_trunc('minute', e.pattern_built_at) < (select date_trunc('minute', max(n.pattern_built_at)) from endpoint n where n.product_id = $1) - $3 * interval '1 millisecond'`

function whereOf(fact: Fact, event: { productId: string; category: string }, since: Date): { where: string; values: unknown[] } {
  switch (fact.of) {
    case 'detections':
      return {
        where:
          'e.id in (select coalesce(l.endpoint_id, d.endpoint_id) from detection d left join endpoint_alias l on l.partner_id = d.partner_id and l.merged_id = d.endpoint_id where d.product_id = $1 and d.category = $3 and d.at > $4 limit 20000)',
        values: [event.category, since],
      }
    case 'infections':
    case 'infected-endpoints':
      return {
        where: 'e.id in (select i.endpoint_id from infection i where i.product_id = $1 and i.category = $3 and i.closed_at is null)',
        values: [event.category],
      }
    case 'endpoints':
      return { where: `e.real_time_scan = any($3)${fact.areMailServers ? ` and ${isMailServer('e')}` : ''}`, values: [fact.realTimeScan] }
    case 'component-age-days':
      return { where: 'e.pattern_built_at is not null', values: [] }
    case 'agent-silent-minutes':
      return {
        where: `e.agent_id in (select a.id from agent a where a.product_id = $1 and a.role = 'own' and a.switch = 'enabled' and a.state = any($3))`,
        values: [fact.states],
      }
    case 'stale-endpoints':
      return {
        where: `e.received_at < now() - (select p.fresh_for_seconds from product p where p.id = $1) * interval '1 second'
          and e.agent_id in (select a.id from agent a where a.product_id = $1 and a.switch = 'enabled' and a.state in ('online', 'plug-in-error') and a.connection_id is not null)`,
        values: [],
      }
    case 'virus-alerts':
    case 'vulnerable-endpoints':
      return {
        where: `exists (select from virus_alert a where ${inForce} and vigie.is_hit(e.platform, a.platforms) and vigie.is_open_to(e.real_time_scan, e.pattern_built_at, a.recognised_from))`,
        values: [],
      }
    case 'alert-infections':
      return {
        where: `e.id in (select i.endpoint_id from infection i where i.product_id = $1 and i.closed_at is null and exists (select from virus_alert a where ${inForce} and vigie.names_threat(i.threat, a.threats)))`,
        values: [],
      }
    case 'endpoints-low-on-disk':
      // as the event itself says where the line was drawn
      return {
        where: `(e.health->>'freeRatio')::double precision * 100 < coalesce((select (o.figures->>'freeBelow')::double precision from event o where o.product_id = $1 and o.category = $3 order by o.state = 'resolved', o.opened_at desc limit 1), $4)`,
        values: [event.category, fact.underPercent],
      }
    case 'spam-percent':
      return { where: `e.health ? 'mail'`, values: [] }
    case 'down-minutes':
      return { where: `e.health->'down' ? $3`, values: [fact.service] }
    case 'licence':
      return { where: `e.health ? 'licence'`, values: [] }
    case 'components-deployed-percent':
      return { where: behind, values: [deployWithinMs] }
    case 'mail-servers-outdated':
      return { where: `${isMailServer('e')} and ${behind}`, values: [deployWithinMs] }
  }
}
