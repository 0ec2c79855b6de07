import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { newId } from '../platform/index.ts'
import { aCustomer, aProduct, testDatabase, type TestDatabase } from '../platform/testing/database.ts'
import { applyOutcomes, takeWaitingOfMany } from '../commands/index.ts'

/**
 * Two real processes that do the same work on one database, killed again and again in the middle of rings (R15, R16): no agent is told twice, none is forgotten, the counts are right. A third one
 * answers the console; the test is the agents. A kill comes when so many are told, not at a time: so it is in the middle on any machine.
 */
const main = path.resolve(import.meta.dirname, '../main.ts')
const agentCount = 5_000
const kills = 12
const password = 'une vigie veille la nuit'

let database: TestDatabase
let folder: string
const running = new Set<ChildProcess>()
beforeAll(async () => {
  database = await testDatabase()
  folder = mkdtempSync(path.join(tmpdir(), 'vigie-orders-'))
})
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  await database.close()
  rmSync(folder, { recursive: true, force: true })
})

async function start(roles: string): Promise<{ url: string; setupLink: string; kill(): Promise<void> }> {
  const child = spawn(
    process.execPath,
    [main, '--roles', roles, '--port', '0', '--agent-port', '0', '--agent-host', '127.0.0.1', '--data', folder, '--log-level', 'warn'],
    {
      env: { PATH: process.env['PATH'] ?? '', DATABASE_URL: database.url },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  running.add(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  await vi.waitFor(() => expect(child.exitCode === null ? /Vigie is ready/.test(text) : text).toBe(true), { timeout: 60_000, interval: 20 })
  return {
    url: /Vigie is ready: +(\S+)/.exec(text)?.[1] ?? '',
    get setupLink() {
      return /Set it up, once: (\S+)/.exec(text)?.[1] ?? ''
    },
    async kill() {
      running.delete(child)
      const gone = once(child, 'close')
      child.kill('SIGKILL')
      await gone
    },
  }
}

/** Replies are JSON that these tests take apart by hand. */
let call: (method: string, route: string, body?: unknown) => Promise<any>
let partnerId: string
let api: Awaited<ReturnType<typeof start>>
const sql = async <R extends object>(text: string, values: readonly unknown[] = []) =>
  (await database.owner.query(text, [...values])).rows as R[]
const asSystem = () => ({ partnerId, scope: 'all' as const, principalId: null })

beforeAll(async () => {
  api = await start('api')
  await vi.waitFor(() => expect(api.setupLink).not.toBe(''), { timeout: 10_000 })
  let cookie = ''
  call = async (method, route, body) => {
    const content: RequestInit = body === undefined ? {} : { body: JSON.stringify(body) }
    const answer = await fetch(`${api.url}/api/v1${route}`, {
      ...content,
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(cookie ? { cookie } : {}) },
    })
    const set = answer.headers.getSetCookie()[0]
    if (set) cookie = set.split(';')[0]!
    const text = await answer.text()
    expect(answer.status, text).toBe(200)
    return JSON.parse(text)
  }
  await call('POST', '/setup', {
    token: new URL(api.setupLink).hash.slice(1),
    businessName: 'B',
    email: 'ada@example.com',
    password,
    firstName: 'Ada',
    lastName: 'Byron',
    locale: 'en',
    timeZone: 'UTC',
  })
  partnerId = (await sql<{ id: string }>('select id from partner'))[0]!.id
}, 120_000)

async function someAgents(customerId: string, count: number, type: string): Promise<string[]> {
  const productId = await aProduct(database, partnerId, customerId)
  const ids = Array.from({ length: count }, () => newId())
  await sql(
    `insert into agent (partner_id, id, customer_id, product_id, public_key, switch, state, hostname, platform, fingerprint, agent_version, protocol, commands, registered_at)
     select $1, id, $2, $3, decode(replace(id::text, '-', ''), 'hex'), 'enabled', 'online', 'srv', 'Debian', $5, '0.1.0', 2, $6, now() from unnest($4::uuid[]) id`,
    [partnerId, customerId, productId, ids, 'a'.repeat(64), JSON.stringify([{ type, isSupported: true, reason: null }])],
  )
  await sql(
    `insert into endpoint (partner_id, id, customer_id, product_id, agent_id, key, name, "group") select $1, gen_random_uuid(), $2, $3, id, id::text, 'srv', 'servers' from unnest($4::uuid[]) id`,
    [partnerId, customerId, productId, ids],
  )
  return ids
}

/** Every agent takes what waits for it, answers that it happened and, of settings, reports them. */
async function answer(): Promise<void> {
  const waiting = (await sql<{ agent_id: string }>(`select agent_id from command where step = 'waiting' order by agent_id limit 1000`)).map(
    ({ agent_id }) => agent_id,
  )
  if (waiting.length === 0) return
  await database.transaction(asSystem(), async (db) => {
    await db.query('select from agent where id = any($1) order by id for no key update', [waiting])
    const frames = [...(await takeWaitingOfMany(db, waiting, false, new Date()))].flatMap(([agentId, of]) =>
      of.map((frame) => ({ agentId, frame })),
    )
    await applyOutcomes(
      db,
      frames.map(({ agentId, frame }) => ({
        agentId,
        item: {
          kind: 'outcome' as const,
          commandId: frame.order.commandId,
          at: new Date().toISOString(),
          step: 'succeeded' as const,
          evidence: {},
        },
      })),
      new Date(),
    )
    await db.query(
      `update setting_state s set reported_revision = t.revision, reported = t.values, reported_at = now() from json_to_recordset($1) t (agent_id uuid, revision integer, values jsonb) where s.agent_id = t.agent_id`,
      [
        JSON.stringify(
          frames.flatMap(({ agentId, frame: { order } }) =>
            order.type === 'apply-settings' ? [{ agent_id: agentId, ...order.params }] : [],
          ),
        ),
      ],
    )
  })
}

/** Follows the order to its end while two workers are killed in turn, each time when `done` passes the next mark. @returns how often */
async function underKills(orderId: string, done: () => Promise<number>, marks: readonly number[]): Promise<number> {
  // the one that comes after a killed one starts while the other goes on alone
  const workers = [start('jobs'), start('jobs')]
  await Promise.all(workers)
  let killed = 0
  const look = async () => {
    await answer()
    if (killed < marks.length && (await done()) > marks[killed]!) {
      const which = killed++ % workers.length
      await (await workers[which]!).kill()
      workers[which] = start('jobs')
    }
    return (await sql<{ state: string }>('select state from command_order where id = $1', [orderId]))[0]!.state
  }
  await expect.poll(look, { timeout: 500_000, interval: 5 }).toBe('finished')
  await Promise.all((await Promise.all(workers)).map((one) => one.kill()))
  return killed
}
const marksOf = (count: number, times: number) => Array.from({ length: times }, (_, n) => Math.floor((count * n) / times))
const count = async (text: string, values: readonly unknown[] = []) => (await sql<{ n: number }>(text, values))[0]!.n

/** What the order shows is what its rows are. */
async function countsOf(orderId: string): Promise<Record<string, number>> {
  const [shown] = await sql<{ counts: Record<string, number> }>(
    `select json_object_agg(step, n) as counts from (select step, sum(count)::integer as n from (
       select step, count from order_count where order_id = $1 union all select step, count from order_move where order_id = $1) c group by 1 having sum(count) <> 0) s`,
    [orderId],
  )
  return shown!.counts
}

describe('orders while processes are killed (R15, R16)', { timeout: 600_000 }, () => {
  it(`${agentCount} agents in rings, ${kills} kills: each is told once, none is forgotten`, async () => {
    const customerId = await aCustomer(database, partnerId)
    await someAgents(customerId, agentCount, 'scan-now')
    const { order } = await call('POST', '/orders', {
      type: 'scan-now',
      target: { kind: 'customers', customerIds: [customerId] },
      isInRings: true,
    })
    expect((await call('POST', `/orders/${order.id}/confirm`, {})).order.state).toBe('running')
    expect(await underKills(order.id, () => count('select count(*)::integer as n from command'), marksOf(agentCount, kills))).toBe(kills)
    expect(
      await sql(
        'select count(*)::integer as commands, count(distinct agent_id)::integer as agents, max(number)::integer as numbers from command where order_id = $1',
        [order.id],
      ),
    ).toEqual([{ commands: agentCount, agents: agentCount, numbers: 1 }])
    expect(
      await sql(
        'select step, count(*)::integer as n, count(distinct command_id)::integer as told from order_agent where order_id = $1 group by 1',
        [order.id],
      ),
    ).toEqual([{ step: 'succeeded', n: agentCount, told: agentCount }])
    expect(await countsOf(order.id)).toEqual({ succeeded: agentCount })
  })

  it('settings carried to 300 customers and taken back, 8 kills each: every place is set once, every agent told once, and what was there before is there again (ADM-3)', async () => {
    const customerIds: string[] = []
    for (let n = 0; n < 300; n++) {
      const customerId = await aCustomer(database, partnerId, { company: `Carried ${n}` })
      await someAgents(customerId, 2, 'apply-settings')
      customerIds.push(customerId)
    }
    const hours = 'update-schedule.every-hours'
    await sql(
      `insert into setting_layer (partner_id, id, customer_id, values, set_by) select $1, gen_random_uuid(), id, $3, '{}' from unnest($2::uuid[]) id`,
      [partnerId, customerIds.slice(0, 100), JSON.stringify({ [hours]: 3 })],
    )
    const layers = async () =>
      await sql<{ values: object; version: number; n: number }>(
        'select values, version, count(*)::integer as n from setting_layer where customer_id = any($1) group by 1, 2 order by n',
        [customerIds],
      )
    const follow = async (order: { id: string }, isLast: boolean) => {
      expect((await call('POST', `/orders/${order.id}/confirm`, {})).order.state).toBe('running')
      const set = () => count(`select count(*)::integer as n from order_place where order_id = $1 and step = 'set'`, [order.id])
      expect(await underKills(order.id, set, marksOf(250, 8))).toBe(8)
      expect([await set(), await count(`select places_set as n from command_order where id = $1`, [order.id])]).toEqual([300, 300])
      expect(
        await sql(
          'select count(*)::integer as commands, count(distinct agent_id)::integer as agents, max(number)::integer as numbers from command where order_id = $1',
          [order.id],
        ),
      ).toEqual([{ commands: 600, agents: 600, numbers: isLast ? 2 : 1 }])
      expect(await countsOf(order.id)).toEqual({ succeeded: 600 })
      expect(
        await count(`select count(*)::integer as n from audit where activity = 'setting.changed' and customer_id = any($1)`, [customerIds]),
      ).toBe(isLast ? 600 : 300)
    }
    const { order } = await call('POST', '/orders', {
      type: 'apply-settings',
      params: { at: 'customer', values: { [hours]: 6 } },
      target: { kind: 'customers', customerIds },
      isInRings: true,
    })
    await follow(order, false)
    expect(await layers()).toEqual([
      { values: { [hours]: 6 }, version: 2, n: 100 },
      { values: { [hours]: 6 }, version: 1, n: 200 },
    ])
    const { order: back } = await call('POST', `/orders/${order.id}/undo`)
    await follow(back, true)
    expect(await layers()).toEqual([
      { values: { [hours]: 3 }, version: 3, n: 100 },
      { values: {}, version: 2, n: 200 },
    ])
  })
})
