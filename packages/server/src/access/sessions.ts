import { createHash } from 'node:crypto'
import { nameOf, Problem } from '@vigie/domain/kernel'
import { rolePermissions, type Role, type Session, type SessionState } from '@vigie/domain/access'
import type { Locale } from '@vigie/domain/kernel'
import { newId, newToken, type Actor, type Origin, type Services, type TenantDb } from '../platform/index.ts'

/** R32. */
export const sessionLimits = { idleMinutes: 30, hours: 12 } as const
/** `last_used_at` moves at most this often: a page full of requests writes once. */
const useWrittenEverySeconds = 60

export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest()

/** A new session; its token is known to nobody but the one who gets the cookie. */
export async function createSession(
  db: TenantDb,
  accountId: string,
  state: SessionState,
  origin: Origin,
  now: Date,
): Promise<{ id: string; token: string }> {
  const id = newId(now)
  const token = newToken()
  await db.query(
    `insert into session (partner_id, id, account_id, token_hash, state, address, user_agent, created_at, last_used_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9)`,
    [
      db.tenant.partnerId,
      id,
      accountId,
      hashToken(token),
      state,
      origin.address,
      origin.userAgent,
      now,
      new Date(now.getTime() + sessionLimits.hours * 3_600_000),
    ],
  )
  return { id, token }
}

/** Takes the place of the actor's session at a change of right (R32): new token, same end. */
export async function renewSession(
  db: TenantDb,
  actor: Pick<Actor, 'sessionId' | 'accountId'>,
  state: SessionState,
): Promise<{ id: string; token: string }> {
  const token = newToken()
  const id = newId()
  const { rowCount } = await db.query('update session set id = $2, token_hash = $3, state = $4 where id = $1 and account_id = $5', [
    actor.sessionId,
    id,
    hashToken(token),
    state,
    actor.accountId,
  ])
  if (rowCount === 0) throw new Problem('session.missing')
  return { id, token }
}

/** Ends sessions of an account, at the next request and on live connections (R7). `but`: one that stays. */
export async function endSessions(db: TenantDb, services: Services, accountId: string, but: string | null = null): Promise<void> {
  const { rows } = await db.query<{ id: string }>('delete from session where account_id = $1 and id is distinct from $2 returning id', [
    accountId,
    but,
  ])
  for (const { id } of rows) db.afterCommit(() => services.endLive({ sessionId: id }))
}

/** One of the account's own. @throws session.not-found */
export async function endSession(db: TenantDb, services: Services, accountId: string, sessionId: string): Promise<void> {
  const { rowCount } = await db.query('delete from session where account_id = $1 and id = $2', [accountId, sessionId])
  if (rowCount === 0) throw new Problem('session.not-found')
  db.afterCommit(() => services.endLive({ sessionId }))
}

export async function listSessions(db: TenantDb, actor: Actor, now: Date): Promise<Session[]> {
  const { rows } = await db.query<{ id: string; created_at: Date; last_used_at: Date; address: string; user_agent: string }>(
    `select id, created_at, last_used_at, address, user_agent from session where account_id = $1 and expires_at > $2 and last_used_at > $3 order by last_used_at desc, id`,
    [actor.accountId, now, idleSince(now)],
  )
  return rows.map((row) => ({
    id: row.id,
    isCurrent: row.id === actor.sessionId,
    createdAt: row.created_at.toISOString(),
    lastUsedAt: row.last_used_at.toISOString(),
    address: row.address,
    userAgent: row.user_agent,
  }))
}

const idleSince = (now: Date) => new Date(now.getTime() - sessionLimits.idleMinutes * 60_000)

/** What nobody can use any more. */
export async function removeEndedSessions(db: TenantDb, now: Date): Promise<number> {
  const { rowCount } = await db.query('delete from session where expires_at < $1 or last_used_at < $2', [now, idleSince(now)])
  return rowCount
}

