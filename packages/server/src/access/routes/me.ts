import { accessApi } from '@vigie/domain/access'
import { Problem } from '@vigie/domain/kernel'
import { notify } from '../../outbox/index.ts'
import { handle, handleInSteps, type Actor, type Handler, type Services, type TenantDb } from '../../platform/index.ts'
import { claimTry, mfaGuess } from '../attempts.ts'
import { confirmTotp, removeTotp, renewRecoveryCodes, startTotp } from '../mfa.ts'
import { assertGoodPassword, hashPassword } from '../passwords.ts'
import { endSession, endSessions, listSessions, renewSession } from '../sessions.ts'
import * as accounts from '../store.ts'
import { assertOwnPassword, readAs, recordOwn } from './own.ts'

/** A change of one's own right: the other sessions end, this one goes on under a new token (R32). */
async function startAnew(db: TenantDb, services: Services, actor: Actor): Promise<string> {
  const session = await renewSession(db, actor, 'full')
  await endSessions(db, services, actor.accountId, session.id)
  return session.token
}

export const meRoutes: Handler[] = [
  handle(accessApi.listSessions, async ({ db, actor, now }) => ({ rows: await listSessions(db, actor, now) })),

  handle(accessApi.endSession, async ({ db, services, actor, origin, now, setSession }, { params }) => {
    await endSession(db, services, actor.accountId, params.sessionId)
    await recordOwn(db, services, now, actor, origin, 'session.ended')
    if (params.sessionId === actor.sessionId) setSession(null)
    return null
  }),

  handle(accessApi.updateMe, async ({ db, services, actor, origin, now }, { body }) => {
    const before = await accounts.lock(db, actor.accountId)
    await accounts.setPerson(db, actor.accountId, { ...before, ...body })
    const after = await accounts.get(db, actor.accountId)
    await recordOwn(db, services, now, actor, origin, 'account.updated', { before, after })
    db.announce({ kind: 'account', id: actor.accountId, customerId: null })
    return after
  }),

  handleInSteps(accessApi.changePassword, async ({ services, actor, origin, now, setSession, change }, { body }) => {
    await assertOwnPassword(services, actor, origin, body.currentPassword, 'currentPassword')
    const business = await readAs(services, actor, accounts.getBusiness)
    assertGoodPassword(body.newPassword, [actor.email, actor.name, business.name], 'newPassword')
    const passwordHash = await hashPassword(body.newPassword)
    const token = await change(async (db) => {
      await accounts.setPassword(db, actor.accountId, passwordHash)
      const session = await startAnew(db, services, actor)
      await notify(db, services, {
        kind: 'password-changed',
        key: `password-changed:${actor.accountId}:${now.toISOString()}`,
        accountId: actor.accountId,
        values: { at: now.toISOString() },
      })
      await recordOwn(db, services, now, actor, origin, 'password.changed')
      return session
    })
    setSession(token)
    return null
  }),

  handle(accessApi.startTotp, async ({ db, services, actor, origin, now }) => {
    const account = await accounts.lock(db, actor.accountId)
    // R31: a session that still owes its second factor does not get to choose a new one
    if (account.hasMfa) throw new Problem('mfa.already-on')
    const { name } = await accounts.getBusiness(db)
    const started = await startTotp(db, services, account, name)
    await recordOwn(db, services, now, actor, origin, 'mfa.started')
    return started
  }),

  handleInSteps(accessApi.confirmTotp, async ({ services, actor, origin, now, setSession, change }, { body }) => {
    const attempt = await claimTry(services.database, mfaGuess(actor.accountId), now)
    const done = await change(async (db) => {
      const account = await accounts.lock(db, actor.accountId)
      if (account.hasMfa) throw new Problem('mfa.already-on')
      if ((await accounts.secretsOf(db, actor.accountId)).totpPendingSecret === null) throw new Problem('mfa.not-started')
      const recoveryCodes = attempt === null ? null : await confirmTotp(db, services, actor.accountId, body.code, now)
      if (recoveryCodes === null) {
        await recordOwn(db, services, now, actor, origin, 'me.confirm-totp.refused')
        return null
      }
      const token = await startAnew(db, services, actor)
      await accounts.signedIn(db, actor.accountId, now)
      await recordOwn(db, services, now, actor, origin, 'mfa.enabled')
      db.announce({ kind: 'account', id: actor.accountId, customerId: null })
      return { recoveryCodes, token }
    })
    if (done === null) throw new Problem('mfa.code-wrong', {}, { fields: [{ path: 'code', code: 'invalid' }] })
    await attempt!.wasRight()
    setSession(done.token)
    return { recoveryCodes: done.recoveryCodes }
  }),

  handleInSteps(accessApi.removeTotp, async ({ services, actor, origin, now, setSession, change }, { body }) => {
    await assertOwnPassword(services, actor, origin, body.password, 'password')
    const token = await change(async (db) => {
      if ((await accounts.getBusiness(db)).isMfaRequired) throw new Problem('mfa.required-here')
      await removeTotp(db, actor.accountId)
      const session = await startAnew(db, services, actor)
      await recordOwn(db, services, now, actor, origin, 'mfa.removed')
      db.announce({ kind: 'account', id: actor.accountId, customerId: null })
      return session
    })
    setSession(token)
    return null
  }),

  handleInSteps(accessApi.renewRecoveryCodes, async ({ services, actor, origin, now, change }, { body }) => {
    await assertOwnPassword(services, actor, origin, body.password, 'password')
    return await change(async (db) => {
      if (!(await accounts.lock(db, actor.accountId)).hasMfa) throw new Problem('mfa.not-started')
      const recoveryCodes = await renewRecoveryCodes(db, actor.accountId)
      await recordOwn(db, services, now, actor, origin, 'mfa.recovery-codes-renewed')
      return { recoveryCodes }
    })
  }),
]
