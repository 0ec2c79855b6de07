import { performance } from 'node:perf_hooks'
import { customersApi } from '@vigie/domain/customers'
import type pg from 'pg'
import { type BenchContext, defineBench, voidBy } from '../kit/define.ts'
import { measure, pause, quantile } from '../kit/measure.ts'
import { type ServerUnderTest, startServer } from '../kit/server.ts'

/** Issue 2: 100 technicians, one action each 5 s (load L7). */
const requestsPerSecond = 20
const limitMs = 150

/** Each filter by itself, some together, each order, and the far end of the list. */
const queries = [
  {},
  { sort: '-attention' },
  { sort: '-threat', threat: 'action-required' },
  { sort: '-system', system: 'warning,action-required' },
  { licence: 'warning' },
  { threat: 'none', system: 'none', licence: 'none' },
  { typeId: 'clamav-site-server' },
  { typeId: 'clamav-endpoint,clamav-site-server', sort: '-lastSeenAt' },
  { connection: 'offline,abnormal' },
  { tag: 'group-7' },
  { tag: 'group-1,group-2,group-3', sort: '-productCount' },
  { managedBy: 'a-colleague' },
  { managedBy: 'primary', sort: '-endpointCount' },
  { q: 'garage' },
  { q: 'acc-9999' },
  { q: 'zzzz' },
  { q: 'camille', threat: 'none', sort: '-createdAt' },
  {
    threat: 'action-required,warning',
    system: 'none',
    typeId: 'clamav-endpoint',
    connection: 'offline,abnormal,online',
    tag: 'group-1,group-2,group-3',
    managedBy: 'primary',
    q: 'a',
    sort: '-lastSeenAt',
  },
  { limit: '200', sort: '-lastSeenAt' },
] as const

export const customers = defineBench({
  name: 'customers',
  about: 'p95 of the customers list with any filter at 10,000 customers and 250,000 endpoints (issue 3)',
  async run(context) {
    const server = await startServer(context)
    const database = await server.connect()
    const [count, each] = context.isShort ? [2_000, 5] : [10_000, 25]
    const managers = await fill(context, database, count, each)
    const seconds = context.isShort ? 8 : 60
    context.say(`asking for the customers list for ${seconds} s ...`)
    const { result: times, others, cpu, seconds: took } = await measure(server.processes, () => ask(server, managers, seconds))
    const all = times.flatMap(({ ms }) => ms)
    const slowest = times
      .map(({ query, ms }) => ({ query: JSON.stringify(query), p95Ms: Math.round(quantile(ms, 0.95)) }))
      .toSorted((a, b) => b.p95Ms - a.p95Ms)
      .slice(0, 3)
    for (const { query, p95Ms } of slowest) context.say(`slowest: ${p95Ms} ms ${query}`)
    return [
      {
        bench: 'customers/list',
        source: 'issue 3',
        ratio: quantile(all, 0.95) / limitMs,
        value: quantile(all, 0.95),
        goal: { atMost: 1 },
        yardstick: { name: 'the limit', value: limitMs, unit: 'ms' },
        detail: {
          customers: count,
          endpoints: count * each,
          requests: all.length,
          p50Ms: quantile(all, 0.5),
          p99Ms: quantile(all, 0.99),
          slowestFilterP95Ms: slowest[0]!.p95Ms,
          othersCores: others,
          serverCores: cpu['server']! / took,
          databaseCores: cpu['database']! / took,
        },
        ...voidBy(others),
      },
    ]
  },
})

/** Open loop: a request that is late delays no other, and its wait counts. */
async function ask(server: ServerUnderTest, managers: Record<string, string>, seconds: number): Promise<{ query: object; ms: number[] }[]> {
  const made = queries.map((query) => ({
    query: 'managedBy' in query ? { ...query, managedBy: managers[query.managedBy]! } : query,
    ms: [] as number[],
  }))
  for (const { query } of made) await server.console.call(customersApi.listCustomers, { query: query as never }) // its first time is nobody's
  const asked: Promise<void>[] = []
  const started = performance.now()
  for (let turn = 0; turn < seconds * requestsPerSecond; turn++) {
    const due = started + (turn * 1000) / requestsPerSecond
    if (performance.now() < due) await pause(due - performance.now())
    const one = made[turn % made.length]!
    asked.push(
      server.console.call(customersApi.listCustomers, { query: one.query as never }).then(() => void one.ms.push(performance.now() - due)),
    )
  }
  await Promise.all(asked)
  return made
}

