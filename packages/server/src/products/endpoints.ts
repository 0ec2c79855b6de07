import { Problem, type QueryOf } from '@vigie/domain/kernel'
import type { Endpoint, productsApi } from '@vigie/domain/products'
import { keyset, likePattern, Params, type TenantDb } from '../platform/index.ts'
import { endpointColumns, endpointFrom, toEndpoint, type EndpointRow } from './rows.ts'

const sorts = {
  name: [{ sql: 'e.name_key', type: 'text' }],
  lastSeenAt: [{ sql: 'e.received_key', type: 'timestamptz' }],
  openInfections: [{ sql: 'e.open_infections', type: 'integer' }],
  patternBuiltAt: [{ sql: 'e.pattern_built_key', type: 'timestamptz' }],
} as const

export type EndpointQuery = QueryOf<typeof productsApi.listEndpoints>

/** Plan: the sort's own index, or the product's, group's or customer's by name (store.plan.test.ts). `limit` may be above a page's for exports. */
export async function list(db: TenantDb, query: EndpointQuery): Promise<{ rows: Endpoint[]; nextCursor: string | null }> {
  const params = new Params()
  const where: string[] = []
  if (query.customerId) where.push(`e.customer_id = ${params.add(query.customerId)}`)
  if (query.productId) where.push(`e.product_id = ${params.add(query.productId)}`)
  if (query.group !== undefined) where.push(`e."group" = ${params.add(query.group)}`)
  if (query.state) where.push(`coalesce(a.state, 'unknown') = any(${params.add(query.state)}::text[])`)
  if (query.realTimeScan) where.push(`e.real_time_scan = any(${params.add(query.realTimeScan)}::text[])`)
  if (query.isInfected !== undefined) where.push(query.isInfected ? 'e.open_infections > 0' : 'e.open_infections = 0')
  if (query.q) {
    const pattern = `vigie.fold(${params.add(likePattern(query.q))})`
    // an address is short and plain: its text as it is
    where.push(`(e.name_key like ${pattern} or c.search_key like ${pattern} or exists (select from unnest(e.addresses) address where address like ${params.add(`${query.q.replace(/[\\%_]/g, '\\$&')}%`)}))`)
  }
  const page = keyset(sorts, 'e.id', query, params)
  where.push(page.where)
  const { rows } = await db.query<EndpointRow & { keys: string[] }>(
    `select ${endpointColumns}, ${page.keys} as keys from ${endpointFrom} where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)}`, params.values)
  const shown = page.page(rows)
  return { rows: shown.rows.map(toEndpoint), nextCursor: shown.nextCursor }
}

/** @throws endpoint.not-found */
export async function get(db: TenantDb, id: string): Promise<Endpoint> {
  const { rows: [row] } = await db.query<EndpointRow>(`select ${endpointColumns} from ${endpointFrom} where e.id = $1`, [id])
  if (!row) throw new Problem('endpoint.not-found', { endpointId: id })
  return toEndpoint(row)
}
