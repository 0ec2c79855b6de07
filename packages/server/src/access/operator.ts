import { Problem } from '@vigie/domain/kernel'
import type { Account } from '@vigie/domain/access'
import { record } from '../audit/index.ts'
import type { Services, TenantDb } from '../platform/index.ts'
import { makeLink } from './links.ts'
import { removeTotp } from './mfa.ts'
import { endSessions } from './sessions.ts'
import * as accounts from './store.ts'

const inPartner = <T>(services: Services, partnerId: string, work: (db: TenantDb) => Promise<T>) =>
  services.database.transaction({ partnerId, scope: 'all', principalId: null }, work)

/** All accounts of all businesses, for the operator at the machine. */
export async function listForOperator(services: Services): Promise<(Account & { business: string })[]> {
  const partners = await services.database.lookup<{ id: string }>('select vigie.partner_ids() as id')
  const all = []
  for (const { id } of partners) {
    all.push(
      ...(await inPartner(services, id, async (db) => {
        const { name } = await accounts.getBusiness(db)
        const { rows } = await accounts.list(db, { sort: 'email', limit: 1_000 })
        return rows.map((account) => ({ ...account, business: name }))
      })),
    )
  }
  return all
}

/** Whom the operator means. @throws account.not-found; also when the address has accounts in several businesses and none is named */
async function find(services: Services, { email, businessId }: Meant): Promise<{ partnerId: string; accountId: string }> {
  const found = await services.database.lookup<{ partner_id: string; account_id: string }>('select * from vigie.find_accounts($1)', [
    email.toLowerCase(),
  ])
  const meant = found.filter((one) => businessId === null || one.partner_id === businessId)
  if (meant.length !== 1) throw new Problem('account.not-found')
  return { partnerId: meant[0]!.partner_id, accountId: meant[0]!.account_id }
}

interface Meant {
  email: string
  businessId: string | null
}

/** By the operator at the machine only: the API has no way to skip a second factor (R31). @throws account.not-found */
export async function resetMfa(services: Services, meant: Meant): Promise<{ email: string; business: string }> {
  const { partnerId, accountId } = await find(services, meant)
  return await inPartner(services, partnerId, async (db) => {
    const account = await accounts.lock(db, accountId)
    const business = await accounts.getBusiness(db)
    await removeTotp(db, accountId)
    await endSessions(db, services, accountId)
    await record(
      db,
      services.vault,
      services.clock.now(),
      { kind: 'operator', name: 'vigie user reset-mfa' },
      {
        activity: 'mfa.reset',
        object: { kind: 'account', id: accountId, name: account.email },
        before: { hasMfa: account.hasMfa },
        after: { hasMfa: false },
      },
    )
    db.announce({ kind: 'account', id: accountId, customerId: null })
    return { email: account.email, business: business.name }
  })
}

/**
 * The way back in for who forgot the password where no mail goes out: a link as the mail would carry it, which only its owner opens; the second factor stays (R31). Earlier links of the account stop
 * working. @throws account.not-found, account.not-active
 */
export async function passwordLink(
  services: Services,
  meant: Meant,
): Promise<{ email: string; business: string; link: string; expiresAt: string }> {
  const { partnerId, accountId } = await find(services, meant)
  return await inPartner(services, partnerId, async (db) => {
    const now = services.clock.now()
    const account = await accounts.lock(db, accountId)
    if (account.state !== 'active') throw new Problem('account.not-active')
    const business = await accounts.getBusiness(db)
    const { token, expiresAt } = await makeLink(db, accountId, 'password-reset', now)
    await record(
      db,
      services.vault,
      now,
      { kind: 'operator', name: 'vigie user reset-password' },
      { activity: 'password.reset-requested', object: { kind: 'account', id: accountId, name: account.email } },
    )
    return { email: account.email, business: business.name, link: `${services.publicUrl}/reset-password#${token}`, expiresAt }
  })
}
