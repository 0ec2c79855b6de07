import type { Carrier, Machine } from '@vigie/domain/agents'
import type { Fall } from '@vigie/domain/identity'
import type { AgentState } from '@vigie/domain/products'
import { markDue } from '../assessment/index.ts'
import type { TenantDb } from '../platform/index.ts'

export interface AgentRow {
  id: string
  customerId: string
  productId: string
  typeId: string
  publicKey: Buffer
  switch: 'enabled' | 'disabled' | 'unregistered'
  state: AgentState
  cause: string | null
  fingerprint: string
  previousFingerprint: string | null
  endpointPrefix: string
  hostname: string
  counter: number
  epoch: string | null
  lastSeq: number
  connectionId: string | null
  /** The process that holds the connection (its mark), and whether that process is alive. */
  heldBy: number | null
  isHeld: boolean
  cloneSeenAt: Date | null
  clonedFromId: string | null
  role: 'own' | 'endpoint'
  formerNames: string[]
  /** Its last hellos whose count fell back, and where it was (R10). */
  falls: Fall[]
  addresses: string[]
  /** What its own engine last complained of. */
  engineProblem: string | null
}

/** Locks until commit. Null: not there (any more). @param markClass of the processes' advisory locks: who holds none is dead */
export async function lockAgent(db: TenantDb, id: string, markClass: number): Promise<AgentRow | null> {
  const {
    rows: [row],
  } = await db.query<AgentRow>(
    `select a.id, a.customer_id as "customerId", a.product_id as "productId", p.type_id as "typeId", a.public_key as "publicKey", a.switch, a.state, a.cause, a.fingerprint,
       a.previous_fingerprint as "previousFingerprint", a.endpoint_prefix as "endpointPrefix", a.hostname, a.counter, a.epoch, a.last_seq as "lastSeq", a.connection_id as "connectionId",
       a.held_by as "heldBy", a.held_by is not null and not pg_try_advisory_xact_lock_shared($2, a.held_by) as "isHeld", a.clone_seen_at as "cloneSeenAt", a.cloned_from_id as "clonedFromId", a.role, a.former_names as "formerNames", a.falls, a.addresses,
       coalesce(
         (select e.engine_problem from endpoint e where e.partner_id = a.partner_id and e.product_id = a.product_id and e.key = a.endpoint_prefix || a.fingerprint),
         (select e.engine_problem from endpoint_alias l join endpoint e on e.partner_id = l.partner_id and e.id = l.endpoint_id where l.product_id = a.product_id and l.key = a.endpoint_prefix || a.fingerprint)) as "engineProblem"
     from agent a join product p on p.partner_id = a.partner_id and p.id = a.product_id where a.id = $1 for no key update of a`,
    [id, markClass],
  )
  return row ?? null
}

export interface Connected {
  connectionId: string
  heldBy: number
  counter: number
  epoch: string
  lastSeq: number
  machine: Machine
  previousFingerprint: string | null
  formerNames: readonly string[]
  /** The site server's agent that carries it; null: none (AGT-8). */
  viaAgentId: string | null
  by: Carrier
  /** Why not by a WebSocket, as the agent says; null: it is by one, or it did not say. */
  pollingReason: string | null
  agentVersion: string
  protocol: number
  clockOffsetMs: number
  state: AgentState
  cause: string | null
  at: Date
}

/** The agent is here: its connection, its count, its machine as it says itself. */
export async function connect(db: TenantDb, id: string, now: Connected): Promise<void> {
  await db.query(
    `update agent set connection_id = $2, held_by = $3, counter = $4, epoch = $5, last_seq = $6, hostname = $7, platform = $8, fingerprint = $9, addresses = $10,
       previous_fingerprint = $11, agent_version = $12, protocol = $13, clock_offset_ms = $14, state = $15, cause = $16, last_seen_at = $17, former_names = $18, via_agent_id = $19, carrier = $20, polling_reason = $21 where id = $1`,
    [
      id,
      now.connectionId,
      now.heldBy,
      now.counter,
      now.epoch,
      now.lastSeq,
      now.machine.hostname,
      now.machine.platform,
      now.machine.fingerprint,
      now.machine.addresses,
      now.previousFingerprint,
      now.agentVersion,
      now.protocol,
      now.clockOffsetMs,
      now.state,
      now.cause,
      now.at,
      now.formerNames,
      now.viaAgentId,
      now.by,
      now.pollingReason,
    ],
  )
}

/** Its count fell back: kept, so that two that take turns show (R10). */
export async function keepFalls(db: TenantDb, id: string, falls: readonly Fall[]): Promise<void> {
  await db.query('update agent set falls = $2 where id = $1', [id, JSON.stringify(falls)])
}

/** What is seen of an agent from outside changed. Nothing is written, and nobody is told, when it did not. */
export async function setState(
  db: TenantDb,
  agent: { id: string; productId: string; customerId: string },
  state: AgentState,
  cause: string | null,
): Promise<void> {
  const { rowCount } = await db.query(
    "update agent set state = $2, cause = $3 where id = $1 and (state, coalesce(cause, '')) is distinct from ($2, coalesce($3, ''))",
    [agent.id, state, cause],
  )
  if (rowCount > 0) await showProductState(db, agent)
}

/** A product's state is that of its newest agent that still has its identity; of the newest one, if none has; a site's endpoints don't speak for it (AGT-8). Tells the consoles. */
export async function showProductState(db: TenantDb, of: { productId: string; customerId: string }): Promise<void> {
  await db.query(
    `update product p set state = a.state from (select state from agent where product_id = $1 order by role = 'endpoint', switch = 'unregistered', registered_at desc limit 1) a
     where p.id = $1 and p.state <> a.state`,
    [of.productId],
  )
  // who is heard and who is not is assessed too (EVT-1)
  await markDue(db, [of], new Date(0)) // at once, whatever the clock says
  db.announce({ kind: 'product', id: of.productId, customerId: of.customerId })
}

