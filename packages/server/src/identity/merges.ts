import type { identityApi, Merge } from '@vigie/domain/identity'
import { Problem, type QueryOf } from '@vigie/domain/kernel'
import { keyset, Params, type TenantDb } from '../platform/index.ts'

interface Row {
  id: string
  customer_id: string
  company: string
  endpoint_id: string
  endpoint_name: string
  merged_id: string
  merged_name: string
  product_id: string
  description: string
  merged_at: Date
  merged_by: string
  undone_at: Date | null
  undone_by: string | null
  can_undo: boolean
}

const columns = `m.id, m.customer_id, c.company, m.endpoint_id, m.endpoint_name, m.merged_id, m.merged_name, m.product_id, p.description, m.merged_at, m.merged_by, m.undone_at, m.undone_by,
  m.undone_at is null and exists (select from endpoint_alias a where a.merge_id = m.id) as can_undo`
const joins =
  'join customer c on c.partner_id = m.partner_id and c.id = m.customer_id join product p on p.partner_id = m.partner_id and p.id = m.product_id'

const sorts = { mergedAt: [{ sql: 'm.merged_at', type: 'timestamptz' }] } as const

export async function list(
  db: TenantDb,
  query: QueryOf<typeof identityApi.listMerges>,
): Promise<{ rows: Merge[]; nextCursor: string | null }> {
  const params = new Params()
  const where: string[] = []
  if (query.customerId) where.push(`m.customer_id = ${params.add(query.customerId)}`)
  if (query.endpointId) {
    const endpoint = params.add(query.endpointId)
    where.push(`(m.endpoint_id = ${endpoint} or m.merged_id = ${endpoint})`)
  }
  if (query.q)
    where.push(
      `(vigie.fold(m.endpoint_name) like vigie.fold(${params.add(`%${query.q.replace(/[\\%_]/g, '\\$&')}%`)}) or vigie.fold(m.merged_name) like vigie.fold($${params.values.length}) or c.search_key like vigie.fold($${params.values.length}))`,
    )
  const page = keyset(sorts, 'm.id', query, params)
  where.push(page.where)
  const { rows } = await db.query<Row & { keys: string[] }>(
    `select ${columns}, ${page.keys} as keys from endpoint_merge m ${joins} where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)}`,
    params.values,
  )
  const shown = page.page(rows)
  return { rows: shown.rows.map(toMerge), nextCursor: shown.nextCursor }
}

/** @throws merge.not-found */
export async function get(db: TenantDb, id: string): Promise<Merge> {
  const {
    rows: [row],
  } = await db.query<Row>(`select ${columns} from endpoint_merge m ${joins} where m.id = $1`, [id])
  if (!row) throw new Problem('merge.not-found', { mergeId: id })
  return toMerge(row)
}

const toMerge = (row: Row): Merge => ({
  id: row.id,
  customerId: row.customer_id,
  customerName: row.company,
  endpointId: row.endpoint_id,
  endpointName: row.endpoint_name,
  mergedId: row.merged_id,
  mergedName: row.merged_name,
  productId: row.product_id,
  productName: row.description,
  mergedAt: row.merged_at.toISOString(),
  mergedBy: row.merged_by,
  undoneAt: row.undone_at?.toISOString() ?? null,
  undoneBy: row.undone_by,
  canUndo: row.can_undo,
})
