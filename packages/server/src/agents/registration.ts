import type { Machine } from '@vigie/domain/agents'
import type { TenantDb } from '../platform/index.ts'

export interface RegisteringProduct {
  id: string
  customerId: string
  typeId: string
  description: string
  keyHash: Buffer | null
  keyExpiresAt: Date | null
  keyUsedAt: Date | null
}

/** Locks until commit: of two installations with one key the second waits, and finds it used. */
export async function lockProduct(db: TenantDb, id: string): Promise<RegisteringProduct | null> {
  const {
    rows: [row],
  } = await db.query<RegisteringProduct>(
    `select id, customer_id as "customerId", type_id as "typeId", description, key_hash as "keyHash", key_expires_at as "keyExpiresAt", key_used_at as "keyUsedAt"
     from product where id = $1 for no key update`,
    [id],
  )
  return row ?? null
}

export interface Registered {
  id: string
  productId: string
  switch: 'enabled' | 'disabled' | 'unregistered'
  role: 'own' | 'endpoint'
  clonedFromId: string | null
}
export async function byPublicKey(db: TenantDb, publicKey: Buffer): Promise<Registered | null> {
  const {
    rows: [row],
  } = await db.query<Registered>(
    'select id, product_id as "productId", switch, role, cloned_from_id as "clonedFromId" from agent where public_key = $1',
    [publicKey],
  )
  return row ?? null
}

export interface NewAgent {
  id: string
  productId: string
  customerId: string
  publicKey: Buffer
  machine: Machine
  agentVersion: string
  protocol: number
  clonedFromId: string | null
  endpointPrefix: string
  role: 'own' | 'endpoint'
  formerNames: readonly string[]
  at: Date
}
export async function insertAgent(db: TenantDb, agent: NewAgent): Promise<void> {
  const { machine } = agent
  await db.query(
    `insert into agent (partner_id, id, customer_id, product_id, public_key, hostname, platform, fingerprint, addresses, agent_version, protocol, cloned_from_id, endpoint_prefix, registered_at, role,
       former_names)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
    [
      db.tenant.partnerId,
      agent.id,
      agent.customerId,
      agent.productId,
      agent.publicKey,
      machine.hostname,
      machine.platform,
      machine.fingerprint,
      machine.addresses,
      agent.agentVersion,
      agent.protocol,
      agent.clonedFromId,
      agent.endpointPrefix,
      agent.at,
      agent.role,
      agent.formerNames,
    ],
  )
}

/** The same key pair registers again after its identity was taken away: it is the same agent, with a new life. */
export async function reviveAgent(
  db: TenantDb,
  id: string,
  agent: Pick<NewAgent, 'machine' | 'agentVersion' | 'protocol' | 'role' | 'at'>,
): Promise<void> {
  await db.query(
    `update agent set switch = 'enabled', state = 'unknown', cause = null, counter = 0, epoch = null, last_seq = 0, connection_id = null, held_by = null, hostname = $2, platform = $3,
       former_names = case when fingerprint = $4 then former_names else array_remove(array_append(former_names, fingerprint), $4) end, fingerprint = $4, previous_fingerprint = null,
       addresses = $5, agent_version = $6, protocol = $7, registered_at = $8, role = $9, via_agent_id = null where id = $1`,
    [
      id,
      agent.machine.hostname,
      agent.machine.platform,
      agent.machine.fingerprint,
      agent.machine.addresses,
      agent.agentVersion,
      agent.protocol,
      agent.at,
      agent.role,
    ],
  )
}

export async function spendKey(db: TenantDb, productId: string, at: Date): Promise<void> {
  await db.query('update product set key_used_at = $2 where id = $1', [productId, at])
}

/** PRD-2: somebody speaks for the product already; a site's endpoints and copies of nobody's don't count. */
export async function isSpokenFor(db: TenantDb, productId: string): Promise<boolean> {
  return (
    (await db.query(`select from agent where product_id = $1 and role = 'own' and switch <> 'unregistered' limit 1`, [productId]))
      .rowCount > 0
  )
}

export interface EndpointKey {
  id: string
  maxUses: number
  uses: number
  expiresAt: Date
  revokedAt: Date | null
}
/** The key of a site's endpoints with this hash, whatever its state; locked until commit: uses are counted one after the other (R9). */
export async function lockEndpointKey(db: TenantDb, productId: string, hash: Buffer): Promise<EndpointKey | null> {
  const {
    rows: [row],
  } = await db.query<EndpointKey>(
    `select id, max_uses as "maxUses", uses, expires_at as "expiresAt", revoked_at as "revokedAt" from site_key where product_id = $1 and key_hash = $2 for no key update`,
    [productId, hash],
  )
  return row ?? null
}
export async function spendEndpointKey(db: TenantDb, id: string): Promise<void> {
  await db.query('update site_key set uses = uses + 1 where id = $1', [id])
}

/** Another agent of the product names its endpoints by this fingerprint too. */
export async function isFingerprintTaken(db: TenantDb, productId: string, fingerprint: string): Promise<boolean> {
  const { rowCount } = await db.query(`select from agent where product_id = $1 and fingerprint = $2 and endpoint_prefix = '' limit 1`, [
    productId,
    fingerprint,
  ])
  return rowCount > 0
}

/** What a clone told under the shared identity about itself becomes its own. */
export async function giveEndpoint(db: TenantDb, productId: string, key: string, agentId: string): Promise<void> {
  await db.query('update endpoint set agent_id = $3 where product_id = $1 and key = $2', [productId, key, agentId])
}

/** How many copies of an agent took an identity of their own since. Plan: the product's agents. */
export async function countCopies(db: TenantDb, originalId: string, since: Date): Promise<number> {
  const {
    rows: [row],
  } = await db.query<{ count: number }>(
    'select count(*)::integer as count from agent a join agent o on o.partner_id = a.partner_id and o.id = $1 where a.product_id = o.product_id and a.cloned_from_id = $1 and a.registered_at > $2',
    [originalId, since],
  )
  return row!.count
}

export async function markCloneSeen(db: TenantDb, id: string, at: Date | null): Promise<void> {
  await db.query('update agent set clone_seen_at = $2 where id = $1', [id, at])
}
