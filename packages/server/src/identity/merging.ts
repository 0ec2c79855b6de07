import { Problem } from '@vigie/domain/kernel'
import { markDue } from '../assessment/index.ts'
import { newId, type TenantDb } from '../platform/index.ts'

/** What an endpoint last said of itself: of two that are one, the newer report stands. */
export const reportedColumns = [
  'agent_id',
  'name',
  'addresses',
  'platform',
  'engine',
  'engine_version',
  'pattern_version',
  'pattern_built_at',
  'update_checked_at',
  'real_time_scan',
  'scan_running',
  'scan_started_at',
  'scan_finished_at',
  'engine_problem',
  'health',
  'collected_at',
  'received_at',
] as const
/** What an endpoint is, whatever it says: stays with each. Both lists together are the table's, without what is computed (a test holds them to it). */
export const ownColumns = ['partner_id', 'id', 'customer_id', 'product_id', 'key', 'group', 'open_infections', 'created_at'] as const
const reported = (table: string) => reportedColumns.map((column) => `${table}.${column}`).join(', ')

export interface EndpointRow {
  id: string
  customer_id: string
  product_id: string
  agent_id: string | null
  key: string
  name: string
  received_at: Date | null
}

/**
 * Locks everything that a change of these endpoints touches, in the order all take it: agents, so that nothing is taken in meanwhile; products; customers; then the endpoints. Gives them in
 * the order asked for. @throws endpoint.not-found
 */
export async function lockEndpoints(db: TenantDb, ids: readonly string[]): Promise<EndpointRow[]> {
  const { rows: found } = await db.query<{ product_id: string }>(
    'select product_id from endpoint where id = any($1) union select product_id from endpoint_alias where endpoint_id = any($1)',
    [ids],
  )
  await lockProducts(
    db,
    found.map(({ product_id }) => product_id),
  )
  const { rows } = await db.query<EndpointRow>(
    'select id, customer_id, product_id, agent_id, key, name, received_at from endpoint where id = any($1) order by id for update',
    [ids],
  )
  return ids.map((id) => {
    const row = rows.find((one) => one.id === id)
    if (!row) throw new Problem('endpoint.not-found', { endpointId: id })
    return row
  })
}

export async function lockProducts(db: TenantDb, productIds: readonly string[]): Promise<void> {
  await db.query('select from agent where product_id = any($1) order by id for no key update', [productIds])
  await db.query('select from product where id = any($1) order by id for no key update', [productIds])
  await db.query('select from customer where id in (select customer_id from product where id = any($1)) order by id for no key update', [
    productIds,
  ])
}

/** Kept counts of these products, their groups and customers, anew from the rows: whatever else was wrong is healed with them. */
export async function recountEndpoints(db: TenantDb, productIds: readonly string[]): Promise<void> {
  await db.query('update product p set endpoint_count = (select count(*) from endpoint e where e.product_id = p.id) where p.id = any($1)', [
    productIds,
  ])
  await db.query(
    `update endpoint_group g set endpoint_count = (select count(*) from endpoint e where e.product_id = g.product_id and e."group" = g.name) where g.product_id = any($1)`,
    [productIds],
  )
  await db.query(
    `update customer c set endpoint_count = (select coalesce(sum(p.endpoint_count), 0) from product p where p.customer_id = c.id) where c.id in (select customer_id from product where id = any($1))`,
    [productIds],
  )
}

const countInfections = async (db: TenantDb, ids: readonly string[]) =>
  await db.query(
    'update endpoint e set open_infections = (select count(*) from infection i where i.endpoint_id = e.id and i.closed_at is null) where e.id = any($1)',
    [ids],
  )

async function tellOf(
  db: TenantDb,
  endpoints: readonly { id: string; product_id: string; customer_id: string }[],
  now: Date,
): Promise<void> {
  const products = [
    ...new Map(endpoints.map(({ product_id: productId, customer_id: customerId }) => [productId, { productId, customerId }])).values(),
  ]
  await markDue(db, products, now)
  for (const { id, customer_id } of endpoints) db.announce({ kind: 'endpoint', id, customerId: customer_id })
  for (const { productId, customerId } of products) {
    db.announce({ kind: 'product', id: productId, customerId })
    db.announce({ kind: 'customer', id: customerId, customerId })
  }
}

/**
 * Takes `taken` into `staying` (INV-3). Raw records are not touched: they are found by the alias (docs/decisions/0024). Infections move, since they hang on a living endpoint; one that is open at both
 * is closed at the taken one, as `merged`. Both are locked. @throws merge.same-endpoint, merge.other-customer
 */
