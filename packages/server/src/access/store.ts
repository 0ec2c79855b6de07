import { Problem, type Locale } from '@vigie/domain/kernel'
import type { Account, Business, Me, Role, Scope, ScopeLine } from '@vigie/domain/access'
import { keyset, newId, Params, uniqueViolation, type TenantDb } from '../platform/index.ts'

/** An account with what only the server may see of it. */
export interface AccountSecrets {
  passwordHash: string | null
  totpSecret: Buffer | null
  totpPendingSecret: Buffer | null
}

interface Row {
  id: string
  email: string
  first_name: string
  last_name: string
  role: Role
  is_primary: boolean
  state: Account['state']
  has_mfa: boolean
  locale: Locale
  time_zone: string
  is_scope_limited: boolean
  lines: {
    effect: 'allow' | 'deny'
    target: 'all' | 'customer' | 'tag'
    customer_id: string | null
    tag: string | null
    ends_at: string | null
  }[]
  is_told_of_events: boolean
  last_sign_in_at: Date | null
  created_at: Date
  version: number
}

/** A line that names a customer the reader may not know of is not shown to him: the join obeys his row-level security (R2). */
const columns = `a.id, a.email, a.first_name, a.last_name, a.role, a.is_primary, a.state, a.totp_secret is not null as has_mfa, a.locale, a.time_zone, a.is_scope_limited,
  a.is_told_of_events, a.last_sign_in_at, a.created_at, a.version,
  (select coalesce(json_agg(json_build_object('effect', l.effect, 'target', l.target, 'customer_id', l.customer_id, 'tag', l.tag, 'ends_at', l.ends_at) order by l.position), '[]')
   from scope_line l left join customer c on c.partner_id = l.partner_id and c.id = l.customer_id
   where l.partner_id = a.partner_id and l.account_id = a.id and (l.customer_id is null or c.id is not null)) as lines`

function toAccount(row: Row): Account {
  return {
    id: row.id,
    email: row.email,
    firstName: row.first_name,
    lastName: row.last_name,
    role: row.role,
    isPrimary: row.is_primary,
    state: row.state,
    hasMfa: row.has_mfa,
    locale: row.locale,
    timeZone: row.time_zone,
    scope: row.is_scope_limited ? row.lines.map(toLine) : null,
    isToldOfEvents: row.is_told_of_events,
    lastSignInAt: row.last_sign_in_at?.toISOString() ?? null,
    createdAt: row.created_at.toISOString(),
    version: row.version,
  }
}

function toLine({ effect, target, customer_id, tag, ends_at }: Row['lines'][number]): ScopeLine {
  const endsAt = ends_at === null ? null : new Date(ends_at).toISOString()
  if (target === 'customer') return { effect, target: { kind: target, customerId: customer_id! }, endsAt }
  if (target === 'tag') return { effect, target: { kind: target, tag: tag! }, endsAt }
  return { effect, target: { kind: 'all' }, endsAt }
}

/** @throws account.not-found */
export async function get(db: TenantDb, id: string): Promise<Account> {
  const {
    rows: [row],
  } = await db.query<Row>(`select ${columns} from account a where a.id = $1`, [id])
  if (!row) throw new Problem('account.not-found')
  return toAccount(row)
}
/** Locks until commit. @throws account.not-found */
export async function lock(db: TenantDb, id: string): Promise<Account> {
  const { rows } = await db.query('select from account where id = $1 for update', [id])
  if (rows.length === 0) throw new Problem('account.not-found')
  return await get(db, id)
}

export async function secretsOf(db: TenantDb, id: string): Promise<AccountSecrets> {
  const {
    rows: [row],
  } = await db.query<{ password_hash: string | null; totp_secret: Buffer | null; totp_pending_secret: Buffer | null }>(
    'select password_hash, totp_secret, totp_pending_secret from account where id = $1',
    [id],
  )
  if (!row) throw new Problem('account.not-found')
  return { passwordHash: row.password_hash, totpSecret: row.totp_secret, totpPendingSecret: row.totp_pending_secret }
}

const sorts = {
  email: [{ sql: 'a.email', type: 'text' }],
  lastName: [{ sql: 'lower(a.last_name)', type: 'text' }],
  role: [{ sql: 'a.role', type: 'text' }],
  // never: before all others
  lastSignInAt: [{ sql: `coalesce(a.last_sign_in_at, '-infinity')`, type: 'timestamptz' }],
} as const

