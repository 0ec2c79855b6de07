import type { identityApi, Move } from '@vigie/domain/identity'
import { Problem, type QueryOf } from '@vigie/domain/kernel'
import { keyset, Params, type TenantDb } from '../platform/index.ts'
import { undoable } from './moving.ts'

interface Row {
  id: string
  product_id: string
  description: string
  from_customer_id: string | null
  from_customer_name: string
  customer_id: string
  customer_name: string
  agent_count: number
  endpoint_count: number
  reason: string
  moved_at: Date
  moved_by: string
  reversible_until: Date
  undone_at: Date | null
  undone_by: string | null
  record_count: number
  history_moved_at: Date | null
  can_undo: boolean
}

/** A limited account sees moves to customers it sees; where a product came from is told only to those who see that customer too (ACC-14). */
const columns = (
  now: string,
) => `m.id, m.product_id, p.description, f.id as from_customer_id, case when f.id is null then '' else m.from_customer_name end as from_customer_name, m.customer_id, m.customer_name, m.agent_count, m.endpoint_count, m.reason, m.moved_at, m.moved_by,
  m.reversible_until, m.undone_at, m.undone_by, m.record_count, m.history_moved_at, ${undoable(now)} as can_undo`
const joins =
  'join product p on p.partner_id = m.partner_id and p.id = m.product_id left join customer f on f.partner_id = m.partner_id and f.id = m.from_customer_id'
const sorts = { movedAt: [{ sql: 'm.moved_at', type: 'timestamptz' }] } as const

export async function list(
  db: TenantDb,
  query: QueryOf<typeof identityApi.listMoves>,
  now: Date,
): Promise<{ rows: Move[]; nextCursor: string | null }> {
  const params = new Params()
  const at = params.add(now)
  const where: string[] = []
  if (query.customerId) where.push(`(m.customer_id = ${params.add(query.customerId)} or f.id = $${params.values.length})`)
  if (query.productId) where.push(`m.product_id = ${params.add(query.productId)}`)
  const page = keyset(sorts, 'm.id', query, params)
  where.push(page.where)
  const { rows } = await db.query<Row & { keys: string[] }>(
    `select ${columns(at)}, ${page.keys} as keys from product_move m ${joins} where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)}`,
    params.values,
  )
  const shown = page.page(rows)
  return { rows: shown.rows.map(toMove), nextCursor: shown.nextCursor }
}

/** @throws move.not-found */
export async function get(db: TenantDb, id: string, now: Date): Promise<Move> {
  const {
    rows: [row],
  } = await db.query<Row>(`select ${columns('$2')} from product_move m ${joins} where m.id = $1`, [id, now])
  if (!row) throw new Problem('move.not-found', { moveId: id })
  return toMove(row)
}

const toMove = (row: Row): Move => ({
  id: row.id,
  productId: row.product_id,
  productName: row.description,
  from: { customerId: row.from_customer_id, name: row.from_customer_name },
  to: { customerId: row.customer_id, name: row.customer_name },
  agentCount: row.agent_count,
  endpointCount: row.endpoint_count,
  reason: row.reason,
  movedAt: row.moved_at.toISOString(),
  movedBy: row.moved_by,
  reversibleUntil: row.reversible_until.toISOString(),
  undoneAt: row.undone_at?.toISOString() ?? null,
  undoneBy: row.undone_by,
  recordCount: row.record_count,
  historyMovedAt: row.history_moved_at?.toISOString() ?? null,
  canUndo: row.can_undo,
})
