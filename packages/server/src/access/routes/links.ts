import { accessApi } from '@vigie/domain/access'
import { Problem } from '@vigie/domain/kernel'
import { record } from '../../audit/index.ts'
import { notify } from '../../outbox/index.ts'
import { handlePublic, type Handler, type Services, type TenantDb } from '../../platform/index.ts'
import { assertAddressIsFree, countAgainstAddress, forgive, mayAskForMail, passwordGuess, untilNextBeat } from '../attempts.ts'
import { findLink, isStillValid, makeLink, takeLink } from '../links.ts'
import { assertGoodPassword, hashPassword } from '../passwords.ts'
import { createSession, endSessions, stateAfterPassword } from '../sessions.ts'
import { actorNow } from '../setup.ts'
import * as accounts from '../store.ts'

const inPartner = <T>(services: Services, partnerId: string, work: (db: TenantDb) => Promise<T>) =>
  services.database.transaction({ partnerId, scope: 'all', principalId: null }, work)

/** Routes one reaches by a link of a mail, or to ask for one. Looking changes nothing; only the posted form does (R33). */
export const linkRoutes: Handler[] = [
  // R30: always the same answer, on the same beat
  handlePublic(accessApi.requestPasswordReset, async ({ services, origin, now }, { body }) => {
    const startedMs = performance.now()
    const { database } = services
    await assertAddressIsFree(database, 'reset-request', origin.address, now)
    await countAgainstAddress(database, 'reset-request', origin.address, now)
    const mayAsk = await mayAskForMail(database, body.email, now)
    const known = mayAsk
      ? await database.lookup<{ partner_id: string; account_id: string }>('select * from vigie.find_accounts($1)', [
          body.email.toLowerCase(),
        ])
      : []
    for (const { partner_id: partnerId, account_id: accountId } of known) {
      await inPartner(services, partnerId, async (db) => {
        const account = await accounts.lock(db, accountId)
        if (account.state !== 'active') return
        const { token, expiresAt } = await makeLink(db, accountId, 'password-reset', now)
        await notify(db, services, {
          kind: 'password-reset',
          key: `password-reset:${accountId}:${now.toISOString()}`,
          accountId,
          values: { expiresAt },
          token,
        })
        await record(
          db,
          services.vault,
          now,
          { kind: 'account', actor: await actorNow(db, accountId, accountId), origin },
          {
            activity: 'password.reset-requested',
            object: { kind: 'account', id: accountId, name: account.email },
          },
        )
      })
    }
    await untilNextBeat(startedMs)
    return null
  }),

  // R31: the second factor stays as it is, and nobody is signed in
  handlePublic(accessApi.completePasswordReset, async ({ services, origin, now }, { body }) => {
    const { partnerId, linkId, accountId } = await findLink(services, body.token, 'password-reset')
    const { account, business } = await inPartner(services, partnerId, async (db) => ({
      account: await accounts.get(db, accountId),
      business: await accounts.getBusiness(db),
    }))
    assertGoodPassword(body.password, [account.email, account.firstName, account.lastName, business.name])
    const passwordHash = await hashPassword(body.password)
    await inPartner(services, partnerId, async (db) => {
      await takeLink(db, linkId, now)
      if ((await accounts.lock(db, accountId)).state !== 'active') throw new Problem('link.invalid')
      await accounts.setPassword(db, accountId, passwordHash)
      await endSessions(db, services, accountId)
      await notify(db, services, {
        kind: 'password-changed',
        key: `password-changed:${accountId}:${linkId}`,
        accountId,
        values: { at: now.toISOString() },
      })
      await record(
        db,
        services.vault,
        now,
        { kind: 'account', actor: await actorNow(db, accountId, accountId), origin },
        {
          activity: 'password.reset',
          object: { kind: 'account', id: accountId, name: account.email },
        },
      )
    })
    await forgive(services.database, passwordGuess(account.email))
    return null
  }),

  handlePublic(accessApi.lookAtInvitation, async ({ services, now }, { body }) => {
    const { partnerId, linkId, accountId } = await findLink(services, body.token, 'invitation')
    return await inPartner(services, partnerId, async (db) => {
      const account = await accounts.get(db, accountId)
      if (!(await isStillValid(db, linkId, now)) || account.state !== 'invited') throw new Problem('link.invalid')
      return { email: account.email, businessName: (await accounts.getBusiness(db)).name, locale: account.locale }
    })
  }),

  handlePublic(accessApi.acceptInvitation, async ({ services, origin, now, setSession }, { body: { token, password, ...person } }) => {
    const { partnerId, linkId, accountId } = await findLink(services, token, 'invitation')
    const { account, business } = await inPartner(services, partnerId, async (db) => ({
      account: await accounts.get(db, accountId),
      business: await accounts.getBusiness(db),
    }))
    assertGoodPassword(password, [account.email, person.firstName, person.lastName, business.name])
    const passwordHash = await hashPassword(password)
    const state = stateAfterPassword({ hasMfa: false, isMfaRequired: business.isMfaRequired })
    const session = await inPartner(services, partnerId, async (db) => {
      await takeLink(db, linkId, now)
      const before = await accounts.lock(db, accountId)
      if (before.state !== 'invited') throw new Problem('link.invalid')
      await accounts.setPerson(db, accountId, { ...before, ...person })
      await accounts.setPassword(db, accountId, passwordHash)
      await accounts.activate(db, accountId)
      const session = await createSession(db, accountId, state, origin, now)
      if (state === 'full') await accounts.signedIn(db, accountId, now)
      await record(
        db,
        services.vault,
        now,
        { kind: 'account', actor: await actorNow(db, accountId, session.id), origin },
        {
          activity: 'account.activated',
          object: { kind: 'account', id: accountId, name: account.email },
          before,
          after: await accounts.get(db, accountId),
        },
      )
      db.announce({ kind: 'account', id: accountId, customerId: null })
      return session
    })
    setSession(session.token)
    return { state }
  }),
]
