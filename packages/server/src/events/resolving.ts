import { categoryById } from '@vigie/domain/categories'
import type { Event, Mending } from '@vigie/domain/events'
import type { TenantDb } from '../platform/index.ts'

type Asked = Pick<Event, 'id' | 'productId' | 'category' | 'condition'>

/**
 * Of each event the commands that mend it, best first, and whether some agent of its product takes them now (AGT-3: greyed out, with the reason). Plan: agent_product, up to the first agent that
 * takes it.
 */
export async function mendings(db: TenantDb, events: readonly Asked[]): Promise<Map<string, Mending[]>> {
  const asked = events.flatMap(({ id, productId, category, condition }) =>
    (categoryById.get(category)?.conditions[condition]?.resolvedBy ?? []).map((type) => ({ id, productId, type })),
  )
  const found = new Map<string, Mending[]>(events.map(({ id }) => [id, []]))
  if (asked.length === 0) return found
  const { rows } = await db.query<{ id: string; type: Mending['type']; is_possible: boolean; reason: string | null }>(
    `select asked.id, asked.type, is_possible, case
         when is_possible then null
         when not exists (select from agent a where a.product_id = asked.product_id) then 'agent-pending'
         when not exists (select from agent a where a.product_id = asked.product_id and a.switch = 'enabled') then 'agent-disabled'
         else coalesce((select c ->> 'reason' from agent a, jsonb_array_elements(a.commands) c where a.product_id = asked.product_id and a.switch = 'enabled' and c ->> 'type' = asked.type limit 1), 'not-supported') end as reason
       from unnest($1::uuid[], $2::uuid[], $3::text[]) with ordinality asked (id, product_id, type, place)
         cross join lateral (select exists (select from agent a where a.product_id = asked.product_id and a.switch = 'enabled'
           and a.commands @> jsonb_build_array(jsonb_build_object('type', asked.type, 'isSupported', true))) as is_possible) can
       order by asked.place`,
    [asked.map(({ id }) => id), asked.map(({ productId }) => productId), asked.map(({ type }) => type)],
  )
  for (const { id, type, is_possible, reason } of rows) found.get(id)!.push({ type, isPossible: is_possible, reason })
  return found
}

export const resolvedBy = async (db: TenantDb, event: Asked): Promise<Mending[]> => (await mendings(db, [event])).get(event.id)!
