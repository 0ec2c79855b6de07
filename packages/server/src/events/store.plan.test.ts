import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventsApi } from '@vigie/domain/events'
import type { TenantDb } from '../platform/index.ts'
import { testDatabase, type TestDatabase } from '../platform/testing/database.ts'
import { anEstate, type Estate } from '../platform/testing/estate.ts'
import { indexesOf, plansOf, scanned, visited } from '../platform/testing/plan.ts'
import * as detections from './detections.ts'
import * as findings from './findings.ts'
import * as events from './store.ts'

let database: TestDatabase
let estate: Estate
const account = '01900000-0000-7000-8000-000000000001'
beforeAll(async () => {
  database = await testDatabase()
  estate = await anEstate(database, { customers: 2_000, endpointsPerCustomer: 3, others: 2 })
  const { owner } = database
  await owner.query(
    `insert into detection (partner_id, customer_id, product_id, at, content_id, endpoint_id, category, threat, object, outcome, engine, received_at, counted_at)
     select e.partner_id, e.customer_id, e.product_id, now() - i * interval '1 hour' - e.n * interval '1 second', decode(md5(e.id::text || i), 'hex'), e.id, 'antivirus', 't', 'o', 'deleted', 'e', now(), now() - i * interval '1 hour' - e.n * interval '1 second' + (case when e.n % 500 = 0 then 30 else 0 end) * interval '1 minute'
     from (select *, row_number() over () as n from endpoint) e, generate_series(1, 10) i`,
  )
  await owner.query(
    `insert into event (partner_id, id, customer_id, product_id, category, condition, severity, severity_rank, state, opened_at, last_raised_at, resolved_at)
     select p.partner_id, gen_random_uuid(), p.customer_id, p.id, 'antivirus', 'c' || i, case when i = 0 then 'action-required' else 'warning' end, case when i = 0 then 2 else 1 end,
       case when i < 2 then 'unresolved' else 'resolved' end, now() - n * interval '1 minute', now() - n * interval '1 second', case when i < 2 then null else now() end
     from (select *, row_number() over () as n from product) p, generate_series(0, 5) i`,
  )
  // many are silent, and the newest: a page must not walk over them
  await owner.query(
    `insert into event_silence (partner_id, id, customer_id, product_id, category, condition, event_id, kind, reason, owner_name, by_name, since, until)
     select partner_id, gen_random_uuid(), customer_id, product_id, category, condition, id, case when severity_rank = 2 then 'snoozed' else 'accepted' end, 'r', 'o', 'b', now(), now() + interval '1 day'
     from event where state <> 'resolved' and opened_at > now() - interval '1000 minutes'`,
  )
  await owner.query('update event e set silence_id = s.id, silence_kind = s.kind from event_silence s where s.event_id = e.id')
  await owner.query(
    `insert into account (partner_id, id, email, first_name, last_name, role, locale, time_zone, state) select $1, $2, 'a@example.com', 'A', 'B', 'technician', 'en', 'UTC', 'active'`,
    [estate.partnerId, account],
  )
  await owner.query(
    `update event set assignee_id = $2 where partner_id = $1 and id in (select id from event where partner_id = $1 order by id limit 3000)`,
    [estate.partnerId, account],
  )
  await owner.query('analyze')
}, 120_000)
afterAll(() => database.close())

const plans = (work: (db: TenantDb) => Promise<unknown>) =>
  plansOf(database, { partnerId: estate.partnerId, scope: 'all', principalId: null }, work)
const one = async (table: 'customer' | 'product' | 'endpoint') =>
  (await database.owner.query(`select id from ${table} where partner_id = $1 order by id limit 1`, [estate.partnerId])).rows[0].id as string

