import type { AddressSpan } from '@vigie/domain/products'
import type { TenantDb } from '../platform/index.ts'

interface Row {
  endpoint_id: string
  address: string
  first_seen_at: Date
  last_seen_at: Date
  is_current: boolean
}

/**
 * Where each of these endpoints was: what it has now, in its own order, then what it had, the latest first. An address that it still has was seen last with its last report, so that no report writes a row.
 * Only for those whose addresses may be seen. Plan: the primary key.
 */
export async function placesOf(db: TenantDb, endpointIds: readonly string[]): Promise<Map<string, AddressSpan[]>> {
  const { rows } = await db.query<Row>(
    `select a.endpoint_id, a.address, a.first_seen_at, coalesce(a.last_seen_at, e.received_at, a.first_seen_at) as last_seen_at, a.last_seen_at is null as is_current
     from endpoint_address a join endpoint e on e.partner_id = a.partner_id and e.id = a.endpoint_id where a.endpoint_id = any($1::uuid[])
     order by a.last_seen_at desc nulls first, array_position(e.addresses, a.address), a.address`,
    [endpointIds],
  )
  const places = new Map<string, AddressSpan[]>()
  for (const row of rows) {
    const span = {
      address: row.address,
      firstSeenAt: row.first_seen_at.toISOString(),
      lastSeenAt: row.last_seen_at.toISOString(),
      isCurrent: row.is_current,
    }
    places.set(row.endpoint_id, [...(places.get(row.endpoint_id) ?? []), span])
  }
  return places
}
