import { createHash, createPublicKey, verify } from 'node:crypto'
import { feedFault, FeedDocument, FeedFile, feedPrefix, longestAlertDays, type AlertFeed } from '@vigie/domain/outbreak'
import { Problem } from '@vigie/domain/kernel'
import type { TenantDb } from '../platform/index.ts'

interface Row {
  name: string
  public_key: string
  sequence: string
  imported_at: Date | null
  version: number
}
const columns = 'name, public_key, sequence, imported_at, version'

const toFeed = (row: Row): AlertFeed => ({
  name: row.name,
  publicKey: row.public_key,
  fingerprint: createHash('sha256').update(Buffer.from(row.public_key, 'base64url')).digest('hex'),
  sequence: Number(row.sequence),
  importedAt: row.imported_at?.toISOString() ?? null,
  version: row.version,
})

export async function get(db: TenantDb, { isLocked = false } = {}): Promise<AlertFeed | null> {
  const {
    rows: [row],
  } = await db.query<Row>(`select ${columns} from virus_alert_feed ${isLocked ? 'for update' : ''}`)
  return row ? toFeed(row) : null
}

/** Is this a key at all? 43 letters can be one that lies on no curve. */
export function isKey(publicKey: string): boolean {
  try {
    return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' }).asymmetricKeyType === 'ed25519'
  } catch {
    return false
  }
}

/** Another key begins anew: its numbers are its own. */
export async function set(db: TenantDb, { name, publicKey }: { name: string; publicKey: string }): Promise<void> {
  await db.query(
    `insert into virus_alert_feed as f (partner_id, name, public_key) values ($1, $2, $3)
     on conflict (partner_id) do update set name = excluded.name, public_key = excluded.public_key, version = f.version + 1,
       sequence = case when f.public_key = excluded.public_key then f.sequence else 0 end, imported_at = case when f.public_key = excluded.public_key then f.imported_at end`,
    [db.tenant.partnerId, name, publicKey],
  )
}

export const remove = async (db: TenantDb): Promise<boolean> => (await db.query('delete from virus_alert_feed')).rowCount === 1

export async function taken(db: TenantDb, sequence: number, now: Date): Promise<void> {
  await db.query('update virus_alert_feed set sequence = $1, imported_at = $2', [sequence, now])
}

/**
 * The signature is looked at before anything of the document is read (R26: what nobody signed is text of strangers).
 * @throws feed.unreadable, feed.signature-wrong, feed.replayed, feed.expired, feed.wrong
 */
export function readFile(text: string, feed: Pick<AlertFeed, 'publicKey' | 'sequence'>, now: Date): FeedDocument {
  const file = FeedFile.safeParse(parsed(text))
  if (!file.success) throw new Problem('feed.unreadable')
  const { document, signature } = file.data
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: feed.publicKey }, format: 'jwk' })
  if (!verify(null, Buffer.from(feedPrefix + document), key, Buffer.from(signature, 'base64url'))) throw new Problem('feed.signature-wrong')
  const read = FeedDocument.safeParse(parsed(document))
  if (!read.success) throw new Problem('feed.unreadable')
  const fault = feedFault(read.data, feed.sequence, now, longestAlertDays)
  if (fault === null) return read.data
  throw new Problem(
    fault === 'replayed' || fault === 'expired' ? `feed.${fault}` : 'feed.wrong',
    fault === 'replayed' ? { sequence: read.data.sequence, taken: feed.sequence } : { fault },
  )
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
