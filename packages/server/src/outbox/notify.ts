import type { Locale } from '@vigie/domain/kernel'
import type { MailKind } from '@vigie/domain/outbox'
import { newId, type Services, type TenantDb } from '../platform/index.ts'
import type { MailValues } from './kinds.ts'
import * as store from './store.ts'

interface Common<K extends MailKind> {
  kind: K
  /** The same key twice is one mail (NTF-4): name the occasion, such as `event:<id>:opened:<account>`. */
  key: string
  values: MailValues[K]
  /** One-use token of the mail's link; kept sealed (R39). */
  token?: string
  customerId?: string | null
  eventId?: string | null
}
/** To an account, in its language and time zone (NTF-10); or to an address, where the caller knows these. */
export type Notice<K extends MailKind = MailKind> = Common<K> &
  ({ accountId: string } | { address: string; name: string; locale: Locale; timeZone: string })

/**
 * Writes a mail into the outbox, in the caller's transaction: it is sent if and only if that commits, once (R27, NTF-4). Sending begins right after. Without an SMTP server
 * it is kept, to be read in the console.
 * @returns false: that mail stands there already, or the account is gone
 */
export async function notify<K extends MailKind>(db: TenantDb, services: Services, notice: Notice<K>): Promise<boolean> {
  const to = 'accountId' in notice ? await store.recipient(db, notice.accountId) : notice
  if (to === null) return false
  const now = services.clock.now()
  const id = newId(now)
  const isNew = await store.insert(
    db,
    {
      id,
      kind: notice.kind,
      key: notice.key,
      recipient: to.address,
      recipientName: to.name,
      locale: to.locale,
      timeZone: to.timeZone,
      values: notice.values,
      customerId: notice.customerId ?? null,
      eventId: notice.eventId ?? null,
      accountId: 'accountId' in notice ? notice.accountId : null,
      messageId: `<${id}@${new URL(services.publicUrl).hostname}>`,
      secret: notice.token === undefined ? null : await services.vault.seal(db, 'secrets', secretPlace(id), notice.token),
      state: services.mail.isConfigured ? 'waiting' : 'kept',
    },
    now,
  )
  if (isNew) {
    db.announce({ kind: 'delivery', id, customerId: notice.customerId ?? null })
    db.afterCommit(() => services.mail.wake())
  }
  return isNew
}

export const secretPlace = (id: string) => ({ table: 'outbox', column: 'secret_content', row: id })