/**
 * A sign of life also counts for the product and the customer, which are indexed by it: so at most every 45 s each. In the order of ids: several do this at once.
 * @param unlessMs what was heard so lately is left alone
 */
export async function touch(
  db: TenantDb,
  products: readonly string[],
  customers: readonly string[],
  at: Date,
  unlessMs = 0,
): Promise<void> {
  for (const [table, ids] of [
    ['product', products],
    ['customer', customers],
  ] as const) {
    if (ids.length === 0) continue
    await db.query(
      `update ${table} set last_seen_at = $2 where id in (select id from ${table} where id = any($1) and (last_seen_at is null or last_seen_at < $3) order by id for no key update)`,
      [ids, at, new Date(at.getTime() - unlessMs)],
    )
  }
}

export interface Beat {
  agentId: string
  connectionId: string
  at: Date
  clockOffsetMs: number
}

/** Signs of life of many agents in one statement, in the order of ids. @returns those that still speak for their agent */
export async function storeBeats(db: TenantDb, beats: readonly Beat[]): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>(
    `with held as materialized (select id from agent where id = any($2) order by id for no key update)
     update agent a set last_seen_at = greatest(a.last_seen_at, s.at), clock_offset_ms = s."offset"
     from json_to_recordset($1) as s (id uuid, connection uuid, at timestamptz, "offset" integer), (select count(*) from held) h
     where a.id = any($2) and s.id = a.id and a.connection_id = s.connection returning a.id`,
    [
      JSON.stringify(
        beats.map(({ agentId, connectionId, at, clockOffsetMs }) => ({ id: agentId, connection: connectionId, at, offset: clockOffsetMs })),
      ),
      beats.map(({ agentId }) => agentId),
    ],
  )
  return new Set(rows.map(({ id }) => id))
}

/** These connections broke without a goodbye: nobody holds them, but their agents are still expected back. */
export async function letGo(db: TenantDb, connectionIds: readonly string[], agentIds: readonly string[]): Promise<void> {
  await db.query(
    'update agent set held_by = null where id in (select id from agent where id = any($1) order by id for no key update) and connection_id = any($2)',
    [agentIds, connectionIds],
  )
}

/** Ends presence properly. False: another connection speaks for the agent by now. */
export async function disconnect(db: TenantDb, id: string, connectionId: string, at: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    'update agent set connection_id = null, held_by = null, last_seen_at = $3 where id = $1 and connection_id = $2',
    [id, connectionId, at],
  )
  return rowCount > 0
}

/**
 * Agents that vanished: no sign of life since. Those that a site server carried say so where it is the site server that is away: one cause, not as many alarms (AGT-8).
 * Plan: index agent_connected_seen (store.plan.test.ts).
 */
export async function loseSilent(
  db: TenantDb,
  since: Date,
  limit: number,
): Promise<{ id: string; productId: string; customerId: string; connectionId: string }[]> {
  const { rows } = await db.query<{ id: string; productId: string; customerId: string; connectionId: string }>(
    `with lost as materialized (select id, connection_id, via_agent_id from agent where connection_id is not null and last_seen_at < $1 order by last_seen_at limit $2 for no key update skip locked),
     away as materialized (select v.id from agent v where v.id in (select via_agent_id from lost) and (v.held_by is null or v.last_seen_at < $1))
     update agent a set state = case a.switch when 'enabled' then 'abnormal' else a.state end, connection_id = null, held_by = null,
       cause = case when a.switch = 'enabled' and lost.via_agent_id in (select id from away) then 'site-server-away' end
     from lost where a.id = lost.id returning a.id, a.product_id as "productId", a.customer_id as "customerId", lost.connection_id as "connectionId"`,
    [since, limit],
  )
  return rows
}

/** Where a product's site server listens, as it says itself (AGT-8). False: it says nothing new. */
export async function keepSite(
  db: TenantDb,
  site: {
    productId: string
    customerId: string
    agentId: string
    urls: readonly string[]
    caFingerprint: string
    problem: string | null
    at: Date
  },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into site_server as s (partner_id, product_id, customer_id, agent_id, urls, ca_fingerprint, problem, reported_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (partner_id, product_id) do update set agent_id = excluded.agent_id, urls = excluded.urls, ca_fingerprint = excluded.ca_fingerprint, problem = excluded.problem, reported_at = excluded.reported_at
     where (s.agent_id, s.urls, s.ca_fingerprint, coalesce(s.problem, '')) is distinct from (excluded.agent_id, excluded.urls, excluded.ca_fingerprint, coalesce(excluded.problem, ''))`,
    [db.tenant.partnerId, site.productId, site.customerId, site.agentId, site.urls, site.caFingerprint, site.problem, site.at],
  )
  return rowCount > 0
}

/** What a site server holds back, as it says itself (AGT-8); null: its connection is gone, and with it what it held. False: it says nothing new. */
export async function keepHeld(
  db: TenantDb,
  site: { productId: string; agentId: string; held: { records: number; bytes: number; oldestMs: number } | null; at: Date },
): Promise<boolean> {
  const { records, bytes, oldestMs } = site.held ?? { records: 0, bytes: 0, oldestMs: 0 }
  const { rowCount } = await db.query(
    `update site_server set held_records = $3, held_bytes = $4, held_since = $5, held_at = $6
     where product_id = $1 and agent_id = $2 and (held_at is null or held_records <> $3 or held_bytes <> $4 or held_records > 0)`,
    [site.productId, site.agentId, records, bytes, records > 0 ? new Date(site.at.getTime() - oldestMs) : null, site.at],
  )
  return rowCount > 0
}
