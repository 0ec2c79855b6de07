import { createHash, timingSafeEqual } from 'node:crypto'
import { nameOf, Problem, type Locale } from '@vigie/domain/kernel'
import { rolePermissions } from '@vigie/domain/access'
import { record, type Doer } from '../audit/index.ts'
import { newId, newToken, uniqueViolation, type Actor, type Origin, type Services, type TenantDb } from '../platform/index.ts'
import { assertGoodPassword, hashPassword } from './passwords.ts'
import { createSession } from './sessions.ts'
import * as accounts from './store.ts'

const secretName = 'setup-token'

export const isSetUp = async (services: Pick<Services, 'database'>): Promise<boolean> => {
  const [row] = await services.database.lookup<{ done: boolean }>('select vigie.operator_exists() as done')
  return row!.done
}

/**
 * The one-time token that the first start prints (R8); null: set up already. Kept sealed, so that all processes and starts print the same one until it is used.
 */
export async function setupToken(services: Pick<Services, 'database' | 'vault'>): Promise<string | null> {
  if (await isSetUp(services)) return null
  return (await services.vault.installationSecret(services.database, secretName, () => Buffer.from(newToken()))).toString()
}

/** @throws setup.token-wrong */
export async function assertSetupToken(services: Services, token: string): Promise<void> {
  const right = await setupToken(services)
  const digest = (text: string) => createHash('sha256').update(text).digest()
  if (right === null || !timingSafeEqual(digest(token), digest(right)))
    throw new Problem('setup.token-wrong', {}, { fields: [{ path: 'token', code: 'invalid' }] })
}

export interface FirstRun {
  businessName: string
  email: string
  password: string
  firstName: string
  lastName: string
  locale: Locale
  timeZone: string
}

/**
 * First run: the business that operates this installation and its primary account, or nothing. Of two at once one wins.
 * @param origin where the browser is; null: at the command line, which signs nobody in
 * @throws setup.done-already, password.breached
 */
export async function setUp(
  services: Services,
  { businessName, password, ...person }: FirstRun,
  origin: Origin | null,
): Promise<{ sessionToken: string | null }> {
  const { database, vault } = services
  assertGoodPassword(password, [businessName, person.email, person.firstName, person.lastName])
  if (await isSetUp(services)) throw new Problem('setup.done-already')
  const passwordHash = await hashPassword(password)
  const now = services.clock.now()
  try {
    const sessionToken = await database.transaction({ partnerId: newId(now), scope: 'all', principalId: null }, async (db) => {
      await accounts.insertBusiness(db, { kind: 'operator', name: businessName, locale: person.locale, timeZone: person.timeZone }, now)
      const accountId = await accounts.insert(
        db,
        { ...person, role: 'owner', scope: null, isPrimary: true, state: 'active', passwordHash, isToldOfEvents: true },
        now,
      )
      let doer: Doer = { kind: 'operator', name: 'vigie setup' }
      let session: { id: string; token: string } | null = null
      if (origin !== null) {
        session = await createSession(db, accountId, 'full', origin, now)
        await accounts.signedIn(db, accountId, now)
        doer = { kind: 'account', origin, actor: await actorNow(db, accountId, session.id) }
      }
      await record(db, vault, now, doer, {
        activity: 'setup.completed',
        object: { kind: 'business', id: db.tenant.partnerId, name: businessName },
        after: { business: await accounts.getBusiness(db), account: await accounts.get(db, accountId) },
      })
      return session?.token ?? null
    })
    services.setupToken = null
    await database.owner.query('delete from installation_secret where name = $1', [secretName])
    return { sessionToken }
  } catch (error) {
    if (uniqueViolation(error) === 'partner_one_operator') throw new Problem('setup.done-already', {}, { cause: error })
    throw error
  }
}

/** The account as the one who acts, where a session begins in this very transaction. */
export async function actorNow(db: TenantDb, accountId: string, sessionId: string): Promise<Actor> {
  const account = await accounts.get(db, accountId)
  return {
    kind: 'account',
    partnerId: db.tenant.partnerId,
    accountId,
    name: nameOf(account),
    email: account.email,
    role: account.role,
    permissions: new Set(rolePermissions[account.role]),
    isScopeLimited: account.scope !== null,
    sessionId,
    sessionState: 'full',
    locale: account.locale,
    timeZone: account.timeZone,
  }
}
