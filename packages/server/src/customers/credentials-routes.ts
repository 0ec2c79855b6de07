import { customersApi } from '@vigie/domain/customers'
import { Problem } from '@vigie/domain/kernel'
import { hashPassword } from '../access/index.ts'
import { doer, record } from '../audit/index.ts'
import { handle, handleInSteps, tenantOf, type Handler } from '../platform/index.ts'
import * as credentials from './credentials.ts'
import * as customers from './store.ts'

export const credentialRoutes: Handler[] = [
  handle(customersApi.getCredentials, async ({ db, now }, { params: { customerId } }) => {
    await customers.get(db, customerId)
    return { credentials: await credentials.get(db, customerId, now) }
  }),

  handleInSteps(customersApi.makeCredentials, async ({ change, services, now, actor, origin }, { params: { customerId }, body }) => {
    await services.database.transaction(tenantOf(actor), (db) => customers.get(db, customerId))
    const password = credentials.newPassword()
    const passwordHash = await hashPassword(password) // holds no connection
    const made = await change(async (db) => {
      const customer = await customers.lock(db, customerId)
      const before = await credentials.get(db, customerId, now)
      const after = await credentials.put(
        db,
        customerId,
        passwordHash,
        new Date(now.getTime() + body.graceHours * 3_600_000),
        actor.name,
        now,
      )
      db.announce({ kind: 'customer', id: customerId, customerId })
      await record(db, services.vault, now, doer({ actor, origin }), {
        activity: before === null ? 'customer.credentials-made' : 'customer.credentials-rotated',
        object: { kind: 'customer', id: customerId, name: customer.company },
        customerId,
        before,
        after,
      })
      return after
    })
    return { credentials: made, password }
  }),

  handle(customersApi.removeCredentials, async ({ db, now, services, ...who }, { params: { customerId } }) => {
    const customer = await customers.lock(db, customerId)
    const before = await credentials.get(db, customerId, now)
    if (before === null) throw new Problem('credentials.none')
    await credentials.remove(db, customerId)
    db.announce({ kind: 'customer', id: customerId, customerId })
    await record(db, services.vault, now, doer(who), {
      activity: 'customer.credentials-removed',
      object: { kind: 'customer', id: customerId, name: customer.company },
      customerId,
      before,
    })
    return null
  }),
]
