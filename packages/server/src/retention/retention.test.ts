import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makePartitions } from '../assessment/index.ts'
import { testDatabase, type TestDatabase } from '../platform/testing/database.ts'
import { anEstate, type Estate } from '../platform/testing/estate.ts'
import { indexesOf, plansOf, scanned } from '../platform/testing/plan.ts'
import { dropOldDetections, lettersPerAgent, removeOld, termDays } from './index.ts'

let database: TestDatabase
let estate: Estate
const now = new Date('2026-11-21T10:00:00Z')
const dayMs = 86_400_000
const ago = (days: number) => new Date(now.getTime() - days * dayMs)
beforeAll(async () => {
  database = await testDatabase()
  estate = await anEstate(database, { customers: 2_000, endpointsPerCustomer: 2, others: 1 })
}, 60_000)
afterAll(() => database.close())

const tenant = () => ({ partnerId: estate.partnerId, scope: 'all' as const, principalId: null })
const count = async (table: string, where = 'true') =>
  Number((await database.owner.query(`select count(*) from ${table} where partner_id = $1 and ${where}`, [estate.partnerId])).rows[0].count)
const clean = () => database.transaction(tenant(), (db) => removeOld(db, now))

/** One of each kind a day before its term ends and one a day after, for each of the business's products or endpoints. */
async function fill(): Promise<void> {
  const days = (term: number) => [ago(term - 1), ago(term + 1)]
  await database.owner.query(
    `insert into infection (partner_id, id, customer_id, product_id, endpoint_id, category, threat, object, object_hash, opened_at, closed_at)
     select partner_id, gen_random_uuid(), customer_id, product_id, id, 'antivirus', 't', 'o', decode(md5(id::text || coalesce(at::text, '')), 'hex'), '2020-01-01', at
     from endpoint, unnest($1::timestamptz[]) at`,
    [[...days(termDays.infection), null]],
  )
  await database.owner.query(
    `insert into event (partner_id, id, customer_id, product_id, category, condition, severity, severity_rank, state, opened_at, last_raised_at, resolved_at)
     select partner_id, gen_random_uuid(), customer_id, id, 'antivirus', coalesce(at::text, 'open'), 'warning', 1, case when at is null then 'unresolved' else 'resolved' end, '2020-01-01', '2020-01-01', at
     from product, unnest($1::timestamptz[]) at`,
    [[...days(termDays.event), null]],
  )
  await database.owner.query(
    `insert into event_step (partner_id, event_id, position, customer_id, at, what) select partner_id, id, 1, customer_id, opened_at, 'opened' from event`,
  )
  await database.owner.query(
    `insert into outbox (partner_id, id, kind, key, recipient, locale, time_zone, content, message_id, state, created_at)
     select $1, gen_random_uuid(), 'password-changed', state || at, 'a@example.com', 'en', 'UTC', '{}', 'm', state, at from unnest($2::timestamptz[]) at, unnest(array['sent', 'waiting']) state`,
    [estate.partnerId, days(termDays.mail)],
  )
  await database.owner.query(
    `insert into tally_hour (partner_id, customer_id, type_id, category, hour, count) select partner_id, id, 't', 'antivirus', at, 1 from customer, unnest($1::timestamptz[]) at`,
    [days(termDays.tallyHour)],
  )
  await database.owner.query(
    `insert into dead_letter (partner_id, id, customer_id, product_id, agent_id, epoch, seq, reason, item, received_at)
     select partner_id, gen_random_uuid(), customer_id, id, id, id, 1, 'shape-wrong', '{}', at from product, unnest($1::timestamptz[]) at`,
    [days(termDays.deadLetter)],
  )
  await database.owner.query(
    `insert into threat_seen (partner_id, customer_id, product_id, threat, first_on, last_on) select partner_id, customer_id, id, 'T' || (at < $2::timestamptz), '2020-01-01', at from product, unnest($1::timestamptz[]) at`,
    [days(termDays.threatSeen), ago(termDays.threatSeen)],
  )
  await database.owner.query(
    `insert into endpoint_address (partner_id, endpoint_id, address, customer_id, product_id, first_seen_at, last_seen_at) select partner_id, id, '10.' || (at < $2::timestamptz), customer_id, product_id, '2020-01-01', at
     from endpoint, unnest($1::timestamptz[]) at`,
    [days(termDays.endpointAddress), ago(termDays.endpointAddress)],
  )
  await database.owner.query(
    `insert into fact_span (partner_id, product_id, category, fact, began_at, ended_at, customer_id, worst, last)
     select partner_id, id, 'agent-offline', 'silentMinutes', at - interval '1 day', at, customer_id, 0, null from product, unnest($1::timestamptz[]) at`,
    [days(termDays.factSpan)],
  )
  await database.owner.query('analyze')
}

