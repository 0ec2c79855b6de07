import { Problem } from '@vigie/domain/kernel'
import type { Actor, Origin, Services, TenantDb } from '../../platform/index.ts'
import { record } from '../../audit/index.ts'
import { tenantOf } from '../../platform/index.ts'
import { claimTry, passwordGuess } from '../attempts.ts'
import { isPassword } from '../passwords.ts'
import * as accounts from '../store.ts'

/** What an account did to itself. */
export async function recordOwn(
  db: TenantDb,
  services: Services,
  now: Date,
  actor: Actor,
  origin: Origin,
  activity: string,
  change: { before?: unknown; after?: unknown } = {},
): Promise<void> {
  await record(
    db,
    services.vault,
    now,
    { kind: 'account', actor, origin },
    { activity, object: { kind: 'account', id: actor.accountId, name: actor.email }, ...change },
  )
}

/** A read before the change, in a transaction of its own. */
export const readAs = <T>(services: Services, actor: Actor, work: (db: TenantDb) => Promise<T>) =>
  services.database.transaction(tenantOf(actor), work)

/**
 * Whoever sits in front of an open session proves to be its owner. Tries count as those at sign-in do (R30), and a wrong one is recorded (R40).
 * @throws password.wrong (also while locked)
 */
export async function assertOwnPassword(services: Services, actor: Actor, origin: Origin, password: string, field: string): Promise<void> {
  const now = services.clock.now()
  const attempt = await claimTry(services.database, passwordGuess(actor.email), now)
  const { passwordHash } = await readAs(services, actor, (db) => accounts.secretsOf(db, actor.accountId))
  if (attempt !== null && (await isPassword(password, passwordHash))) return await attempt.wasRight()
  await readAs(services, actor, (db) => recordOwn(db, services, now, actor, origin, 'password.refused'))
  throw new Problem('password.wrong', {}, { fields: [{ path: field, code: 'invalid' }] })
}
