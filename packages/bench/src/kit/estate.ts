import { performance } from 'node:perf_hooks'
import type pg from 'pg'
import type { BenchContext } from './define.ts'
import { median } from './measure.ts'
import { type ServerUnderTest, startServer } from './server.ts'

export interface Estate {
  server: ServerUnderTest
  database: pg.Client
  customers: number
  openEvents: number
  events: number
}

let shared: Promise<Estate> | null = null

/** 10,000 customers (1,000 in a short run) with 25 endpoints each, two open events a customer and five that are over, on a server of its own; made for the first entry that asks for it, kept for those that follow at once. */
export function theEstate(context: BenchContext): Promise<Estate> {
  shared ??= (async () => {
    context.afterShared(() => void (shared = null))
    const server = await startServer({ ...context, after: context.afterShared })
    const database = await server.connect()
    const customers = context.isShort ? 1_000 : 10_000
    context.say(`filling ${customers} customers with 25 endpoints each, and their events ...`)
    await fillEstate(database, customers)
    await fillEvents(database, { open: customers * 2, resolved: customers * 5 })
    return { server, database, customers, openEvents: customers * 2, events: customers * 7 }
  })()
  return shared
}

/** What one bare pass over the customers' names costs this machine, ms: to compare figures of two machines by. */
export async function bareScanMs(database: pg.Client): Promise<number> {
  const taken: number[] = []
  for (let n = 0; n < 21; n++) {
    const from = performance.now()
    await database.query(`select count(*) from customer where search_key like '%' || $1 || '%'`, [`z${n}`])
    taken.push(performance.now() - from)
  }
  return median(taken)
}

/** The business that was set up gets customers with 25 endpoints each, past the server, in a few statements: as an estate of years looks like, not as one made at once. */
export async function fillEstate(database: pg.Client, customers: number): Promise<void> {
  const run = (text: string, ...values: unknown[]) => database.query(text, values)
  const business = `(select id from partner where kind = 'operator')`
  await run(
    `insert into customer (partner_id, id, company, city, country, account_id, time_zone, locale, product_count, endpoint_count)
     select ${business}, gen_random_uuid(), (array['Boulangerie', 'Cabinet', 'Garage', 'Menuiserie', 'Pharmacie', 'Étude'])[1 + n % 6] || ' ' || substr(md5(n::text), 1, 8), 'Lyon', 'FR', 'acc-' || n, 'Europe/Paris', 'fr', 1 + (n % 5 = 0)::integer, 25
     from generate_series(1, $1::integer) n`,
    customers,
  )
  await run(
    `insert into customer_tag (partner_id, customer_id, tag) select partner_id, id, 'group-' || (hashtext(id::text) & 63) from customer`,
  )
  await run(
    `insert into product (partner_id, id, customer_id, guid, type_id, family, description, state, fresh_for_seconds, endpoint_count)
     select partner_id, gen_random_uuid(), c.id, gen_random_uuid(), case when i = 1 then 'clamav-endpoint' else 'clamav-site-server' end, 'endpoint-hosted', 'P' || substr(md5(c.id::text || i), 1, 8),
       (array['online', 'online', 'online', 'online', 'offline', 'abnormal'])[1 + (hashtext(c.id::text) & 255) % 6], 900, case when i = 1 then 25 else 0 end from customer c, generate_series(1, c.product_count) i`,
  )
  await run(
    `insert into endpoint_group (partner_id, product_id, customer_id, name, position, endpoint_count) select partner_id, id, customer_id, 'servers', 0, endpoint_count from product on conflict do nothing`,
  )
  await run(
    `insert into agent (partner_id, id, customer_id, product_id, public_key, state, hostname, platform, fingerprint, agent_version, protocol, registered_at)
     select p.partner_id, gen_random_uuid(), p.customer_id, p.id, decode(md5(p.id::text || i), 'hex'), case when i % 9 = 4 then 'offline' else p.state end, 'srv-' || i, 'Linux', md5(p.id::text || i), case when i = 7 then '0.0.9' else '0.1.0' end, 2, now()
     from product p, generate_series(1, p.endpoint_count) i`,
  )
  await run(
    `insert into endpoint (partner_id, id, customer_id, product_id, agent_id, key, name, "group", addresses, platform, engine, engine_version, real_time_scan, open_infections, received_at, collected_at, pattern_built_at)
     select a.partner_id, gen_random_uuid(), a.customer_id, a.product_id, a.id, a.fingerprint, 'pc-' || substr(md5(a.id::text), 1, 8), 'servers', array['10.0.' || substr(a.hostname, 5) || '.' || (hashtext(a.product_id::text) & 255)],
       case when h & 1 = 0 then 'Debian 13' when h & 62 = 2 then 'Windows 11' else 'Windows Server 2022' end, 'clamav', case when h & 127 = 5 then '1.4.2' else '1.4.3' end, case when h & 63 = 9 then 'off' else 'on' end,
       case when h & 511 = 3 then 1 + (h & 7) else 0 end, case when h & 1023 = 7 then null else now() - (h & 4095) * interval '3 minutes' end, now(), now() - (h & 1023) * interval '6 minutes'
     from (select *, abs(hashtext(id::text)) as h from agent) a`,
  )
  await run('vacuum analyze')
}

