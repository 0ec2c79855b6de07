import type { EndpointItem } from '@vigie/domain/agents'
import { reportedServices } from '@vigie/domain/categories'
import type { TenantDb } from '../platform/index.ts'

/** Where an agent's count stands, locked until commit: whoever moves it alone stores what it counts (R22). */
export interface Position {
  id: string
  epoch: string | null
  lastSeq: number
  connectionId: string | null
  state: string
  cause: string | null
  switch: string
}

/** In the order of ids: several of these run at once. */
export async function lockPositions(db: TenantDb, agentIds: readonly string[]): Promise<Map<string, Position>> {
  const { rows } = await db.query<Position>(
    `select id, epoch, last_seq as "lastSeq", connection_id as "connectionId", state, cause, switch from agent where id = any($1) order by id for no key update`,
    [agentIds],
  )
  return new Map(rows.map((row) => [row.id, row]))
}

export interface KnownEndpoint {
  id: string
  openInfections: number
}
export const endpointName = (productId: string, key: string) => `${productId} ${key}`

export async function findEndpoints(
  db: TenantDb,
  wanted: readonly { productId: string; key: string }[],
): Promise<Map<string, KnownEndpoint>> {
  const { rows } = await db.query<{ product_id: string; key: string; id: string; open_infections: number }>(
    `select e.product_id, e.key, e.id, e.open_infections from unnest($1::uuid[], $2::text[]) as w (product_id, key) join endpoint e on e.product_id = w.product_id and e.key = w.key`,
    [wanted.map(({ productId }) => productId), wanted.map(({ key }) => key)],
  )
  return new Map(rows.map((row) => [endpointName(row.product_id, row.key), { id: row.id, openInfections: row.open_infections }]))
}

export interface Alias extends KnownEndpoint {
  customerId: string
  productId: string
  key: string
}
/** Names that stand for another endpoint, because they were merged (INV-3): what comes under them is that one's. */
export async function findAliases(db: TenantDb, wanted: readonly { productId: string; key: string }[]): Promise<Map<string, Alias>> {
  const { rows } = await db.query<{
    asked_product: string
    asked_key: string
    id: string
    customer_id: string
    product_id: string
    key: string
    open_infections: number
  }>(
    `select a.product_id as asked_product, a.key as asked_key, e.id, e.customer_id, e.product_id, e.key, e.open_infections
     from unnest($1::uuid[], $2::text[]) as w (product_id, key) join endpoint_alias a on a.product_id = w.product_id and a.key = w.key join endpoint e on e.partner_id = a.partner_id and e.id = a.endpoint_id`,
    [wanted.map(({ productId }) => productId), wanted.map(({ key }) => key)],
  )
  return new Map(
    rows.map((row) => [
      endpointName(row.asked_product, row.asked_key),
      { id: row.id, openInfections: row.open_infections, customerId: row.customer_id, productId: row.product_id, key: row.key },
    ]),
  )
}

export interface EndpointRow {
  id: string
  customerId: string
  productId: string
  agentId: string
  key: string
  /** What it is called until it says itself. */
  name: string
  /** Null: only its name is known yet, from a detection. */
  report: { item: EndpointItem; collectedAt: Date } | null
}

/** Replaces what was known; a row without a report only makes sure that the endpoint is there. New ones go to the product's group for them, or the default one of their platform (PRD-3), and are counted. */
export async function upsertEndpoints(db: TenantDb, rows: readonly EndpointRow[], now: Date): Promise<Map<string, KnownEndpoint>> {
  const { rows: stored } = await db.query<{
    id: string
    product_id: string
    customer_id: string
    key: string
    group: string
    open_infections: number
    is_new: boolean
  }>(upsert, [db.tenant.partnerId, now, JSON.stringify(rows.map(toJson))])
  const fresh = stored.filter((row) => row.is_new)
  if (fresh.length > 0) await countNew(db, fresh)
  for (const row of stored) db.announce({ kind: 'endpoint', id: row.id, customerId: row.customer_id })
  return new Map(stored.map((row) => [endpointName(row.product_id, row.key), { id: row.id, openInfections: row.open_infections }]))
}