export async function merge(db: TenantDb, staying: EndpointRow, taken: EndpointRow, by: string, now: Date): Promise<string> {
  if (staying.id === taken.id) throw new Problem('merge.same-endpoint')
  if (staying.customer_id !== taken.customer_id) throw new Problem('merge.other-customer')
  const id = newId(now)
  const isNewer = (taken.received_at?.getTime() ?? 0) > (staying.received_at?.getTime() ?? 0)
  const { rows: twins } = await db.query<{ id: string }>(
    `update infection t set closed_at = $3, closed_how = 'merged' from infection s
     where t.endpoint_id = $2 and t.closed_at is null and s.endpoint_id = $1 and s.closed_at is null and s.category = t.category and s.object_hash = t.object_hash returning t.id`,
    [staying.id, taken.id, now],
  )
  const { rows: moved } = await db.query<{ id: string }>(
    'update infection set endpoint_id = $1, product_id = $3 where endpoint_id = $2 returning id',
    [staying.id, taken.id, staying.product_id],
  )
  await db.query(
    `insert into endpoint_merge (partner_id, id, customer_id, endpoint_id, endpoint_name, merged_id, merged_name, product_id, key, snapshot, setting_state, replaced, replaced_at, infection_ids, twin_infection_ids, merged_at, merged_by, places)
     select $1, $2, t.customer_id, s.id, s.name, t.id, t.name, t.product_id, t.key, to_jsonb(t), (select to_jsonb(w) from setting_state w where w.endpoint_id = t.id), case when $5 then to_jsonb(s) end, case when $5 then t.received_at end, $6, $7, $8, $9,
       (select jsonb_agg(to_jsonb(a)) from endpoint_address a where a.endpoint_id in (s.id, t.id))
     from endpoint s, endpoint t where s.id = $3 and t.id = $4`,
    [db.tenant.partnerId, id, staying.id, taken.id, isNewer, moved.map((row) => row.id), twins.map((row) => row.id), now, by],
  )
  if (isNewer)
    await db.query(
      `update endpoint s set (${reportedColumns.join(', ')}) = (select ${reported('t')} from endpoint t where t.id = $2) where s.id = $1`,
      [staying.id, taken.id],
    )
  await takePlaces(db, staying, taken)
  await raiseRevision(db, staying.id, taken.id)
  // what stood for the taken one stands for the staying one now
  await db.query('update endpoint_alias set endpoint_id = $1 where endpoint_id = $2', [staying.id, taken.id])
  await db.query(
    'insert into endpoint_alias (partner_id, product_id, key, merged_id, merge_id, customer_id, endpoint_id) values ($1, $2, $3, $4, $5, $6, $7)',
    [db.tenant.partnerId, taken.product_id, taken.key, taken.id, id, taken.customer_id, staying.id],
  )
  await db.query('delete from endpoint where id = $1', [taken.id])
  await countInfections(db, [staying.id])
  await recountEndpoints(db, [staying.product_id, taken.product_id])
  await tellOf(db, [staying, taken], now)
  return id
}

interface MergeRow {
  id: string
  endpoint_id: string
  merged_id: string
  merged_name: string
  customer_id: string
  product_id: string
  infection_ids: string[]
  twin_infection_ids: string[]
  replaced_at: Date | null
  undone_at: Date | null
}

