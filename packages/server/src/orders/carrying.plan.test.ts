import { ordersApi } from '@vigie/domain/orders'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId, type Tenant, type TenantDb } from '../platform/index.ts'
import type { TestDatabase } from '../platform/testing/database.ts'
import { estateDatabase, type Estate } from '../platform/testing/estate.ts'
import { indexesOf, plansOf, scanned, visited } from '../platform/testing/plan.ts'
import * as agents from './agents.ts'
import { chosenBy, lookAtPlaces } from './carrying.ts'
import { countOutcomes, keepOutcomes } from './outcomes.ts'
import * as places from './places.ts'
import * as orders from './store.ts'
import { changedSince } from './targets.ts'

const hours = 'update-schedule.every-hours'
const half = Array.from({ length: 32 }, (_, n) => `group-${n}`)
let database: TestDatabase
let estate: Estate
let tenant: Tenant
let order: orders.OrderRow
let lookSeconds: number
/** One order of settings to half of the customers, looked at in earnest, and given as far as ring 2. */
beforeAll(async () => {
  ;({ database, estate } = await estateDatabase())
  tenant = { partnerId: estate.partnerId, scope: 'all', principalId: null }
  const id = await aDraft()
  await database.transaction(tenant, async (db) => {
    order = await orders.row(db, id)
    const from = performance.now()
    await lookAtPlaces(db, order, new Date())
    lookSeconds = (performance.now() - from) / 1_000
  })
  await database.owner.query(`update order_place set ring = 1 + (hashtext(id::text) & 3) where step = 'planned'`)
  await database.owner.query(`update order_place set step = 'set', before = '{}', after = '{"values": {}}' where ring = 1`)
  // among others' rows: one of eight
  for (let n = 0; n < 7; n++) {
    const other = await aDraft()
    await database.owner.query(
      `insert into order_place (partner_id, order_id, id, customer_id, product_id, name, company, ring, step, reason, lines, weakens, endpoint_count, before, after, at)
       select partner_id, $2, gen_random_uuid(), customer_id, product_id, name, company, ring, step, reason, lines, weakens, endpoint_count, before, after, at from order_place where order_id = $1`,
      [id, other],
    )
    await database.owner.query(
      `insert into order_agent (partner_id, order_id, agent_id, customer_id, product_id, name, company, ring, step, reason, at)
       select partner_id, $2, agent_id, customer_id, product_id, name, company, ring, step, reason, at from order_agent where order_id = $1`,
      [id, other],
    )
  }
  await database.owner.query(
    'update command_order set agent_count = (select count(*) from order_agent where order_id = $1) where id = $1',
    [id],
  )
  await keepOutcomes({ database, clock: { now: () => new Date() } } as never, estate.partnerId, id)
  await database.owner.query('vacuum analyze order_place, order_agent, command_order')
  await database.transaction(tenant, async (db) => void (order = await orders.row(db, id)))
}, 240_000)
afterAll(() => database.close())

async function aDraft(): Promise<string> {
  const id = newId()
  await database.owner.query(
    `insert into command_order (partner_id, id, type, target, params, carried, is_in_rings, state, ring_percents, ring_minutes, failure_percent, agent_count, customer_count, planned, skipped, offline_count, created_by_id, created_by, created_at)
     values ($1, $2, 'apply-settings', $3, $4, $5, true, 'draft', '{1,5,25,100}', 60, 10, 0, 0, 0, 0, 0, $6, 'Ada', now())`,
    [
      estate.partnerId,
      id,
      JSON.stringify({ kind: 'matching', tags: half }),
      JSON.stringify({ at: 'customer', values: { [hours]: 6 } }),
      JSON.stringify({ kind: 'values', values: { [hours]: 6 } }),
      newId(),
    ],
  )
  return id
}

