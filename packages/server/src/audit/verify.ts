import type { AuditVerification } from '@vigie/domain/audit'
import type { Database, TenantDb } from '../platform/index.ts'
import { hashOf } from './record.ts'
import { head, pageOfChain, type AuditRow } from './store.ts'

const pageSize = 1_000

/**
 * Walks a business's whole chain, a page at a time, each page in a short transaction of its own; records added meanwhile are left for the next time. Finds every changed, missing,
 * swapped, added record and a cut tail (R40). `brokenAt`: the first sequence that does not follow.
 */
export async function verifyChain(database: Database, partnerId: string): Promise<AuditVerification> {
  const inPartner = <T>(work: (db: TenantDb) => Promise<T>) => database.transaction({ partnerId, scope: 'all', principalId: null }, work)
  const end = await inPartner(head)
  const until = end?.sequence ?? 0
  let previous: Buffer = Buffer.alloc(0)
  let sequence = 0
  const broken = (brokenAt: number): AuditVerification => ({
    isIntact: false,
    records: sequence,
    brokenAt,
    headHash: end?.hash.toString('hex') ?? null,
  })
  while (sequence < until) {
    const rows = await inPartner((db) => pageOfChain(db, sequence, pageSize))
    if (rows.length === 0) return broken(sequence + 1)
    for (const row of rows) {
      if (row.sequence > until) break
      if (row.sequence !== sequence + 1 || !hashOf(previous, hashed(row)).equals(row.hash)) return broken(sequence + 1)
      previous = row.hash
      sequence = row.sequence
    }
  }
  if (end !== null && !end.hash.equals(previous)) return broken(sequence)
  const beyond = await inPartner(async (db) => ({ rows: await pageOfChain(db, until, 1), head: await head(db) }))
  // a record past a head that did not move was not added by us
  if (beyond.rows.length > 0 && (beyond.head?.sequence ?? 0) === until) return broken(until + 1)
  return { isIntact: true, records: sequence, brokenAt: null, headHash: end?.hash.toString('hex') ?? null }
}

/** The part of a row that its hash covers, as `record` wrote it. */
function hashed({ hash: _hash, at, before, after, ...row }: AuditRow): Record<string, unknown> {
  return { ...row, at: at.toISOString(), before: before?.toString('base64') ?? null, after: after?.toString('base64') ?? null }
}
