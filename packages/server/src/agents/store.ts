import type { Machine } from '@vigie/domain/agents'
import type { AgentState } from '@vigie/domain/products'
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
  /** What its own engine last complained of. */
  engineProblem: string | null
}

/** Locks until commit. Null: not there (any more). @param markClass of the processes' advisory locks: who holds none is dead */
export async function lockAgent(db: TenantDb, id: string, markClass: number): Promise<AgentRow | null> {
  const { rows: [row] } = await db.query<AgentRow>(
    `select a.id, a.customer_id as "customerId", a.product_id as "productId", p.type_id as "typeId", a.public_key as "publicKey", a.switch, a.state, a.cause, a.fingerprint,
       a.previous_fingerprint as "previousFingerprint", a.endpoint_prefix as "endpointPrefix", a.hostname, a.counter, a.epoch, a.last_seq as "lastSeq", a.connection_id as "connectionId",
       a.held_by as "heldBy", a.held_by is not null and not pg_try_advisory_xact_lock_shared($2, a.held_by) as "isHeld", a.clone_seen_at as "cloneSeenAt", a.cloned_from_id as "clonedFromId",
       (select e.engine_problem from endpoint e where e.partner_id = a.partner_id and e.product_id = a.product_id and e.key = a.endpoint_prefix || a.fingerprint) as "engineProblem"
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
       previous_fingerprint = $11, agent_version = $12, protocol = $13, clock_offset_ms = $14, state = $15, cause = $16, last_seen_at = $17 where id = $1`,
    [
      id, now.connectionId, now.heldBy, now.counter, now.epoch, now.lastSeq, now.machine.hostname, now.machine.platform, now.machine.fingerprint, now.machine.addresses,
      now.previousFingerprint, now.agentVersion, now.protocol, now.clockOffsetMs, now.state, now.cause, now.at,
    ],
  )
}

/** What is seen of an agent from outside changed. Nothing is written, and nobody is told, when it did not. */
export async function setState(db: TenantDb, agent: { id: string; productId: string; customerId: string }, state: AgentState, cause: string | null): Promise<void> {
  const { rowCount } = await db.query('update agent set state = $2, cause = $3 where id = $1 and (state, coalesce(cause, \'\')) is distinct from ($2, coalesce($3, \'\'))', [agent.id, state, cause])
  if (rowCount > 0) await showProductState(db, agent)
}

/** A product's state is that of its newest agent that still has its identity; of the newest one, if none has. Tells the consoles. */
export async function showProductState(db: TenantDb, of: { productId: string; customerId: string }): Promise<void> {
  await db.query(
    `update product p set state = a.state from (select state from agent where product_id = $1 order by switch = 'unregistered', registered_at desc limit 1) a
     where p.id = $1 and p.state <> a.state`,
    [of.productId],
  )
  db.announce({ kind: 'product', id: of.productId, customerId: of.customerId })
}

/** A sign of life also counts for the product and the customer, which are indexed by it: so at most every 45 s each. In the order of ids: several do this at once. */
export async function touch(db: TenantDb, products: readonly string[], customers: readonly string[], at: Date): Promise<void> {
  for (const [table, ids] of [['product', products], ['customer', customers]] as const) {
    if (ids.length === 0) continue
    await db.query(
      `update ${table} set last_seen_at = $2 where id in (select id from ${table} where id = any($1) and (last_seen_at is null or last_seen_at < $2) order by id for no key update)`, [ids, at],
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
    [JSON.stringify(beats.map(({ agentId, connectionId, at, clockOffsetMs }) => ({ id: agentId, connection: connectionId, at, offset: clockOffsetMs }))), beats.map(({ agentId }) => agentId)],
  )
  return new Set(rows.map(({ id }) => id))
}

/** These connections broke without a goodbye: nobody holds them, but their agents are still expected back. */
export async function letGo(db: TenantDb, connectionIds: readonly string[], agentIds: readonly string[]): Promise<void> {
  await db.query(
    'update agent set held_by = null where id in (select id from agent where id = any($1) order by id for no key update) and connection_id = any($2)', [agentIds, connectionIds],
  )
}

/** Ends presence properly. False: another connection speaks for the agent by now. */
export async function disconnect(db: TenantDb, id: string, connectionId: string, at: Date): Promise<boolean> {
  const { rowCount } = await db.query('update agent set connection_id = null, held_by = null, last_seen_at = $3 where id = $1 and connection_id = $2', [id, connectionId, at])
  return rowCount > 0
}

/** Agents that vanished: no sign of life since. Plan: index agent_connected_seen (store.plan.test.ts). */
export async function loseSilent(db: TenantDb, since: Date, limit: number): Promise<{ id: string; productId: string; customerId: string; connectionId: string }[]> {
  const { rows } = await db.query<{ id: string; productId: string; customerId: string; connectionId: string }>(
    `with lost as materialized (select id, connection_id from agent where connection_id is not null and last_seen_at < $1 order by last_seen_at limit $2 for no key update skip locked)
     update agent a set state = case a.switch when 'enabled' then 'abnormal' else a.state end, cause = null, connection_id = null, held_by = null
     from lost where a.id = lost.id returning a.id, a.product_id as "productId", a.customer_id as "customerId", lost.connection_id as "connectionId"`,
    [since, limit],
  )
  return rows
}
