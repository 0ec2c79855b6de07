import { accessApi, type Me } from '@vigie/domain/access'
import { Problem } from '@vigie/domain/kernel'
import { handle, handleInSteps, handlePublic, type Actor, type Handler, type TenantDb } from '../../platform/index.ts'
import { claimTry, mfaGuess } from '../attempts.ts'
import { useRecoveryCode, useTotp } from '../mfa.ts'
import { endSession, renewSession } from '../sessions.ts'
import { signIn } from '../sign-in.ts'
import * as accounts from '../store.ts'
import { recordOwn } from './own.ts'

export const sessionRoutes: Handler[] = [
  handlePublic(accessApi.signIn, async ({ services, origin, setSession }, { body }) => {
    const { token, ...answer } = await signIn(services, origin, body)
    if (token !== null) setSession(token)
    return answer
  }),

  handleInSteps(accessApi.verifyMfa, async ({ services, actor, origin, now, setSession, change }, { body }) => {
    if (actor.sessionState !== 'mfa-needed') throw new Problem('mfa.code-wrong')
    const attempt = await claimTry(services.database, mfaGuess(actor.accountId), now)
    const token = await change(async (db) => {
      const isRecovery = 'recoveryCode' in body
      const fits =
        attempt !== null &&
        (isRecovery
          ? await useRecoveryCode(db, actor.accountId, body.recoveryCode, now)
          : await useTotp(db, services, actor.accountId, body.code, now))
      if (!fits) {
        await recordOwn(db, services, now, actor, origin, 'session.verify-mfa.refused')
        return null
      }
      // R32: a new session at the change of right
      const session = await renewSession(db, actor, 'full')
      await accounts.signedIn(db, actor.accountId, now)
      await recordOwn(db, services, now, actor, origin, isRecovery ? 'mfa.recovery-code-used' : 'mfa.verified')
      return session.token
    })
    if (token === null)
      throw new Problem('mfa.code-wrong', {}, { fields: [{ path: 'recoveryCode' in body ? 'recoveryCode' : 'code', code: 'invalid' }] })
    await attempt!.wasRight()
    setSession(token)
    return { state: 'full' as const }
  }),

  handle(accessApi.getMe, async ({ db, actor, services, now }) => await me(db, actor, services.isSimulated, now)),

  handle(accessApi.signOut, async ({ db, services, actor, origin, now, setSession }) => {
    await endSession(db, services, actor.accountId, actor.sessionId)
    await recordOwn(db, services, now, actor, origin, 'session.signed-out')
    setSession(null)
    return null
  }),
]

async function me(db: TenantDb, actor: Actor, isSimulated: boolean, now: Date): Promise<Me> {
  return {
    state: actor.sessionState,
    account: await accounts.get(db, actor.accountId),
    business: await accounts.getBusiness(db),
    permissions: [...actor.permissions],
    isSimulated,
    alertLevel: actor.permissions.has('alert.read') ? await accounts.worstAlert(db, now) : null,
  }
}
