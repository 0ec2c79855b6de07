import type { AuditRecord } from '@vigie/domain/audit'
import { withoutAddresses } from '../consent/index.ts'
import { keyset, Params, type TenantDb, type Vault } from '../platform/index.ts'

/** A record as it stands in the chain; names as in the table, since the hash covers them. */
export interface AuditRow {
  partner_id: string
  sequence: number
  id: string
  at: Date
  actor_kind: AuditRecord['actor']['kind']
  actor_id: string | null
  actor_name: string
  actor_role: string | null
  source: AuditRecord['source']
  address: string | null
  activity: string
  customer_id: string | null
  object_kind: string
  object_id: string | null
  object_name: string
  before: Buffer | null
  after: Buffer | null
  hash: Buffer
}
const columns =
  'partner_id, sequence, id, at, actor_kind, actor_id, actor_name, actor_role, source, address, activity, customer_id, object_kind, object_id, object_name, before, after, hash'

export interface AuditQuery {
  limit: number
  cursor?: string | undefined
  sort: string
  q?: string | undefined
  category?: string | undefined
  source?: string | undefined
  actorId?: string | undefined
  customerId?: string | undefined
  from?: string | undefined
  until?: string | undefined
}

/** Plan: indexes audit_pkey, audit_category, audit_customer, audit_actor. `q` searches object, actor and activity. */
export async function list(db: TenantDb, query: AuditQuery): Promise<{ rows: AuditRow[]; nextCursor: string | null }> {
  const params = new Params()
  const page = keyset({ sequence: [{ sql: 'sequence', type: 'integer' }] }, 'id', query, params)
  const where = [page.where]
  if (query.category) where.push(`split_part(activity, '.', 1) = ${params.add(query.category)}`)
  if (query.source) where.push(`source = ${params.add(query.source)}`)
  if (query.actorId) where.push(`actor_id = ${params.add(query.actorId)}`)
  if (query.customerId) where.push(`customer_id = ${params.add(query.customerId)}`)
  if (query.from) where.push(`at >= ${params.add(query.from)}`)
  if (query.until) where.push(`at < ${params.add(query.until)}`)
  if (query.q) where.push(`strpos(lower(object_name || ' ' || actor_name || ' ' || activity), lower(${params.add(query.q)})) > 0`)
  const { rows } = await db.query<AuditRow & { keys: string[] }>(
    `select ${columns}, ${page.keys} as keys from audit where ${where.join(' and ')} order by ${page.orderBy} limit ${page.limit}`,
    params.values,
  )
  return page.page(rows)
}

/** The chain in order, a page at a time. */
export async function pageOfChain(db: TenantDb, after: number, limit: number): Promise<AuditRow[]> {
  return (await db.query<AuditRow>(`select ${columns} from audit where sequence > $1 order by sequence limit $2`, [after, limit])).rows
}
export async function head(db: TenantDb): Promise<{ sequence: number; hash: Buffer } | null> {
  return (await db.query<{ sequence: number; hash: Buffer }>('select sequence, hash from audit_head')).rows[0] ?? null
}

/** Records as they are read by people: network addresses of machines of customers that do not consent to their being seen are left out (ACC-12); the chain keeps them. */
export async function toRecords(db: TenantDb, vault: Vault, rows: readonly AuditRow[]): Promise<AuditRecord[]> {
  const withheld = await withoutAddresses(
    db,
    rows.map((row) => row.customer_id),
  )
  return await Promise.all(
    rows.map(async (row) => {
      const whole = await toRecord(db, vault, row)
      if (row.customer_id === null || !withheld.has(row.customer_id)) return whole
      return {
        ...whole,
        address: row.actor_kind === 'agent' ? null : whole.address,
        before: withoutMachineAddresses(whole.before),
        after: withoutMachineAddresses(whole.after),
      }
    }),
  )
}

/** `addresses` wherever they stand; `address` where it is a machine's: beside its host name. */
function withoutMachineAddresses(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMachineAddresses)
  if (typeof value !== 'object' || value === null) return value
  const isMachine = Object.hasOwn(value, 'hostname')
  return Object.fromEntries(
    Object.entries(value).map(([key, of]) => [
      key,
      key === 'addresses' || (key === 'address' && isMachine) ? null : withoutMachineAddresses(of),
    ]),
  )
}

/** What the record says before and after, unsealed; null also once erasure destroyed the key (R40). */
export async function toRecord(db: TenantDb, vault: Vault, row: AuditRow): Promise<AuditRecord> {
  const open = async (column: 'before' | 'after') => {
    const sealed = row[column]
    if (sealed === null) return null
    const text = await vault.open(db, 'audit', { table: 'audit', column, row: row.id }, sealed)
    return text === null ? null : (JSON.parse(text) as unknown)
  }
  return {
    id: row.id,
    sequence: row.sequence,
    at: row.at.toISOString(),
    actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name, role: row.actor_role },
    source: row.source,
    address: row.address,
    category: row.activity.split('.')[0]!,
    activity: row.activity,
    customerId: row.customer_id,
    object: { kind: row.object_kind, id: row.object_id, name: row.object_name },
    before: await open('before'),
    after: await open('after'),
    hash: row.hash.toString('hex'),
  }
}
