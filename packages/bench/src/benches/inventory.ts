import { performance } from 'node:perf_hooks'
import { inventoryApi } from '@vigie/domain/inventory'
import { productsApi } from '@vigie/domain/products'
import type pg from 'pg'
import { defineBench, voidBy } from '../kit/define.ts'
import { measure, quantile } from '../kit/measure.ts'
import { startServer, type ServerUnderTest } from '../kit/server.ts'

/** Issue 3: any filter of the inventory at 10,000 customers and 250,000 endpoints. */
const limitMs = 150

/** What a technician asks: each filter, several together, every order, what is common, rare and nowhere. */
const questions: readonly Record<string, string>[] = [
  {}, { sort: '-lastSeenAt' }, { sort: '-openInfections' }, { sort: 'patternBuiltAt' }, { isInfected: 'true' }, { isUnprotected: 'true' }, { isUnprotected: 'true', sort: 'patternBuiltAt' }, { isOutdated: 'true' },
  { isOutdated: 'true', sort: '-patternBuiltAt' }, { silentDays: '7' }, { silentDays: '7', sort: '-lastSeenAt' }, { realTimeScan: 'off', sort: '-lastSeenAt' }, { realTimeScan: 'unsupported' }, { state: 'offline', sort: '-lastSeenAt' },
  { state: 'plug-in-error' }, { tag: 'group-7', sort: '-lastSeenAt' }, { typeId: 'clamav-endpoint' }, { typeId: 'clamav-site-server' }, { family: 'email' }, { platformKind: 'desktop', isUnprotected: 'true' }, { agentVersion: '0.0.9' },
  { q: 'pc-4f2' }, { q: 'pc-' }, { q: 'pc-', sort: '-lastSeenAt' }, { q: 'zzzz' }, { q: 'zq' }, { q: 'z' }, { q: '10.0.1.77' }, { q: '10.0.2' }, { q: 'windows 11' }, { q: 'garage' }, { q: 'acc-9999' },
  { q: 'pc-4', isUnprotected: 'true', state: 'offline', sort: '-lastSeenAt' }, { tag: 'group-7', state: 'offline', isUnprotected: 'true', isOutdated: 'true', platformKind: 'server', sort: 'patternBuiltAt' },
]

export const inventory = defineBench({
  name: 'inventory',
  about: 'p95 of the inventory with any filter, first and deep pages, of its quick counts and of the guided check, at 10,000 customers and 250,000 endpoints (issue 3)',
  async run(context) {
    const server = await startServer(context)
    const customers = context.isShort ? 1_000 : 10_000
    context.say(`filling ${customers} customers with 25 endpoints each ...`)
    await fill(await server.connect(), customers)
    const times = new Map<string, number[]>()
    const rounds = context.isShort ? 3 : 12
    context.say('asking ...')
    const { others, result } = await measure(server.processes, async () => {
      const all: number[] = []
      for (const query of questions) {
        const cursor = await deepCursor(server, query)
        for (let round = 0; round < rounds; round++) {
          for (const page of cursor === null || round % 3 !== 2 ? [{}] : [{ cursor }]) {
            const took = await timed(() => server.console.call(productsApi.listEndpoints, { query: { ...query, ...page } as never }))
            all.push(took)
            times.set(JSON.stringify(query), [...(times.get(JSON.stringify(query)) ?? []), took])
          }
        }
      }
      const counts: number[] = []
      const checks: number[] = []
      for (let round = 0; round < rounds * 3; round++) {
        counts.push(await timed(() => server.console.call(productsApi.summariseEndpoints, { query: {} })))
        checks.push(await timed(() => server.console.call(inventoryApi.diagnose, { body: { sought: round % 2 ? 'nobody-knows-it' : '10.0.1.77' } })))
      }
      return { all, counts, checks }
    })
    const worst = [...times].map(([query, taken]) => [query, quantile(taken, 0.95)] as const).toSorted((a, b) => b[1] - a[1]).slice(0, 5)
    const figure = (name: string, taken: number[], detail: Record<string, number | string> = {}) => ({
      bench: `inventory/${name}`, source: 'issue 3, speed', ratio: quantile(taken, 0.95) / limitMs, value: quantile(taken, 0.95), goal: { atMost: 1 }, yardstick: { name: 'the limit', value: limitMs, unit: 'ms' },
      detail: { endpoints: customers * 25, requests: taken.length, p50Ms: quantile(taken, 0.5), p99Ms: quantile(taken, 0.99), othersCores: others, ...detail }, ...voidBy(others),
    })
    return [
      figure('list', result.all, Object.fromEntries(worst.map(([query, p95], n) => [`worst${n + 1}`, `${query} ${p95.toFixed(0)} ms`]))), figure('counts', result.counts), figure('guided-check', result.checks),
    ]
  },
})

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await work()
  return performance.now() - from
}

