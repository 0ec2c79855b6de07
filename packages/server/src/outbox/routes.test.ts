import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Role } from '@vigie/domain/access'
import { aCustomer, anActor, aPartner } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { notify } from './notify.ts'

let server: TestServer
let partnerId: string
beforeAll(async () => {
  server = await testServer()
  partnerId = await aPartner(server.database, { name: 'Acme' })
})
afterAll(() => server.close())

const inPartner = { scope: 'all' as const, principalId: null }
let number = 0
async function anInvitation(): Promise<string> {
  const key = `k${number++}`
  await server.database.transaction({ partnerId, ...inPartner }, (db) =>
    notify(db, server.services, {
      kind: 'invitation',
      key,
      address: 'new@example.com',
      name: 'New',
      locale: 'en',
      timeZone: 'UTC',
      values: { inviter: 'Ada', role: 'technician', expiresAt: '2026-11-30T00:00:00Z' },
      token: 'THE-SECRET-TOKEN',
    }),
  )
  return (await server.database.owner.query<{ id: string }>('select id from outbox where partner_id = $1 and key = $2', [partnerId, key]))
    .rows[0]!.id
}
const read = async (role: Role, id: string) =>
  (await server.as(await anActor(server.database, partnerId, { role }))('GET', `/v1/deliveries/${id}`)).body

describe('links of mails (R39)', () => {
  it('are sealed in the database', async () => {
    const id = await anInvitation()
    const { rows } = await server.database.owner.query('select o::text as row from outbox o where id = $1', [id])
    expect(rows[0].row).not.toContain('THE-SECRET-TOKEN')
  })

  it('are shown, where no mail server is set up, to those who may send mails again, and that is recorded (R40)', async () => {
    const id = await anInvitation()
    for (const role of ['owner', 'administrator'] as const) {
      const mail = await read(role, id)
      expect(mail).toMatchObject({ state: 'kept', subject: 'You are invited to Vigie at Acme', to: 'new@example.com' })
      expect(mail.text).toContain('http://127.0.0.1:8080/invitation#THE-SECRET-TOKEN')
    }
    const shown = await server.database.owner.query(`select from audit where partner_id = $1 and activity = 'delivery.link-shown'`, [
      partnerId,
    ])
    expect(shown.rows).toHaveLength(2)
    const mail = await read('technician', id)
    expect(mail.text + mail.html).not.toContain('THE-SECRET-TOKEN')
    expect(mail.text).toContain('shown to its addressee only')
  })

  it('that open an account are shown to nobody who may less than it, or sees less than it (R5, R31)', async () => {
    const [owner, administrator, limited] = [
      await anActor(server.database, partnerId),
      await anActor(server.database, partnerId, { role: 'administrator' }),
      await anActor(server.database, partnerId, { role: 'administrator', isScopeLimited: true }),
    ]
    const aReset = async (accountId: string) => {
      const key = `k${number++}`
      await server.database.transaction({ partnerId, ...inPartner }, (db) =>
        notify(db, server.services, {
          kind: 'password-reset',
          key,
          accountId,
          values: { expiresAt: '2026-11-30T00:00:00Z' },
          token: 'THE-SECRET-TOKEN',
        }),
      )
      return (
        await server.database.owner.query<{ id: string }>('select id from outbox where partner_id = $1 and key = $2', [partnerId, key])
      ).rows[0]!.id
    }
    const sees = async (actor: typeof owner, id: string) =>
      JSON.stringify((await server.as(actor)('GET', `/v1/deliveries/${id}`)).body).includes('THE-SECRET-TOKEN')
    const [ofOwner, ofAdministrator, invitation] = [
      await aReset(owner.accountId),
      await aReset(administrator.accountId),
      await anInvitation(),
    ]
    expect([
      await sees(owner, ofOwner),
      await sees(owner, ofAdministrator),
      await sees(administrator, ofAdministrator),
      await sees(administrator, invitation),
    ]).toEqual([true, true, true, true])
    expect([
      await sees(administrator, ofOwner),
      await sees(limited, ofOwner),
      await sees(limited, ofAdministrator),
      await sees(limited, invitation),
    ]).toEqual([false, false, false, false])
  })

  it('are shown to nobody where one is set up', async () => {
    const id = await anInvitation()
    server.services.mail = { isConfigured: true, wake: () => {} }
    for (const role of ['owner', 'technician'] as const) expect(JSON.stringify(await read(role, id))).not.toContain('THE-SECRET-TOKEN')
    server.services.mail = { isConfigured: false, wake: () => {} }
  })
})

describe('the list (NTF-4, ACC-14)', () => {
  it('comes a page at a time, filtered, newest first; mails about a customer only to those who see it', async () => {
    const mine = await aPartner(server.database)
    const [seen, unseen] = [await aCustomer(server.database, mine), await aCustomer(server.database, mine)]
    const limited = await anActor(server.database, mine, { role: 'technician', isScopeLimited: true })
    await server.database.owner.query(
      `insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id) values ($1, gen_random_uuid(), $2, 0, 'allow', 'customer', $3)`,
      [mine, limited.accountId, seen],
    )
    await server.database.transaction({ partnerId: mine, ...inPartner }, async (db) => {
      for (const [n, customerId] of [seen, unseen, null, seen, unseen].entries()) {
        server.clock.add(1_000)
        await notify(db, server.services, {
          kind: 'password-changed',
          key: `n${n}`,
          address: `n${n}@example.com`,
          name: 'N',
          locale: 'en',
          timeZone: 'UTC',
          values: { at: '2026-11-20T00:00:00Z' },
          customerId,
        })
      }
    })
    const all: string[] = []
    const call = server.as(limited)
    let cursor = ''
    do {
      const { body } = await call('GET', `/v1/deliveries?limit=2&sort=-createdAt${cursor}`)
      all.push(...body.rows.map((row: { to: string }) => row.to))
      cursor = body.nextCursor ? `&cursor=${body.nextCursor}` : ''
    } while (cursor !== '')
    expect(all).toEqual(['n3@example.com', 'n2@example.com', 'n0@example.com'])
    expect((await call('GET', '/v1/deliveries?state=sent,failed')).body.rows).toEqual([])
    expect((await call('GET', '/v1/deliveries?state=kept&kind=password-changed&q=N3@')).body.rows).toHaveLength(1)
  })
})
