import { agentsByState, inventoryHealth, rowsOf, type FigureAnswer } from '@vigie/domain/figures'
import { agentStates, silentAfterDays, type AgentState } from '@vigie/domain/products'
import { restrictView } from '../consent/index.ts'
import { countFigure, Params, type TenantDb } from '../platform/index.ts'
import { conditionsOf, type EndpointFilters } from './endpoints.ts'
import { newestOfEngines } from './newest.ts'

/** In the order of `agentStates`. A state of a newer version has no name here yet and is left out, but counted in the total (R19). Plan: index product_state alone (store.plan.test.ts). */
export const countAgentsByState = countFigure(agentsByState, async ({ db }) => {
  const { rows } = await db.query<{ state: AgentState; count: number }>('select state, count(*)::integer as count from product group by state')
  const counts = new Map(rows.map((row) => [row.state, row.count]))
  const states = agentStates.flatMap((state) => (counts.has(state) ? [{ state, count: counts.get(state)!, rows: rowsOf.products({ state }) }] : []))
  return { value: { total: { count: rows.reduce((sum, { count }) => sum + count, 0), rows: rowsOf.products() }, states } }
})

/** By the same conditions as the inventory's filters; all of them from the counts kept with the customers. Plan: each filter's own index (figures' plan.test.ts). */
export const countInventoryHealth = countFigure(inventoryHealth, async ({ db, now }) => {
  const newest = await newestOfEngines(db, now)
  const count = async (filters: EndpointFilters): Promise<number> => {
    const params = new Params()
    const where = await conditionsOf(db, filters, params, newest, now)
    const { rows: [found] } = await db.query<{ count: number }>(`select count(*)::integer as count from endpoint e where ${where.join(' and ')}`, params.values)
    return found!.count
  }
  const seen = (await restrictView(db, 'view-endpoints', 'c.id', {})) ?? 'true'
  const { rows: [all] } = await db.query<{ count: number }>(`select coalesce(sum(c.endpoint_count), 0)::integer as count from customer c where ${seen}`)
  return {
    value: {
      total: { count: all!.count, rows: rowsOf.inventory() },
      unprotected: { count: await count({ isUnprotected: true }), rows: rowsOf.inventory({ isUnprotected: 'true' }) },
      outdated: { count: await count({ isOutdated: true }), rows: rowsOf.inventory({ isOutdated: 'true' }) },
      silent: { count: await count({ silentDays: silentAfterDays }), rows: rowsOf.inventory({ silentDays: String(silentAfterDays) }) },
      infected: { count: await count({ isInfected: true }), rows: rowsOf.inventory({ isInfected: 'true' }) },
    },
  }
})

/** PRD-8: how many products have not been heard for longer than their source promises, as the products list has it. */
export async function countStale(db: TenantDb, now: Date): Promise<NonNullable<FigureAnswer['stale']>> {
  const { rows: [found] } = await db.query<{ stale: number; all: number }>(
    `select count(*) filter (where last_seen_at < $1::timestamptz - fresh_for_seconds * interval '1 second')::integer as stale, count(*)::integer as all from product`, [now])
  return { products: found!.stale, of: found!.all, rows: rowsOf.products({ isStale: 'true' }) }
}
