import { categoryById, type Fact } from '@vigie/domain/categories'
import type { TenantDb } from '../platform/index.ts'
import { deployWithinMs } from './facts.ts'

export interface Concerned {
  id: string
  name: string
  infections: number
}

/**
 * The endpoints an event is about (EVT-6), worst first, at most `limit`, and how many there are. Empty for conditions of a newer version. Plans: the product's own
 * indexes of endpoints and detections.
 */
export async function concernedEndpoints(db: TenantDb, event: { productId: string; category: string; condition: string }, since: Date, limit: number): Promise<{ endpoints: Concerned[]; total: number }> {
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

function whereOf(fact: Fact, event: { productId: string; category: string }, since: Date): { where: string; values: unknown[] } {
  switch (fact.of) {
    case 'detections':
      return { where: 'e.id in (select coalesce(l.endpoint_id, d.endpoint_id) from detection d left join endpoint_alias l on l.partner_id = d.partner_id and l.merged_id = d.endpoint_id where d.product_id = $1 and d.category = $3 and d.at > $4 limit 20000)', values: [event.category, since] }
    case 'infections':
      return { where: 'e.id in (select i.endpoint_id from infection i where i.product_id = $1 and i.category = $3 and i.closed_at is null)', values: [event.category] }
    case 'endpoints':
      return { where: 'e.real_time_scan = any($3)', values: [fact.realTimeScan] }
    case 'component-age-days':
      return { where: 'e.pattern_built_at is not null', values: [] }
    case 'agent-silent-minutes':
      return { where: `e.agent_id in (select a.id from agent a where a.product_id = $1 and a.role = 'own' and a.switch = 'enabled' and a.state = any($3))`, values: [fact.states] }
    case 'stale-endpoints':
      return {
        where: `e.received_at < now() - (select p.fresh_for_seconds from product p where p.id = $1) * interval '1 second'
          and e.agent_id in (select a.id from agent a where a.product_id = $1 and a.switch = 'enabled' and a.state in ('online', 'plug-in-error') and a.connection_id is not null)`,
        values: [],
      }
    case 'components-deployed-percent':
      return {
        where: `e.pattern_built_at < (select max(n.pattern_built_at) from endpoint n where n.product_id = $1) - $3 * interval '1 millisecond'`, values: [deployWithinMs],
      }
  }
}
