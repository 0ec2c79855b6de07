import { identityApi } from '@vigie/domain/identity'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TestDatabase } from '../platform/testing/database.ts'
import { estateDatabase, type Estate } from '../platform/testing/estate.ts'
import { plansOf, scanned, visited, type PlanNode } from '../platform/testing/plan.ts'
import * as duplicates from './duplicates.ts'
import * as switches from './switches.ts'

let database: TestDatabase
let estate: Estate
let productId: string
let customerId: string
/** What each of 12,000 products went through: one switch, most of them done, of one agent each. */
beforeAll(async () => {
  ;({ database, estate } = await estateDatabase())
  const { owner } = database
  await owner.query(
    `insert into connection_switch (partner_id, id, customer_id, product_id, state, server, ca_fingerprint, command_key, guid, is_internal, reason, created_by_id, created_by, created_at, expires_at)
     select partner_id, gen_random_uuid(), customer_id, id, case when n % 4000 = 0 then 'waiting' else 'done' end, 'https://192.0.2.1:8443', '', '', gen_random_uuid(), false, '', gen_random_uuid(), 'Camille', now() - n * interval '1 minute', now()
     from (select *, row_number() over (order by id) as n from product where partner_id = $1) p`,
    [estate.partnerId],
  )
  await owner.query(
    `insert into connection_switch_agent (partner_id, switch_id, agent_id, customer_id, product_id, name, role, step, at)
     select s.partner_id, s.id, a.id, a.customer_id, a.product_id, a.hostname, 'own', 'switched', now() from connection_switch s join agent a on a.partner_id = s.partner_id and a.product_id = s.product_id`,
  )
  await owner.query('vacuum analyze connection_switch')
  await owner.query('vacuum analyze connection_switch_agent')
  const {
    rows: [waiting],
  } = await owner.query<{ product_id: string; customer_id: string }>(
    `select product_id, customer_id from connection_switch where partner_id = $1 and state = 'waiting' limit 1`,
    [estate.partnerId],
  )
  ;({ product_id: productId, customer_id: customerId } = waiting!)
}, 180_000)
afterAll(() => database.close())

const plan = (query: object): Promise<PlanNode[]> =>
  plansOf(database, { partnerId: estate.partnerId, scope: 'all', principalId: null }, (db) =>
    switches.list(db, identityApi.listSwitches.query!.parse(query), productId),
  )

describe('12,000 switches of connection (AGT-11)', () => {
  it.each([
    ['the newest', {}],
    ['the oldest', { sort: 'createdAt' }],
    ['of a product', () => ({ productId })],
    ['of a customer', () => ({ customerId })],
    ['in a state that most have', { state: 'done' }],
  ] as [string, object | (() => object)][])('%s: reads about what it shows', async (_, query) => {
    const nodes = await plan({ limit: '50', ...(typeof query === 'function' ? query() : query) })
    expect(scanned(nodes)).toEqual([])
    expect(visited(nodes)).toBeLessThan(51 * 8)
  })

  it('in a state that few are in: reads the switches once, and the agents of those it shows', async () => {
    const nodes = await plan({ state: 'waiting' })
    expect(visited(nodes.filter(({ relation }) => relation === 'connection_switch'))).toBeLessThanOrEqual(12_000)
    expect(visited(nodes.filter(({ relation }) => relation !== 'connection_switch'))).toBeLessThan(51 * 8)
  })
})

describe('a look-alike at every product (INV-3)', () => {
  beforeAll(async () => {
    await database.owner.query(
      `insert into duplicate (partner_id, id, customer_id, endpoint_id, other_id, evidence, state, found_at)
       select partner_id, gen_random_uuid(), customer_id, (array_agg(id order by id))[1], (array_agg(id order by id))[2], '{clone}', case when min(h) % 4 = 0 then 'suspected' else 'separated' end, now() - min(h) * interval '1 second'
       from (select *, abs(hashtext(product_id::text)) % 1000000 as h from endpoint) e group by partner_id, customer_id, product_id having count(*) > 1`,
    )
    await database.owner.query('vacuum analyze duplicate')
  })
  const read = async (query: object) =>
    await plansOf(database, { partnerId: estate.partnerId, scope: 'all', principalId: null }, (db) =>
      duplicates.list(db, identityApi.listDuplicates.query!.parse({ limit: '50', ...query })),
    )
  const endpointsIn = (nodes: readonly PlanNode[]) => visited(nodes.filter(({ relation }) => relation === 'endpoint'))

  it.each([
    ['the newest', {}],
    ['the oldest', { sort: 'foundAt' }],
    ['to be decided', { state: 'suspected' }],
  ])('%s: the endpoints of those it shows, and once of those that wait', async (_, query) => {
    const nodes = await read(query)
    expect(scanned(nodes)).not.toContain('endpoint')
    // a quarter of 10,000 pairs waits for a decision
    expect(endpointsIn(nodes)).toBeLessThan(estate.customers / 2 + 600 + 51 * 4)
  })

  it('a word that nobody has: the endpoints of all pairs, each by its key, once', async () => {
    const nodes = await read({ q: 'zzzz' })
    expect(scanned(nodes)).not.toContain('endpoint')
    expect(endpointsIn(nodes)).toBeLessThan(estate.customers * 2.5 + 600)
  })
})
