import { rolePermissions, type Role } from '@vigie/domain/access'
import { markDue } from '../assessment/index.ts'
import { defineJob } from '../jobs/index.ts'
import { notify } from '../outbox/index.ts'
import type { Services, TenantDb } from '../platform/index.ts'
import * as alerts from './store.ts'

interface Moved {
  id: string
  version: number
  is_in_force: boolean
}

/**
 * What is new for this business of the installation's alerts: declared, changed, begun, ended or withdrawn. Its products are assessed anew, its consoles hear of it, and of a red one
 * whoever wants to be told, once. Twice is harmless: what was seen is written down in the same transaction.
 * @returns whether there was anything
 */
export async function lookAtAlerts(db: TenantDb, services: Services, now: Date): Promise<boolean> {
  await db.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`virus alerts ${db.tenant.partnerId}`])
  const { rows } = await db.query<Moved>(
    `select a.id, a.version, a.is_in_force from (select id, version, starts_at <= $1 and ends_at > $1 and withdrawn_at is null as is_in_force from virus_alert where ends_at > $1 - interval '31 days') a
       left join virus_alert_seen s on s.alert_id = a.id where case when s.alert_id is null then a.is_in_force else (s.version, s.is_in_force) <> (a.version, a.is_in_force) end order by a.id`,
    [now],
  )
  if (rows.length === 0) return false
  const { rows: products } = await db.widely(() =>
    db.query<{ productId: string; customerId: string }>(
      'select id as "productId", customer_id as "customerId" from product where last_seen_at is not null order by id',
    ),
  )
  await db.widely(() => markDue(db, products, now))
  await db.query(
    `insert into virus_alert_seen as s (partner_id, alert_id, version, is_in_force) select $1, * from unnest($2::uuid[], $3::integer[], $4::boolean[])
     on conflict (partner_id, alert_id) do update set version = excluded.version, is_in_force = excluded.is_in_force`,
    [db.tenant.partnerId, rows.map(({ id }) => id), rows.map(({ version }) => version), rows.map(({ is_in_force }) => is_in_force)],
  )
  for (const { id } of rows) db.announce({ kind: 'alert', id, customerId: null })
  for (const { id } of rows.filter(({ is_in_force }) => is_in_force)) {
    const alert = await alerts.row(db, id)
    if (alert.level === 'red') await tellOf(db, services, alert)
  }
  return true
}

/** Once an alert (NTF-4): raised to red, it is told then. */
async function tellOf(db: TenantDb, services: Services, alert: alerts.AlertRow): Promise<void> {
  const { rows } = await db.query<{ id: string; role: Role }>(
    `select id, role from account where state = 'active' and is_told_of_events order by id`,
  )
  for (const { id: accountId } of rows.filter(({ role }) => rolePermissions[role]?.includes('alert.read'))) {
    await notify(db, services, {
      kind: 'virus-alert',
      key: `alert:${alert.id}:red:${accountId}`,
      accountId,
      values: { alertId: alert.id, alert: alert.name, at: alert.ends_at.toISOString() },
    })
  }
}

export const spreadAlerts = defineJob(
  'outbreak.alerts',
  { everyMinutes: 1 },
  async ({ db, now, services }) => void (await lookAtAlerts(db, services, now)),
)