/** Puts back exactly what the merge took; what was recorded while they were one stays where it is. @throws merge.not-found, merge.undone-already, merge.gone */
export async function undoMerge(db: TenantDb, mergeId: string, by: string, now: Date): Promise<MergeRow> {
  const {
    rows: [seen],
  } = await db.query<{ product_id: string; merged_id: string }>('select product_id, merged_id from endpoint_merge where id = $1', [mergeId])
  if (!seen) throw new Problem('merge.not-found', { mergeId })
  const { rows: others } = await db.query<{ product_id: string }>(
    `select e.product_id from endpoint_alias a join endpoint e on e.partner_id = a.partner_id and e.id = a.endpoint_id where a.merge_id = $1
     union select b.product_id from endpoint_alias a join endpoint_alias b on b.partner_id = a.partner_id and b.endpoint_id = a.endpoint_id where a.merge_id = $1`,
    [mergeId],
  )
  await lockProducts(db, [seen.product_id, ...others.map((one) => one.product_id)])
  const {
    rows: [of],
  } = await db.query<MergeRow>(
    `select id, endpoint_id, merged_id, merged_name, customer_id, product_id, infection_ids, twin_infection_ids, replaced_at, undone_at from endpoint_merge where id = $1 for update`,
    [mergeId],
  )
  if (!of) throw new Problem('merge.not-found', { mergeId })
  if (of.undone_at !== null) throw new Problem('merge.undone-already', { mergeId })
  // the one that stands for it now: the one it was taken into, or what that was taken into later
  const {
    rows: [root],
  } = await db.query<{ id: string; product_id: string; customer_id: string }>(
    'select e.id, e.product_id, e.customer_id from endpoint_alias a join endpoint e on e.partner_id = a.partner_id and e.id = a.endpoint_id where a.merge_id = $1 for update of e',
    [mergeId],
  )
  if (!root) throw new Problem('merge.gone', { mergeId })

  await db.query('delete from endpoint_alias where merge_id = $1', [mergeId])
  await putBack(db, mergeId)
  await putPlacesBack(db, mergeId, root)
  await putSettingsBack(db, mergeId)
  await raiseRevision(db, of.merged_id, root.id)
  // what had been taken into it before goes with it
  await db.query(
    `with recursive below as (
       select merged_id from endpoint_merge where endpoint_id = $1 and undone_at is null and id <> $3
       union select m.merged_id from endpoint_merge m join below b on m.endpoint_id = b.merged_id where m.undone_at is null)
     update endpoint_alias set endpoint_id = $1 where endpoint_id = $2 and merged_id in (select merged_id from below)`,
    [of.merged_id, root.id, mergeId],
  )
  await moveInfectionsBack(db, of, root.id)
  // the staying one shows again what it had said itself, unless it has been heard of since
  if (of.replaced_at !== null) {
    await db.query(
      `update endpoint e set (${reportedColumns.join(', ')}) = (select ${reported('r')} from endpoint_merge m, jsonb_populate_record(null::endpoint, m.replaced) r where m.id = $2)
       where e.id = $1 and e.received_at = $3`,
      [of.endpoint_id, mergeId, of.replaced_at],
    )
  }
  await forgetPlaces(db, mergeId, root)
  await db.query('update endpoint_merge set undone_at = $2, undone_by = $3 where id = $1', [mergeId, now, by])
  await countInfections(db, [root.id, of.merged_id])
  await recountEndpoints(db, [root.product_id, of.product_id])
  await tellOf(db, [root, { id: of.merged_id, product_id: of.product_id, customer_id: of.customer_id }], now)
  return of
}

/** The row as it was; columns that came later get their default. A group that is gone is the product's first. */
async function putBack(db: TenantDb, mergeId: string): Promise<void> {
  const { rows: columns } = await db.query<{ name: string }>(
    `select quote_ident(attname) as name from pg_attribute a, endpoint_merge m where m.id = $1 and attrelid = 'public.endpoint'::regclass and attnum > 0 and not attisdropped and attgenerated = ''
       and m.snapshot ? attname::text order by attnum`,
    [mergeId],
  )
  const names = columns.map(({ name }) => name)
  const values: Readonly<Record<string, string>> = {
    customer_id: 'p.customer_id',
    '"group"': `coalesce((select g.name from endpoint_group g where g.product_id = r.product_id and g.name = r."group"), (select g.name from endpoint_group g where g.product_id = r.product_id order by g.position limit 1), r."group")`,
  }
  await db.query(
    `insert into endpoint (${names.join(', ')}) select ${names.map((name) => values[name] ?? `r.${name}`).join(', ')}
     from endpoint_merge m join product p on p.partner_id = m.partner_id and p.id = m.product_id, jsonb_populate_record(null::endpoint, m.snapshot) r where m.id = $1`,
    [mergeId],
  )
}

/** Where the taken one was, the staying one was too; what the staying one has now it was told by its own report, or by the newer one it took over. */
async function takePlaces(db: TenantDb, staying: EndpointRow, taken: EndpointRow): Promise<void> {
  await db.query(
    `insert into endpoint_address as s (partner_id, endpoint_id, address, customer_id, product_id, first_seen_at, last_seen_at)
     select partner_id, $1, address, customer_id, $3, first_seen_at, coalesce(last_seen_at, $4, first_seen_at) from endpoint_address where endpoint_id = $2
     on conflict (partner_id, endpoint_id, address) do update
       set first_seen_at = least(s.first_seen_at, excluded.first_seen_at), last_seen_at = case when s.last_seen_at is not null then greatest(s.last_seen_at, excluded.last_seen_at) end`,
    [staying.id, taken.id, staying.product_id, taken.received_at],
  )
}

