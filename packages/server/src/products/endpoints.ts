import { Problem, type QueryOf } from '@vigie/domain/kernel'
import type { Endpoint, productsApi } from '@vigie/domain/products'
import { keyset, likePattern, Params, type TenantDb } from '../platform/index.ts'
import { endpointColumns, endpointJoins, toEndpoint, type EndpointRow } from './rows.ts'

const sorts = {
  name: [{ sql: 'e.name_key', type: 'text' }],
  lastSeenAt: [{ sql: 'e.received_key', type: 'timestamptz' }],
  openInfections: [{ sql: 'e.open_infections', type: 'integer' }],
  patternBuiltAt: [{ sql: 'e.pattern_built_key', type: 'timestamptz' }],
} as const

export type EndpointQuery = QueryOf<typeof productsApi.listEndpoints>

/** What someone types to find a machine by its address: the beginning of one. */
const looksLikeAddress = /^[0-9a-f]*[.:][0-9a-f.:]*$/i

/**
 * The page is made of endpoints alone, and only its rows are joined with what else is shown of them; filters that ask another table ask it once. Plan: the sort's
 * own index, or the product's, group's or customer's by name (store.plan.test.ts). `limit` may be above a page's for exports.
 */
export async function list(db: TenantDb, query: EndpointQuery): Promise<{ rows: Endpoint[]; nextCursor: string | null }> {
  const params = new Params()
  const where: string[] = []
  if (query.customerId) where.push(`e.customer_id = ${params.add(query.customerId)}`)
  if (query.productId) where.push(`e.product_id = ${params.add(query.productId)}`)
  if (query.group !== undefined) where.push(`e."group" = ${params.add(query.group)}`)
  if (query.state) where.push(`(e.agent_id in (select id from agent where state = any(${params.add(query.state)}::text[])) ${query.state.includes('unknown') ? 'or e.agent_id is null' : ''})`)
  if (query.realTimeScan) where.push(`e.real_time_scan = any(${params.add(query.realTimeScan)}::text[])`)
  if (query.isInfected !== undefined) where.push(query.isInfected ? 'e.open_infections > 0' : 'e.open_infections = 0')
  if (query.q) {
    const pattern = `(select vigie.fold(${params.add(likePattern(query.q))}))` // once, not for each row
    const found = [`e.name_key like ${pattern}`, `e.customer_id in (select id from customer where search_key like ${pattern})`]
    // '{10.0.0.7,fe80::1}' read as ',10.0.0.7,fe80::1,'
    if (looksLikeAddress.test(query.q)) found.push(`translate(e.addresses::text, '{}"', ',,') like ${params.add(`%,${query.q.toLowerCase()}%`)}`)
    where.push(`(${found.join(' or ')})`)
  }
  const page = keyset(sorts, 'e.id', query, params)
  where.push(page.where)
  const { rows } = await db.query<EndpointRow & { keys: string[] }>(
    `select ${endpointColumns}, ${page.keys} as keys from (
       select e.* from endpoint e where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)}
     ) e ${endpointJoins} order by ${page.orderBy}`, params.values)
  const shown = page.page(rows)
  return { rows: shown.rows.map(toEndpoint), nextCursor: shown.nextCursor }
}

/** @throws endpoint.not-found */
export async function get(db: TenantDb, id: string): Promise<Endpoint> {
  const { rows: [row] } = await db.query<EndpointRow>(`select ${endpointColumns} from endpoint e ${endpointJoins} where e.id = $1`, [id])
  if (!row) throw new Problem('endpoint.not-found', { endpointId: id })
  return toEndpoint(row)
}
