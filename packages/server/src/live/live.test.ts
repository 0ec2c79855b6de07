import { createHash, randomBytes } from 'node:crypto'
import { afterEach, beforeAll, beforeEach, afterAll, describe, expect, it } from 'vitest'
import { compose, type Vigie } from '../compose.ts'
import { createLog, newId, systemClock, type Actor, type Tenant } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, testDatabase, type TestDatabase } from '../platform/testing/database.ts'

let database: TestDatabase
const processes: Vigie[] = []
const streams: Stream[] = []

/** One process of the installation, listening on a port of its own. */
async function aProcess(): Promise<{ vigie: Vigie; url: string }> {
  const vigie = await compose({
    database,
    clock: systemClock,
    vault: database.vault,
    log: createLog('silent'),
    publicUrl: 'http://127.0.0.1:8080',
    agentUrl: 'https://127.0.0.1:8443',
    consoleFolder: null,
    trustedProxies: [],
    smtp: null,
  })
  processes.push(vigie)
  return { vigie, url: await vigie.http.listen({ host: '127.0.0.1', port: 0 }) }
}

interface Stream {
  /** `event data` of what came so far. */
  heard: string[]
  ended: Promise<void>
  isEnded: boolean
  status: number
  close(): void
}
async function open(url: string, token: string, headers: Record<string, string> = {}, awayMs?: number): Promise<Stream> {
  const abort = new AbortController()
  const answer = await fetch(`${url}/api/v1/live${awayMs === undefined ? '' : `?awayMs=${Math.ceil(awayMs)}`}`, {
    headers: { cookie: `vigie-session=${token}`, ...headers },
    signal: abort.signal,
  })
  const heard: string[] = []
  const stream: Stream = { heard, status: answer.status, isEnded: false, ended: Promise.resolve(), close: () => abort.abort() }
  stream.ended = (async () => {
    let rest = ''
    try {
      for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
        const events = (rest + chunk).split('\n\n')
        rest = events.pop()!
        for (const event of events) heard.push(event.replace(/^event: (\w+)\ndata: /, '$1 '))
      }
    } catch {} // cut off
    stream.isEnded = true
  })()
  streams.push(stream)
  return stream
}
const changes = (stream: Stream) => stream.heard.filter((event) => event.startsWith('change ')).map((event) => JSON.parse(event.slice(7)))
const count = (stream: Stream, event: string) => stream.heard.filter((one) => one.startsWith(event)).length
const resynced = (stream: Stream, times = 1) => expect.poll(() => count(stream, 'resync'), { timeout: 8_000 }).toBe(times)

/** Signs the actor in: the session's row, made past the wall. */
async function aSession(actor: Actor): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  await database.owner.query(
    `insert into session (partner_id, id, account_id, token_hash, state, address, user_agent, created_at, last_used_at, expires_at) values ($1, $2, $3, $4, 'full', '', '', now(), now(), now() + interval '1 hour')`,
    [actor.partnerId, actor.sessionId, actor.accountId, createHash('sha256').update(token).digest()],
  )
  return token
}
const all = (partnerId: string): Tenant => ({ partnerId, scope: 'all', principalId: null })
const say = (partnerId: string, kind: 'event' | 'customer' | 'delivery' | 'account', id: string, customerId: string | null) =>
  database.transaction(all(partnerId), async (db) => {
    db.announce({ kind, id, customerId })
    await db.query('select 1')
  })

let partnerId: string
beforeAll(async () => void (database = await testDatabase()))
afterAll(() => database.close())
beforeEach(async () => void (partnerId = await aPartner(database)))
afterEach(async () => {
  for (const stream of streams.splice(0)) stream.close()
  for (const vigie of processes.splice(0)) await vigie.close()
})