describe('what is past its term goes (R41)', () => {
  it('by a day, of every kind, of this business only, once; what is open or waits stays however old', async () => {
    await fill()
    const others = Number(
      (await database.owner.query('select count(*) from event where partner_id <> $1', [estate.partnerId])).rows[0].count,
    )
    const [endpoints, products, customers] = [await count('endpoint'), await count('product'), await count('customer')]
    expect(await clean()).toBeGreaterThan(0)
    expect(await count('infection')).toBe(endpoints * 2)
    expect(await count('infection', 'closed_at is null')).toBe(endpoints)
    expect(await count('event')).toBe(products * 2)
    expect(await count('event_step')).toBe(products * 2)
    expect(await count('tally_hour')).toBe(customers)
    expect(await count('dead_letter')).toBe(products)
    expect(await count('fact_span')).toBe(products)
    expect(await count('outbox')).toBe(3)
    expect([await count('threat_seen'), await count('threat_name'), await count('threat_name', `threat_key = 'ttrue'`)]).toEqual([
      products,
      1,
      0,
    ])
    // what they have now does not end
    expect([await count('endpoint_address', `last_seen_at is not null`), await count('endpoint_address', `last_seen_at is null`)]).toEqual([
      endpoints,
      endpoints,
    ])
    expect(
      Number((await database.owner.query('select count(*) from event where partner_id <> $1', [estate.partnerId])).rows[0].count),
    ).toBe(others)
    expect(await clean()).toBe(0)
  })

  it('a run without anything past its term reads no table through', async () => {
    await database.owner.query('analyze')
    const nodes = await plansOf(database, tenant(), (db) => removeOld(db, now))
    expect(scanned(nodes).filter((table) => ['event', 'infection', 'tally_hour'].includes(table))).toEqual([])
    expect(indexesOf(nodes)).toEqual(expect.arrayContaining(['event_ended', 'infection_closed', 'dead_letter_age']))
  })

  it('an agent that sends rubbish keeps its newest letters (R24)', async () => {
    const [product] = (await database.owner.query('select id, customer_id from product where partner_id = $1 limit 1', [estate.partnerId]))
      .rows
    await database.owner.query(
      `insert into dead_letter (partner_id, id, customer_id, product_id, agent_id, epoch, seq, reason, item, received_at)
       select $1, gen_random_uuid(), $2, $3, $3, $3, n, 'shape-wrong', '{}', $4::timestamptz + n * interval '1 second' from generate_series(1, $5) n`,
      [estate.partnerId, product.customer_id, product.id, ago(1), lettersPerAgent + 500],
    )
    await clean()
    expect(await count('dead_letter', `agent_id = '${product.id}'`)).toBe(lettersPerAgent)
    expect(
      Number((await database.owner.query('select min(seq) from dead_letter where agent_id = $1 and seq > 1', [product.id])).rows[0].min),
    ).toBe(501)
  })
})

