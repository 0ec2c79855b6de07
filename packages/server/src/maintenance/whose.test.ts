import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { assessProducts } from '../assessment/assessor.ts'
import { wakeDue } from '../assessment/waking.ts'
import { newId, type Actor, type TenantDb } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { followWindows } from './jobs.ts'

let server: TestServer
let owner: Actor
let partnerId: string
let call: ReturnType<TestServer['as']>
const noon = Date.parse('2026-11-21T12:00:00Z')
const hour = 3_600_000
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())
beforeEach(async () => {
  server.clock.set(new Date(noon))
  partnerId = await aPartner(server.database)
  owner = await anActor(server.database, partnerId)
  await rows('update account set is_told_of_events = true where id = $1', [owner.accountId])
  call = server.as(owner)
})

const rows = async (text: string, values: unknown[] = []) => (await server.database.owner.query(text, values)).rows
const system = <T>(work: (db: TenantDb) => Promise<T>) => server.database.transaction({ partnerId, scope: 'all', principalId: null }, work)
const assess = (db: TenantDb, ...ids: string[]) => assessProducts(db, server.services, ids, new Date(noon + 400 * 24 * hour))
/** What the scheduler and the assessor do. */
const tick = async () => {
  await followWindows.run(server.services)
  await wakeDue.run(server.services)
  const due = await rows('delete from assessment_due where partner_id = $1 and due_at <= $2 returning product_id', [partnerId, server.clock.now()])
  await system((db) => assess(db, ...due.map(({ product_id }) => product_id as string)))
}

interface Site {
  customerId: string
  productId: string
  endpointIds: string[]
}
async function aSite(tags: string[] = []): Promise<Site> {
  const customerId = await aCustomer(server.database, partnerId, { company: 'Boulangerie Martin', tags })
  const productId = await aProduct(server.database, partnerId, customerId)
  const endpointIds = [newId(), newId()]
  for (const [n, group] of ['servers', 'desktops'].entries()) {
    await rows(`insert into endpoint_group (partner_id, product_id, customer_id, name, position, endpoint_count, created_at) values ($1, $2, $3, $4, $5, 1, $6) on conflict (partner_id, product_id, name) do update set endpoint_count = 1`, [partnerId, productId, customerId, group, n, new Date(noon)])
    await rows(`insert into endpoint (partner_id, id, customer_id, product_id, key, name, "group") values ($1, $2, $3, $4, $5, $5, $6)`, [partnerId, endpointIds[n], customerId, productId, `srv-${n}`, group])
  }
  await rows('update product set last_seen_at = $2 where id = $1', [productId, new Date(noon)])
  return { customerId, productId, endpointIds }
}
const off = (site: Site, ...ns: number[]) => rows(`update endpoint set real_time_scan = case when id = any($2) then 'off' else 'on' end where product_id = $1`, [site.productId, ns.map((n) => site.endpointIds[n])])
/** Real-time scan off on the first of two: a threat event, action required. */
async function troubled(tags: string[] = []): Promise<Site> {
  const site = await aSite(tags)
  await off(site, 0)
  await system((db) => assess(db, site.productId))
  return site
}
const plan = async (target: object, more: object = {}) => {
  const made = await call('POST', '/v1/maintenance', {
    name: 'Server room', reason: '', target, groups: ['threat'], schedule: { kind: 'once', from: '2026-11-21', time: '12:00' }, durationMinutes: 120, timeZone: 'UTC', ...more,
  })
  expect(made.status, JSON.stringify(made.body)).toBe(200)
  await tick()
  return made.body as { id: string; version: number }
}
/** `silent`, `heard`, or `none`: of the product's one event. */
async function said({ productId }: Site): Promise<string> {
  const found = await rows(`select silence_id from event where product_id = $1 and category = 'antivirus' and state <> 'resolved'`, [productId])
  return found.length === 0 ? 'none' : found.length > 1 ? `${found.length} events` : found[0].silence_id === null ? 'heard' : 'silent'
}
const mails = async () => (await rows('select count(*)::integer as n from outbox where partner_id = $1', [partnerId]))[0].n as number
const counted = async ({ customerId }: Site) => (await rows('select action_required_count as n from customer where id = $1', [customerId]))[0].n as number

