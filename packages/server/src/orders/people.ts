import { rolePermissions, roles, type Permission } from '@vigie/domain/access'
import type { TenantDb } from '../platform/index.ts'

const rolesWith = (permission: Permission) => roles.filter((role) => rolePermissions[role].includes(permission))

/** R16: is there somebody else who may approve, and sees all that the order reaches? */
export async function canApprove(db: TenantDb, giverId: string | null): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from account where id is distinct from $1 and state = 'active' and not is_scope_limited and role = any($2) limit 1`,
    [giverId, rolesWith('order.approve')],
  )
  return rowCount === 1
}

/** Whoever could approve an order of Vigie's own. */
export async function approvers(db: TenantDb): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `select id from account where state = 'active' and not is_scope_limited and role = any($1) order by id`,
    [rolesWith('order.approve')],
  )
  return rows.map(({ id }) => id)
}

export async function owners(db: TenantDb): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(`select id from account where state = 'active' and role = 'owner' order by id`)
  return rows.map(({ id }) => id)
}

/** Whether who gave an order may still do so, and how much of the business he sees: both as of now, not of then (R7). Null: no longer. Vigie itself sees all. */
export async function giver(db: TenantDb, accountId: string | null): Promise<{ scope: 'all' | 'limited' } | null> {
  if (accountId === null) return { scope: 'all' }
  const {
    rows: [account],
  } = await db.query<{ is_scope_limited: boolean }>(
    `select is_scope_limited from account where id = $1 and state = 'active' and role = any($2)`,
    [accountId, rolesWith('order.send')],
  )
  return account ? { scope: account.is_scope_limited ? 'limited' : 'all' } : null
}
