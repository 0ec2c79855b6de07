import { createHash, randomBytes } from 'node:crypto'
import { generateSecret, generateURI, verifySync } from 'otplib'
import type { Services, TenantDb } from '../platform/index.ts'
import * as accounts from './store.ts'

const stepSeconds = 30

/** Sealed where it stands (R39). */
const place = (column: 'totp_secret' | 'totp_pending_secret', accountId: string) => ({ table: 'account', column, row: accountId })

/** A new secret, not yet in force. */
export async function startTotp(
  db: TenantDb,
  services: Services,
  account: { id: string; email: string },
  businessName: string,
): Promise<{ secret: string; otpauthUrl: string }> {
  const secret = generateSecret()
  const sealed = await services.vault.seal(db, 'secrets', place('totp_pending_secret', account.id), secret)
  await db.query('update account set totp_pending_secret = $2 where id = $1', [account.id, sealed])
  return { secret, otpauthUrl: generateURI({ issuer: `Vigie ${businessName}`, label: account.email, secret }) }
}

/** Puts the pending secret in force with its first code, and makes the recovery codes. @returns null: the code is wrong */
export async function confirmTotp(db: TenantDb, services: Services, accountId: string, code: string, now: Date): Promise<string[] | null> {
  const { totpPendingSecret } = await accounts.secretsOf(db, accountId)
  const secret = await services.vault.open(db, 'secrets', place('totp_pending_secret', accountId), totpPendingSecret!)
  const step = secret === null ? null : stepOf(secret, code, now)
  if (secret === null || step === null) return null
  const sealed = await services.vault.seal(db, 'secrets', place('totp_secret', accountId), secret)
  await db.query(
    'update account set totp_secret = $2, totp_pending_secret = null, totp_last_step = $3, version = version + 1 where id = $1',
    [accountId, sealed, step],
  )
  return await renewRecoveryCodes(db, accountId)
}

export async function removeTotp(db: TenantDb, accountId: string): Promise<void> {
  await db.query('update account set totp_secret = null, totp_pending_secret = null, version = version + 1 where id = $1', [accountId])
  await db.query('delete from recovery_code where account_id = $1', [accountId])
}

/**
 * TOTP of the current 30 s or one step beside it. Each code once, also in two processes at once: the step only moves forward, by one statement (R31).
 */
export async function useTotp(db: TenantDb, services: Services, accountId: string, code: string, now: Date): Promise<boolean> {
  const { totpSecret } = await accounts.secretsOf(db, accountId)
  const secret = totpSecret === null ? null : await services.vault.open(db, 'secrets', place('totp_secret', accountId), totpSecret)
  const step = secret === null ? null : stepOf(secret, code, now)
  if (step === null) return false
  const { rowCount } = await db.query('update account set totp_last_step = $2 where id = $1 and totp_last_step < $2', [accountId, step])
  return rowCount === 1
}

/** Number of the 30 s the code belongs to; null: it is of none near. */
function stepOf(secret: string, code: string, now: Date): number | null {
  const epoch = Math.floor(now.getTime() / 1000)
  // tolerance of a whole period either way: exactly one step beside the current one
  const result = verifySync({ secret, token: code, epoch, epochTolerance: stepSeconds })
  return result.valid ? Math.floor(epoch / stepSeconds) + result.delta : null
}

const recoveryCodes = 10
const alphabet = 'ABCDEFGHJKMNPQRSTVWXYZ0123456789' // Crockford: no I, L, O, U

/** 80 random bits each, kept as hashes; shown this once. */
export async function renewRecoveryCodes(db: TenantDb, accountId: string): Promise<string[]> {
  const codes = Array.from({ length: recoveryCodes }, () =>
    Array.from(randomBytes(16), (byte) => alphabet[byte % 32]!)
      .join('')
      .replace(/(.{4})(?=.)/g, '$1-'),
  )
  await db.query('delete from recovery_code where account_id = $1', [accountId])
  await db.query('insert into recovery_code (partner_id, account_id, code_hash) select $1, $2, hash from unnest($3::bytea[]) hash', [
    db.tenant.partnerId,
    accountId,
    codes.map(hashCode),
  ])
  return codes
}

/** A code that fits is used up. How it is written (case, spaces, hyphens, O for 0) does not matter. */
export async function useRecoveryCode(db: TenantDb, accountId: string, code: string, now: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    'update recovery_code set used_at = $3 where account_id = $1 and code_hash = $2 and used_at is null',
    [accountId, hashCode(code), now],
  )
  return rowCount === 1
}

const hashCode = (code: string) => {
  const plain = code
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
    .replaceAll('O', '0')
    .replace(/[IL]/g, '1')
  return createHash('sha256').update(plain).digest()
}
