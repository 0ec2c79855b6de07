import type { Role } from '@vigie/domain/access'
import type { Locale } from '@vigie/domain/kernel'
import { Problem } from '@vigie/domain/kernel'
import type { deliveryStates, MailKind } from '@vigie/domain/outbox'
import { keyset, Params, type TenantDb } from '../platform/index.ts'

/** A row as it is kept. `sending`: a process has it now. */
export interface Kept {
  id: string
  kind: MailKind
  recipient: string
  recipientName: string
  locale: Locale
  timeZone: string
  customerId: string | null
  eventId: string | null
  /** Whom it is for; null: an address that is nobody's account. */
  accountId: string | null
  values: Record<string, unknown>
  secret: Buffer | null
  messageId: string
  state: 'waiting' | 'sending' | 'sent' | 'kept' | 'failed'
  attempts: number
  fault: string | null
  createdAt: Date
  nextTryAt: Date | null
  sentAt: Date | null
}

interface Row {
  id: string
  kind: MailKind
  recipient: string
  locale: Locale
  time_zone: string
  customer_id: string | null
  event_id: string | null
  account_id: string | null
  content: { name: string; values: Record<string, unknown> }
  secret_content: Buffer | null
  message_id: string
  state: Kept['state']
  attempts: number
  fault: string | null
  created_at: Date
  next_try_at: Date | null
  sent_at: Date | null
}
const columns =
  'o.id, o.kind, o.recipient, o.locale, o.time_zone, o.customer_id, o.event_id, o.account_id, o.content, o.secret_content, o.message_id, o.state, o.attempts, o.fault, o.created_at, o.next_try_at, o.sent_at'

const toKept = (row: Row): Kept => ({
  id: row.id,
  kind: row.kind,
  recipient: row.recipient,
  recipientName: row.content.name,
  locale: row.locale,
  timeZone: row.time_zone,
  customerId: row.customer_id,
  eventId: row.event_id,
  accountId: row.account_id,
  values: row.content.values,
  secret: row.secret_content,
  messageId: row.message_id,
  state: row.state,
  attempts: row.attempts,
  fault: row.fault,
  createdAt: row.created_at,
  nextTryAt: row.next_try_at,
  sentAt: row.sent_at,
})

