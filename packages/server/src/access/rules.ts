import { Problem } from '@vigie/domain/kernel'
import { mayGrant, mayGrantScope, portalRoles, type Account, type Role, type Scope } from '@vigie/domain/access'
import type { Actor, TenantDb } from '../platform/index.ts'
import * as accounts from './store.ts'

/**
 * R5: nobody gives, changes or takes away rights mightier than his own; a line that names a customer he does not see is a customer that never was (R2).
 * @throws account.mightier, customer.not-found, request.invalid
 */
export async function assertMayGive(db: TenantDb, actor: Actor, rights: { role: Role; scope: Scope }, now: Date): Promise<void> {
  const named = (rights.scope ?? []).flatMap(({ target }) => (target.kind === 'customer' ? [target.customerId] : []))
  const visible = await accounts.visibleAmong(db, named)
  if (named.some((id) => !visible.has(id))) throw new Problem('customer.not-found')
  await assertNotMightier(db, actor, rights, now)
  // a customer's own people: never the whole business (ACC-3, ACC-13)
  const isPortal = (portalRoles as readonly Role[]).includes(rights.role)
  if (isPortal && !isOfCustomers(rights.scope)) throw new Problem('request.invalid', {}, { fields: [{ path: 'scope', code: 'required' }] })
}

const isOfCustomers = (scope: Scope) =>
  scope !== null &&
  scope.some((line) => line.effect === 'allow') &&
  scope.every((line) => line.effect === 'deny' || line.target.kind === 'customer')

/** @throws account.mightier when the account may do, or see, what the actor may not */
export async function assertNotMightier(db: TenantDb, actor: Actor, other: { role: Role; scope: Scope }, now: Date): Promise<void> {
  if (!mayGrant(actor.role, other.role)) throw new Problem('account.mightier')
  if (!actor.isScopeLimited) return
  const own = (await accounts.get(db, actor.accountId)).scope
  const named = (other.scope ?? []).flatMap(({ target }) => (target.kind === 'customer' ? [target.customerId] : []))
  const [visible, tags] = [await accounts.visibleAmong(db, named), await accounts.tagsOf(db, named)]
  const customers = [...visible].map((id) => ({ id, tags: tags.get(id) ?? [] }))
  if (!mayGrantScope(own, other.scope, customers, now)) throw new Problem('account.mightier')
}

/** ACC-4: the primary stays as it is; oneself changes at `/me`. @throws account.is-primary, account.is-self */
export function assertOther(actor: Actor, account: Account): void {
  if (account.isPrimary) throw new Problem('account.is-primary')
  if (account.id === actor.accountId) throw new Problem('account.is-self')
}
