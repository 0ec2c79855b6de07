import { createHash } from 'node:crypto'
import { leavesInfection } from '@vigie/domain/events'
import type { TenantDb } from '../platform/index.ts'

/** Something that was seen at a file: malware stayed there, or is gone from it. */
export interface Sighting {
  customerId: string
  productId: string
  endpointId: string
  category: string
  threat: string
  object: string
  /** As the agent's clock says: only ever compared with the same agent's (R23). */
  at: Date
  /** Outcome of the detection, or how it was cleared. */
  how: string
  isLeft: boolean
}

const dealtWith = new Set(['cleaned', 'deleted', 'quarantined'])
/** Null: the outcome says neither (a newer agent's word, R19). */
export const staysInPlace = (outcome: string): boolean | null => (leavesInfection(outcome) ? true : dealtWith.has(outcome) ? false : null)

interface Row {
  partner_id: string
  customer_id: string
  product_id: string
  endpoint_id: string
  category: string
  threat: string
  object: string
  hash: string
  opened_at: Date | null
  gone_at: Date | null
  how: string
}

/**
 * Opens and closes infections (mission §0) by what was seen last at each file; a file that was infected and dealt with in between leaves a closed one. A sighting
 * older than the opening closes nothing.
 */
export async function applySightings(db: TenantDb, sightings: readonly Sighting[]): Promise<void> {
  const rows = JSON.stringify([...byFile(db.tenant.partnerId, sightings).values()])
  const input = `json_to_recordset($1) as r (partner_id uuid, customer_id uuid, product_id uuid, endpoint_id uuid, category text, threat text, object text, hash text, opened_at timestamptz, gone_at timestamptz, how text)`
  await Promise.all([
    db.query(
      `update infection i set closed_at = r.gone_at, closed_how = r.how from ${input}
       where i.endpoint_id = r.endpoint_id and i.category = r.category and i.object_hash = decode(r.hash, 'hex') and i.closed_at is null and i.opened_at <= r.gone_at`,
      [rows],
    ),
    db.query(
      `insert into infection (partner_id, id, customer_id, product_id, endpoint_id, category, threat, object, object_hash, opened_at, closed_at, closed_how)
       select partner_id, gen_random_uuid(), customer_id, product_id, endpoint_id, category, threat, object, decode(hash, 'hex'), opened_at,
         case when gone_at >= opened_at then gone_at end, case when gone_at >= opened_at then how end
       from ${input} where opened_at is not null order by endpoint_id, category, hash
       on conflict (partner_id, endpoint_id, category, object_hash) where closed_at is null do nothing`,
      [rows],
    ),
    db.query(
      `update endpoint e set open_infections = n.n from (select r.endpoint_id, (select count(*) from infection i where i.endpoint_id = r.endpoint_id and i.closed_at is null) as n
         from (select distinct endpoint_id from ${input}) r) n where e.id = n.endpoint_id and e.open_infections <> n.n`,
      [rows],
    ),
  ])
  for (const { endpointId, customerId } of sightings) db.announce({ kind: 'endpoint', id: endpointId, customerId })
}

function byFile(partnerId: string, sightings: readonly Sighting[]): Map<string, Row> {
  const files = new Map<string, Row>()
  for (const one of sightings) {
    const hash = createHash('sha256').update(one.object).digest('hex')
    const name = `${one.endpointId} ${one.category} ${hash}`
    let row = files.get(name)
    if (!row) {
      row = {
        partner_id: partnerId,
        customer_id: one.customerId,
        product_id: one.productId,
        endpoint_id: one.endpointId,
        category: one.category,
        threat: one.threat,
        object: one.object,
        hash,
        opened_at: null,
        gone_at: null,
        how: '',
      }
      files.set(name, row)
    }
    if (one.isLeft && (row.opened_at === null || one.at > row.opened_at)) {
      row.opened_at = one.at
      row.threat = one.threat
    }
    if (!one.isLeft && (row.gone_at === null || one.at >= row.gone_at)) {
      row.gone_at = one.at
      row.how = one.how
    }
  }
  return files
}