const upsert = `
  insert into endpoint as e (partner_id, id, customer_id, product_id, agent_id, key, name, "group", addresses, platform, engine, engine_version, pattern_version, pattern_built_at,
    update_checked_at, real_time_scan, scan_running, scan_started_at, scan_finished_at, engine_problem, health, collected_at, received_at, created_at)
  select $1, r.id, r.customer_id, r.product_id, r.agent_id, r.key, r.name, coalesce(g.name, 'servers'), coalesce(r.addresses, '{}'), coalesce(r.platform, ''), r.engine, r.engine_version,
    r.pattern_version, r.pattern_built_at, r.update_checked_at, coalesce(r.real_time_scan, 'unknown'), coalesce(r.scan_running, false), r.scan_started_at, r.scan_finished_at, r.engine_problem, r.health,
    r.collected_at, case when r.collected_at is not null then $2::timestamptz end, $2
  from json_to_recordset($3) as r (id uuid, customer_id uuid, product_id uuid, agent_id uuid, key text, name text, addresses text[], platform text, engine text, engine_version text,
      pattern_version text, pattern_built_at timestamptz, update_checked_at timestamptz, real_time_scan text, scan_running boolean, scan_started_at timestamptz, scan_finished_at timestamptz,
      engine_problem text, health jsonb, collected_at timestamptz)
    left join lateral (
      select g.name from endpoint_group g join product p on p.partner_id = g.partner_id and p.id = g.product_id where g.product_id = r.product_id
      order by coalesce(g.name = p.new_endpoint_group, false) desc, coalesce(g.name = vigie.platform_kind(r.platform) || 's', false) desc, g.position, g.name limit 1
    ) g on true
  order by r.product_id, r.key
  on conflict (partner_id, product_id, key) do update set
    agent_id = excluded.agent_id,
    name = case when excluded.received_at is null then e.name else excluded.name end,
    addresses = case when excluded.received_at is null then e.addresses else excluded.addresses end,
    platform = case when excluded.received_at is null then e.platform else excluded.platform end,
    engine = case when excluded.received_at is null then e.engine else excluded.engine end,
    engine_version = case when excluded.received_at is null then e.engine_version else excluded.engine_version end,
    pattern_version = case when excluded.received_at is null then e.pattern_version else excluded.pattern_version end,
    pattern_built_at = case when excluded.received_at is null then e.pattern_built_at else excluded.pattern_built_at end,
    update_checked_at = case when excluded.received_at is null then e.update_checked_at else excluded.update_checked_at end,
    real_time_scan = case when excluded.received_at is null then e.real_time_scan else excluded.real_time_scan end,
    scan_running = case when excluded.received_at is null then e.scan_running else excluded.scan_running end,
    scan_started_at = case when excluded.received_at is null then e.scan_started_at else excluded.scan_started_at end,
    scan_finished_at = case when excluded.received_at is null then e.scan_finished_at else excluded.scan_finished_at end,
    engine_problem = case when excluded.received_at is null then e.engine_problem else excluded.engine_problem end,
    health = case when excluded.received_at is null then e.health else excluded.health end,
    collected_at = coalesce(excluded.collected_at, e.collected_at),
    received_at = coalesce(excluded.received_at, e.received_at)
  returning e.id, e.product_id, e.customer_id, e.key, e."group", e.open_infections, xmax = 0 as is_new`

const toJson = ({ id, customerId, productId, agentId, key, name, report }: EndpointRow) => {
  const base = { id, customer_id: customerId, product_id: productId, agent_id: agentId, key, name }
  if (!report) return base
  const { item, collectedAt } = report
  const { engine } = item
  return {
    ...base,
    name: item.name || name,
    addresses: item.addresses,
    platform: item.platform,
    collected_at: collectedAt,
    ...(item.health && { health: healthOf(item.health) }),
    ...(engine && {
      engine: engine.engine,
      engine_version: engine.engineVersion,
      pattern_version: engine.patternVersion,
      pattern_built_at: engine.patternBuiltAt,
      update_checked_at: engine.updateCheckedAt,
      real_time_scan: engine.realTimeScan,
      scan_running: engine.scan.isRunning,
      scan_started_at: engine.scan.startedAt,
      scan_finished_at: engine.scan.finishedAt,
      engine_problem: engine.problem,
    }),
  }
}

/** As assessments read it: the least free share, and what is down by name. The first of two times stands. */
function healthOf({ disks = [], down = [], mail = null, licence = null }: NonNullable<EndpointItem['health']>) {
  const ratios = disks.filter(({ sizeBytes }) => sizeBytes > 0).map(({ sizeBytes, freeBytes }) => Math.min(1, freeBytes / sizeBytes))
  const known = down
    .filter(({ service }) => (reportedServices as readonly string[]).includes(service))
    .toSorted((a, b) => Date.parse(b.since) - Date.parse(a.since))
  return {
    ...(disks.length > 0 && { disks }),
    ...(ratios.length > 0 && { freeRatio: Math.min(...ratios) }),
    ...(known.length > 0 && { down: Object.fromEntries(known.map(({ service, since }) => [service, since])) }),
    ...(mail && { mail }),
    ...(licence && { licence }),
  }
}

