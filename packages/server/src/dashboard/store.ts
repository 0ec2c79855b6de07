import type { DashboardTab } from '@vigie/domain/dashboard'
import type { TenantDb } from '../platform/index.ts'

/** `tabs` null: what the role is given. */
export interface Kept {
  tabs: DashboardTab[] | null
  /** 0: there is no row. */
  version: number
}
const none: Kept = { tabs: null, version: 0 }

export async function get(db: TenantDb, accountId: string): Promise<Kept> {
  const {
    rows: [row],
  } = await db.query<Kept>('select tabs, version from dashboard where account_id = $1', [accountId])
  return row ?? none
}

/** Locks the account until commit: there may be no row to lock yet. */
export async function lock(db: TenantDb, accountId: string): Promise<Kept> {
  await db.query('select from account where id = $1 for no key update', [accountId])
  return await get(db, accountId)
}

/** @returns the new version */
export async function put(db: TenantDb, accountId: string, tabs: readonly DashboardTab[] | null, now: Date): Promise<number> {
  const { rows } = await db.query<{ version: number }>(
    `insert into dashboard (partner_id, account_id, tabs, updated_at) values ($1, $2, $3, $4)
     on conflict (partner_id, account_id) do update set tabs = excluded.tabs, updated_at = excluded.updated_at, version = dashboard.version + 1 returning version`,
    [db.tenant.partnerId, accountId, tabs === null ? null : JSON.stringify(tabs), now],
  )
  return rows[0]!.version
}
