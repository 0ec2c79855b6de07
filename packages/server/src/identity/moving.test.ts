import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { createAssessor } from '../assessment/index.ts'
import { moveHistory } from './history.ts'
import { homedTables, staysBehind } from './moving.ts'
import { anAgentOf, aSite, type Site } from './testing/site.ts'
import { wrongCounts } from './testing/counts.ts'

let server: TestServer
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())

const rows = async (text: string, values: unknown[] = []) => (await server.database.owner.query(text, values)).rows
/** More agents elsewhere, so that one of these is not more than a twentieth of all (R16). */
async function aLargeSite(): Promise<Site> {
  const site = await aSite(server, 1)
  for (let i = 0; i < 40; i++) await anAgentOf(server, site.partnerId, site.productIds[2]!)
  return site
}
const move = (site: Site, more: Record<string, unknown> = {}) =>
  site.as('POST', `/v1/products/${site.productIds[0]}/move`, {
    customerId: site.customerIds[1],
    confirmName: 'One',
    hasConsent: true,
    reason: 'Sold',
    ...more,
  })

describe('a product goes to another customer (AGT-11)', () => {
  it('with everything that hangs on it, in one transaction; its records follow; both customers’ logs tell it', async () => {
    const site = await aLargeSite()
    const [agent] = site.agents
    await agent!.report()
    for (let i = 0; i < 7; i++) await agent!.detect({ outcome: i === 0 ? 'blocked' : 'quarantined' })
    await createAssessor(server.services).assessDue()
    expect((await rows('select action_required_count as n from customer where id = $1', [site.customerIds[0]]))[0].n).toBe(1)
    const { status, body } = await move(site)
    expect([status, body.to.name, body.from.name, body.agentCount, body.endpointCount, body.canUndo, body.historyMovedAt]).toEqual([
      200,
      'Second',
      'First',
      1,
      1,
      true,
      null,
    ])
    expect(await wrongCounts(server.database, site.partnerId)).toEqual([])
    for (const table of ['product', 'agent', 'endpoint', 'infection', 'event', 'event_step', 'endpoint_group', 'tally_minute']) {
      const of =
        table === 'event_step'
          ? 'event_id in (select id from event where product_id = $1)'
          : table === 'product'
            ? 'id = $1'
            : 'product_id = $1'
      expect(await rows(`select distinct customer_id from ${table} where ${of}`, [site.productIds[0]]), table).toEqual([
        { customer_id: site.customerIds[1] },
      ])
    }
    expect(
      (await rows('select action_required_count as n from customer where id = any($1) order by company', [site.customerIds])).map(
        ({ n }) => n,
      ),
    ).toEqual([0, 1])
    // who was connected speaks for nobody until it comes again
    expect((await rows('select connection_id from agent where id = $1', [agent!.id]))[0].connection_id).toBeNull()
    expect(await moveHistory(server.database, server.clock.now(), { chunk: 3 })).toBe(7)
    expect(await wrongCounts(server.database, site.partnerId)).toEqual([])
    expect((await site.as('GET', `/v1/detections?customerId=${site.customerIds[1]}`)).body.rows).toHaveLength(7)
    expect((await site.as('GET', `/v1/moves/${body.id}`)).body).toMatchObject({ recordCount: 7, historyMovedAt: expect.any(String) })
    expect(await rows(`select activity, customer_id from audit where partner_id = $1 order by sequence`, [site.partnerId])).toEqual([
      { activity: 'product.moved-away', customer_id: site.customerIds[0] },
      { activity: 'product.moved-in', customer_id: site.customerIds[1] },
    ])
    await agent!.detect()
    expect((await rows('select count(*)::integer as n from detection where customer_id = $1', [site.customerIds[1]]))[0].n).toBe(8)
  })

  it('taken back, everything is where it was, also while the history is still on its way', async () => {
    const site = await aLargeSite()
    for (let i = 0; i < 5; i++) await site.agents[0]!.detect()
    const { body } = await move(site)
    await moveHistory(server.database, server.clock.now(), { chunk: 2, most: 1 })
    const undone = await site.as('POST', `/v1/moves/${body.id}/undo`)
    expect([undone.status, undone.body.canUndo, undone.body.undoneBy]).toEqual([200, false, 'Ada Test'])
    await moveHistory(server.database, server.clock.now())
    expect(await rows('select distinct customer_id from detection where product_id = $1', [site.productIds[0]])).toEqual([
      { customer_id: site.customerIds[0] },
    ])
    expect(await wrongCounts(server.database, site.partnerId)).toEqual([])
    expect((await site.as('POST', `/v1/moves/${body.id}/undo`)).body.code).toBe('move.not-undoable')
  })

  it.each([
    ['without its name', { confirmName: 'Two' }, 'product.name-differs'],
    ['without the new customer’s word', { hasConsent: false }, 'request.invalid'],
    ['to a customer that is not there', { customerId: crypto.randomUUID() }, 'customer.not-found'],
  ])('not %s', async (_, more, code) => {
    expect((await move(await aLargeSite(), more)).body.code).toBe(code)
  })

  it('not to where it is, not once more when it moved on, not after its time', async () => {
    const site = await aLargeSite()
    expect((await move(site, { customerId: site.customerIds[0] })).body.code).toBe('move.same-customer')
    const { body } = await move(site)
    server.clock.add(31 * 86_400_000)
    expect((await site.as('POST', `/v1/moves/${body.id}/undo`)).body.code).toBe('move.not-undoable')
    server.clock.add(-31 * 86_400_000)
  })

  it('not beyond the caps without a second person (R16)', async () => {
    const site = await aSite(server, 12)
    expect((await move(site)).body.code).toBe('command.needs-second-person')
    expect((await rows('select customer_id from product where id = $1', [site.productIds[0]]))[0].customer_id).toBe(site.customerIds[0])
  })

  it('not while endpoints of it are merged with those of another product', async () => {
    const site = await aLargeSite()
    for (const agent of site.agents.slice(0, 2)) await agent.report()
    const ids = (await rows('select id from endpoint where partner_id = $1 order by id', [site.partnerId])).map((row) => row.id as string)
    await site.as('POST', `/v1/endpoints/${ids[0]}/merge`, { intoId: ids[1] })
    expect((await move(site)).body.code).toBe('move.merged-elsewhere')
  })

  it('every table with a product and a customer goes along, and the app may change its customer', async () => {
    const tables = await server.database.transaction({ partnerId: crypto.randomUUID(), scope: 'all', principalId: null }, homedTables)
    expect(tables).toEqual(
      expect.arrayContaining([
        'agent',
        'endpoint',
        'event',
        'command',
        'tally_minute',
        'dead_letter',
        'infection',
        'endpoint_merge',
        'endpoint_alias',
      ]),
    )
    expect(tables.filter((table) => staysBehind.includes(table))).toEqual([])
    const { rows: refused } = await server.database.owner.query(
      `select name from unnest($1::text[]) name where not has_column_privilege('vigie_app', name, 'customer_id', 'update')`,
      [[...tables, 'detection', 'event_step', 'command_step']],
    )
    expect(refused).toEqual([])
  })
})
