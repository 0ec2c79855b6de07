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
  return Object.keys(wanted).some((key) => key.startsWith('scheduled-scan.'))
    ? { ...wanted, 'scheduled-scan.time-zone': context.timeZone }
    : wanted
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
      [db.tenant.partnerId, context.productId, context.group, context.timeZone, JSON.stringify(wantedOf(layers, context)), now],
    )
  }
}

/**
 * One at a time of a customer, until commit: whoever sets something, and the job that looks at what came or moved. Else the job, which could not see what is being set, would take an endpoint
 * for done that nobody told. After the consent's gate and before agents, like all of settings.
 */
export async function holdSettings(db: TenantDb, customerIds: readonly string[]): Promise<void> {
  await db.query(
    `select pg_advisory_xact_lock(hashtextextended('settings ' || one, 0)) from (select one from unnest($1::text[]) one order by one) ordered`,
    [[...new Set(customerIds)]],
  )
}

/** Notes of what came or moved that are read in one transaction; several may be of one context. */
const mostNotes = 5_000

/**
 * Looks anew at what endpoints are to have that came, moved or live by another clock (`setting_look`, written by the tables themselves). Who has no settings anywhere is to have nothing.
 * @returns how many contexts
 */
export async function lookAgain(db: TenantDb, limit: number, now: Date): Promise<number> {
  const { rows: noted } = await db.query<{ ids: string[]; customer_id: string; product_id: string; group: string }>(
    `select array_agg(id) as ids, customer_id, product_id, "group" from (select * from setting_look order by id limit ${mostNotes}) noted group by 2, 3, 4 limit $1`,
    [limit],
  )
  if (noted.length === 0) return 0
  const customerIds = noted.map((row) => row.customer_id)
  await holdSettings(db, customerIds)
  // asked only now: who held the settings may have set something
  const { rows: contexts } = await db.query<Context>(
    `select p.customer_id as "customerId", p.id as "productId", p.type_id as "typeId", n.name as "group", 0 as "endpointCount", c.time_zone as "timeZone"
     from unnest($1::uuid[], $2::text[]) n (product_id, name) join product p on p.id = n.product_id join customer c on c.partner_id = p.partner_id and c.id = p.customer_id
     where exists (select from setting_layer l where l.partner_id = p.partner_id and l.customer_id = p.customer_id)
       or exists (select from setting_state s where s.partner_id = p.partner_id and s.product_id = p.id and s.wanted_revision > 0)`,
    [noted.map((row) => row.product_id), noted.map((row) => row.group)],
  )
  await refresh(db, contexts, now)
  await db.query('delete from setting_look where id = any($1)', [noted.flatMap(({ ids }) => ids)])
  return noted.length
}
