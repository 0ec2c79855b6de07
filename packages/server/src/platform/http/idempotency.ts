import { Problem } from '@vigie/domain/kernel'
import type { TenantDb } from '../db/index.ts'

/**
 * A creation sent twice with the same `Idempotency-Key` happens once: the second answers what the first answered. Both travel in the transaction
 * of the work, so a crash leaves neither; a second that comes while the first runs waits for it on the key.
 * @throws request.key-reused when the key stands for another request
 */
export async function runIdempotently<T>(
  db: TenantDb,
  accountId: string,
  key: string,
  requestHash: Buffer,
  work: () => Promise<T>,
): Promise<T> {
  if (!/^[\x21-\x7e]{1,100}$/.test(key))
    throw new Problem('request.invalid', {}, { fields: [{ path: 'Idempotency-Key', code: 'invalid' }] })
  const { partnerId } = db.tenant
  const mine = await db.query(
    'insert into idempotency (partner_id, account_id, key, request_hash) values ($1, $2, $3, $4) on conflict do nothing',
    [partnerId, accountId, key, requestHash],
  )
  if (mine.rowCount === 0) {
    const {
      rows: [row],
    } = await db.query<{ request_hash: Buffer; reply: { value: T } }>(
      'select request_hash, reply from idempotency where account_id = $1 and key = $2',
      [accountId, key],
    )
    if (!row || !row.request_hash.equals(requestHash)) throw new Problem('request.key-reused')
    db.markAudited()
    return row.reply.value
  }
  const value = await work()
  await db.query('update idempotency set reply = $3 where account_id = $1 and key = $2', [accountId, key, JSON.stringify({ value })])
  return value
}
