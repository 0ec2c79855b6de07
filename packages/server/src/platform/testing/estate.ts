import { newId } from '../ids.ts'
import type { Database } from '../db/index.ts'
import { testDatabase, type TestDatabase } from './database.ts'

export interface Estate {
  partnerId: string
  customers: number
  endpoints: number
}

interface Size {
  customers?: number
  endpointsPerCustomer?: number
  others?: number
}

/**
 * A business of the size the lists are promised for, made past the wall in a few statements, beside others so that its rows are a part of each table. Each
 * customer has a contact, a product in five has a site server besides; every tenth customer needs attention, half of them for a threat; a quarter is assigned to one of 49 colleagues; a product in ten was never seen.
 */
export async function anEstate(
  database: Database,
  { customers = 10_000, endpointsPerCustomer = 5, others = 5 }: Size = {},
): Promise<Estate> {
  const partnerId = newId()
  for (let n = 0; n <= others; n++) {
    const [id, size] = n === 0 ? [partnerId, customers] : [newId(), Math.ceil(customers / others)]
    await database.owner.query('insert into partner (id, kind, name) values ($1, $2, $3)', [id, 'reseller', `Reseller ${n}`])
    // many accounts in all, few of them ours
    await fill(database, id, size, endpointsPerCustomer, n === 0 ? 50 : 1_000)
  }
  await database.owner.query('analyze')
  return { partnerId, customers, endpoints: customers * endpointsPerCustomer }
}

/** A database of one's own with such a business in it: files that ask for the same size share the making. */
export async function estateDatabase({ customers = 10_000, endpointsPerCustomer = 5, others = 5 }: Size = {}): Promise<{
  database: TestDatabase
  estate: Estate
}> {
  const size = { customers, endpointsPerCustomer, others }
  const database = await testDatabase({
    name: `estate_${customers}_${endpointsPerCustomer}_${others}`,
    fill: async (made) => void (await anEstate(made, size)),
  })
  const {
    rows: [ours],
  } = await database.owner.query<{ id: string }>(`select id from partner where name = 'Reseller 0'`)
  return { database, estate: { partnerId: ours!.id, customers, endpoints: customers * endpointsPerCustomer } }
}

async function fill(
  database: Database,
  partnerId: string,
  customers: number,
  endpointsPerCustomer: number,
  accounts: number,
): Promise<void> {
  const run = (text: string, ...values: unknown[]) => database.owner.query(text, [partnerId, ...values])
  await run(
    `insert into account (partner_id, id, email, first_name, last_name, role, is_primary, state, locale, time_zone)
     select $1, gen_random_uuid(), 'a' || n || '@example.com', 'Camille', 'Number ' || n, 'technician', n = 1, 'active', 'fr', 'Europe/Paris' from generate_series(1, $2::integer) n`,
    accounts,
  )
  await run(
    `insert into customer (partner_id, id, company, city, country, account_id, time_zone, locale, action_required_count, warning_count, product_count, endpoint_count, last_seen_at, created_at,
       threat_action_count, system_action_count, threat_warning_count, licence_warning_count, managed_by_id)
     select $1, gen_random_uuid(), (array['Boulangerie', 'Cabinet', 'Garage', 'Menuiserie', 'Pharmacie', 'Étude'])[1 + n % 6] || ' ' || substr(md5(n::text), 1, 8), 'Lyon', 'FR', 'acc-' || n, 'Europe/Paris', 'fr',
       case when n % 10 = 0 then n % 7 else 0 end, case when n % 10 = 1 then n % 5 else 0 end, 1 + (n % 5 = 0)::integer, $3, case when n % 10 = 3 then null else now() - n * interval '1 second' end, now() - n * interval '1 hour',
       case when n % 20 = 0 then n % 7 else 0 end, case when n % 20 = 10 then n % 7 else 0 end, case when n % 10 = 1 then n % 5 else 0 end, (n % 100 = 2)::integer, case when n % 4 = 1 then a.ids[1 + n / 4 % 49] end
     from generate_series(1, $2::integer) n, (select array_agg(id) as ids from account where partner_id = $1 and not is_primary) a`,
    customers,
    endpointsPerCustomer,
  )
  // every customer said yes to scans: what lists ask about stands among much that they do not
  await run(
    `with said as (
       insert into consent (partner_id, id, customer_id, activity, decision, said_by, said_on, recorded_by, recorded_at)
       select partner_id, gen_random_uuid(), id, 'scan', 'given', 'Camille', current_date, 'Estate', created_at from customer where partner_id = $1 returning *)
     insert into consent_state (partner_id, customer_id, activity, decision, consent_id, since) select partner_id, customer_id, activity, decision, id, recorded_at from said`,
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
    endpointsPerCustomer,
  )
  await run(
    `insert into endpoint_group (partner_id, product_id, customer_id, name, position, endpoint_count) select partner_id, id, customer_id, 'servers', 0, endpoint_count from product where partner_id = $1`,
  )
  await run(
    `insert into agent (partner_id, id, customer_id, product_id, public_key, state, hostname, platform, fingerprint, agent_version, protocol, registered_at)
     select partner_id, gen_random_uuid(), customer_id, id, decode(md5(id::text), 'hex'), state, 'srv', 'Linux', '', '0.1.0', 1, created_at from product where partner_id = $1`,
  )
  await run(
    `insert into endpoint (partner_id, id, customer_id, product_id, agent_id, key, name, "group", addresses, platform, engine, real_time_scan, open_infections, received_at, pattern_built_at)
     select p.partner_id, gen_random_uuid(), p.customer_id, p.id, a.id, i::text, 'pc-' || substr(md5(p.id::text || i), 1, 8), 'servers', array['10.0.' || i || '.' || (hashtext(p.id::text) & 255)], 'Linux', 'clamav',
       case when i = 2 then 'off' else 'on' end, case when hashtext(p.id::text) & 63 = i then i else 0 end, p.last_seen_at, p.created_at
     from product p join agent a on a.partner_id = p.partner_id and a.product_id = p.id, generate_series(1, p.endpoint_count) i where p.partner_id = $1`,
  )
}
