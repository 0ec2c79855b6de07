import { Problem } from '@vigie/domain/kernel'
import { newId, newToken, type Services, type TenantDb } from '../platform/index.ts'
import { hashToken } from './sessions.ts'

export type LinkPurpose = 'invitation' | 'password-reset'
const validMinutes: Record<LinkPurpose, number> = { invitation: 7 * 24 * 60, 'password-reset': 60 }

export interface FoundLink {
  partnerId: string
  linkId: string
  accountId: string
}

/** A new one-use link of an account; the earlier ones of its purpose stop working. The token is kept as a hash and travels by mail only. */
export async function makeLink(
  db: TenantDb,
  accountId: string,
  purpose: LinkPurpose,
  now: Date,
): Promise<{ token: string; expiresAt: string }> {
  const token = newToken()
  const expiresAt = new Date(now.getTime() + validMinutes[purpose] * 60_000)
  await db.query('delete from mail_link where account_id = $1 and purpose = $2', [accountId, purpose])
  await db.query(
    'insert into mail_link (partner_id, id, account_id, purpose, token_hash, expires_at, created_at) values ($1, $2, $3, $4, $5, $6, $7)',
    [db.tenant.partnerId, newId(now), accountId, purpose, hashToken(token), expiresAt, now],
  )
  return { token, expiresAt: expiresAt.toISOString() }
}

/** Looks, without using it: opening a page, or a mail scanner, changes nothing (R33). @throws link.invalid for unknown, used and expired alike */
export async function findLink(services: Services, token: string, purpose: LinkPurpose): Promise<FoundLink> {
  const [found] = await services.database.lookup<{ partner_id: string; link_id: string; account_id: string }>(
    'select * from vigie.find_mail_link($1, $2)',
    [hashToken(token), purpose],
  )
  if (!found) throw new Problem('link.invalid')
  return { partnerId: found.partner_id, linkId: found.link_id, accountId: found.account_id }
}

/** By the clock of the installation too. */
export async function isStillValid(db: TenantDb, linkId: string, now: Date): Promise<boolean> {
  return (await db.query('select from mail_link where id = $1 and used_at is null and expires_at > $2', [linkId, now])).rowCount === 1
}

/** None of the account's links works any more. */
export const voidLinks = (db: TenantDb, accountId: string) => db.query('delete from mail_link where account_id = $1', [accountId])

/** Uses it up. Of two at once one gets it. @throws link.invalid */
export async function takeLink(db: TenantDb, linkId: string, now: Date): Promise<void> {
  const { rowCount } = await db.query('update mail_link set used_at = $2 where id = $1 and used_at is null and expires_at > $2', [
    linkId,
    now,
  ])
  if (rowCount === 0) throw new Problem('link.invalid')
}

/** Used and expired ones. */
export async function removeOldLinks(db: TenantDb, now: Date): Promise<number> {
  return (await db.query('delete from mail_link where expires_at < $1 or used_at is not null', [now])).rowCount
}