export interface AccountQuery {
  limit: number
  cursor?: string | undefined
  sort: string
  q?: string | undefined
  state?: Account['state'] | undefined
}

export async function list(db: TenantDb, query: AccountQuery): Promise<{ rows: Account[]; nextCursor: string | null }> {
  const params = new Params()
  const page = keyset(sorts, 'a.id', query, params)
  const where = [page.where]
  if (query.state) where.push(`a.state = ${params.add(query.state)}`)
  if (query.q)
    where.push(
      `strpos(lower(a.email || ' ' || a.first_name || ' ' || a.last_name || ' ' || a.first_name), lower(${params.add(query.q)})) > 0`,
    )
  const { rows } = await db.query<Row & { keys: string[] }>(
    `select ${columns}, ${page.keys} as keys from account a where ${where.join(' and ')} order by ${page.orderBy} limit ${page.limit}`,
    params.values,
  )
  const { rows: shown, nextCursor } = page.page(rows)
  return { rows: shown.map(toAccount), nextCursor }
}

/** Local accounts beside the primary (ACC-5). Locks the business, so that two invitations at once count each other. */
export async function countLocal(db: TenantDb): Promise<number> {
  await db.query('select from partner where id = $1 for update', [db.tenant.partnerId])
  const { rows } = await db.query<{ count: number }>('select count(*)::integer as count from account where not is_primary')
  return rows[0]!.count
}

