import { expect } from 'vitest'
import type { Role } from '@vigie/domain/access'
import { anActor } from '../../platform/testing/database.ts'
import type { TestServer } from '../../platform/testing/server.ts'
import { aBrowser, passwordHash, type Browser } from './browser.ts'

let number = 0

export interface NewAccount {
  role?: Role
  email?: string
  isPrimary?: boolean
  partner?: string
  isScopeLimited?: boolean
}

/** People of a business, as tests need them. @param where asked at each use: both are there once the tests run */
export function peopleOf(where: () => { server: TestServer; partnerId: string }) {
  /** An account that can sign in. */
  async function anAccount({ partner, ...more }: NewAccount = {}): Promise<{ id: string; email: string }> {
    const {
      server: { database },
      partnerId,
    } = where()
    const email = more.email ?? `person-${number++}@example.com`
    const { accountId } = await anActor(database, partner ?? partnerId, { ...more, email })
    await database.owner.query('update account set password_hash = $2 where id = $1 and partner_id = $3', [
      accountId,
      await passwordHash(),
      partner ?? partnerId,
    ])
    return { id: accountId, email }
  }
  return {
    anAccount,
    async signedIn(more: NewAccount = {}): Promise<{ browser: Browser; id: string; email: string }> {
      const account = await anAccount(more)
      const browser = aBrowser(where().server)
      expect((await browser.signIn(account.email)).body).toEqual({ state: 'full' })
      return { browser, ...account }
    },
    activities: async () =>
      (
        await where().server.database.owner.query<{ activity: string }>(
          'select activity from audit where partner_id = $1 order by sequence',
          [where().partnerId],
        )
      ).rows.map((row) => row.activity),
    /** The one-use token of the newest mail, as its addressee reads it. */
    async tokenOfMail(to: string): Promise<string> {
      const { server, partnerId } = where()
      const owner = await anActor(server.database, partnerId)
      const { body: list } = await server.as(owner)('GET', `/v1/deliveries?q=${encodeURIComponent(to)}&sort=-createdAt`)
      const { body: mail } = await server.as(owner)('GET', `/v1/deliveries/${list.rows[0].id}`)
      return /#([\w-]{43})/.exec(mail.text)![1]!
    },
  }
}