export interface NewMail {
  id: string
  kind: MailKind
  key: string
  recipient: string
  recipientName: string
  locale: Locale
  timeZone: string
  customerId: string | null
  eventId: string | null
  accountId: string | null
  values: object
  secret: Buffer | null
  messageId: string
  state: 'waiting' | 'kept'
}
/** @returns false: a mail of this key stands there already (NTF-4) */
export async function insert(db: TenantDb, mail: NewMail, now: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into outbox (partner_id, id, kind, key, recipient, locale, time_zone, customer_id, event_id, content, secret_content, message_id, state, created_at, next_try_at, account_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) on conflict (partner_id, key) do nothing`,
    [
      db.tenant.partnerId,
      mail.id,
      mail.kind,
      mail.key,
      mail.recipient,
      mail.locale,
      mail.timeZone,
      mail.customerId,
      mail.eventId,
      JSON.stringify({ name: mail.recipientName, values: mail.values }),
      mail.secret,
      mail.messageId,
      mail.state,
      now,
      mail.state === 'waiting' ? now : null,
      mail.accountId,
    ],
  )
  return rowCount === 1
}

export async function recipient(
  db: TenantDb,
  accountId: string,
): Promise<{ address: string; name: string; locale: Locale; timeZone: string } | null> {
  const {
    rows: [row],
  } = await db.query<{ email: string; name: string; locale: Locale; time_zone: string }>(
    `select email, vigie.person_name(first_name, last_name) as name, locale, time_zone from account where id = $1`,
    [accountId],
  )
  return row ? { address: row.email, name: row.name, locale: row.locale, timeZone: row.time_zone } : null
}
/** Its role and whether its scope is limited; null: it is gone, or can't sign in. */
export async function activeAccount(db: TenantDb, id: string): Promise<{ role: Role; isScopeLimited: boolean } | null> {
  const {
    rows: [row],
  } = await db.query<{ role: Role; is_scope_limited: boolean }>(
    `select role, is_scope_limited from account where id = $1 and state = 'active'`,
    [id],
  )
  return row ? { role: row.role, isScopeLimited: row.is_scope_limited } : null
}
export async function sees(db: TenantDb, customerId: string): Promise<boolean> {
  return (await db.query('select from customer where id = $1', [customerId])).rowCount === 1
}
/** What the account of this address may do; null: there is none (any more). */
export async function roleAt(db: TenantDb, address: string): Promise<Role | null> {
  const {
    rows: [row],
  } = await db.query<{ role: Role }>('select role from account where email = lower($1)', [address])
  return row?.role ?? null
}
export async function businessName(db: TenantDb): Promise<string> {
  const {
    rows: [row],
  } = await db.query<{ name: string }>('select name from partner where id = $1', [db.tenant.partnerId])
  return row?.name ?? ''
}

/** @throws delivery.not-found */
export async function get(db: TenantDb, id: string, { isLocked = false } = {}): Promise<Kept> {
  const {
    rows: [row],
  } = await db.query<Row>(`select ${columns} from outbox o where o.id = $1${isLocked ? ' for update' : ''}`, [id])
  if (!row) throw new Problem('delivery.not-found')
  return toKept(row)
}

export interface DeliveryQuery {
  limit: number
  cursor?: string | undefined
  sort: string
  q?: string | undefined
  state?: (typeof deliveryStates)[number][] | undefined
  kind?: MailKind[] | undefined
}
export async function list(db: TenantDb, query: DeliveryQuery): Promise<{ rows: Kept[]; nextCursor: string | null }> {
  const params = new Params()
  const page = keyset({ createdAt: [{ sql: 'o.created_at', type: 'timestamptz' }] }, 'o.id', query, params)
  const where = [page.where]
  // who reads sees one state for a mail that waits or is just being handed over
  if (query.state) where.push(`case o.state when 'sending' then 'waiting' else o.state end = any(${params.add(query.state)})`)
  if (query.kind) where.push(`o.kind = any(${params.add(query.kind)})`)
  if (query.q) where.push(`strpos(lower(o.recipient), lower(${params.add(query.q)})) > 0`)
  const { rows } = await db.query<Row & { keys: string[] }>(
    `select ${columns}, ${page.keys} as keys from outbox o where ${where.join(' and ')} order by ${page.orderBy} limit ${page.limit}`,
    params.values,
  )
  const { rows: shown, nextCursor } = page.page(rows)
  return { rows: shown.map(toKept), nextCursor }
}

/**
 * Takes what is due, for this process alone until `leaseUntil`; `attempts` is the number of the claim, and whoever comes back with an older one changes nothing. A row whose process died while the mail server may have had it is not taken but given back as `lost`:
 * what became of it cannot be known.
 */
export async function claim(db: TenantDb, now: Date, leaseUntil: Date, limit: number): Promise<{ claimed: Kept[]; lost: Kept[] }> {
  const { rows } = await db.query<Row & { was_handing_over: boolean }>(
    `update outbox o set
       state = case when due.handing_over_at is null then 'sending' else 'failed' end,
       fault = case when due.handing_over_at is null then o.fault else 'unknown-outcome' end,
       attempts = o.attempts + case when due.handing_over_at is null then 1 else 0 end,
       next_try_at = case when due.handing_over_at is null then $2::timestamptz end
     from (select partner_id, id, handing_over_at from outbox where state in ('waiting', 'sending') and next_try_at <= $1 order by next_try_at limit $3 for update skip locked) due
     where o.partner_id = due.partner_id and o.id = due.id
     returning ${columns}, due.handing_over_at is not null as was_handing_over`,
    [now, leaseUntil, limit],
  )
  return { claimed: rows.filter((row) => !row.was_handing_over).map(toKept), lost: rows.filter((row) => row.was_handing_over).map(toKept) }
}

/** We still live: moves the lease of those that are still ours on. */
export async function prolong(db: TenantDb, mails: readonly Kept[], leaseUntil: Date): Promise<void> {
  await db.query(
    `update outbox o set next_try_at = $3 from unnest($1::uuid[], $2::integer[]) mine (id, attempts) where o.id = mine.id and o.attempts = mine.attempts and o.state = 'sending'`,
    [mails.map((mail) => mail.id), mails.map((mail) => mail.attempts), leaseUntil],
  )
}
/** To be committed before the mail's first byte leaves. @returns false: another process took it over */
export async function beginHandOver(db: TenantDb, mail: Kept, now: Date, leaseUntil: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    `update outbox set handing_over_at = $3, next_try_at = $4 where id = $1 and state = 'sending' and attempts = $2`,
    [mail.id, mail.attempts, now, leaseUntil],
  )
  return rowCount === 1
}
/** The link is of no use to us any more: its secret goes. */
export async function markSent(db: TenantDb, mail: Kept, at: Date): Promise<void> {
  await db.query(
    `update outbox set state = 'sent', sent_at = $3, next_try_at = null, fault = null, secret_content = null where id = $1 and attempts = $2`,
    [mail.id, mail.attempts, at],
  )
}
export async function markFailed(db: TenantDb, mail: Kept, fault: string): Promise<void> {
  await db.query(
    `update outbox set state = 'failed', fault = $3, next_try_at = null where id = $1 and attempts = $2 and state = 'sending'`,
    [mail.id, mail.attempts, fault],
  )
}
export async function markWaiting(db: TenantDb, mail: Kept, fault: string | null, nextTryAt: Date): Promise<void> {
  await db.query(
    `update outbox set state = 'waiting', fault = $3, next_try_at = $4, handing_over_at = null where id = $1 and attempts = $2 and state = 'sending'`,
    [mail.id, mail.attempts, fault, nextTryAt],
  )
}
/** By a person: from the beginning. */
export async function restart(db: TenantDb, id: string, state: 'waiting' | 'kept', now: Date): Promise<void> {
  await db.query(`update outbox set state = $2, fault = null, handing_over_at = null, next_try_at = $3 where id = $1`, [
    id,
    state,
    state === 'waiting' ? now : null,
  ])
}
/** Links that expired long ago open nothing; their sealed rests go too. */
export async function forgetOldSecrets(db: TenantDb, before: Date): Promise<number> {
  const { rowCount } = await db.query('update outbox set secret_content = null where secret_content is not null and created_at < $1', [
    before,
  ])
  return rowCount
}