export interface NewAccount {
  email: string
  firstName: string
  lastName: string
  role: Role
  locale: Locale
  timeZone: string
  scope: Scope
  isPrimary: boolean
  state: Account['state']
  passwordHash: string | null
  /** The primary is told of events from the start: else nobody would be. */
  isToldOfEvents: boolean
}
/** @throws account.email-taken */
export async function insert(db: TenantDb, account: NewAccount, now: Date): Promise<string> {
  const id = newId(now)
  try {
    await db.query(
      `insert into account (partner_id, id, email, first_name, last_name, role, is_primary, state, locale, time_zone, is_scope_limited, is_told_of_events, password_hash, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
      [
        db.tenant.partnerId,
        id,
        account.email,
        account.firstName,
        account.lastName,
        account.role,
        account.isPrimary,
        account.state,
        account.locale,
        account.timeZone,
        account.scope !== null,
        account.isToldOfEvents,
        account.passwordHash,
        now,
      ],
    )
  } catch (error) {
    if (uniqueViolation(error) === 'account_email')
      throw new Problem('account.email-taken', {}, { fields: [{ path: 'email', code: 'invalid' }] })
    throw error
  }
  await writeScope(db, id, account.scope)
  return id
}

/** With the lines that the reader may not see: they name customers he does not know of. To judge by, never to show. */
export async function wholeScope(db: TenantDb, id: string): Promise<ScopeLine[]> {
  const { rows } = await db.query<Row['lines'][number]>(
    'select effect, target, customer_id, tag, ends_at from scope_line where account_id = $1 order by position',
    [id],
  )
  return rows.map(toLine)
}

async function writeScope(db: TenantDb, accountId: string, scope: Scope): Promise<void> {
  await db.query('delete from scope_line where account_id = $1', [accountId])
  for (const [position, line] of (scope ?? []).entries()) {
    const { target } = line
    await db.query(
      'insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id, tag, ends_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)',
      [
        db.tenant.partnerId,
        newId(),
        accountId,
        position,
        line.effect,
        target.kind,
        target.kind === 'customer' ? target.customerId : null,
        target.kind === 'tag' ? target.tag : null,
        line.endsAt,
      ],
    )
  }
}

export async function setRights(db: TenantDb, id: string, rights: { role: Role; scope: Scope; state: Account['state'] }): Promise<void> {
  await db.query('update account set role = $2, is_scope_limited = $3, state = $4, version = version + 1 where id = $1', [
    id,
    rights.role,
    rights.scope !== null,
    rights.state,
  ])
  await writeScope(db, id, rights.scope)
}

export async function setPerson(
  db: TenantDb,
  id: string,
  person: Pick<Account, 'firstName' | 'lastName' | 'locale' | 'timeZone' | 'isToldOfEvents'>,
): Promise<void> {
  await db.query(
    'update account set first_name = $2, last_name = $3, locale = $4, time_zone = $5, is_told_of_events = $6, version = version + 1 where id = $1',
    [id, person.firstName, person.lastName, person.locale, person.timeZone, person.isToldOfEvents],
  )
}

export const setPassword = (db: TenantDb, id: string, passwordHash: string) =>
  db.query('update account set password_hash = $2, version = version + 1 where id = $1', [id, passwordHash])
export const activate = (db: TenantDb, id: string) =>
  db.query(`update account set state = 'active', version = version + 1 where id = $1`, [id])
export const signedIn = (db: TenantDb, id: string, at: Date) => db.query('update account set last_sign_in_at = $2 where id = $1', [id, at])
export const remove = (db: TenantDb, id: string) => db.query('delete from account where id = $1', [id])

/** ACC-4: the former first, since there is at most one. The new one is an owner without limits; the former stays an administrator. */
export async function passPrimary(db: TenantDb, fromId: string, toId: string): Promise<void> {
  await db.query(`update account set is_primary = false, role = 'administrator', version = version + 1 where id = $1`, [fromId])
  await db.query(`update account set is_primary = true, role = 'owner', is_scope_limited = false, version = version + 1 where id = $1`, [
    toId,
  ])
  await writeScope(db, toId, null)
}

/**
 * CUS-7: what an account owned goes to the primary when it leaves; all of it, whatever the remover sees. Its shared views stay for the business, with the primary.
 * @returns the customers that moved
 */
export async function leaveToPrimary(db: TenantDb, id: string): Promise<{ id: string; company: string }[]> {
  return await db.widely(async () => {
    await db.query('select from customer where managed_by_id = $1 order by id for no key update', [id])
    const { rows } = await db.query<{ id: string; company: string }>(
      'update customer set managed_by_id = null, version = version + 1 where managed_by_id = $1 returning id, company',
      [id],
    )
    await db.query('update saved_view set account_id = p.id from account p where p.is_primary and account_id = $1 and is_shared', [id])
    return rows
  })
}

/** Ids among these of customers the reader sees. */
export async function visibleAmong(db: TenantDb, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const { rows } = await db.query<{ id: string }>('select id from customer where id = any($1)', [ids])
  return new Set(rows.map((row) => row.id))
}
export async function tagsOf(db: TenantDb, ids: readonly string[]): Promise<Map<string, string[]>> {
  const { rows } = await db.query<{ customer_id: string; tags: string[] }>(
    'select customer_id, array_agg(tag) as tags from customer_tag where customer_id = any($1) group by 1',
    [ids],
  )
  return new Map(rows.map((row) => [row.customer_id, row.tags]))
}

/** Of the virus alerts in force, red before yellow: as the banner over every screen puts them. Plan: few, by virus_alert_end. */
export async function worstAlert(db: TenantDb, now: Date): Promise<Me['alertLevel']> {
  const {
    rows: [worst],
  } = await db.query<{ level: 'red' | 'yellow' }>(
    'select level from virus_alert where starts_at <= $1 and ends_at > $1 and withdrawn_at is null order by level limit 1',
    [now],
  )
  return worst?.level ?? null
}

interface BusinessRow {
  id: string
  name: string
  kind: Business['kind']
  is_mfa_required: boolean
  locale: Locale
  time_zone: string
  version: number
}
export async function getBusiness(db: TenantDb, { isLocked = false } = {}): Promise<Business> {
  const {
    rows: [row],
  } = await db.query<BusinessRow>(
    `select id, name, kind, is_mfa_required, locale, time_zone, version from partner where id = $1${isLocked ? ' for update' : ''}`,
    [db.tenant.partnerId],
  )
  return {
    id: row!.id,
    name: row!.name,
    kind: row!.kind,
    isMfaRequired: row!.is_mfa_required,
    locale: row!.locale,
    timeZone: row!.time_zone,
    version: row!.version,
  }
}
export async function insertBusiness(db: TenantDb, business: Omit<Business, 'id' | 'version' | 'isMfaRequired'>, now: Date): Promise<void> {
  await db.query('insert into partner (id, kind, name, locale, time_zone, created_at) values ($1, $2, $3, $4, $5, $6)', [
    db.tenant.partnerId,
    business.kind,
    business.name,
    business.locale,
    business.timeZone,
    now,
  ])
}
export async function setBusiness(db: TenantDb, business: Pick<Business, 'name' | 'isMfaRequired' | 'locale' | 'timeZone'>): Promise<void> {
  await db.query('update partner set name = $2, is_mfa_required = $3, locale = $4, time_zone = $5, version = version + 1 where id = $1', [
    db.tenant.partnerId,
    business.name,
    business.isMfaRequired,
    business.locale,
    business.timeZone,
  ])
}
