import type { EndpointItem } from '@vigie/domain/agents'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { upsertEndpoints } from '../ingest/store.ts'
import { newId } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { assessProducts } from './assessor.ts'
import { concernedEndpoints } from './concerned.ts'

let server: TestServer
let partnerId: string
const noon = Date.parse('2026-11-21T12:00:00Z')
const [minute, day] = [60_000, 86_400_000]
beforeAll(async () => {
  server = await testServer()
  partnerId = await aPartner(server.database)
})
afterAll(() => server.close())

const tenant = () => ({ partnerId, scope: 'all' as const, principalId: null })
const at = (ms: number) => new Date(noon + ms).toISOString()
async function aProductOf(typeId: string) {
  const customerId = await aCustomer(server.database, partnerId)
  const id = await aProduct(server.database, partnerId, customerId)
  await server.database.owner.query('update product set type_id = $2 where id = $1', [id, typeId])
  return { id, customerId }
}
/** What its endpoints say of themselves at that time, as it comes from the channel, and which events are open then. */
async function told(
  product: { id: string; customerId: string },
  ms: number,
  ...healths: NonNullable<EndpointItem['health']>[]
): Promise<string[]> {
  server.clock.set(new Date(noon + ms))
  return await server.database.transaction(tenant(), async (db) => {
    const rows = healths.map((health, n) => ({
      id: newId(),
      customerId: product.customerId,
      productId: product.id,
      agentId: newId(),
      key: `k${n}`,
      name: `srv-${n}`,
      report: {
        item: {
          kind: 'endpoint' as const,
          endpoint: `k${n}`,
          at: at(ms),
          name: `srv-${n}`,
          platform: 'Debian',
          addresses: [],
          engine: null,
          commands: [],
          health,
        },
        collectedAt: new Date(noon + ms),
      },
    }))
    if (rows.length > 0) await upsertEndpoints(db, rows, new Date(noon + ms))
    await assessProducts(db, server.services, [product.id], new Date(noon + 900 * day))
    const { rows: open } = await db.query<{ event: string }>(
      `select category || '.' || condition as event from event where product_id = $1 and state <> 'resolved' order by 1`,
      [product.id],
    )
    return open.map(({ event }) => event)
  })
}
const dueAt = async (productId: string) =>
  (await server.database.owner.query('select due_at from assessment_due where product_id = $1', [productId])).rows[0]?.due_at as
    | Date
    | undefined

