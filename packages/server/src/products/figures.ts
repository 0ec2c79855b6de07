import { agentsByState, inventoryHealth, rowsOf, type FigureAnswer } from '@vigie/domain/figures'
import { agentStates, silentAfterDays, type AgentState } from '@vigie/domain/products'
import { restrictView } from '../consent/index.ts'
import type * as z from 'zod'
import { countFigure, Params, type FigureCounted, type TenantDb } from '../platform/index.ts'
import { conditionsOf, type EndpointFilters } from './endpoints.ts'
import { newestOfEngines } from './newest.ts'

/** In the order of `agentStates`. A state of a newer version has no name here yet and is left out, but counted in the total (R19). Plan: index product_state alone (store.plan.test.ts). */
export const countAgentsByState = countFigure(agentsByState, async ({ db }) => {
  const { rows } = await db.query<{ state: AgentState; count: number }>(
    'select state, count(*)::integer as count from product group by state',
  )
  const counts = new Map(rows.map((row) => [row.state, row.count]))
  const states = agentStates.flatMap((state) =>
    counts.has(state) ? [{ state, count: counts.get(state)!, rows: rowsOf.products({ state }) }] : [],
  )
  return { value: { total: { count: rows.reduce((sum, { count }) => sum + count, 0), rows: rowsOf.products() }, states } }
})

type Health = FigureCounted<z.output<typeof inventoryHealth.value>>
/** Of large businesses, by id: what was counted last. A fifth of 250,000 endpoints is counted in 40 ms (row-level security keeps it from an index alone), and a dashboard asks at every change. */
const lastCounted = new Map<string, Required<Pick<Health, 'value' | 'asOf'>>>()
const isLarge = (endpoints: number) => endpoints > 20_000
const keptMs = 30_000

/** By the same conditions as the inventory's filters; all of them from the counts kept with the customers. Of a large business up to 30 s old, and says so; for who sees a part always anew, so that a narrowed scope counts at once. */
export const countInventoryHealth = countFigure(inventoryHealth, async ({ db, now }): Promise<Health> => {
  const seen = (await restrictView(db, 'view-endpoints', 'c.id', {})) ?? 'true'
  const {
    rows: [all],
  } = await db.query<{ count: number }>(`select coalesce(sum(c.endpoint_count), 0)::integer as count from customer c where ${seen}`)
  const mayKeep = db.tenant.scope === 'all' && isLarge(all!.count)
  const last = lastCounted.get(db.tenant.partnerId)
  if (mayKeep && last && Math.abs(now.getTime() - last.asOf.getTime()) < keptMs) return last
  const counted = { value: await countHealth(db, all!.count, now), asOf: now }
  if (mayKeep) lastCounted.set(db.tenant.partnerId, counted)
  return counted
})

async function countHealth(db: TenantDb, total: number, now: Date): Promise<Health['value']> {
  const newest = await newestOfEngines(db, now)
  const count = async (filters: EndpointFilters): Promise<number> => {
    const params = new Params()
    const where = await conditionsOf(db, filters, params, newest, now)
    const {
      rows: [found],
    } = await db.query<{ count: number }>(`select count(*)::integer as count from endpoint e where ${where.join(' and ')}`, params.values)
    return found!.count
  }
  return {
    total: { count: total, rows: rowsOf.inventory() },
    unprotected: { count: await count({ isUnprotected: true }), rows: rowsOf.inventory({ isUnprotected: 'true' }) },
    outdated: { count: await count({ isOutdated: true }), rows: rowsOf.inventory({ isOutdated: 'true' }) },
    silent: { count: await count({ silentDays: silentAfterDays }), rows: rowsOf.inventory({ silentDays: String(silentAfterDays) }) },
    infected: { count: await count({ isInfected: true }), rows: rowsOf.inventory({ isInfected: 'true' }) },
  }
}

/** PRD-8: how many products have not been heard for longer than their source promises, as the products list has it. */
export async function countStale(db: TenantDb, now: Date): Promise<NonNullable<FigureAnswer['stale']>> {
  const {
    rows: [found],
  } = await db.query<{ stale: number; all: number }>(
    `select count(*) filter (where last_seen_at < $1::timestamptz - fresh_for_seconds * interval '1 second')::integer as stale, count(*)::integer as all from product`,
    [now],
  )
  return { products: found!.stale, of: found!.all, rows: rowsOf.products({ isStale: 'true' }) }
}
