import type { Duplicate, DuplicateState, identityApi, Twin } from '@vigie/domain/identity'
import { commonAddresses, commonNames, reinstallWithinMs } from '@vigie/domain/identity'
import { Problem, type QueryOf } from '@vigie/domain/kernel'
import { restrictView, withoutAddresses } from '../consent/index.ts'
import { keyset, likePattern, Params, type TenantDb } from '../platform/index.ts'

interface Row {
  id: string
  customer_id: string
  company: string
  evidence: string[]
  state: DuplicateState
  found_at: Date
  decided_at: Date | null
  decided_by: string | null
  one: TwinRow
  other: TwinRow
}
interface TwinRow {
  id: string
  name: string
  product_id: string
  description: string
  addresses: string[]
  platform: string
  state: Twin['state']
  open_infections: number
  created_at: string
  received_at: string | null
}

/** One of the pair with what belongs to it. By itself (`offset 0`), once for each pair that is shown: joined, a business of which PostgreSQL knows no figures yet has each pair read for each endpoint. */
const twin = (as: string, id: string) => `cross join lateral (
    select json_build_object('id', e.id, 'name', e.name, 'product_id', e.product_id, 'description', p.description, 'addresses', e.addresses, 'platform', e.platform,
      'state', coalesce(a.state, 'unknown'), 'open_infections', e.open_infections, 'created_at', e.created_at, 'received_at', e.received_at) as told
    from endpoint e join product p on p.partner_id = e.partner_id and p.id = e.product_id left join agent a on a.partner_id = e.partner_id and a.id = e.agent_id
    where e.partner_id = d.partner_id and e.id = d.${id} offset 0) ${as}`
const columns =
  'd.id, d.customer_id, c.company, d.evidence, d.state, d.found_at, d.decided_at, d.decided_by, e.told as one, f.told as other'
const joins = `join customer c on c.partner_id = d.partner_id and c.id = d.customer_id ${twin('e', 'endpoint_id')} ${twin('f', 'other_id')}`

/** Is it there still? By itself as well: a walk from the newest soon has a page. */
const isThere = (as: string, id: string) =>
  `cross join lateral (select from endpoint e where e.partner_id = d.partner_id and e.id = d.${id} offset 0) ${as}`
/** Endpoints of these pairs, all at once by their keys. */
const endpointsOf = (which: string) =>
  `endpoint e where e.id = any(array(select unnest(array[d.endpoint_id, d.other_id]) from duplicate d where ${which}))`

const sorts = { foundAt: [{ sql: 'd.found_at', type: 'timestamptz' }] } as const

/** A pair of which one is merged or gone is not shown; it comes back with it. Plan: duplicate_found or duplicate_customer, and of each pair passed its two endpoints by their keys; of words all pairs (`identity/duplicates.plan.test.ts`). */
export async function list(
  db: TenantDb,
  query: QueryOf<typeof identityApi.listDuplicates>,
): Promise<{ rows: Duplicate[]; nextCursor: string | null; waiting: number }> {
  const params = new Params()
  const where: string[] = []
  const consented = await restrictView(db, 'view-endpoints', 'd.customer_id', query)
  if (consented !== null) where.push(consented)
  if (query.customerId) where.push(`d.customer_id = ${params.add(query.customerId)}`)
  if (query.state) where.push(`d.state = any(${params.add(query.state)}::text[])`)
  let named = ''
  if (query.q) {
    const pattern = `(select vigie.fold(${params.add(likePattern(query.q))}))`
    named = `named as materialized (select e.id from ${endpointsOf('true')} and e.name_key like ${pattern}), `
    where.push(`(d.endpoint_id in (select id from named) or d.other_id in (select id from named) or c.search_key like ${pattern})`)
  }
  const page = keyset(sorts, 'd.id', query, params)
  where.push(page.where)
  const { rows } = await db.query<Row & { keys: string[] }>(
    `with ${named}page as materialized (
       select d.*, ${page.keys} as keys from duplicate d join customer c on c.partner_id = d.partner_id and c.id = d.customer_id ${isThere('e', 'endpoint_id')} ${isThere('f', 'other_id')}
       where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)})
     select ${columns}, d.keys from page d ${joins} order by ${page.orderBy}`,
    params.values,
  )
  // `is true`: looked up, never joined, for which PostgreSQL would expect one endpoint
  const {
    rows: [open],
  } = await db.query<{ waiting: number }>(
    `with there as materialized (select e.id from ${endpointsOf("d.state = 'suspected'")})
     select count(*)::integer as waiting from duplicate d where d.state = 'suspected' and (d.endpoint_id in (select id from there)) is true and (d.other_id in (select id from there)) is true`,
  )
  const shown = page.page(rows)
  return { rows: await toDuplicates(db, shown.rows), nextCursor: shown.nextCursor, waiting: open!.waiting }
}

