import { accessApi, type Account } from '@vigie/domain/access'
import { nameOf, Problem } from '@vigie/domain/kernel'
import { doer, record, recordAll } from '../../audit/index.ts'
import { notify } from '../../outbox/index.ts'
import { assertVersion, handle, type Context, type Handler } from '../../platform/index.ts'
import { makeLink, voidLinks } from '../links.ts'
import { assertMayGive, assertNotMightier, assertOther } from '../rules.ts'
import { endSessions } from '../sessions.ts'
import * as accounts from '../store.ts'

/** ACC-5. */
const mostLocalAccounts = 50

const doneTo = (account: Account) => ({ kind: 'account', id: account.id, name: account.email })
async function sendInvitation({ db, services, now, actor }: Context, account: Account): Promise<void> {
  const { token, expiresAt } = await makeLink(db, account.id, 'invitation', now)
  await notify(db, services, {
    kind: 'invitation',
    key: `invitation:${account.id}:${now.toISOString()}`,
    accountId: account.id,
    values: { inviter: actor.name, role: account.role, expiresAt },
    token,
  })
}

export const accountRoutes: Handler[] = [
  handle(accessApi.listAccounts, async ({ db }, { query }) => await accounts.list(db, query)),

  handle(accessApi.getAccount, async ({ db }, { params }) => await accounts.get(db, params.accountId)),

  handle(accessApi.inviteAccount, async (context, { body }) => {
    const { db, services, actor, now } = context
    await assertMayGive(db, actor, body, now)
    if ((await accounts.countLocal(db)) >= mostLocalAccounts) throw new Problem('account.too-many', { limit: mostLocalAccounts })
    const id = await accounts.insert(db, { ...body, isPrimary: false, state: 'invited', passwordHash: null, isToldOfEvents: false }, now)
    const account = await accounts.get(db, id)
    await sendInvitation(context, account)
    await record(db, services.vault, now, doer(context), { activity: 'account.invited', object: doneTo(account), after: account })
    db.announce({ kind: 'account', id, customerId: null })
    return account
  }),

  handle(accessApi.updateAccount, async (context, { params, body }) => {
    const { db, services, actor, now, ifMatch } = context
    const before = await accounts.lock(db, params.accountId)
    assertOther(actor, before)
    assertVersion(ifMatch, before.version)
    const held = await whole(context, before)
    await assertNotMightier(db, actor, held, now)
    const rights = { role: body.role ?? held.role, scope: body.scope === undefined ? held.scope : body.scope }
    if (body.role !== undefined || body.scope !== undefined) await assertMayGive(db, actor, rights, now)
    const state = body.isDisabled === undefined ? before.state : body.isDisabled ? 'disabled' : await stateWhenEnabled(context, before)
    await accounts.setRights(db, before.id, { ...rights, state })
    // R7, R32: whatever was taken away is gone at the next request, and on live connections
    await endSessions(db, services, before.id)
    if (state === 'disabled') await voidLinks(db, before.id)
    const after = await accounts.get(db, before.id)
    await record(db, services.vault, now, doer(context), { activity: activityOf(before, after), object: doneTo(after), before, after })
    db.announce({ kind: 'account', id: after.id, customerId: null })
    return after
  }),

  handle(accessApi.removeAccount, async (context, { params }) => {
    const { db, services, actor, now } = context
    const account = await accounts.lock(db, params.accountId)
    assertOther(actor, account)
    await assertNotMightier(db, actor, await whole(context, account), now)
    await endSessions(db, services, account.id)
    const left = await accounts.leaveToPrimary(db, account.id)
    await accounts.remove(db, account.id)
    for (const { id } of left) db.announce({ kind: 'customer', id, customerId: id })
    await recordAll(db, services.vault, now, doer(context), [
      { activity: 'account.removed', object: doneTo(account), before: account },
      ...left.map(({ id, company }) => ({
        activity: 'customer.assigned',
        object: { kind: 'customer', id, name: company },
        customerId: id,
        before: { managedById: account.id, managedBy: nameOf(account) },
        after: { managedById: null },
      })),
    ])
    db.announce({ kind: 'account', id: account.id, customerId: null })
    return null
  }),

  handle(accessApi.resendInvitation, async (context, { params }) => {
    const { db, services, actor, now } = context
    const account = await accounts.lock(db, params.accountId)
    if (account.state === 'active') throw new Problem('account.active-already')
    if (account.state === 'disabled') throw new Problem('account.not-active')
    await assertNotMightier(db, actor, await whole(context, account), now)
    await sendInvitation(context, account)
    await record(db, services.vault, now, doer(context), { activity: 'account.invitation-sent', object: doneTo(account) })
    return null
  }),
]

/** Lines the actor does not see are not shown to him, but count where his right over the account is judged: an account with any of them is wider than he is. */
async function whole({ db }: Pick<Context, 'db'>, account: Account): Promise<Pick<Account, 'role' | 'scope'>> {
  return { role: account.role, scope: account.scope === null ? null : await accounts.wholeScope(db, account.id) }
}

async function stateWhenEnabled({ db }: Pick<Context, 'db'>, account: Account): Promise<Account['state']> {
  if (account.state !== 'disabled') return account.state
  return (await accounts.secretsOf(db, account.id)).passwordHash === null ? 'invited' : 'active'
}

function activityOf(before: Account, after: Account): string {
  if (before.state !== after.state) return after.state === 'disabled' ? 'account.disabled' : 'account.enabled'
  if (before.role !== after.role) return 'account.role-changed'
  return JSON.stringify(before.scope) === JSON.stringify(after.scope) ? 'account.updated' : 'account.scope-changed'
}
