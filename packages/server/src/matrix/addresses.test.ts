import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { AnyRoute } from '@vigie/domain/kernel'
import { record } from '../audit/index.ts'
import type { Actor } from '../platform/index.ts'
import { anActor } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { examples } from './examples.ts'
import { aWorld, type World } from './world.ts'

/**
 * ACC-12, P7: network addresses of a customer's machines, put wherever the store keeps any, and every route that reads asked for them: before the customer withdraws its consent (so that
 * the walk would notice), and after.
 */
let server: TestServer
let world: World
let actor: Actor
const address = '198.51.100.77'
vi.setConfig({ testTimeout: 60_000 })

/** Where addresses are. A new column needs its word here, and in the code. Not machines': whom a session, a browser or a mail came from, and where the customer lives. */
const kept = [
  'agent.addresses',
  'endpoint.addresses',
  'endpoint_address.address',
  'enrolment_refusal.addresses',
  'enrolment_refusal.from_address',
]
const notMachines = ['audit.address', 'customer.address', 'session.address']

beforeAll(async () => {
  server = await testServer()
  world = await aWorld(server.database, 'x')
  actor = await anActor(server.database, world.partnerId, { role: 'owner', isPrimary: true })
  const { customerId, agentId } = world.shown
  // where an endpoint was is written by the database itself, when its addresses change
  for (const place of kept.filter((one) => one !== 'endpoint_address.address')) {
    const [table, column] = place.split('.')
    await server.database.owner.query(
      `update ${table} set ${column} = ${column === 'addresses' ? 'array[$2::text]' : '$2'} where customer_id = $1`,
      [customerId, address],
    )
  }
  // what the log says of a machine that was found to be a copy
  await server.database.transaction({ partnerId: world.partnerId, scope: 'all', principalId: null }, (db) =>
    record(
      db,
      server.services.vault,
      server.clock.now(),
      { kind: 'agent', id: agentId, name: 'srv', address },
      {
        activity: 'agent.clone-found',
        object: { kind: 'agent', id: agentId, name: 'srv' },
        customerId,
        before: { addresses: [address] },
        after: { machine: { hostname: 'srv', addresses: [address] }, hostname: 'srv', address },
      },
    ),
  )
})
afterAll(() => server.close())

/** By its example, without filters, and by the address. */
function* waysOf(route: AnyRoute): Generator<{ query: Record<string, string>; body: unknown; path: string }> {
  const {
    params = {},
    query = {},
    body,
  } = examples[route.id]!.request({ ...world.shown, ...world.own, self: { accountId: actor.accountId, sessionId: actor.sessionId } })
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? 'x'))
  yield { path, query, body }
  if (Object.keys(query).length > 0) yield { path, query: {}, body }
  // the customer's name stands in none of the searched words: found by the address or not at all
  // an export writes the words that were sought into the log
  if (!route.path.endsWith('.csv')) yield { path, query: { q: address }, body }
}

async function whoNames(what: string): Promise<string[]> {
  const call = server.as(actor)
  const named = new Set<string>()
  const routes = server.handlers
    .map(({ route }) => route)
    .filter(({ id, method, produces }) => (method === 'GET' && produces !== 'text/event-stream') || id === 'inventory.diagnose')
  for (const route of routes) {
    for (const { path, query, body } of route.id === 'inventory.diagnose'
      ? [
          { path: route.path, query: {}, body: { sought: address } },
          { path: route.path, query: {}, body: { sought: world.shown.productId } },
        ]
      : waysOf(route)) {
      const answer = await call(route.method, `${path}?${new URLSearchParams(query)}`, body)
      const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)
      // a refusal repeats what was asked for
      if (answer.status < 400 && text.includes(what)) named.add(route.id)
    }
  }
  return [...named].toSorted()
}

describe('network addresses of a customer’s machines (ACC-12, P7)', () => {
  it('stand in the columns this walk knows', async () => {
    const { rows } = await server.database.owner.query<{ place: string }>(`
      select c.table_name || '.' || c.column_name as place from information_schema.columns c join pg_class t on t.relname = c.table_name and t.relnamespace = 'public'::regnamespace and t.relkind in ('r', 'p') and not t.relispartition
      where c.table_schema = 'public' and (c.column_name like '%address%' or c.column_name like '%\\_ip' or c.column_name = 'ip' or c.udt_name in ('inet', 'cidr')) order by 1`)
    expect(rows.map(({ place }) => place)).toEqual([...kept, ...notMachines].toSorted())
  })

  it('are told by these routes, and by none once the customer withdraws its consent; a machine is not found by them either', async () => {
    const told = await whoNames(address)
    expect(told).toEqual([
      'audit.export',
      'audit.list',
      'duplicates.export',
      'duplicates.list',
      'endpoints.export',
      'endpoints.get',
      'endpoints.list',
      'inventory.diagnose',
      'products.agents',
      'search.all',
      'search.list',
    ])
    const call = server.as(actor)
    const found = async () => ({
      list: (await call('GET', `/v1/endpoints?q=${address}`)).body.rows.length,
      byName: (await call('GET', `/v1/endpoints?q=host-${world.mark}`)).body.rows.length,
      search: (await call('GET', `/v1/search/endpoint?q=${address}`)).body.rows.length,
      known: Object.values((await call('POST', '/v1/inventory/diagnosis', { sought: address })).body.known).flat().length,
    })
    const before = await found()
    expect(Object.values(before).every((count) => count > 0)).toBe(true)
    await call('POST', `/v1/customers/${world.shown.customerId}/consent`, {
      activities: ['view-addresses'],
      decision: 'withdrawn',
      saidBy: 'Camille Martin',
      saidOn: '2026-11-20',
    })
    expect(await whoNames(address)).toEqual([])
    expect(await found()).toEqual({ ...before, list: 0, search: 0, known: 0 })
    const { body } = await call('GET', `/v1/endpoints/${world.shown.endpointId}`)
    expect([body.name, body.addresses]).toEqual([`host-${world.mark}`, null])
    const withheld = await call('GET', `/v1/consent/withheld?activity=view-addresses&customerId=${world.shown.customerId}`)
    expect(withheld.body.rows).toMatchObject([{ state: 'withdrawn', since: expect.any(String) }])
  })

  it('where the business is strict, not recorded is not shown either', async () => {
    const call = server.as(actor)
    await call('POST', `/v1/customers/${world.shown.customerId}/consent`, {
      activities: ['view-addresses', 'view-endpoints'],
      decision: 'given',
      saidBy: 'Camille Martin',
      saidOn: '2026-11-20',
    })
    await call('PUT', '/v1/consent/rule', { isStrict: true })
    expect((await call('GET', `/v1/endpoints?q=${address}`)).body.rows.map((row: { addresses: unknown }) => row.addresses)).toEqual(
      expect.arrayContaining([[address]]),
    )
    await call('POST', `/v1/customers/${world.hidden.customerId}/consent`, {
      activities: ['view-endpoints'],
      decision: 'given',
      saidBy: 'Camille Martin',
      saidOn: '2026-11-20',
    })
    expect((await call('GET', `/v1/endpoints/${world.hidden.endpointId}`)).body.addresses).toBe(null)
  })
})