describe('what leaves a window is heard, what comes under one is not (EVT-9)', () => {
  const moveTo = async ({ productId }: Site, { customerId }: Site) => {
    const [{ description }] = await rows('select description from product where id = $1', [productId])
    const moved = await call('POST', `/v1/products/${productId}/move`, { customerId, confirmName: description, reason: 'Bought', hasConsent: true })
    expect(moved.status, JSON.stringify(moved.body)).toBe(200)
    await tick()
  }

  it('a product goes to a customer without a window, and to one with', async () => {
    const [worked, calm] = [await aSite(), await aSite()]
    await plan({ kind: 'customer', customerId: worked.customerId })
    await off(worked, 0)
    await system((db) => assess(db, worked.productId))
    expect([await said(worked), await mails()]).toEqual(['silent', 0])
    await moveTo(worked, calm)
    expect([await said(worked), await mails(), await counted(calm), await counted(worked)]).toEqual(['heard', 1, 1, 0])
    await moveTo(worked, worked)
    expect([await said(worked), await mails(), await counted(calm), await counted(worked)]).toEqual(['silent', 1, 0, 0])
  })

  it('a window on the product itself goes with it', async () => {
    const [site, other] = [await troubled(), await aSite()]
    await plan({ kind: 'product', productId: site.productId })
    await moveTo(site, other)
    expect(await said(site)).toBe('silent')
  })

  it('a tag is taken from its customer, and given, by its profile and by many at once', async () => {
    const site = await troubled(['bakery'])
    await plan({ kind: 'tag', tag: 'bakery' })
    expect([await said(site), await mails()]).toEqual(['silent', 1])
    const tagged = async (body: object) => {
      expect((await call('POST', '/v1/customers/tags', { ids: [site.customerId], add: [], remove: [], ...body })).body.changed).toHaveLength(1)
      await tick()
      return await said(site)
    }
    expect(await tagged({ remove: ['bakery'] })).toBe('heard')
    expect(await tagged({ add: ['bakery'] })).toBe('silent')
    const { body: customer } = await call('GET', `/v1/customers/${site.customerId}`)
    expect((await call('PATCH', `/v1/customers/${site.customerId}`, { tags: [] }, { 'if-match': `"${customer.version}"` })).status).toBe(200)
    await tick()
    // whoever was told before is not told again
    expect([await said(site), await mails()]).toEqual(['heard', 1])
  })

  it('an endpoint goes to the group that is worked on, and out of it', async () => {
    const site = await troubled()
    await plan({ kind: 'group', productId: site.productId, group: 'desktops' })
    expect(await said(site)).toBe('heard')
    const regroup = async (group: string) => {
      expect((await call('POST', `/v1/products/${site.productId}/groups/${group}/endpoints`, { endpointIds: [site.endpointIds[0]] })).body).toEqual({ moved: 1 })
      await tick()
      return await said(site)
    }
    expect(await regroup('desktops')).toBe('silent')
    expect(await regroup('servers')).toBe('heard')
  })

  it('what was silent and over by then, and comes again after the window was taken away, is heard', async () => {
    const site = await troubled()
    const { id } = await plan({ kind: 'all' })
    await off(site)
    await system((db) => assess(db, site.productId))
    expect(await said(site)).toBe('none')
    expect((await call('DELETE', `/v1/maintenance/${id}`)).status).toBe(200)
    server.clock.add(20 * 60_000)
    await off(site, 0)
    await tick()
    await system((db) => assess(db, site.productId))
    expect([await said(site), await mails()]).toEqual(['heard', 2])
  })
})

describe('a window changes while its events are assessed (EVT-9)', () => {
  const changes: [string, (id: string, version: number) => Promise<{ status: number }>, string][] = [
    ['deleted', (id) => call('DELETE', `/v1/maintenance/${id}`), 'heard'],
    ['ended', (id) => call('POST', `/v1/maintenance/${id}/end`), 'heard'],
    ['made for other categories', (id, version) => change(id, version, { groups: ['licence'] }), 'heard'],
    ['made longer', (id, version) => change(id, version, { durationMinutes: 240 }), 'silent'],
  ]
  const change = (id: string, version: number, more: object) => call('PUT', `/v1/maintenance/${id}`, {
    name: 'Server room', reason: '', target: { kind: 'all' }, groups: ['threat'], schedule: { kind: 'once', from: '2026-11-21', time: '12:00' }, durationMinutes: 120, timeZone: 'UTC', ...more,
  }, { 'if-match': `"${version}"` })
  const deadlocks = async () => Number((await rows('select deadlocks from pg_stat_database where datname = current_database()'))[0].deadlocks)
  /** Until a change waits for a lock, or is done. */
  const waitsOrIsDone = async (changed: Promise<unknown>) => {
    let isDone = false
    void changed.finally(() => void (isDone = true))
    await expect.poll(async () => isDone || (await rows(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)).length > 0, { timeout: 10_000, interval: 10 }).toBe(true)
  }

  it.each(changes)('%s before the assessment looks at windows: neither stands in the other’s way', async (_, act, after) => {
    const site = await troubled()
    const { id, version } = await plan({ kind: 'endpoints', endpointIds: [site.endpointIds[0]] })
    expect(await said(site)).toBe('silent')
    // it outgrew the window: assessment ends the silence that the change is about
    await off(site, 0, 1)
    const before = await deadlocks()
    let changed: ReturnType<typeof act> | undefined
    await system(async (db) => {
      await db.query('select from product where id = $1 for no key update', [site.productId])
      changed ??= act(id, version)
      await waitsOrIsDone(changed)
      await assess(db, site.productId)
    })
    expect((await changed)?.status).toBe(200)
    await tick()
    expect([await said(site), await deadlocks()]).toEqual([after, before])
  })

  it.each(changes)('%s after the assessment silenced by it: what it silenced meanwhile is assessed anew', async (_, act, after) => {
    const [site, other] = [await troubled(), await aSite()]
    const { id, version } = await plan({ kind: 'all' })
    await off(other, 0)
    const before = await deadlocks()
    let changed: ReturnType<typeof act> | undefined
    await system(async (db) => {
      await assess(db, other.productId)
      changed ??= act(id, version)
      await waitsOrIsDone(changed)
    })
    expect((await changed)?.status).toBe(200)
    await tick()
    expect([await said(site), await said(other), await deadlocks()]).toEqual([after, after, before])
  })
})
