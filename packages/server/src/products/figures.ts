import { agentsByState, rowsOf } from '@vigie/domain/figures'
import { agentStates, type AgentState } from '@vigie/domain/products'
import { countFigure } from '../platform/index.ts'

/** In the order of `agentStates`. A state of a newer version has no name here yet and is left out (R19). Plan: index product_state alone (store.plan.test.ts). */
export const countAgentsByState = countFigure(agentsByState, async ({ db }) => {
  const { rows } = await db.query<{ state: AgentState; count: number }>('select state, count(*)::integer as count from product group by state')
  const counts = new Map(rows.map((row) => [row.state, row.count]))
  const states = agentStates.flatMap((state) => (counts.has(state) ? [{ state, count: counts.get(state)!, rows: rowsOf.products({ state }) }] : []))
  return { value: { total: { count: states.reduce((sum, { count }) => sum + count, 0), rows: rowsOf.products() }, states } }
})
