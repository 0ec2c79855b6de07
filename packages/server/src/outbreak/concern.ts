import type { ConcernedEndpoint, outbreakApi } from '@vigie/domain/outbreak'
import type { QueryOf } from '@vigie/domain/kernel'
import { productTypes } from '@vigie/connectors/products'
import { restrictView } from '../consent/index.ts'
import { keyset, likePattern, Params, type TenantDb } from '../platform/index.ts'
import type { AlertRow } from './store.ts'

interface Row {
  id: string
  name: string
  customer_id: string
  company: string
  product_id: string
  platform: string
  real_time_scan: string
  pattern_built_at: Date | null
  open_infections: number
}
/** Of the others (a gateway, a hosted service) nothing is assessed: no scan of theirs could stop an outbreak, and none is missing. */
const assessedTypes = productTypes.filter(({ categories }) => categories.includes('outbreak-defence')).map(({ id }) => id)
const sorts = { name: [{ sql: 'e.name_key', type: 'text' }] } as const

/** Endpoints that the alert concerns, as the assessment counts them. Plans: endpoint_name or endpoint_customer, in the list's order; infected ones by endpoint_infected (outbreak.plan.test.ts). */
export async function endpointsOf(
  db: TenantDb,
  alert: AlertRow,
  query: QueryOf<typeof outbreakApi.listAlertEndpoints>,
): Promise<{ rows: ConcernedEndpoint[]; nextCursor: string | null }> {
  const params = new Params()
  const where = [
    `exists (select from product p where p.partner_id = e.partner_id and p.id = e.product_id and p.type_id = any(${params.add(assessedTypes)}::text[]))`,
  ]
  if (query.customerId) where.push(`e.customer_id = ${params.add(query.customerId)}`)
  const consented = await restrictView(db, 'view-endpoints', 'e.customer_id', query)
  if (consented !== null) where.push(consented)
  if (query.kind === 'vulnerable') {
    where.push(
      `vigie.is_hit(e.platform, ${params.add(alert.platforms)}::text[])`,
      `vigie.is_open_to(e.real_time_scan, e.pattern_built_at, ${params.add(alert.recognised_from)}::timestamptz)`,
    )
  } else {
    where.push(
      'e.open_infections > 0',
      `e.id in (select i.endpoint_id from infection i where i.partner_id = e.partner_id and i.endpoint_id = e.id and i.closed_at is null and vigie.names_threat(i.threat, ${params.add(alert.threats)}::text[]))`,
    )
  }
  if (query.q) where.push(`e.name_key like vigie.fold(${params.add(likePattern(query.q))})`)
  const page = keyset(sorts, 'e.id', query, params)
  where.push(page.where)
  const { rows } = await db.query<Row & { keys: string[] }>(
    `select e.id, e.name, e.customer_id, c.company, e.product_id, e.platform, e.real_time_scan, e.pattern_built_at, e.open_infections, ${page.keys} as keys
     from (select e.* from endpoint e where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)}) e join customer c on c.partner_id = e.partner_id and c.id = e.customer_id order by ${page.orderBy}`,
    params.values,
  )
  const shown = page.page(rows)
  return {
    rows: shown.rows.map((one) => ({
      id: one.id,
      name: one.name,
      customerId: one.customer_id,
      customerName: one.company,
      productId: one.product_id,
      platform: one.platform,
      realTimeScan: one.real_time_scan,
      patternBuiltAt: one.pattern_built_at?.toISOString() ?? null,
      openInfections: one.open_infections,
    })),
    nextCursor: shown.nextCursor,
  }
}

/** What the open events that the reader sees say together: their rows are the events'. Plan: the open events of the category, few beside all. */
export async function sums(db: TenantDb): Promise<{ vulnerable: number; toClean: number; customers: number }> {
  const {
    rows: [row],
  } = await db.query<{ vulnerable: number; to_clean: number; customers: number }>(
    `select coalesce(sum(of_product.vulnerable), 0)::integer as vulnerable, coalesce(sum(of_product.to_clean), 0)::integer as to_clean, count(distinct of_product.customer_id)::integer as customers from (
       select e.product_id, e.customer_id, max((e.figures ->> 'endpoints')::integer) filter (where e.condition <> 'to-clean') as vulnerable, max((e.figures ->> 'endpoints')::integer) filter (where e.condition = 'to-clean') as to_clean
       from event e where e.category = 'outbreak-defence' and e.state <> 'resolved' group by 1, 2) of_product`,
  )
  return { vulnerable: row!.vulnerable, toClean: row!.to_clean, customers: row!.customers }
}
