import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../platform/index.ts'
import { aPartner, anActor } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { cleaning } from './cleaning.ts'

let server: TestServer
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())

describe('what has served its term goes (R41)', () => {
  it('removes ended sessions, used links, old attempts and repeated answers, and nothing else', async () => {
    const { owner } = server.database
    const partnerId = await aPartner(server.database)
    const { accountId } = await anActor(server.database, partnerId)
    const now = server.clock.now()
    const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000)
    const session = async (lastUsed: Date, expires: Date) => {
      const id = newId()
      await owner.query(
        `insert into session (partner_id, id, account_id, token_hash, state, address, user_agent, created_at, last_used_at, expires_at) values ($1, $2::uuid, $3, sha256($2::uuid::text::bytea), 'full', '', '', $4, $4, $5)`,
        [partnerId, id, accountId, lastUsed, expires],
      )
      return id
    }
    const kept = await session(ago(29), ago(-60))
    await session(ago(31), ago(-60))
    await session(ago(1), ago(1))
    await owner.query(`insert into attempt (key, at, id) values ('a', $1, gen_random_uuid()), ('b', $2, gen_random_uuid())`, [
      ago(26 * 60),
      ago(23 * 60),
    ])
    await owner.query(
      `insert into idempotency (partner_id, account_id, key, request_hash, created_at) values ($1, $2, 'old', '', $3), ($1, $2, 'new', '', $4)`,
      [partnerId, accountId, ago(1441), ago(1439)],
    )
    for (const job of cleaning) await job.run(server.services)
    expect((await owner.query('select id from session where account_id = $1', [accountId])).rows).toEqual([{ id: kept }])
    expect((await owner.query(`select key from attempt where key in ('a', 'b')`)).rows).toEqual([{ key: 'b' }])
    expect((await owner.query('select key from idempotency where partner_id = $1', [partnerId])).rows).toEqual([{ key: 'new' }])
  })
})