describe('the live stream (EVT-8)', () => {
  it('begins with resync, then tells each change once, of the own business only, from whatever process', async () => {
    const [one, two] = [await aProcess(), await aProcess()]
    const actor = await anActor(database, partnerId)
    const token = await aSession(actor)
    const here = await open(one.url, token)
    const there = await open(two.url, token)
    await Promise.all([resynced(here), resynced(there)])
    const customerId = await aCustomer(database, partnerId)
    await say(await aPartner(database), 'event', 'foreign', null)
    const started = performance.now()
    await database.transaction(all(partnerId), async (db) => {
      db.announce({ kind: 'event', id: 'e1', customerId })
      db.announce({ kind: 'event', id: 'e1', customerId })
      db.announce({ kind: 'customer', id: customerId, customerId })
      await db.query('select 1')
    })
    const expected = [
      { kind: 'event', id: 'e1', customerId },
      { kind: 'customer', id: customerId, customerId },
    ]
    for (const stream of [here, there]) await expect.poll(() => changes(stream)).toEqual(expected)
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  it('says nothing of what was rolled back', async () => {
    const { url } = await aProcess()
    const stream = await open(url, await aSession(await anActor(database, partnerId)))
    await resynced(stream)
    await database
      .transaction(all(partnerId), async (db) => {
        db.announce({ kind: 'event', id: 'never', customerId: null })
        throw new Error('no')
      })
      .catch(() => {})
    await say(partnerId, 'event', 'after', null)
    await expect.poll(() => changes(stream).map(({ id }) => id)).toEqual(['after'])
  })

  it('needs a session, and the own origin (R33)', async () => {
    const { url } = await aProcess()
    const token = await aSession(await anActor(database, partnerId))
    expect((await open(url, randomBytes(32).toString('base64url'))).status).toBe(401)
    expect((await open(url, token, { origin: 'https://evil.example' })).status).toBe(403)
    expect((await open(url, token, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await open(url, token, { origin: 'http://127.0.0.1:8080', 'sec-fetch-site': 'same-origin' })).status).toBe(200)
  })

  it('carries the headers every answer has (R38)', async () => {
    const { url } = await aProcess()
    const abort = new AbortController()
    const { headers } = await fetch(`${url}/api/v1/live`, {
      headers: { cookie: `vigie-session=${await aSession(await anActor(database, partnerId))}` },
      signal: abort.signal,
    })
    abort.abort()
    expect([headers.get('content-type'), headers.get('cache-control'), headers.get('x-content-type-options')]).toEqual([
      'text/event-stream; charset=utf-8',
      'no-store',
      'nosniff',
    ])
    expect(headers.get('content-security-policy')).toContain("default-src 'self'")
  })

  it('lets one account hold twelve, and a thirteenth when one has gone', async () => {
    const { url } = await aProcess()
    const token = await aSession(await anActor(database, partnerId))
    const held = []
    for (let n = 0; n < 12; n++) held.push(await open(url, token))
    expect((await open(url, token)).status).toBe(429)
    held[0]!.close()
    await expect.poll(async () => (await open(url, token)).status).toBe(200)
  })
})

describe('who hears what (ACC-14, R2)', () => {
  async function limited(role: Actor['role'], tag: string) {
    const actor = await anActor(database, partnerId, { role, isScopeLimited: true })
    await database.owner.query(
      `insert into scope_line (partner_id, id, account_id, position, effect, target, tag) values ($1, gen_random_uuid(), $2, 0, 'allow', 'tag', $3)`,
      [partnerId, actor.accountId, tag],
    )
    return actor
  }

  it('a limited account hears of the customers it sees, as its scope is at that moment', async () => {
    const { url } = await aProcess()
    const stream = await open(url, await aSession(await limited('technician', 'mine')))
    await resynced(stream)
    const [seen, hidden] = [await aCustomer(database, partnerId, { tags: ['mine'] }), await aCustomer(database, partnerId)]
    await say(partnerId, 'event', 'hidden', hidden)
    await say(partnerId, 'event', 'nobody’s', null)
    await say(partnerId, 'event', 'seen', seen)
    await expect.poll(() => changes(stream).map(({ id }) => id)).toEqual(['seen'])
    await database.owner.query(`insert into customer_tag (partner_id, customer_id, tag) values ($1, $2, 'mine')`, [partnerId, hidden])
    await say(partnerId, 'event', 'now seen', hidden)
    await expect.poll(() => changes(stream).map(({ id }) => id)).toEqual(['seen', 'now seen'])
  })

  it('a limited account whose list may have lost a customer is told to look again, not which', async () => {
    const { url } = await aProcess()
    const stream = await open(url, await aSession(await limited('technician', 'mine')))
    await resynced(stream)
    const gone = newId()
    await say(partnerId, 'customer', gone, gone)
    await resynced(stream, 2)
    expect(stream.heard.join()).not.toContain(gone)
  })

  it('kinds it may not read are not told; its own account always is', async () => {
    const { url } = await aProcess()
    const viewer = await anActor(database, partnerId, { role: 'portal-viewer' })
    const stream = await open(url, await aSession(viewer))
    await resynced(stream)
    await say(partnerId, 'delivery', 'mail', null)
    await say(partnerId, 'account', newId(), null)
    await say(partnerId, 'account', viewer.accountId, null)
    await say(partnerId, 'event', 'e', null)
    await expect.poll(() => changes(stream).map(({ id }) => id)).toEqual([viewer.accountId, 'e'])
  })
})

describe('a right taken away ends the stream within 5 s (R7)', () => {
  it('at once on every process when the session is ended', async () => {
    const [one, two] = [await aProcess(), await aProcess()]
    const actor = await anActor(database, partnerId)
    const token = await aSession(actor)
    const [here, there] = [await open(one.url, token), await open(two.url, token)]
    await Promise.all([resynced(here), resynced(there)])
    const other = await open(two.url, await aSession(await anActor(database, partnerId)))
    await resynced(other)
    one.vigie.services.endLive({ sessionId: actor.sessionId })
    await Promise.all([here.ended, there.ended])
    expect([count(here, 'bye'), count(there, 'bye'), other.isEnded]).toEqual([1, 1, false])
  })

  const told: readonly [how: string, take: (actor: Actor) => Promise<unknown>, byes: number][] = [
    ['its row is gone, and nobody said so', (actor) => database.owner.query('delete from session where id = $1', [actor.sessionId]), 1],
    [
      'it stood idle too long',
      (actor) => database.owner.query(`update session set last_used_at = now() - interval '31 minutes' where id = $1`, [actor.sessionId]),
      1,
    ],
    [
      'the account is disabled',
      (actor) => database.owner.query(`update account set state = 'disabled' where id = $1`, [actor.accountId]),
      1,
    ],
    [
      'the role is less: it comes back as what it is now',
      (actor) => database.owner.query(`update account set role = 'billing' where id = $1`, [actor.accountId]),
      0,
    ],
    [
      'the business asks for a second factor',
      (actor) => database.owner.query(`update partner set is_mfa_required = true where id = $1`, [actor.partnerId]),
      0,
    ],
  ]
  // each at a business of its own, all at once: the look at rights comes every 3 s
  it('whatever took it, and nobody else’s', async () => {
    const { url } = await aProcess()
    const opened = async (at: string) => {
      const actor = await anActor(database, at)
      const stream = await open(url, await aSession(actor))
      await resynced(stream)
      return { actor, stream }
    }
    const other = await opened(partnerId)
    const ended = await Promise.all(
      told.map(async ([how, take]) => {
        const { actor, stream } = await opened(await aPartner(database))
        const started = performance.now()
        await take(actor)
        await stream.ended
        expect(performance.now() - started, how).toBeLessThan(5_000)
        return [how, count(stream, 'bye')]
      }),
    )
    expect(ended).toEqual(told.map(([how, , byes]) => [how, byes]))
    expect(other.stream.isEnded).toBe(false)
  })

  it('looking does not keep a session awake', async () => {
    const { url } = await aProcess()
    const actor = await anActor(database, partnerId)
    const token = await aSession(actor)
    const stream = await open(url, token)
    await resynced(stream)
    const before = new Date(Date.now() - 20 * 60_000)
    await database.owner.query('update session set last_used_at = $2 where id = $1', [actor.sessionId, before])
    await say(partnerId, 'event', 'e', null)
    await expect.poll(() => changes(stream)).toHaveLength(1)
    const { rows } = await database.owner.query('select last_used_at from session where id = $1', [actor.sessionId])
    expect(rows[0].last_used_at).toEqual(before)
  })
})

describe('what changes while a page is being loaded (EVT-8)', () => {
  it('follows the resync, where the process heard it; else all is asked again', async () => {
    const { url } = await aProcess()
    const token = await aSession(await anActor(database, partnerId))
    const early = await open(url, token, {}, 0)
    await resynced(early)
    expect(early.heard.some((event) => event === 'resync {}')).toBe(true) // the process has only just begun to listen
    await expect
      .poll(
        async () => {
          const later = await open(url, token, {}, 0)
          await resynced(later)
          later.close()
          return later.heard.some((event) => event === 'resync {"isCovered":true}')
        },
        { timeout: 10_000 },
      )
      .toBe(true)
    const readAt = performance.now()
    await say(partnerId, 'event', 'missed', null)
    await say(await aPartner(database), 'event', 'foreign', null)
    await expect.poll(() => changes(early).map(({ id }) => id)).toEqual(['missed'])
    const late = await open(url, token, {}, performance.now() - readAt)
    await expect.poll(() => changes(late).map(({ id }) => id)).toEqual(['missed'])
    expect(late.heard.filter((event) => event.startsWith('resync'))).toEqual(['resync {"isCovered":true}'])
    const old = await open(url, token, {}, 3_600_000)
    await resynced(old)
    expect(old.heard.includes('resync {}')).toBe(true)
  })

  it('a console that is cut off at any moment, or whose process is cut off from the database, ends up with everything', async () => {
    const { url } = await aProcess()
    const token = await aSession(await anActor(database, partnerId))
    const customerId = await aCustomer(database, partnerId)
    const random = seeded(20_261_121)
    const view = new Set<string>()
    const readAll = async () => {
      for (const { tag } of (await database.owner.query('select tag from customer_tag where customer_id = $1', [customerId])).rows)
        view.add(tag)
    }
    let isCutting = true
    let cuts = 0
    /** As the console: what is told is taken up, at a resync all is read again. Until so much was heard. */
    const follow = async (stream: Stream, until: number) => {
      for (let taken = 0; taken <= until; taken++) {
        await expect.poll(() => stream.heard.length > taken || !isCutting, { timeout: 10_000, interval: 1 }).toBe(true)
        if (stream.heard.length <= taken) return
        await take(stream.heard[taken]!)
      }
    }
    const take = async (event: string) => {
      if (event === 'resync {}') await readAll()
      if (event.startsWith('change ')) view.add(JSON.parse(event.slice(7)).id)
    }
    const watching = (async () => {
      let readAt: number | undefined = performance.now()
      await readAll()
      while (isCutting || cuts < 12) {
        const stream = await open(url, token, {}, readAt === undefined ? undefined : performance.now() - readAt)
        readAt = undefined // who comes back asks for everything
        await follow(stream, Math.floor(random() * 12))
        stream.close()
        await stream.ended
        cuts += 1
      }
      return await open(url, token)
    })()
    for (let n = 0; n < 150; n++) {
      isCutting = n < 100 // the last connection stays, and hears the rest
      await database.transaction(all(partnerId), async (db) => {
        await db.query(`insert into customer_tag (partner_id, customer_id, tag) values ($1, $2, $3)`, [partnerId, customerId, `t${n}`])
        db.announce({ kind: 'event', id: `t${n}`, customerId })
      })
      if (n % 50 === 25)
        await database.owner.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query ilike 'listen%'`,
        )
    }
    const last = await watching
    await expect
      .poll(
        async () => {
          for (const event of last.heard.splice(0)) await take(event)
          return view.size
        },
        { timeout: 10_000 },
      )
      .toBe(150)
    expect(cuts).toBeGreaterThanOrEqual(12)
  })
})

/** The same row of numbers every time. */
function seeded(state: number): () => number {
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 32
  }
}

describe('bad days', () => {
  it('a lost database connection is made again and the console told to ask anew (R43)', async () => {
    const { url } = await aProcess()
    const stream = await open(url, await aSession(await anActor(database, partnerId)))
    await resynced(stream)
    await database.owner.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query ilike 'listen%'`,
    )
    await resynced(stream, 2)
    await say(partnerId, 'event', 'after', null)
    await expect.poll(() => changes(stream).map(({ id }) => id)).toEqual(['after'])
  })

  it('closing the process ends the streams, so that it can drain (R44)', async () => {
    const { vigie, url } = await aProcess()
    const stream = await open(url, await aSession(await anActor(database, partnerId)))
    await resynced(stream)
    const started = performance.now()
    await vigie.close()
    await stream.ended
    expect([count(stream, 'bye'), performance.now() - started < 3_000]).toEqual([0, true])
  })

  it('a message it does not understand stops nothing (R45)', async () => {
    const { url } = await aProcess()
    const stream = await open(url, await aSession(await anActor(database, partnerId)))
    await resynced(stream)
    for (const payload of [
      '',
      'nonsense',
      '{"partnerId":"x"}',
      JSON.stringify({ partnerId, kind: 'kind-of-a-newer-version', id: '1', customerId: null }),
    ]) {
      await database.owner.query('select pg_notify($1, $2)', ['vigie_live', payload])
    }
    await say(partnerId, 'event', 'e', null)
    await expect.poll(() => changes(stream).map(({ id }) => id)).toEqual(['e'])
  })
})