describe('detections (R41, P24)', () => {
  const insert = (at: Date, receivedAt: Date) =>
    database.owner.query(
      `insert into detection (partner_id, customer_id, product_id, at, content_id, endpoint_id, category, threat, object, outcome, engine, received_at, counted_at)
     select partner_id, customer_id, product_id, $1::timestamptz, decode(md5(id::text || $1::timestamptz), 'hex'), id, 'antivirus', 't', 'o', 'deleted', 'e', $2::timestamptz, $2 from endpoint where partner_id = $3`,
      [at, receivedAt, estate.partnerId],
    )
  const partitions = async () =>
    (
      await database.owner.query<{ name: string }>(
        `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'detection'::regclass order by 1`,
      )
    ).rows.map(({ name }) => name)

  it('whole months are dropped, none with a row that is within its term; a clock of 1970 does not make a new record old', async () => {
    await makePartitions(database.owner, ago(termDays.detection + 40))
    await makePartitions(database.owner, now)
    await insert(ago(termDays.detection + 40), ago(termDays.detection + 40))
    await insert(ago(termDays.detection - 1), ago(termDays.detection - 1))
    await insert(new Date(0), ago(1))
    await insert(new Date(1), ago(termDays.detection + 1))
    const endpoints = await count('endpoint')
    expect(await dropOldDetections(database.owner, now)).toEqual(['detection_2025_08', 'detection_2025_09'])
    expect(await partitions()).toContain('detection_2025_10')
    expect(await count('detection')).toBe(endpoints * 2)
    expect(await count('detection', `at < '1971-01-01'`)).toBe(endpoints)
    expect(await dropOldDetections(database.owner, now)).toEqual([])
  })

  it('no record is read for it: months go by their names, strays by an index (P24, R41)', async () => {
    const said: string[] = []
    const query = async (text: string, values?: unknown[]) => {
      said.push(text)
      return await database.owner.query(text, values)
    }
    const owner = new Proxy(database.owner, { get: (pool, name) => (name === 'query' ? query : Reflect.get(pool, name)) })
    await database.owner.query(
      `insert into detection (partner_id, customer_id, product_id, at, content_id, endpoint_id, category, threat, object, outcome, engine, received_at, counted_at)
       select partner_id, customer_id, product_id, '1980-01-01'::timestamptz + n * interval '1 hour', decode(md5(n::text), 'hex'), id, 'antivirus', 't', 'o', 'deleted', 'e', $1, $1 from (select * from endpoint limit 1) e, generate_series(1, 20000) n`,
      [ago(1)],
    )
    await database.owner.query('analyze detection_default')
    await dropOldDetections(owner, now)
    const reading = said.filter((text) => !/^(select c\.relname|drop table)/.test(text))
    expect(reading.length).toBe(1)
    const { rows } = await database.owner.query(
      `explain (format json) ${reading[0]!.replace('$1', `'${ago(termDays.detection).toISOString()}'`).replace('$2', '5000')}`,
    )
    expect(JSON.stringify(rows)).toContain('detection_default_received')
    expect(JSON.stringify(rows)).not.toContain('Seq Scan')
    await database.owner.query(`delete from detection where at < '1990-01-01' and at > '1975-01-01'`)
  })

  it('one detection of a month to come does not keep that month in the default partition (R23)', async () => {
    const ahead = new Date('2028-03-05T10:00:00Z')
    await insert(ahead, now)
    const endpoints = await count('endpoint')
    await makePartitions(database.owner, new Date('2028-02-20T10:00:00Z'))
    expect(await partitions()).toContain('detection_2028_03')
    expect(await count('detection_2028_03')).toBe(endpoints)
    expect(await count('detection', `at > '2028-01-01'`)).toBe(endpoints)
    await insert(new Date('2028-03-06T10:00:00Z'), now)
    expect(await count('detection_2028_03')).toBe(endpoints * 2)
    const { rows } = await database.owner.query(
      `select c.relname from pg_index i join pg_class c on c.oid = i.indrelid where c.relname in ('detection_2028_03', 'detection_2028_04') group by 1 having count(*) < 3`,
    )
    expect(rows).toEqual([])
  })
})
