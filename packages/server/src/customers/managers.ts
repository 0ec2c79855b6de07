import { isInScope, rolePermissions, type Role, type Scope, type ScopeLine } from '@vigie/domain/access'
import type { Manager } from '@vigie/domain/customers'
import { Problem } from '@vigie/domain/kernel'
import { wholeScope } from '../access/index.ts'
import type { TenantDb } from '../platform/index.ts'

/** An account as far as it can own customers (CUS-7). `scope`: with the lines that the asker does not see. To judge by, never to show. */
export interface Candidate {
  id: string
  name: string
  isPrimary: boolean
  scope: Scope
}

/** Not disabled, of the business itself (not of a customer's portal), and able to work on customers. */
const isFit = ({ state, role }: { state: string; role: Role }): boolean =>
  state !== 'disabled' && (rolePermissions[role] ?? []).includes('customer.update')

/** Locked, so that it is still there and as mighty when the change commits. @throws account.not-found, customer.manager-unfit */
export async function lockCandidate(db: TenantDb, id: string): Promise<Candidate> {
  const {
    rows: [row],
  } = await db.query<{ id: string; name: string; is_primary: boolean; role: Role; state: string; is_scope_limited: boolean }>(
    `select id, vigie.person_name(first_name, last_name) as name, is_primary, role, state, is_scope_limited from account where id = $1 for key share`,
    [id],
  )
  if (!row) throw new Problem('account.not-found')
  if (!isFit(row)) throw new Problem('customer.manager-unfit')
  return {
    id: row.id,
    name: row.name,
    isPrimary: row.is_primary,
    scope: row.is_scope_limited ? ((await wholeScope(db, id)) as ScopeLine[]) : null,
  }
}

/** Nobody gets a customer that he could not open. */
export const maySee = (candidate: Candidate, customer: { id: string; tags: readonly string[] }, now: Date): boolean =>
  isInScope(candidate.scope, customer, now)

/** Who manages something that the asker sees; `all`: everybody who could, too. */
export async function managers(db: TenantDb, all: boolean): Promise<(Manager & { canManage: boolean })[]> {
  const { rows } = await db.query<{ id: string; name: string; is_primary: boolean; role: Role; state: string; manages: boolean }>(
    `select a.id, vigie.person_name(a.first_name, a.last_name) as name, a.is_primary, a.role, a.state,
       exists (select from customer c where c.managed_by_id = a.id) or (a.is_primary and exists (select from customer c where c.managed_by_id is null)) as manages
     from account a order by a.is_primary desc, vigie.fold(a.last_name || ' ' || a.first_name), a.id`,
  )
  return rows
    .filter((row) => row.manages || (all && isFit(row)))
    .map((row) => ({ id: row.id, name: row.name, isDefault: row.is_primary, canManage: isFit(row) }))
}
