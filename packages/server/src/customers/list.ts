import { customersApi, type Customer } from '@vigie/domain/customers'
import type { QueryOf } from '@vigie/domain/kernel'
import { keyset, likePattern, Params, type TenantDb } from '../platform/index.ts'
import { customerColumns, toCustomer, type CustomerRow } from './rows.ts'

const sorts = {
  company: [{ sql: 'c.company_key', type: 'text' }],
  attention: [
    { sql: 'c.action_required_count', type: 'integer' },
    { sql: 'c.warning_count', type: 'integer' },
  ],
  threat: [
    { sql: 'c.threat_action_count', type: 'integer' },
    { sql: 'c.threat_warning_count', type: 'integer' },
  ],
  system: [
    { sql: 'c.system_action_count', type: 'integer' },
    { sql: 'c.system_warning_count', type: 'integer' },
  ],
  licence: [
    { sql: 'c.licence_action_count', type: 'integer' },
    { sql: 'c.licence_warning_count', type: 'integer' },
  ],
  productCount: [{ sql: 'c.product_count', type: 'integer' }],
  endpointCount: [{ sql: 'c.endpoint_count', type: 'integer' }],
  lastSeenAt: [{ sql: 'c.last_seen_key', type: 'timestamptz' }],
  createdAt: [{ sql: 'c.created_at', type: 'timestamptz' }],
} as const

const severityCounts = {
  attention: ['c.action_required_count', 'c.warning_count'],
  threat: ['c.threat_action_count', 'c.threat_warning_count'],
  system: ['c.system_action_count', 'c.system_warning_count'],
  licence: ['c.licence_action_count', 'c.licence_warning_count'],
} as const

type Matching = Omit<QueryOf<typeof customersApi.listCustomers>, 'limit' | 'cursor'>
export type CustomerQuery = QueryOf<typeof customersApi.listCustomers>

/** What the filters say, as conditions over `c`; all of them hold. `primaryId`: manages whatever nobody was given. */
function conditions(query: Matching, primaryId: string | null, params: Params): string[] {
  const where: string[] = []
  for (const [filter, [red, yellow]] of Object.entries(severityCounts) as [keyof typeof severityCounts, readonly [string, string]][]) {
    const any = query[filter]?.map(
      (one) => ({ 'action-required': `${red} > 0`, warning: `${yellow} > 0`, none: `(${red} = 0 and ${yellow} = 0)` })[one],
    )
    if (any) where.push(`(${any.join(' or ')})`)
  }
  if (query.ids) where.push(`c.id = any(${params.add(query.ids)}::uuid[])`)
  const among: string[] = []
  if (query.tag) among.push(`c.id in (select t.customer_id from customer_tag t where t.tag = any(${params.add(query.tag)}::text[]))`)
  if (query.typeId) among.push(`c.id in (select p.customer_id from product p where p.type_id = any(${params.add(query.typeId)}::text[]))`)
  if (query.connection)
    among.push(`c.id in (select p.customer_id from product p where p.state = any(${params.add(query.connection)}::text[]))`)
  if (query.managedBy) {
    const isOfOne = `c.managed_by_id = any(${params.add(query.managedBy)}::uuid[])`
    where.push(primaryId !== null && query.managedBy.includes(primaryId) ? `(${isOfOne} or c.managed_by_id is null)` : isOfOne)
  }
  if (query.q) {
    const pattern = `(select vigie.fold(${params.add(likePattern(query.q))}))` // once, not for each row
    where.push(`(c.search_key like ${pattern} or c.id in (select k.customer_id from contact k where k.search_key like ${pattern}))`)
  }
  // One is joined by whichever side is smaller. Several are not (`is true` keeps them apart, each read once): joined, PostgreSQL guessed the rows that pass all of them too few
  // and read the products again for each customer, 919,000 rows for a page (store.plan.test.ts)
  where.push(...(among.length > 1 || query.q ? among.map((one) => `(${one}) is true`) : among))
  return where
}

/** Who has what nobody was given, where the filter needs to know. */
async function primaryIfAsked(db: TenantDb, query: Matching): Promise<string | null> {
  return query.managedBy ? ((await db.query<{ id: string }>('select id from account where is_primary')).rows[0]?.id ?? null) : null
}

/**
 * CUS-2. Plan: the sort's own index; tags, products and managers by theirs (store.plan.test.ts). A search reads the keys of all customers and contacts of the business: an
 * index for it (trigrams) needs an extension that an external PostgreSQL may refuse, and comparisons that row-level security keeps from any index.
 */
export async function list(db: TenantDb, query: CustomerQuery): Promise<{ rows: Customer[]; nextCursor: string | null }> {
  const params = new Params()
  const where = conditions(query, await primaryIfAsked(db, query), params)
  const page = keyset(sorts, 'c.id', query, params)
  where.push(page.where)
  const { rows } = await db.query<CustomerRow & { keys: string[] }>(
    `select ${customerColumns}, ${page.keys} as keys from customer c where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)}`,
    params.values,
  )
  const shown = page.page(rows)
  return { rows: shown.rows.map(toCustomer), nextCursor: shown.nextCursor }
}

/** Ids of all that match, in the list's order, at most so many; and how many there are. */
export async function matches(db: TenantDb, query: Matching, most: number): Promise<{ ids: string[]; total: number }> {
  const params = new Params()
  const where = conditions(query, await primaryIfAsked(db, query), params)
  const page = keyset(sorts, 'c.id', { ...query, limit: most }, params)
  const {
    rows: [found],
  } = await db.query<{ ids: string[]; total: number }>(
    `with found as materialized (select c.id, row_number() over (order by ${page.orderBy}) as place from customer c where ${[...where, 'true'].join(' and ')})
     select coalesce(array_agg(id order by place) filter (where place <= ${params.add(most)}), '{}') as ids, count(*)::integer as total from found`,
    params.values,
  )
  return found!
}

export async function tagsInUse(db: TenantDb, most: number): Promise<{ tag: string; customers: number }[]> {
  return (
    await db.query<{ tag: string; customers: number }>(
      'select tag, count(*)::integer as customers from customer_tag group by 1 order by 2 desc, 1 limit $1',
      [most],
    )
  ).rows
}
