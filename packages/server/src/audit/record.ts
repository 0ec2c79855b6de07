import { createHash } from 'node:crypto'
import { canonicalJson } from '@vigie/domain/agents'
import { newId, type Actor, type Origin, type TenantDb, type Vault } from '../platform/index.ts'

/** Who did it. `system`: a job or the assessment; `operator`: the command line on the server's own console. */
export type Doer =
  | { kind: 'account'; actor: Actor; origin: Origin }
  | { kind: 'agent'; id: string; name: string; address: string | null }
  | { kind: 'system'; name: string }
  | { kind: 'operator'; name: string }

export interface Activity {
  /** Past tense, `slice.what-happened`; a refusal ends in `.refused`. */
  activity: string
  object: { kind: string; id: string | null; name: string }
  customerId?: string | null
  /** No secrets in either (R40); both are sealed. */
  before?: unknown
  after?: unknown
}

/** The bytes a record's hash covers, beside the hash before it. Same in `verify`. */
export function hashOf(previous: Buffer, row: Record<string, unknown>): Buffer {
  return createHash('sha256').update(previous).update(canonicalJson(row)).digest()
}

/**
 * Adds one record to the business's chain, in the caller's transaction: the change and its record happen together or not at all (R40). Locks the
 * chain's head, so call it last. Runs again when the transaction is tried again; dies with it.
 */
export async function record(db: TenantDb, vault: Vault, now: Date, doer: Doer, activity: Activity): Promise<void> {
  await recordAll(db, vault, now, doer, [activity])
}

/** Many at once, each with a record of its own, in the order given: what one did to many customers. */
export async function recordAll(db: TenantDb, vault: Vault, now: Date, doer: Doer, activities: readonly Activity[]): Promise<void> {
  if (activities.length === 0) return
  const { partnerId } = db.tenant
  const sealed: { id: string; activity: Activity; before: Buffer | null; after: Buffer | null }[] = []
  for (const activity of activities) {
    const id = newId(now)
    const seal = async (column: string, value: unknown) =>
      value === undefined || value === null
        ? null
        : await vault.seal(db, 'audit', { table: 'audit', column, row: id }, JSON.stringify(value))
    sealed.push({ id, activity, before: await seal('before', activity.before), after: await seal('after', activity.after) })
  }
  await db.query('insert into audit_head (partner_id) values ($1) on conflict do nothing', [partnerId])
  const {
    rows: [head],
  } = await db.query<{ sequence: number; hash: Buffer }>('select sequence, hash from audit_head for update')
  let { sequence, hash } = head!
  const rows: unknown[] = []
  for (const { id, activity, before, after } of sealed) {
    const row = {
      partner_id: partnerId,
      sequence: ++sequence,
      id,
      at: now.toISOString(),
      actor_kind: doer.kind,
      actor_id: doer.kind === 'account' ? doer.actor.accountId : doer.kind === 'agent' ? doer.id : null,
      actor_name: doer.kind === 'account' ? doer.actor.name : doer.name,
      actor_role: doer.kind === 'account' ? doer.actor.role : null,
      source: doer.kind === 'account' ? doer.origin.source : doer.kind === 'operator' ? 'command-line' : doer.kind,
      address: doer.kind === 'account' ? doer.origin.address : doer.kind === 'agent' ? doer.address : null,
      activity: activity.activity,
      customer_id: activity.customerId ?? null,
      object_kind: activity.object.kind,
      object_id: activity.object.id,
      object_name: activity.object.name,
      before: before?.toString('base64') ?? null,
      after: after?.toString('base64') ?? null,
    }
    hash = hashOf(hash, row)
    rows.push({ ...row, hash: hash.toString('base64') })
  }
  await db.query(
    `insert into audit (partner_id, sequence, id, at, actor_kind, actor_id, actor_name, actor_role, source, address, activity, customer_id, object_kind, object_id, object_name, before, after, hash)
     select partner_id, sequence, id, at, actor_kind, actor_id, actor_name, actor_role, source, address, activity, customer_id, object_kind, object_id, object_name,
       decode(before, 'base64'), decode(after, 'base64'), decode(hash, 'base64')
     from json_to_recordset($1) as r (partner_id uuid, sequence bigint, id uuid, at timestamptz, actor_kind text, actor_id uuid, actor_name text, actor_role text, source text, address text, activity text,
       customer_id uuid, object_kind text, object_id uuid, object_name text, before text, after text, hash text)`,
    [JSON.stringify(rows)],
  )
  await db.query('update audit_head set sequence = $1, hash = $2', [sequence, hash])
  db.markAudited()
}
