import { Problem } from '@vigie/domain/kernel'
import type { EndpointKey, Site } from '@vigie/domain/sites'
import { newId, newToken, type TenantDb } from '../platform/index.ts'
import { hashOfKey } from '../products/index.ts'

export interface SiteProduct {
  id: string
  customerId: string
  typeId: string
  guid: string
  description: string
}

/** @throws product.not-found */
export async function product(db: TenantDb, id: string): Promise<SiteProduct> {
  const {
    rows: [row],
  } = await db.query<SiteProduct>(
    'select id, customer_id as "customerId", type_id as "typeId", guid, description from product where id = $1',
    [id],
  )
  if (!row) throw new Problem('product.not-found', { productId: id })
  return row
}

interface KeyRow {
  id: string
  max_uses: number
  uses: number
  expires_at: Date
  revoked_at: Date | null
  created_at: Date
  created_by: string
}

const stateOf = (row: KeyRow, now: Date): EndpointKey['state'] =>
  row.revoked_at !== null ? 'revoked' : row.uses >= row.max_uses ? 'used-up' : row.expires_at <= now ? 'expired' : 'usable'

/** Newest first. */
export async function keysOf(db: TenantDb, productId: string, now: Date): Promise<EndpointKey[]> {
  const { rows } = await db.query<KeyRow>(
    'select id, max_uses, uses, expires_at, revoked_at, created_at, created_by from site_key where product_id = $1 order by created_at desc, id limit 50',
    [productId],
  )
  return rows.map((row) => ({
    id: row.id,
    machines: row.max_uses,
    used: row.uses,
    state: stateOf(row, now),
    expiresAt: row.expires_at.toISOString(),
    createdAt: row.created_at.toISOString(),
    createdBy: row.created_by,
  }))
}

export interface SiteRow {
  agentId: string
  hostname: string
  state: NonNullable<Site['server']>['state']
  urls: string[]
  caFingerprint: string
  problem: string | null
  reportedAt: Date
  heldRecords: number
  heldBytes: number
  heldSince: Date | null
  heldAt: Date | null
}
/** Null: its site server has not said anything yet. */
export async function serverOf(db: TenantDb, productId: string): Promise<SiteRow | null> {
  const {
    rows: [row],
  } = await db.query<SiteRow>(
    `select s.agent_id as "agentId", a.hostname, a.state, s.urls, s.ca_fingerprint as "caFingerprint", s.problem, s.reported_at as "reportedAt",
       s.held_records as "heldRecords", s.held_bytes::float8 as "heldBytes", s.held_since as "heldSince", s.held_at as "heldAt"
     from site_server s join agent a on a.partner_id = s.partner_id and a.id = s.agent_id where s.product_id = $1`,
    [productId],
  )
  return row ?? null
}

export async function endpointsOf(db: TenantDb, productId: string): Promise<Site['endpoints']> {
  const {
    rows: [row],
  } = await db.query<Site['endpoints']>(
    `select count(*)::integer as all, count(*) filter (where held_by is not null and via_agent_id is not null)::integer as through,
       count(*) filter (where held_by is not null and via_agent_id is null)::integer as direct, count(*) filter (where held_by is null)::integer as away
     from agent where product_id = $1 and role = 'endpoint' and switch <> 'unregistered'`,
    [productId],
  )
  return row!
}

/** Only its hash is kept (R9). */
export async function addKey(
  db: TenantDb,
  product: Pick<SiteProduct, 'id' | 'customerId'>,
  key: { machines: number; expiresAt: Date; createdBy: string; at: Date },
): Promise<{ id: string; key: string }> {
  const [id, text] = [newId(key.at), newToken()]
  await db.query(
    `insert into site_key (partner_id, id, customer_id, product_id, key_hash, max_uses, expires_at, created_by, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [db.tenant.partnerId, id, product.customerId, product.id, hashOfKey(text), key.machines, key.expiresAt, key.createdBy, key.at],
  )
  return { id, key: text }
}

/** Locks until commit. @throws endpoint-key.not-found */
export async function lockKey(
  db: TenantDb,
  productId: string,
  id: string,
): Promise<{ uses: number; machines: number; revokedAt: Date | null }> {
  const {
    rows: [row],
  } = await db.query<{ uses: number; machines: number; revokedAt: Date | null }>(
    'select uses, max_uses as machines, revoked_at as "revokedAt" from site_key where product_id = $1 and id = $2 for update',
    [productId, id],
  )
  if (!row) throw new Problem('endpoint-key.not-found', { endpointKeyId: id })
  return row
}

export async function revokeKey(db: TenantDb, id: string, at: Date): Promise<void> {
  await db.query('update site_key set revoked_at = $2 where id = $1', [id, at])
}