/**
 * Events over it: `open` of every category, most newest-first as in life, a tenth of them kept silent, and `resolved` older ones; for each open one of antivirus an infection that is still there. The endpoints'
 * own counts are left as they were: lists do not compare them.
 */
export async function fillEvents(database: pg.Client, { open, resolved }: { open: number; resolved: number }): Promise<void> {
  const run = (text: string, ...values: unknown[]) => database.query(text, values)
  await run(
    `insert into event (partner_id, id, customer_id, product_id, category, condition, severity, severity_rank, state, count, figures, opened_at, last_raised_at, resolved_at)
     select p.partner_id, gen_random_uuid(), p.customer_id, p.id, k.category, case when i <= $1 then k.condition else k.condition || i end, case when i % 3 = 0 then 'action-required' else 'warning' end, case when i % 3 = 0 then 2 else 1 end,
       case when i > $1 then 'resolved' when i % 50 = 0 then 'pending' else 'unresolved' end, 1 + i % 9, '{"infections": 1, "days": 9, "endpoints": 2, "incidents": 20, "threshold": 15, "minutes": 30, "hours": 4}',
       now() - i * interval '40 seconds' - interval '1 hour', now() - i * interval '30 seconds', case when i > $1 then now() - i * interval '20 seconds' end
     from generate_series(1, $1::integer + $2::integer) i
       join (select *, row_number() over (order by id) - 1 as n from product) p on p.n = i % (select count(*) from product)
       join (values (0, 'antivirus', 'uncleaned'), (1, 'component-update', 'old'), (2, 'agent-abnormal', 'abnormal'), (3, 'agent-offline', 'offline'), (4, 'data-freshness', 'stale')) k (n, category, condition) on k.n = (i / 7) % 5
     on conflict do nothing`,
    open,
    resolved,
  )
  await run(
    `with kept as (
       insert into event_silence (partner_id, id, customer_id, product_id, category, condition, event_id, kind, reason, owner_name, by_name, since, until)
       select partner_id, gen_random_uuid(), customer_id, product_id, category, condition, id, case when severity_rank = 2 then 'accepted' else 'snoozed' end, 'planned', 'Camille', 'Camille', now(), now() + interval '30 days'
       from event where state <> 'resolved' and hashtext(id::text) & 15 < 2 returning *)
     update event e set silence_id = kept.id, silence_kind = kept.kind from kept where kept.event_id = e.id`,
  )
  await run(
    `update event e set assignee_id = a.id from account a where a.is_primary and e.state <> 'resolved' and hashtext(e.id::text) & 15 = 5`,
  )
  await run(
    `insert into infection (partner_id, id, customer_id, product_id, endpoint_id, category, threat, object, object_hash, opened_at)
     select e.partner_id, gen_random_uuid(), e.customer_id, e.product_id, t.id, 'antivirus', 'Lab.Simulated.Family' || n % 97 || '.Variant' || n % 7, '/srv/users/attachment-' || n, decode(md5(e.id::text), 'hex'), e.opened_at
     from (select *, row_number() over () as n from event where state <> 'resolved' and category = 'antivirus') e
       cross join lateral (select id from endpoint t where t.partner_id = e.partner_id and t.product_id = e.product_id limit 1) t`,
  )
  await run('vacuum analyze')
}