/** The merge's row says where each had been. */
const placesOf = (endpoint: 'merged_id' | 'endpoint_id') =>
  `(select r.* from endpoint_merge m, jsonb_populate_recordset(null::endpoint_address, m.places) r where m.id = $1 and r.endpoint_id = m.${endpoint})`

async function putPlacesBack(db: TenantDb, mergeId: string, { customer_id: customerId }: { customer_id: string }): Promise<void> {
  await db.query(
    `insert into endpoint_address as t (partner_id, endpoint_id, address, customer_id, product_id, first_seen_at, last_seen_at)
     select partner_id, endpoint_id, address, $2, product_id, first_seen_at, last_seen_at from ${placesOf('merged_id')} r
     on conflict (partner_id, endpoint_id, address) do update set first_seen_at = excluded.first_seen_at`,
    [mergeId, customerId],
  )
}

/** What the one that stays had from the other goes again; where it was itself by then, or is now, it was. */
async function forgetPlaces(db: TenantDb, mergeId: string, { id: rootId }: { id: string }): Promise<void> {
  await db.query(
    `delete from endpoint_address s using endpoint_merge m, ${placesOf('merged_id')} t
     where m.id = $1 and s.endpoint_id = $2 and s.address = t.address and s.last_seen_at <= m.merged_at and not exists (select from ${placesOf('endpoint_id')} o where o.address = s.address)`,
    [mergeId, rootId],
  )
  await db.query(
    `update endpoint_address s set first_seen_at = o.first_seen_at, last_seen_at = case when s.last_seen_at <= m.merged_at then coalesce(o.last_seen_at, s.last_seen_at) else s.last_seen_at end
     from endpoint_merge m, ${placesOf('endpoint_id')} o where m.id = $1 and s.endpoint_id = $2 and s.address = o.address`,
    [mergeId, rootId],
  )
}

/** Orders to an agent only ever count up: what either identity was told stays below what this one is told next (AGT-4). */
async function raiseRevision(db: TenantDb, id: string, otherId: string): Promise<void> {
  await db.query(
    `update setting_state s set wanted_revision = o.above + 1 from (select greatest(wanted_revision, reported_revision) as above from setting_state where endpoint_id = $2) o
     where s.endpoint_id = $1 and s.wanted_revision > 0 and o.above >= s.wanted_revision`,
    [id, otherId],
  )
}

/** What it was told and said; its customer, agent and group are those it has now, and are looked at again by the settings' own job. */
async function putSettingsBack(db: TenantDb, mergeId: string): Promise<void> {
  const kept = 'time_zone, wanted_revision, wanted, wanted_at, command_id, command_revision, reported_revision, reported, reported_at'
  await db.query(
    `update setting_state s set (${kept}) = (select ${kept} from jsonb_populate_record(null::setting_state, m.setting_state)) from endpoint_merge m where m.id = $1 and m.setting_state is not null and s.endpoint_id = m.merged_id`,
    [mergeId],
  )
}

/** One that was closed because its twin was open opens again if the twin still is; else it ended as the twin did. */
async function moveInfectionsBack(db: TenantDb, of: MergeRow, rootId: string): Promise<void> {
  await db.query('update infection set endpoint_id = $1, product_id = $3 where id = any($2) and endpoint_id = $4', [
    of.merged_id,
    of.infection_ids,
    of.product_id,
    rootId,
  ])
  await db.query(
    `update infection i set closed_at = t.closed_at, closed_how = t.closed_how
     from infection w cross join lateral (
       select s.closed_at, s.closed_how from infection s where s.endpoint_id = $3 and s.category = w.category and s.object_hash = w.object_hash order by s.closed_at is null desc, s.closed_at desc limit 1) t
     where w.id = any($1) and w.endpoint_id = $2 and i.partner_id = w.partner_id and i.id = w.id`,
    [of.twin_infection_ids, of.merged_id, rootId],
  )
}

/** Its records of the same product stay until their term ends; they name it no more. @throws endpoint.still-reporting */
export async function remove(db: TenantDb, endpoint: EndpointRow, now: Date): Promise<void> {
  const { rowCount } = await db.query(`select from agent where id = $1 and switch = 'enabled' and held_by is not null`, [endpoint.agent_id])
  if (rowCount > 0) throw new Problem('endpoint.still-reporting', { endpointId: endpoint.id })
  await db.query('delete from endpoint where id = $1', [endpoint.id])
  await recountEndpoints(db, [endpoint.product_id])
  await tellOf(db, [endpoint], now)
}
