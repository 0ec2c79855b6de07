import { resolve, slots, wantedValues, type SettingValues } from '@vigie/domain/settings'
import type { TenantDb } from '../platform/index.ts'
import { chainOf, ofCustomers, type Kept } from './layers.ts'
import { settingsOfType, type Context } from './places.ts'

/** Keys of what this type takes, with what the server fills in. */
export const keysOfType = (typeId: string): string[] => {
  const takes = new Set(settingsOfType(typeId))
  return slots.filter(({ setting }) => takes.has(setting.id)).map(({ key }) => key)
}

/** What an endpoint of this context is to have. A schedule that somebody set keeps the customer's clock. */
export function wantedOf(layers: readonly Kept[], context: Context): Record<string, SettingValues[string]> {
  const wanted = wantedValues(resolve(keysOfType(context.typeId), chainOf(layers, context)))
  return Object.keys(wanted).some((key) => key.startsWith('scheduled-scan.')) ? { ...wanted, 'scheduled-scan.time-zone': context.timeZone } : wanted
}

/**
 * Writes what each endpoint of these contexts is to have; where that is not what it was, its revision goes up, above all that it ever reported: one that was restored
 * from a backup must not take the new one for one it has. Twice is harmless.
 */
export async function refresh(db: TenantDb, contexts: readonly Context[], now: Date): Promise<void> {
  const layers = await ofCustomers(db, [...new Set(contexts.map(({ customerId }) => customerId))])
  for (const context of contexts) {
    await db.query(
      `insert into setting_state as s (partner_id, endpoint_id, customer_id, product_id, agent_id, "group", time_zone, wanted_revision, wanted, wanted_at)
       select $1, e.id, e.customer_id, e.product_id, e.agent_id, $3, $4, case when $5::jsonb = '{}' then 0 else 1 end, $5, $6 from endpoint e where e.product_id = $2 and e."group" = $3 order by e.id
       on conflict (partner_id, endpoint_id) do update set "group" = excluded."group", time_zone = excluded.time_zone, agent_id = excluded.agent_id, product_id = excluded.product_id, customer_id = excluded.customer_id,
         wanted = excluded.wanted,
         wanted_revision = case when s.wanted = excluded.wanted then s.wanted_revision else greatest(s.wanted_revision, coalesce(s.reported_revision, 0), 0) + 1 end,
         wanted_at = case when s.wanted = excluded.wanted then s.wanted_at else excluded.wanted_at end`,
      [db.tenant.partnerId, context.productId, context.group, context.timeZone, JSON.stringify(wantedOf(layers, context)), now])
  }
}

/** Contexts whose endpoints were not looked at since they came, moved to another group, or their customer's clock changed. */
export async function staleContexts(db: TenantDb, limit: number): Promise<Context[]> {
  const { rows } = await db.query<Context>(
    `select distinct e.customer_id as "customerId", e.product_id as "productId", p.type_id as "typeId", e."group", 0 as "endpointCount", c.time_zone as "timeZone"
     from (select distinct partner_id, customer_id from setting_layer) l
       join endpoint e on e.partner_id = l.partner_id and e.customer_id = l.customer_id
       join product p on p.partner_id = e.partner_id and p.id = e.product_id join customer c on c.partner_id = e.partner_id and c.id = e.customer_id
       left join setting_state s on s.partner_id = e.partner_id and s.endpoint_id = e.id
     where s.endpoint_id is null or s."group" is distinct from e."group" or s.time_zone is distinct from c.time_zone or s.agent_id is distinct from e.agent_id limit $1`, [limit])
  return rows
}
