import { createHash } from 'node:crypto'
import type { Role } from '@vigie/domain/access'
import { newId, newToken } from '../platform/index.ts'
import { anActor, type TestDatabase } from '../platform/testing/database.ts'
import type { World } from './world.ts'

export async function aSession(
  database: TestDatabase,
  partnerId: string,
  accountId: string,
  state: 'full' | 'mfa-needed' | 'mfa-enrolment-needed',
): Promise<{ sessionId: string; token: string }> {
  const [sessionId, token, now] = [newId(), newToken(), new Date()]
  await database.owner.query(
    `insert into session (partner_id, id, account_id, token_hash, state, address, user_agent, created_at, last_used_at, expires_at) values ($1, $2, $3, $4, $5, '127.0.0.1', 'matrix', $6, $6, $7)`,
    [partnerId, sessionId, accountId, createHash('sha256').update(token).digest(), state, now, new Date(now.getTime() + 3_600_000)],
  )
  return { sessionId, token }
}

export interface Principal {
  token: string
  accountId: string
  sessionId: string
}

/** Somebody of the world's business with a session of his own. `isLimited`: sees the customer `shown` (and the empty one beside it) only. */
export async function aPrincipal(
  database: TestDatabase,
  world: World,
  passwordHash: string,
  who: { role: Role; isLimited?: boolean; isPrimary?: boolean; state?: 'full' | 'mfa-needed' | 'mfa-enrolment-needed' },
): Promise<Principal> {
  const { accountId } = await anActor(database, world.partnerId, {
    role: who.role,
    isScopeLimited: who.isLimited ?? false,
    isPrimary: who.isPrimary ?? false,
  })
  await database.owner.query('update account set password_hash = $2 where id = $1', [accountId, passwordHash])
  if (who.state === 'mfa-needed') await database.owner.query(`update account set totp_secret = '\\x00' where id = $1`, [accountId])
  if (who.isLimited) await allow(database, world.partnerId, accountId, [world.shown.customerId, world.shown.emptyCustomerId])
  return { accountId, ...(await aSession(database, world.partnerId, accountId, who.state ?? 'full')) }
}

/** Puts these customers into an account's scope. */
export async function allow(database: TestDatabase, partnerId: string, accountId: string, customerIds: string[]): Promise<void> {
  for (const [position, customerId] of customerIds.entries()) {
    await database.owner.query(
      `insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id) values ($1, $2, $3, $4, 'allow', 'customer', $5)`,
      [partnerId, newId(), accountId, position, customerId],
    )
  }
}
