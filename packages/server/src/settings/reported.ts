import type { EndpointItem } from '@vigie/domain/agents'
import type { TenantDb } from '../platform/index.ts'

export interface Reported {
  endpointId: string
  customerId: string
  productId: string
  agentId: string
  settings: NonNullable<EndpointItem['settings']>
}

/**
 * What endpoints say of their settings, in the transaction that stores their reports (R22): the same again writes nothing but its time after an order. The caller holds the agents' locks;
 * what follows from it (an order again, after a restore) is the next minute's work.
 */
export async function noteReported(db: TenantDb, reported: readonly Reported[], now: Date): Promise<void> {
  if (reported.length === 0) return
  const newest = [...new Map(reported.map((one) => [one.endpointId, one])).values()].toSorted((a, b) =>
    a.endpointId < b.endpointId ? -1 : 1,
  )
  await db.query(
    `insert into setting_state as s (partner_id, endpoint_id, customer_id, product_id, agent_id, reported_revision, reported, reported_at)
     select $1, r.endpoint_id, r.customer_id, r.product_id, r.agent_id, r.revision, r.values, $3
     from json_to_recordset($2) r (endpoint_id uuid, customer_id uuid, product_id uuid, agent_id uuid, revision integer, values jsonb)
     on conflict (partner_id, endpoint_id) do update set reported_revision = excluded.reported_revision, reported = excluded.reported, reported_at = excluded.reported_at
     where s.reported is distinct from excluded.reported or s.reported_revision is distinct from excluded.reported_revision or s.reported_revision is distinct from s.wanted_revision`,
    [
      db.tenant.partnerId,
      JSON.stringify(
        newest.map(({ endpointId, customerId, productId, agentId, settings }) => ({
          endpoint_id: endpointId,
          customer_id: customerId,
          product_id: productId,
          agent_id: agentId,
          revision: settings.revision,
          values: settings.values,
        })),
      ),
      now,
    ],
  )
}
