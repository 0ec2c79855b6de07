import type { QueryOf } from '@vigie/domain/kernel'
import type { Licence, LicenceKind, licencesApi, LicenceState } from '@vigie/domain/licences'
import { restrictView } from '../consent/index.ts'
import { keyset, likePattern, Params, type TenantDb } from '../platform/index.ts'
import { licenceState } from './expiring.ts'

const sorts = {
  expiresAt: [{ sql: 'l.expires_key', type: 'timestamptz' }],
  company: [{ sql: 'l.company_key', type: 'text' }],
  seats: [{ sql: 'l.seats_key', type: 'integer' }],
  seatsUsed: [{ sql: 'l.seats_used_key', type: 'integer' }],
} as const

export type LicenceQuery = QueryOf<typeof licencesApi.listLicences>

interface Row {
  product_id: string
  description: string
  type_id: string
  customer_id: string
  company: string
  kind: LicenceKind
  state: LicenceState
  expires_at: Date | null
  days: number
  seats: number | null
  seats_used: number | null
  last_seen_at: Date | null
  fresh_for_seconds: number
  keys: string[]
}

/** One a product: at most as many as products. Plan: the end's own index, others from all there are (store.plan.test.ts). @throws consent.missing */
export async function list(db: TenantDb, query: LicenceQuery, now: Date): Promise<{ rows: Licence[]; nextCursor: string | null }> {
  const params = new Params()
  const consented = await restrictView(db, 'view-licences', 'l.customer_id', query)
  const { join, days, state } = await licenceState(db, params, now)
  const where: string[] = consented === null ? [] : [consented]
  for (const [sql, value] of [
    ['l.customer_id', query.customerId],
    ['l.product_id', query.productId],
    ['l.type_id', query.typeId],
  ] as const)
    if (value !== undefined) where.push(`${sql} = ${params.add(value)}`)
  if (query.kind) where.push(`l.kind = any(${params.add(query.kind)}::text[])`)
  if (query.state) where.push(`${state} = any(${params.add(query.state)}::text[])`)
  if (query.isOver !== undefined) where.push(`(l.seats_used > l.seats) is ${query.isOver ? '' : 'not '}true`)
  if (query.q) {
    const pattern = `(select vigie.fold(${params.add(likePattern(query.q))}))` // once, not for each row
    where.push(
      `(l.product_id in (select id from product where description_key like ${pattern}) or l.customer_id in (select id from customer where search_key like ${pattern}))`,
    )
  }
  const page = keyset(sorts, 'l.product_id', query, params)
  // by customers' names: of all there are; else the page is made of licences alone, and only its rows are joined
  const isByCompany = query.sort.endsWith('company')
  const licences = isByCompany
    ? '(select l.*, c.company_key from product_licence l join customer c on c.partner_id = l.partner_id and c.id = l.customer_id)'
    : 'product_licence'
  where.push(page.where)
  const { rows } = await db.query<Row>(
    `select l.product_id, p.description, l.type_id, l.customer_id, c.company, l.kind, l.state, l.expires_at, l.days, l.seats::double precision as seats,
       l.seats_used::double precision as seats_used, p.last_seen_at, p.fresh_for_seconds, ${page.keys} as keys
     from (select l.*, ${state} as state, ${days} as days from ${licences} l ${join} where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)}) l
       join product p on p.partner_id = l.partner_id and p.id = l.product_id join customer c on c.partner_id = l.partner_id and c.id = l.customer_id
     order by ${page.orderBy}`,
    params.values,
  )
  const shown = page.page(rows)
  return { rows: shown.rows.map(toLicence), nextCursor: shown.nextCursor }
}

const toLicence = (row: Row): Licence => ({
  productId: row.product_id,
  productName: row.description,
  typeId: row.type_id,
  customerId: row.customer_id,
  customerName: row.company,
  kind: row.kind,
  state: row.state,
  expiresAt: row.expires_at?.toISOString() ?? null,
  expiringDays: row.days,
  seats: row.seats,
  seatsUsed: row.seats_used,
  lastSeenAt: row.last_seen_at?.toISOString() ?? null,
  freshForSeconds: row.fresh_for_seconds,
})