describe('the newest of many (EVT-4, EVT-8): a page costs the same whatever is stored', () => {
  it.each([
    ['of all customers', {}, '_partner_id_at_idx'],
    ['of one category', { category: 'antivirus' }, '_partner_id_at_idx'],
    ['of a customer', { customerId: 'customer' }, '_partner_id_customer_id_at_idx'],
    ['of a product', { productId: 'product' }, '_pkey'],
    // that hour, with ten minutes on either side, of the ten hours that there are; those whose clocks are off by their own index
    [
      'counted in an hour long past',
      { countedFrom: new Date(Date.now() - 9 * 3_600_000).toISOString(), countedUntil: new Date(Date.now() - 8 * 3_600_000).toISOString() },
      '_at_idx',
      9_000,
    ],
    ['of an endpoint, by its product', { endpointId: 'endpoint' }, '_pkey'],
  ] as const)('detections %s', async (_, filter, index, most: number = 400) => {
    const query: Record<string, string> = {}
    for (const [key, value] of Object.entries(filter))
      query[key] = ['customer', 'product', 'endpoint'].includes(value) ? await one(value as 'customer') : value
    const nodes = await plans((db) => detections.list(db, eventsApi.listDetections.query!.parse({ limit: 20, ...query })))
    expect(scanned(nodes).filter((relation) => relation.startsWith('detection'))).toEqual([])
    // each partition has its own, named by PostgreSQL
    expect(
      indexesOf(nodes)
        .filter((name) => name.startsWith('detection'))
        .every((name) => name.endsWith(index)),
      indexesOf(nodes).join(' '),
    ).toBe(true)
    expect(visited(nodes.filter(({ relation }) => relation?.startsWith('detection')))).toBeLessThan(most)
  })

  it.each([
    ['newest raised', {}, 'event_attention_newest'],
    ['worst first', { sort: '-severity' }, 'event_attention_severity'],
    [
      'worst first, without what a virus alert does everywhere, as the console asks',
      { sort: '-severity', isFolded: 'true' },
      'event_attention_severity',
    ],
    ['without what a virus alert does everywhere', { isFolded: 'true' }, 'event_attention_newest'],
    ['resolved ones, as the console asks', { sort: '-openedAt', state: 'resolved', isFolded: 'true' }, 'event_opened'],
    ['snoozed ones, worst first', { sort: '-severity', silence: 'snoozed', isFolded: 'true' }, 'event_silent_newest', 3_000],
    ['nobody’s, worst first', { sort: '-severity', assignee: 'nobody', isFolded: 'true' }, 'event_attention_severity'],
    // of the few that are silent or somebody's it may read all and sort them: what that costs does not grow with what is stored
    ['snoozed ones', { silence: 'snoozed' }, 'event_silent_newest', 3_000],
    ['accepted ones', { silence: 'accepted' }, 'event_silent_newest', 3_000],
    ['silent or not', { silence: 'none,snoozed,accepted' }, 'event_newest'],
    ['mine', { assignee: 'me' }, 'event_assignee', 3_000],
    ['by somebody’s, with resolved ones', { assignee: account, state: 'unresolved,pending,resolved' }, 'event_assignee'],
    ['nobody’s', { assignee: 'nobody' }, 'event_attention_newest'],
    ['of a type', { typeId: 'clamav-endpoint' }, 'event_attention_newest'],
    ['resolved ones too', { state: 'unresolved,pending,resolved' }, 'event_newest'],
    ['by opening', { sort: '-openedAt', state: 'unresolved,pending,resolved' }, 'event_opened'],
  ] as const)('events: %s', async (_, query, index, most: number = 400) => {
    const nodes = await plans((db) => events.list(db, eventsApi.listEvents.query!.parse({ limit: 20, ...query }), account))
    expect(indexesOf(nodes)).toContain(index)
    // customers and products of the page's rows: by their keys once they are more than a test's
    expect(visited(nodes.filter(({ relation, index: by }) => relation === 'event' || by?.startsWith('event_')))).toBeLessThan(most)
  })

  it('how many a folded list leaves out: by their category, no other event is read', async () => {
    const nodes = await plans((db) => events.folded(db, eventsApi.listEvents.query!.parse({ limit: 20, isFolded: 'true' }), account))
    expect(indexesOf(nodes)).toContain('event_open_category')
    expect(visited(nodes)).toBeLessThan(50)
  })

  it('what an event is made of: its product’s records by key, no others', async () => {
    const nodes = await plans(async (db) => {
      const [event] = (await events.list(db, eventsApi.listEvents.query!.parse({ limit: 1 }), account)).rows
      await findings.list(
        db,
        { ...event!, openedAt: new Date(Date.now() - 30 * 86_400_000).toISOString() },
        eventsApi.listFindings.query!.parse({ by: 'object' }),
      )
    })
    expect(scanned(nodes).filter((relation) => relation.startsWith('detection'))).toEqual([])
    expect(
      visited(nodes.filter(({ relation, index }) => relation?.startsWith('detection') || index?.startsWith('detection'))),
    ).toBeLessThan(400)
  })
})