/** @throws duplicate.not-found */
export async function get(db: TenantDb, id: string, isLocked = false): Promise<Duplicate> {
  const {
    rows: [row],
  } = await db.query<Row>(`select ${columns} from duplicate d ${joins} where d.id = $1 ${isLocked ? 'for update of d' : ''}`, [id])
  if (!row) throw new Problem('duplicate.not-found', { duplicateId: id })
  return (await toDuplicates(db, [row]))[0]!
}

export async function decide(db: TenantDb, id: string, state: DuplicateState, by: string, now: Date): Promise<void> {
  const isDecided = state === 'kept-apart'
  await db.query('update duplicate set state = $2, decided_at = $3, decided_by = $4 where id = $1', [
    id,
    state,
    isDecided ? now : null,
    isDecided ? by : null,
  ])
}

/** Somebody merged them and took it back: they are two, and nobody is asked again. */
export async function keepApart(db: TenantDb, customerId: string, ids: readonly [string, string], by: string, now: Date): Promise<void> {
  await db.query(
    `insert into duplicate (partner_id, id, customer_id, endpoint_id, other_id, evidence, state, found_at, decided_at, decided_by)
     select $1, gen_random_uuid(), $2, e.id, f.id, '{}', 'kept-apart', $5, $5, $6 from endpoint e, endpoint f where e.id = any($3::uuid[]) and f.id = any($4::uuid[]) and (e.created_at, e.id) < (f.created_at, f.id)
     on conflict (partner_id, endpoint_id, other_id) do update set state = 'kept-apart', decided_at = excluded.decided_at, decided_by = excluded.decided_by`,
    [db.tenant.partnerId, customerId, ids, ids, now, by],
  )
}

const day = '24 hours'
/** Machine fingerprint that an endpoint is named by, without what keeps a twin's apart. */
const bareKey = `case when e.key ~ '^[0-9a-f]{8}-[0-9a-f-]{27}:' then substr(e.key, 38) else e.key end`

/**
 * Looks through all endpoints of the business (a job): each group of look-alikes is paired with the one of it that was heard of first, so that 200 copies are 200 pairs and not 20,000. What a person
 * decided stays decided; a pair whose evidence is gone goes, unless it was decided. Reads each endpoint once.
 * @returns how many pairs are new
 */
export async function findDuplicates(db: TenantDb, now: Date): Promise<number> {
  const { rowCount } = await db.query(find, [db.tenant.partnerId, now, commonAddresses, commonNames, reinstallWithinMs / 1_000])
  await db.query(
    `delete from duplicate d where d.found_at < $1::timestamptz - interval '${day}' and not exists (select from endpoint e where e.id = d.endpoint_id) and not exists (select from endpoint_alias l where l.merged_id = d.endpoint_id)
       or d.found_at < $1::timestamptz - interval '${day}' and not exists (select from endpoint e where e.id = d.other_id) and not exists (select from endpoint_alias l where l.merged_id = d.other_id)`,
    [now],
  )
  return rowCount
}