/** Kept counts: product, group, customer, in the order every transaction takes them. */
async function countNew(
  db: TenantDb,
  fresh: readonly { id: string; product_id: string; customer_id: string; group: string }[],
): Promise<void> {
  await leaveGoneGroups(db, fresh)
  const rows = JSON.stringify(fresh)
  const input = 'json_to_recordset($1) as r (product_id uuid, customer_id uuid, "group" text)'
  await Promise.all([
    db.query(
      `update product p set endpoint_count = p.endpoint_count + r.n from (select product_id, count(*) as n from ${input} group by 1 order by 1) r where p.id = r.product_id`,
      [rows],
    ),
    db.query(
      `update endpoint_group g set endpoint_count = g.endpoint_count + r.n from (select product_id, "group", count(*) as n from ${input} group by 1, 2 order by 1, 2) r
       where g.product_id = r.product_id and g.name = r."group"`,
      [rows],
    ),
    db.query(
      `update customer c set endpoint_count = c.endpoint_count + r.n from (select customer_id, count(*) as n from ${input} group by 1 order by 1) r where c.id = r.customer_id`,
      [rows],
    ),
  ])
}

/** A group that was deleted between our choice of it and now holds nothing any more: theirs is the first default one. Locks the groups, so that none goes before we commit. */
async function leaveGoneGroups(db: TenantDb, fresh: readonly { id: string; product_id: string; group: string }[]): Promise<void> {
  const { rows } = await db.query<{ product_id: string; name: string; position: number; label: string | null }>(
    'select product_id, name, position, label from endpoint_group where product_id = any($1::uuid[]) order by product_id, name for no key update',
    [[...new Set(fresh.map((row) => row.product_id))]],
  )
  const there = new Set(rows.map((row) => `${row.product_id} ${row.name}`))
  for (const row of fresh.filter((one) => !there.has(`${one.product_id} ${one.group}`))) {
    const first = rows
      .filter((group) => group.product_id === row.product_id && group.label === null)
      .toSorted((a, b) => a.position - b.position)[0]
    if (!first) continue // a product without groups: made past us (tests)
    await db.query('update endpoint set "group" = $2 where id = $1', [row.id, first.name])
    row.group = first.name
  }
}

export interface Stored {
  id: string
  lastSeq: number
}
export async function moveSequences(db: TenantDb, moved: readonly Stored[], now: Date): Promise<void> {
  await db.query(
    `update agent a set last_seq = r.seq, last_seen_at = greatest(a.last_seen_at, $2) from json_to_recordset($1) as r (id uuid, seq bigint) where a.id = any($3) and a.id = r.id`,
    [JSON.stringify(moved.map(({ id, lastSeq }) => ({ id, seq: lastSeq }))), now, moved.map(({ id }) => id)],
  )
}

/** What an agent's engine can be told to do now, and what it complains of. */
export async function showEngines(
  db: TenantDb,
  agents: readonly { id: string; commands: EndpointItem['commands']; state: string; cause: string | null }[],
): Promise<void> {
  await db.query(
    `update agent a set commands = r.commands, state = r.state, cause = r.cause from json_to_recordset($1) as r (id uuid, commands jsonb, state text, cause text) where a.id = any($2) and a.id = r.id`,
    [JSON.stringify(agents), agents.map(({ id }) => id)],
  )
}

/** A product's state is that of its own newest agent (as agents.showProductState), for several at once. */
export async function showProducts(db: TenantDb, products: readonly { productId: string; customerId: string }[]): Promise<void> {
  await db.query(
    `update product p set state = n.state from (select id from product where id = any($1) order by id for no key update) w,
       lateral (select state from agent where product_id = w.id order by role = 'endpoint', switch = 'unregistered', registered_at desc limit 1) n
     where p.id = w.id and p.state <> n.state`,
    [products.map(({ productId }) => productId)],
  )
  for (const { productId, customerId } of products) db.announce({ kind: 'product', id: productId, customerId })
}

export interface Letter {
  id: string
  customerId: string
  productId: string
  agentId: string
  epoch: string
  seq: number
  reason: string
  item: string
}
export async function insertLetters(db: TenantDb, letters: readonly Letter[], now: Date): Promise<void> {
  await db.query(
    `insert into dead_letter (partner_id, id, customer_id, product_id, agent_id, epoch, seq, reason, item, received_at)
     select $1, r.id, r."customerId", r."productId", r."agentId", r.epoch, r.seq, r.reason, r.item, $2
     from json_to_recordset($3) as r (id uuid, "customerId" uuid, "productId" uuid, "agentId" uuid, epoch uuid, seq bigint, reason text, item text)`,
    [db.tenant.partnerId, now, JSON.stringify(letters)],
  )
}