/** The business that signed in gets its estate directly: what the server would have stored. @returns ids to filter by */
async function fill({ say }: BenchContext, database: pg.Client, count: number, each: number): Promise<Record<string, string>> {
  say(`filling ${count} customers with ${each} endpoints each ...`)
  const {
    rows: [primary],
  } = await database.query<{ id: string; partner_id: string }>('select id, partner_id from account where is_primary')
  const run = (text: string, ...values: unknown[]) => database.query(text, [primary!.partner_id, ...values])
  await run(
    `insert into account (partner_id, id, email, first_name, last_name, role, state, locale, time_zone)
     select $1, gen_random_uuid(), 'a' || n || '@example.com', 'Camille', 'Number ' || n, 'technician', 'active', 'fr', 'Europe/Paris' from generate_series(1, 49) n`,
  )
  await run(
    `insert into customer (partner_id, id, company, city, country, account_id, time_zone, locale, action_required_count, warning_count, threat_action_count, system_action_count, threat_warning_count,
       licence_warning_count, product_count, endpoint_count, last_seen_at, created_at, managed_by_id)
     select $1, gen_random_uuid(), (array['Boulangerie', 'Cabinet', 'Garage', 'Menuiserie', 'Pharmacie', 'Étude'])[1 + n % 6] || ' ' || substr(md5(n::text), 1, 8), 'Lyon', 'FR', 'acc-' || n, 'Europe/Paris', 'fr',
       case when n % 10 = 0 then n % 7 else 0 end, case when n % 10 = 1 then n % 5 else 0 end, case when n % 20 = 0 then n % 7 else 0 end, case when n % 20 = 10 then n % 7 else 0 end,
       case when n % 10 = 1 then n % 5 else 0 end, (n % 100 = 2)::integer, 1 + (n % 5 = 0)::integer, $3, case when n % 10 = 3 then null else now() - n * interval '1 second' end, now() - n * interval '1 hour',
       case when n % 4 = 1 then a.ids[1 + n / 4 % 49] end
     from generate_series(1, $2::integer) n, (select array_agg(id) as ids from account where partner_id = $1 and not is_primary) a`,
    count,
    each,
  )
  await run(
    `insert into customer_tag (partner_id, customer_id, tag) select partner_id, id, 'group-' || (hashtext(id::text) & 63) from customer where partner_id = $1`,
  )
  await run(
    `insert into contact (partner_id, id, customer_id, first_name, last_name, email, locale)
     select partner_id, gen_random_uuid(), id, 'Camille', substr(md5(id::text), 1, 6), substr(md5(id::text), 1, 10) || '@example.com', 'fr' from customer where partner_id = $1`,
  )
  await run(
    `insert into product (partner_id, id, customer_id, guid, type_id, family, description, state, fresh_for_seconds, endpoint_count, last_seen_at, created_at)
     select partner_id, gen_random_uuid(), c.id, gen_random_uuid(), case when i = 1 then 'clamav-endpoint' else 'clamav-site-server' end, 'endpoint-hosted', 'P' || substr(md5(c.id::text || i), 1, 8),
       (array['online', 'online', 'online', 'online', 'offline', 'abnormal'])[1 + (hashtext(c.id::text) & 255) % 6], 900, case when i = 1 then $2 else 0 end, c.last_seen_at, c.created_at
     from customer c, generate_series(1, c.product_count) i where partner_id = $1`,
    each,
  )
  await run(
    `insert into endpoint (partner_id, id, customer_id, product_id, key, name, "group", addresses, platform, engine, real_time_scan, received_at, pattern_built_at)
     select p.partner_id, gen_random_uuid(), p.customer_id, p.id, i::text, 'pc-' || substr(md5(p.id::text || i), 1, 8), 'servers', array['10.0.' || i || '.' || (hashtext(p.id::text) & 255)], 'Linux', 'clamav', 'on',
       p.last_seen_at, p.created_at
     from product p, generate_series(1, p.endpoint_count) i where p.partner_id = $1`,
  )
  await database.query('vacuum analyze')
  const {
    rows: [colleague],
  } = await database.query<{ id: string }>('select managed_by_id as id from customer where managed_by_id is not null limit 1')
  return { primary: primary!.id, 'a-colleague': colleague!.id }
}
