import { accessApi, type Me } from '@vigie/domain/access'
import { Problem } from '@vigie/domain/kernel'
import { record } from '../../audit/index.ts'
import { handle, handleInSteps, handlePublic, tenantOf, type Actor, type Handler, type Origin, type Services, type TenantDb } from '../../platform/index.ts'
import { claimTry, mfaGuess } from '../attempts.ts'
import { useRecoveryCode, useTotp } from '../mfa.ts'
import { endSession, renewSession } from '../sessions.ts'
import { signIn } from '../sign-in.ts'
import * as accounts from '../store.ts'

export const sessionRoutes: Handler[] = [
  handlePublic(accessApi.signIn, async ({ services, origin, setSession }, { body }) => {
    const { token, ...answer } = await signIn(services, origin, body)
    if (token !== null) setSession(token)
    return answer
  }),

  handleInSteps(accessApi.verifyMfa, async ({ services, actor, origin, now, setSession, change }, { body }) => {
    if (actor.sessionState !== 'mfa-needed') throw new Problem('mfa.code-wrong')
    const attempt = await claimTry(services.database, mfaGuess(actor.accountId), now)
    const isRight = attempt !== null && (await change(async (db) => {
      const isRecovery = 'recoveryCode' in body
      const fits = isRecovery ? await useRecoveryCode(db, actor.accountId, body.recoveryCode, now) : await useTotp(db, services, actor.accountId, body.code, now)
      const object = { kind: 'account', id: actor.accountId, name: actor.email }
      if (!fits) {
        await record(db, services.vault, now, { kind: 'account', actor, origin }, { activity: 'session.verify-mfa.refused', object })
        return false
      }
      // R32: a new session at the change of right
      setSession((await renewSession(db, actor, 'full')).token)
      await accounts.signedIn(db, actor.accountId, now)
      await record(db, services.vault, now, { kind: 'account', actor, origin }, { activity: isRecovery ? 'mfa.recovery-code-used' : 'mfa.verified', object })
      return true
    }))
    if (!isRight) throw new Problem('mfa.code-wrong')
    await attempt!.wasRight()
    return { state: 'full' as const }
  }),

  handle(accessApi.getMe, async ({ db, actor }) => await me(db, actor)),

  handle(accessApi.signOut, async ({ db, services, actor, origin, now, setSession }) => {
    await endSession(db, services, actor.accountId, actor.sessionId)
    await recordOwn(db, services, now, actor, origin, 'session.signed-out')
    setSession(null)
    return null
  }),
]

async function me(db: TenantDb, actor: Actor): Promise<Me> {
  return { state: actor.sessionState, account: await accounts.get(db, actor.accountId), business: await accounts.getBusiness(db), permissions: [...actor.permissions] }
}

/** What an account did to itself. */
export async function recordOwn(db: TenantDb, services: Services, now: Date, actor: Actor, origin: Origin, activity: string, change: { before?: unknown; after?: unknown } = {}): Promise<void> {
  await record(db, services.vault, now, { kind: 'account', actor, origin }, { activity, object: { kind: 'account', id: actor.accountId, name: actor.email }, ...change })
}

/** A read before the change, in a transaction of its own. */
export const readAs = <T>(services: Services, actor: Actor, work: (db: TenantDb) => Promise<T>) => services.database.transaction(tenantOf(actor), work)
