import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
  const child = spawn(process.execPath, [main, '--roles', roles, '--port', '0', '--agent-port', '0', '--agent-host', '127.0.0.1', '--data', folder, '--log-level', 'warn'], {
    env: { PATH: process.env['PATH'] ?? '', DATABASE_URL: database.url }, stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  await expect.poll(() => (child.exitCode === null ? /Vigie is ready/.test(text) : text), { timeout: 60_000, interval: 20 }).toBe(true)
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

describe('orders while processes are killed (R15, R16)', { timeout: 600_000 }, () => {
  it(`${agentCount} agents in rings, ${kills} kills: each is told once, none is forgotten`, async () => {
    const sql = async <R extends object>(text: string, values: readonly unknown[] = []) => (await database.owner.query(text, [...values])).rows as R[]
    const api = await start('api')
    await expect.poll(() => api.setupLink, { timeout: 10_000 }).not.toBe('')
    let cookie = ''
    const call = async (method: string, route: string, body: unknown) => {
      const answer = await fetch(`${api.url}/api/v1${route}`, { method, headers: { 'content-type': 'application/json', ...(cookie ? { cookie } : {}) }, body: JSON.stringify(body) })
      const set = answer.headers.getSetCookie()[0]
      if (set) cookie = set.split(';')[0]!
      const text = await answer.text()
      expect(answer.status, text).toBe(200)
      return JSON.parse(text)
    }
    await call('POST', '/setup', { token: new URL(api.setupLink).hash.slice(1), businessName: 'B', email: 'ada@example.com', password, firstName: 'Ada', lastName: 'Byron', locale: 'en', timeZone: 'UTC' })
    const [partner] = await sql<{ id: string }>('select id from partner')
    const partnerId = partner!.id
    const customerId = await aCustomer(database, partnerId)
    const productId = await aProduct(database, partnerId, customerId)
    const agentIds = Array.from({ length: agentCount }, () => newId())
    await sql(
      `insert into agent (partner_id, id, customer_id, product_id, public_key, switch, state, hostname, platform, fingerprint, agent_version, protocol, commands, registered_at)
       select $1, id, $2, $3, decode(replace(id::text, '-', ''), 'hex'), 'enabled', 'online', 'srv', 'Debian', $5, '0.1.0', 2, $6, now() from unnest($4::uuid[]) id`,
      [partnerId, customerId, productId, agentIds, 'a'.repeat(64), JSON.stringify([{ type: 'scan-now', isSupported: true, reason: null }])])
    // the one that comes after a killed one starts while the other goes on alone
    const workers = [start('jobs'), start('jobs')]
    await Promise.all(workers)
    const { order } = await call('POST', '/orders', { type: 'scan-now', target: { kind: 'customers', customerIds: [customerId] }, isInRings: true })
    expect((await call('POST', `/orders/${order.id}/confirm`, {})).order.state).toBe('running')

    const told = async () => (await sql<{ n: number }>('select count(*)::integer as n from command'))[0]!.n
    const state = async () => (await sql<{ state: string }>('select state from command_order where id = $1', [order.id]))[0]!.state
    /** Every agent takes what waits for it, and answers that it happened. */
    const answer = async () => {
      const waiting = (await sql<{ agent_id: string }>(`select agent_id from command where step = 'waiting' order by agent_id limit 1000`)).map(({ agent_id }) => agent_id)
      if (waiting.length === 0) return
      await database.transaction({ partnerId, scope: 'all', principalId: null }, async (db) => {
        await db.query('select from agent where id = any($1) order by id for no key update', [waiting])
        const frames = [...(await takeWaitingOfMany(db, waiting, false, new Date()))].flatMap(([agentId, of]) => of.map((frame) => ({ agentId, frame })))
        await applyOutcomes(db, frames.map(({ agentId, frame }) => ({ agentId, item: { kind: 'outcome' as const, commandId: frame.order.commandId, at: new Date().toISOString(), step: 'succeeded' as const, evidence: {} } })), new Date())
      })
    }
    let killed = 0
    const marks = Array.from({ length: kills }, (_, n) => Math.floor((agentCount * n) / kills))
    const done = async () => {
      await answer()
      if (killed < kills && (await told()) > marks[killed]!) {
        const which = killed++ % workers.length
        await (await workers[which]!).kill()
        workers[which] = start('jobs')
      }
      return await state()
    }
    await expect.poll(done, { timeout: 500_000, interval: 5 }).toBe('finished')
    expect(killed).toBe(kills)

    const [counted] = await sql<{ commands: number; agents: number; numbers: number }>('select count(*)::integer as commands, count(distinct agent_id)::integer as agents, max(number)::integer as numbers from command')
    expect(counted).toEqual({ commands: agentCount, agents: agentCount, numbers: 1 })
    expect(await sql('select step, count(*)::integer as n, count(distinct command_id)::integer as told from order_agent where order_id = $1 group by 1', [order.id])).toEqual([{ step: 'succeeded', n: agentCount, told: agentCount }])
    const [shown] = await sql<{ counts: Record<string, number> }>(
      `select json_object_agg(step, n) as counts from (select step, sum(count)::integer as n from (
         select step, count from order_count where order_id = $1 union all select step, count from order_move where order_id = $1) c group by 1 having sum(count) <> 0) s`, [order.id])
    expect(shown!.counts).toEqual({ succeeded: agentCount })
    await Promise.all([...(await Promise.all(workers)), api].map((one) => one.kill()))
  })
})