describe('what agents report of their machines, from the report to the event (EVT-1, EVT-3)', () => {
  it('disk space: the worst file system of each counts, and the event names its endpoints', async () => {
    const product = await aProductOf('clamav-site-server')
    const disks = (...free: number[]) => ({ disks: free.map((freeBytes, n) => ({ mount: `/${n}`, sizeBytes: 1_000, freeBytes })) })
    expect(await told(product, 0, disks(500, 9), disks(10))).toEqual([])
    expect(await told(product, minute, disks(500, 9), disks(9))).toEqual(['disk-space.nearly-full'])
    const { endpoints } = await server.database.transaction(tenant(), (db) =>
      concernedEndpoints(db, { productId: product.id, category: 'disk-space', condition: 'nearly-full' }, new Date(0), 10),
    )
    expect(endpoints.map(({ name }) => name)).toEqual(['srv-0', 'srv-1'])
    expect(await told(product, 2 * minute, disks(500), {})).toEqual([])
  })

  it('a service that is down: told after its grace by the clock alone, over when it runs', async () => {
    const product = await aProductOf('rspamd')
    const down = {
      down: [
        { service: 'mail-server', since: at(0) },
        { service: 'a newer agent’s word', since: at(0) },
      ],
    }
    await server.database.owner.query('insert into assessment_due (partner_id, product_id, customer_id, due_at) values ($1, $2, $3, $4)', [
      partnerId,
      product.id,
      product.customerId,
      new Date(noon + 900 * day),
    ])
    expect(await told(product, minute, down)).toEqual([])
    expect(await dueAt(product.id)).toEqual(new Date(noon + 5 * minute))
    expect(await told(product, 5 * minute)).toEqual(['mail-server.stopped'])
    expect(await told(product, 6 * minute, {})).toEqual([])
  })

  it('previews know to the minute what was down, from the assessments themselves; while nothing changes nothing is written (EVT-7)', async () => {
    const product = await aProductOf('rspamd')
    const owner = await anActor(server.database, partnerId)
    const raised = async (minutes: number) => {
      const query = `category=mail-server&name=downAfterMinutes&value=${minutes}&customerId=${product.customerId}`
      const { status, body } = await server.as(owner)('GET', `/v1/indexes/preview?${query}`)
      expect(status).toBe(200)
      return [body.present, body.proposed]
    }
    const down = (ms: number) => ({ down: [{ service: 'mail-server', since: at(ms) }] })
    const kept = async () =>
      (
        await server.database.owner.query(
          `select round(extract(epoch from ended_at - began_at) / 60)::integer as minutes from fact_span where product_id = $1 and category = 'mail-server' order by began_at`,
          [product.id],
        )
      ).rows.map(({ minutes }) => minutes)
    const heldOf = async () => (await server.database.owner.query('select xmin, held from product where id = $1', [product.id])).rows[0]
    await told(product, 0, {})
    expect((await heldOf()).held).toEqual({})
    await told(product, minute, down(0))
    await told(product, 20 * minute, {})
    await told(product, 60 * minute, down(60 * minute))
    await told(product, 63 * minute, {})
    await told(product, 120 * minute, down(120 * minute))
    expect(await kept()).toEqual([19, 3])
    await told(product, 132 * minute)
    const before = await heldOf()
    expect(before.held).toMatchObject({ 'mail-server': { downMinutes: { last: noon + 120 * minute } } })
    await told(product, 133 * minute)
    expect(await heldOf()).toEqual(before)
    expect([await raised(2), await raised(13), await raised(14)]).toEqual([
      [2, 3],
      [2, 2],
      [2, 1],
    ])
  })

  it('what was so when its past began to be kept is no news; what came of it since is (EVT-7)', async () => {
    const product = await aProductOf('rspamd')
    const owner = await anActor(server.database, partnerId)
    const down = { down: [{ service: 'mail-server', since: at(-60 * minute) }] }
    await server.database.owner.query('update product set held = null where id = $1', [product.id])
    await told(product, 0, down)
    await told(product, 60 * minute, down)
    const raised = async (minutes: number) =>
      (
        await server.as(owner)(
          'GET',
          `/v1/indexes/preview?category=mail-server&name=downAfterMinutes&value=${minutes}&customerId=${product.customerId}`,
        )
      ).body
    const sinceMinutes = ({ since }: { since: string }) => (Date.parse(since) - noon) / minute
    // nothing has changed yet since it is kept
    expect(sinceMinutes(await raised(30))).toBeGreaterThanOrEqual(60)
    expect(await raised(30)).toMatchObject({ present: 0, proposed: 0 })
    await told(product, 70 * minute, {})
    await told(product, 80 * minute, { down: [{ service: 'mail-server', since: at(80 * minute) }] })
    await told(product, 90 * minute, {})
    expect(sinceMinutes(await raised(5))).toBeLessThan(90)
    expect(await raised(5)).toMatchObject({ present: 1, proposed: 1 })
    expect(await raised(15)).toMatchObject({ present: 1, proposed: 0 })
  })

  it('disk space: how little is too little is tuned, for a customer by itself; its past too (EVT-3, EVT-7)', async () => {
    const product = await aProductOf('clamav-site-server')
    const owner = await anActor(server.database, partnerId)
    const call = server.as(owner)
    const disks = (...free: number[]) => ({ disks: free.map((freeBytes, n) => ({ mount: `/${n}`, sizeBytes: 1_000, freeBytes })) })
    expect(await told(product, 0, disks(45), disks(49))).toEqual([])
    const of = { category: 'disk-space', name: 'freePercent', customerId: product.customerId }
    const { body } = await call('GET', `/v1/indexes/preview?category=disk-space&name=freePercent&value=5&customerId=${product.customerId}`)
    expect(body).toMatchObject({ present: 0, proposed: 1 })
    expect((await call('PUT', '/v1/indexes', { ...of, value: 5 })).status).toBe(200)
    expect(await told(product, minute, disks(45), disks(49), disks(50))).toEqual(['disk-space.nearly-full'])
    const { rows } = await server.database.owner.query('select figures from event where product_id = $1', [product.id])
    expect(rows).toEqual([{ figures: { endpoints: 2, threshold: 2, freeBelow: 5 } }])
    const { endpoints } = await server.database.transaction(tenant(), (db) =>
      concernedEndpoints(db, { productId: product.id, category: 'disk-space', condition: 'nearly-full' }, new Date(0), 10),
    )
    expect(endpoints.map(({ name }) => name)).toEqual(['srv-0', 'srv-1'])
    expect((await call('PUT', '/v1/indexes', { ...of, value: 11 })).body.code).toBe('index.out-of-range')
  })

  it('real-time scan: five endpoints may be without it, a mail server may not (EVT-3)', async () => {
    const product = await aProductOf('clamav-site-server')
    const owner = await anActor(server.database, partnerId)
    const tuned = { category: 'antivirus', name: 'unprotected', value: 5, customerId: product.customerId }
    expect((await server.as(owner)('PUT', '/v1/indexes', tuned)).status).toBe(200)
    await told(product, 0, {}, { mail: { handled: 10, spam: 0 } })
    const off = (name: string) =>
      server.database.owner.query(`update endpoint set real_time_scan = 'off' where product_id = $1 and name = $2`, [product.id, name])
    await off('srv-0')
    expect(await told(product, minute)).toEqual([])
    await off('srv-1')
    expect(await told(product, 2 * minute)).toEqual(['antivirus.real-time-scan-off'])
  })

  it('spam is counted over all gateways of the product', async () => {
    const product = await aProductOf('rspamd')
    expect(await told(product, 0, { mail: { handled: 100, spam: 12 } }, { mail: { handled: 100, spam: 7 } })).toEqual([])
    expect(await told(product, minute, { mail: { handled: 100, spam: 12 } }, { mail: { handled: 100, spam: 8 } })).toEqual([
      'anti-spam.much-spam',
    ])
    expect(await told(product, 2 * minute, { mail: { handled: 0, spam: 0 } }, {})).toEqual([])
  })

  it('a mail server left behind is told by itself, by its group or by the mail it handles, and named (EVT-3)', async () => {
    const product = await aProductOf('clamav-site-server')
    const builtDaysAgo = (name: string, days: number, group?: string) =>
      server.database.owner.query(
        `update endpoint set pattern_built_at = $3, update_checked_at = $4, real_time_scan = 'on', "group" = coalesce($5, "group") where product_id = $1 and name = $2`,
        [product.id, name, new Date(noon - days * day), new Date(noon), group ?? null],
      )
    await told(product, 0, ...Array.from({ length: 12 }, (_, n) => (n === 1 ? { mail: { handled: 10, spam: 0 } } : {})))
    for (let n = 0; n < 12; n++) await builtDaysAgo(`srv-${n}`, 0)
    // as old as endpoints may be; then a mail server by what it reports, and one that is none
    await builtDaysAgo('srv-1', 2)
    expect(await told(product, minute)).toEqual([])
    await builtDaysAgo('srv-2', 3)
    expect(await told(product, 2 * minute)).toEqual([])
    await builtDaysAgo('srv-1', 2 + 1 / 24)
    expect(await told(product, 3 * minute)).toEqual(['component-update.mail-server-outdated', 'component-update.not-all-deployed'])
    await builtDaysAgo('srv-2', 3, 'mail-servers')
    expect((await told(product, 4 * minute))[0]).toBe('component-update.mail-server-outdated')
    const {
      rows: [event],
    } = await server.database.owner.query(
      `select severity, figures from event where product_id = $1 and condition = 'mail-server-outdated'`,
      [product.id],
    )
    expect(event).toEqual({ severity: 'action-required', figures: { endpoints: 2, threshold: 1 } })
    const { endpoints } = await server.database.transaction(tenant(), (db) =>
      concernedEndpoints(db, { productId: product.id, category: 'component-update', condition: 'mail-server-outdated' }, new Date(0), 10),
    )
    expect(endpoints.map(({ name }) => name)).toEqual(['srv-1', 'srv-2'])
    for (const name of ['srv-1', 'srv-2']) await builtDaysAgo(name, 0)
    expect(await told(product, 5 * minute)).toEqual([])
  })

  it('spyware that goes with a restart counts the endpoints to restart, not what was found on them (EVT-3, EVT-6)', async () => {
    const product = await aProductOf('wfbs-s')
    await told(product, 0, {}, {}, {})
    await server.database.owner.query(
      `insert into infection (partner_id, id, customer_id, product_id, endpoint_id, category, threat, object, object_hash, opened_at)
       select partner_id, gen_random_uuid(), customer_id, product_id, id, 'anti-spyware', 'Adware', '/' || n, sha256(n::text::bytea), now() from endpoint, generate_series(1, 3) n where product_id = $1 and name <> 'srv-2'`,
      [product.id],
    )
    expect(await told(product, minute)).toEqual(['anti-spyware.needs-restart'])
    const {
      rows: [event],
    } = await server.database.owner.query(`select figures from event where product_id = $1`, [product.id])
    expect(event.figures).toEqual({ endpoints: 2, threshold: 1 })
  })

  it('a licence: soon, over, renewed; and its seats', async () => {
    const product = await aProductOf('wfbs-s')
    const licence = (expiresAt: string | null, seats: number | null = null, seatsUsed: number | null = null) => ({
      licence: { expiresAt, seats, seatsUsed },
    })
    expect(await told(product, 0, licence(at(31 * day)))).toEqual([])
    expect(await told(product, 2 * day, licence(at(31 * day)))).toEqual(['licence-expiring.soon'])
    expect(await told(product, 31 * day)).toEqual(['licence-expired.expired'])
    expect(await told(product, 32 * day, licence(at(400 * day), 10, 11))).toEqual(['seats-exceeded.exceeded'])
    expect(await told(product, 33 * day, licence(at(400 * day), 11, 11))).toEqual([])
  })
})