/** After ten pages of 200; null: there are not so many. */
async function deepCursor(server: ServerUnderTest, query: Record<string, string>): Promise<string | null> {
  let cursor: string | null = null
  for (let page = 0; page < 10; page++) {
    const reply: { nextCursor: string | null } = await server.console.call(productsApi.listEndpoints, { query: { ...query, limit: 200, ...(cursor ? { cursor } : {}) } as never })
    if (reply.nextCursor === null) return null
    cursor = reply.nextCursor
  }
  return cursor
}

/** Past the server, in a few statements: as an estate of years looks like, not as one made at once. */
async function fill(database: pg.Client, customers: number): Promise<void> {
  const run = (text: string, ...values: unknown[]) => database.query(text, values)
  const business = `(select id from partner where kind = 'operator')`
  await run(
    `insert into customer (partner_id, id, company, city, country, account_id, time_zone, locale, product_count, endpoint_count)
     select ${business}, gen_random_uuid(), (array['Boulangerie', 'Cabinet', 'Garage', 'Menuiserie', 'Pharmacie', 'Étude'])[1 + n % 6] || ' ' || substr(md5(n::text), 1, 8), 'Lyon', 'FR', 'acc-' || n, 'Europe/Paris', 'fr', 1 + (n % 5 = 0)::integer, 25
     from generate_series(1, $1::integer) n`, customers)
  await run(`insert into customer_tag (partner_id, customer_id, tag) select partner_id, id, 'group-' || (hashtext(id::text) & 63) from customer`)
  await run(
    `insert into product (partner_id, id, customer_id, guid, type_id, family, description, state, fresh_for_seconds, endpoint_count)
     select partner_id, gen_random_uuid(), c.id, gen_random_uuid(), case when i = 1 then 'clamav-endpoint' else 'clamav-site-server' end, 'endpoint-hosted', 'P' || substr(md5(c.id::text || i), 1, 8),
       (array['online', 'online', 'online', 'online', 'offline', 'abnormal'])[1 + (hashtext(c.id::text) & 255) % 6], 900, case when i = 1 then 25 else 0 end from customer c, generate_series(1, c.product_count) i`)
  await run(`insert into endpoint_group (partner_id, product_id, customer_id, name, position, endpoint_count) select partner_id, id, customer_id, 'servers', 0, endpoint_count from product on conflict do nothing`)
  await run(
    `insert into agent (partner_id, id, customer_id, product_id, public_key, state, hostname, platform, fingerprint, agent_version, protocol, registered_at)
     select p.partner_id, gen_random_uuid(), p.customer_id, p.id, decode(md5(p.id::text || i), 'hex'), case when i % 9 = 4 then 'offline' else p.state end, 'srv-' || i, 'Linux', md5(p.id::text || i), case when i = 7 then '0.0.9' else '0.1.0' end, 2, now()
     from product p, generate_series(1, p.endpoint_count) i`)
  await run(
    `insert into endpoint (partner_id, id, customer_id, product_id, agent_id, key, name, "group", addresses, platform, engine, engine_version, real_time_scan, open_infections, received_at, collected_at, pattern_built_at)
     select a.partner_id, gen_random_uuid(), a.customer_id, a.product_id, a.id, a.fingerprint, 'pc-' || substr(md5(a.id::text), 1, 8), 'servers', array['10.0.' || substr(a.hostname, 5) || '.' || (hashtext(a.product_id::text) & 255)],
       case when h & 1 = 0 then 'Debian 13' when h & 62 = 2 then 'Windows 11' else 'Windows Server 2022' end, 'clamav', case when h & 127 = 5 then '1.4.2' else '1.4.3' end, case when h & 63 = 9 then 'off' else 'on' end,
       case when h & 511 = 3 then 1 + (h & 7) else 0 end, case when h & 1023 = 7 then null else now() - (h & 4095) * interval '3 minutes' end, now(), now() - (h & 1023) * interval '6 minutes'
     from (select *, abs(hashtext(id::text)) as h from agent) a`)
  await run('vacuum analyze')
}
