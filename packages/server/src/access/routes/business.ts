import { accessApi } from '@vigie/domain/access'
import { nameOf, Problem } from '@vigie/domain/kernel'
import { record } from '../../audit/index.ts'
import { notify } from '../../outbox/index.ts'
import { assertVersion, handle, handleInSteps, type Handler } from '../../platform/index.ts'
import { endSessions, renewSession } from '../sessions.ts'
import * as accounts from '../store.ts'
import { assertOwnPassword } from './own.ts'

export const businessRoutes: Handler[] = [
  handle(accessApi.getBusiness, async ({ db }) => await accounts.getBusiness(db)),

  handle(accessApi.updateBusiness, async ({ db, services, actor, origin, now, ifMatch }, { body }) => {
    const before = await accounts.getBusiness(db, { isLocked: true })
    assertVersion(ifMatch, before.version)
    await accounts.setBusiness(db, { ...before, ...body })
    const after = await accounts.getBusiness(db)
    await record(
      db,
      services.vault,
      now,
      { kind: 'account', actor, origin },
      { activity: 'business.updated', object: { kind: 'business', id: after.id, name: after.name }, before, after },
    )
    return after
  }),

  handleInSteps(accessApi.transferPrimary, async ({ services, actor, origin, now, setSession, change }, { body }) => {
    await assertOwnPassword(services, actor, origin, body.password, 'password')
    const token = await change(async (db) => {
      const from = await accounts.lock(db, actor.accountId)
      // an owner who is not the primary has nothing to hand over
      if (!from.isPrimary) throw new Problem('permission.missing', { permission: 'business.transfer-primary' })
      const to = await accounts.lock(db, body.accountId)
      if (to.id === from.id) throw new Problem('account.is-self')
      if (to.state !== 'active') throw new Problem('account.not-active')
      await accounts.passPrimary(db, from.id, to.id)
      // both have other rights now (R32)
      const session = await renewSession(db, actor, 'full')
      await endSessions(db, services, from.id, session.id)
      await endSessions(db, services, to.id)
      for (const account of [from, to]) {
        await notify(db, services, {
          kind: 'ownership-transferred',
          key: `ownership-transferred:${account.id}:${now.toISOString()}`,
          accountId: account.id,
          values: { from: nameOf(from), to: nameOf(to), at: now.toISOString() },
        })
        db.announce({ kind: 'account', id: account.id, customerId: null })
      }
      const business = await accounts.getBusiness(db)
      await record(
        db,
        services.vault,
        now,
        { kind: 'account', actor, origin },
        {
          activity: 'business.primary-transferred',
          object: { kind: 'business', id: business.id, name: business.name },
          before: { primary: from.email },
          after: { primary: to.email },
        },
      )
      return session.token
    })
    setSession(token)
    return null
  }),
]