const find = `
  with e as materialized (
    select e.id, e.customer_id, e.product_id, e.agent_id, e.name_key, e.addresses, e.created_at, e.received_at, ${bareKey} as bare, (e.key <> ${bareKey}) as is_twin from endpoint e
  ),
  pair as (
    select first_id as one, id as two, 'same-fingerprint' as evidence from (
      select id, first_value(id) over (partition by customer_id, bare order by created_at, id) as first_id from e where bare ~ '^[0-9a-f]{64}$') s where id <> first_id
    union
    select first_id, id, 'same-name-address' from (
      select id, first_value(id) over (partition by customer_id, name_key, address order by created_at, id) as first_id from e, unnest(addresses) address where address !~ $3 and name_key <> all($4::text[])) s where id <> first_id
    union
    select o.id, e.id, 'clone' from e join agent a on a.id = e.agent_id and a.cloned_from_id is not null
      cross join lateral (select o.id from endpoint o where o.agent_id = a.cloned_from_id and o.customer_id = e.customer_id order by o.created_at, o.id limit 1) o
    union
    select before_id, id, 'reinstalled' from (
      select id, agent_id, created_at, lag(id) over w as before_id, lag(agent_id) over w as before_agent, lag(received_at) over w as before_heard
      from e where name_key <> all($4::text[]) window w as (partition by customer_id, name_key order by created_at, id)) s
    where before_id is not null and before_agent is distinct from agent_id and before_heard <= created_at and before_heard > created_at - $5::double precision * interval '1 second'
  ),
  ordered as (
    select case when (o.created_at, o.id) <= (t.created_at, t.id) then o.id else t.id end as one, case when (o.created_at, o.id) <= (t.created_at, t.id) then t.id else o.id end as two, o.customer_id, p.evidence
    from pair p join e o on o.id = p.one join e t on t.id = p.two
  ),
  found as (
    select one, two, (array_agg(customer_id))[1] as customer_id, array_agg(distinct evidence order by evidence) as evidence from ordered group by one, two
  ),
  gone as (
    delete from duplicate d where d.state <> 'kept-apart' and exists (select from e where e.id = d.endpoint_id) and exists (select from e where e.id = d.other_id)
      and not exists (select from found f where f.one = d.endpoint_id and f.two = d.other_id)
  )
  insert into duplicate as d (partner_id, id, customer_id, endpoint_id, other_id, evidence, state, found_at)
  select $1, gen_random_uuid(), f.customer_id, f.one, f.two, f.evidence, case when 'clone' = any(f.evidence) then 'separated' else 'suspected' end, $2 from found f
  order by f.one, f.two
  on conflict (partner_id, endpoint_id, other_id) do update set evidence = excluded.evidence, customer_id = excluded.customer_id,
    state = case when d.state = 'kept-apart' then d.state else excluded.state end
  where d.evidence <> excluded.evidence or d.customer_id <> excluded.customer_id`

const toTwin = (row: TwinRow, areAddressesShown: boolean): Twin => ({
  endpointId: row.id,
  name: row.name,
  productId: row.product_id,
  productName: row.description,
  addresses: areAddressesShown ? row.addresses : null,
  platform: row.platform,
  state: row.state,
  openInfections: row.open_infections,
  createdAt: new Date(row.created_at).toISOString(),
  lastSeenAt: row.received_at === null ? null : new Date(row.received_at).toISOString(),
})
const toDuplicate = (row: Row, areAddressesShown: boolean): Duplicate => ({
  id: row.id,
  customerId: row.customer_id,
  customerName: row.company,
  endpoints: [toTwin(row.one, areAddressesShown), toTwin(row.other, areAddressesShown)],
  evidence: row.evidence,
  state: row.state,
  foundAt: row.found_at.toISOString(),
  decidedAt: row.decided_at?.toISOString() ?? null,
  decidedBy: row.decided_by,
})
async function toDuplicates(db: TenantDb, rows: readonly Row[]): Promise<Duplicate[]> {
  const withheld = await withoutAddresses(
    db,
    rows.map((row) => row.customer_id),
  )
  return rows.map((row) => toDuplicate(row, !withheld.has(row.customer_id)))
}