const plans = (work: (db: TenantDb) => Promise<unknown>) => plansOf(database, tenant, work)
const ofPlaces = (query: object) => (db: TenantDb) => places.list(db, order.id, ordersApi.listOrderPlaces.query!.parse(query))
const ofAgents = (query: object) => (db: TenantDb) => agents.list(db, order, ordersApi.listOrderAgents.query!.parse(query))

describe('an order that carries settings to 5,000 customers (CUS-2, ADM-3)', () => {
  it('the look reaches them all, each customer once', async () => {
    const {
      rows: [row],
    } = await database.owner.query(
      'select count(*)::integer as places, count(distinct customer_id)::integer as customers from order_place where order_id = $1',
      [order.id],
    )
    expect(row.places).toBe(row.customers)
    expect(row.places).toBeGreaterThan(4_000)
    expect(lookSeconds).toBeLessThan(60) // 0.7 s where nothing else runs (2026-11-21)
  })

  it.each<[string, (db: TenantDb) => Promise<unknown>, number]>([
    ['a page of places', ofPlaces({}), 300],
    ['of those planned', ofPlaces({ step: 'planned' }), 300],
    ['of one customer', ofPlaces({ customerId: newId() }), 10],
    ['the next of a ring', (db) => places.nextOf(db, order.id, 2, 50, 500), 300],
    ['agents with how it stands there', ofAgents({}), 2_000],
    ['agents told something else since', (db) => changedSince(db, { type: 'stop-outbreak-defence', undo_of: order.id }, [newId()]), 100],
  ])('%s: reads about what it shows', async (_, work, most) => {
    const nodes = await plans(work)
    expect(scanned(nodes).filter((table) => table !== 'command')).toEqual([]) // of commands there are none here
    expect(visited(nodes)).toBeLessThan(most)
  })

  it('its sums read its own rows, not another order’s', async () => {
    const {
      rows: [{ n }],
    } = await database.owner.query('select count(*)::integer as n from order_place where order_id = $1', [order.id])
    expect(
      visited((await plans((db) => places.countsOf(db, order.id, 2))).filter(({ relation }) => relation === 'order_place')),
    ).toBeLessThan(n * 1.2)
    expect(visited((await plans((db) => places.summary(db, order.id))).filter(({ relation }) => relation === 'order_place'))).toBeLessThan(
      n * 1.2,
    )
  })

  it('alike places are summed up together: each of them counts, with its endpoints', async () => {
    const { rows } = await database.owner.query(
      `select l ->> 'kind' as kind, sum((l ->> 'endpoints')::integer)::integer as endpoints, count(*)::integer as places from order_place, jsonb_array_elements(lines) l where order_id = $1 and reason is null group by 1`,
      [order.id],
    )
    const { planned, lines } = await database.transaction(tenant, (db) => places.summary(db, order.id))
    expect(
      lines.map(({ line, places: n }) => ({ kind: line.kind, endpoints: 'endpoints' in line ? line.endpoints : null, places: n })),
    ).toEqual(rows)
    expect(planned).toBe(rows[0]!.places)
    expect(planned).toBeGreaterThan(4_000)
  })

  it('how it stands at its endpoints is told from the index of what is kept, and their rows are found there', async () => {
    expect((await database.transaction(tenant, (db) => countOutcomes(db, order))).pending).toBe(order.agent_count)
    const sums = await plans((db) => countOutcomes(db, order))
    expect([sums.filter(({ relation }) => relation !== null).map(({ type }) => type), indexesOf(sums)]).toEqual([
      ['Index Only Scan'],
      ['order_agent_outcome'],
    ])
    expect(visited(sums)).toBe(order.agent_count)
    for (const [outcome, most] of [
      ['pending', 2_000],
      ['drifted', 10],
    ] as const)
      expect(visited(await plans(ofAgents({ outcome })))).toBeLessThan(most)
  })

  it('an undo reads the places done', async () => {
    const nodes = await plans((db) => chosenBy(db, { kind: 'undo-of', orderId: order.id }, null))
    expect(scanned(nodes)).toEqual([])
  })
})