interface Row {
  id: string
  state: SessionState
  last_used_at: Date
  account_id: string
  email: string
  first_name: string
  last_name: string
  role: Role
  locale: Locale
  time_zone: string
  is_scope_limited: boolean
  has_mfa: boolean
  is_mfa_required: boolean
}

/**
 * Who a session cookie is. Read anew at every request: a right taken away is gone at the next one (R7), and a business that begins to require a second
 * factor holds everybody without one at their enrolment (decision 8).
 */
export async function actorOf(services: Services, token: string | undefined): Promise<Actor | null> {
  if (token === undefined || token.length !== 43) return null
  const [found] = await services.database.lookup<{ partner_id: string; session_id: string }>('select * from vigie.find_session($1)', [
    hashToken(token),
  ])
  if (!found) return null
  const now = services.clock.now()
  return await services.database.transaction({ partnerId: found.partner_id, scope: 'all', principalId: null }, async (db) => {
    const {
      rows: [row],
    } = await db.query<Row>(
      `select s.id, s.state, s.last_used_at, a.id as account_id, a.email, a.first_name, a.last_name, a.role, a.locale, a.time_zone, a.is_scope_limited, a.totp_secret is not null as has_mfa, p.is_mfa_required
       from session s join account a on a.partner_id = s.partner_id and a.id = s.account_id join partner p on p.id = s.partner_id
       where s.id = $1 and s.expires_at > $2 and s.last_used_at > $3 and a.state = 'active'`,
      [found.session_id, now, idleSince(now)],
    )
    if (!row) return null
    if (row.last_used_at.getTime() < now.getTime() - useWrittenEverySeconds * 1000) {
      await db.query('update session set last_used_at = $2 where id = $1 and last_used_at < $2', [row.id, now])
    }
    return {
      kind: 'account',
      partnerId: found.partner_id,
      accountId: row.account_id,
      name: nameOf({ firstName: row.first_name, lastName: row.last_name }),
      email: row.email,
      role: row.role,
      permissions: new Set(rolePermissions[row.role] ?? []),
      isScopeLimited: row.is_scope_limited,
      sessionId: row.id,
      sessionState: stateNow(row),
      locale: row.locale,
      timeZone: row.time_zone,
    }
  })
}

/** What a session may be, in one word to compare with. A live connection that no longer stands as it did when it was opened is closed (R7). */
export const standingOfActor = (actor: Pick<Actor, 'sessionState' | 'role' | 'isScopeLimited'>): string =>
  `${actor.sessionState} ${actor.role} ${actor.isScopeLimited}`

/** How these sessions of a business stand now; one that ended is left out. Looking does not count as use. */
export async function standings(db: TenantDb, sessionIds: readonly string[], now: Date): Promise<Map<string, string>> {
  const { rows } = await db.query<Row>(
    `select s.id, s.state, a.role, a.is_scope_limited, a.totp_secret is not null as has_mfa, p.is_mfa_required
     from session s join account a on a.partner_id = s.partner_id and a.id = s.account_id join partner p on p.id = s.partner_id
     where s.id = any($1) and s.expires_at > $2 and s.last_used_at > $3 and a.state = 'active'`,
    [sessionIds, now, idleSince(now)],
  )
  return new Map(
    rows.map((row) => [row.id, standingOfActor({ sessionState: stateNow(row), role: row.role, isScopeLimited: row.is_scope_limited })]),
  )
}

function stateNow({ state, has_mfa, is_mfa_required }: Row): SessionState {
  if (state === 'mfa-needed' || (state === 'mfa-enrolment-needed' && has_mfa)) return 'mfa-needed'
  return is_mfa_required && !has_mfa ? 'mfa-enrolment-needed' : 'full'
}

/** What a right password earns: nothing but the second factor's page where there is one, or should be (R31). */
export const stateAfterPassword = (account: { hasMfa: boolean; isMfaRequired: boolean }): SessionState =>
  account.hasMfa ? 'mfa-needed' : account.isMfaRequired ? 'mfa-enrolment-needed' : 'full'
