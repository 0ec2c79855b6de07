import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { aBusiness, type Business, type Site } from './testing/site.ts'

let server: TestServer
let business: Business
let { call, rows, system, tick, aSite, off, mails } = {} as Business
let assess: Business['assessIn']
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())
beforeEach(async () => {
  business = await aBusiness(server)
  ;({ call, rows, system, tick, aSite, off, mails, assessIn: assess } = business)
})

/** Real-time scan off on the first of two: a threat event, action required. */
async function troubled(tags: string[] = []): Promise<Site> {
  const site = await aSite(tags)
  await off(site, 0)
  await system((db) => assess(db, site.productId))
  return site
}
/** Of threats, from noon for two hours; in force. */
async function plan(target: object): Promise<{ id: string; version: number }> {
  const made = await business.plan(target, { groups: ['threat'] })
  await tick()
  return made
}
/** `silent`, `heard`, or `none`: of the product's one event. */
async function said({ productId }: Site): Promise<string> {
  const found = await rows(`select silence_id from event where product_id = $1 and category = 'antivirus' and state <> 'resolved'`, [
    productId,
  ])
  return found.length === 0 ? 'none' : found.length > 1 ? `${found.length} events` : found[0].silence_id === null ? 'heard' : 'silent'
}
const counted = async ({ customerId }: Site) =>
  (await rows('select action_required_count as n from customer where id = $1', [customerId]))[0].n as number

describe('what leaves a window is heard, what comes under one is not (EVT-9)', () => {
  const moveTo = async ({ productId }: Site, { customerId }: Site) => {
    const [{ description }] = await rows('select description from product where id = $1', [productId])
    const moved = await call('POST', `/v1/products/${productId}/move`, {
      customerId,
      confirmName: description,
      reason: 'Bought',
      hasConsent: true,
    })
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
      expect(
        (await call('POST', '/v1/customers/tags', { ids: [site.customerId], add: [], remove: [], ...body })).body.changed,
      ).toHaveLength(1)
      await tick()
      return await said(site)
    }
    expect(await tagged({ remove: ['bakery'] })).toBe('heard')
    expect(await tagged({ add: ['bakery'] })).toBe('silent')
    const { body: customer } = await call('GET', `/v1/customers/${site.customerId}`)
    expect((await call('PATCH', `/v1/customers/${site.customerId}`, { tags: [] }, { 'if-match': `"${customer.version}"` })).status).toBe(
      200,
    )
    await tick()
    // whoever was told before is not told again
    expect([await said(site), await mails()]).toEqual(['heard', 1])
  })

  it('an endpoint goes to the group that is worked on, and out of it', async () => {
    const site = await troubled()
    await plan({ kind: 'group', productId: site.productId, group: 'desktops' })
    expect(await said(site)).toBe('heard')
    const regroup = async (group: string) => {
      expect(
        (await call('POST', `/v1/products/${site.productId}/groups/${group}/endpoints`, { endpointIds: [site.endpointIds[0]] })).body,
      ).toEqual({ moved: 1 })
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
  const change = (id: string, version: number, more: object) =>
    call(
      'PUT',
      `/v1/maintenance/${id}`,
      {
        name: 'Server room',
        reason: '',
        target: { kind: 'all' },
        groups: ['threat'],
        schedule: { kind: 'once', from: '2026-11-21', time: '12:00' },
        durationMinutes: 120,
        timeZone: 'UTC',
        ...more,
      },
      { 'if-match': `"${version}"` },
    )
  const deadlocks = async () =>
    Number((await rows('select deadlocks from pg_stat_database where datname = current_database()'))[0].deadlocks)
  /** Until a change waits for a lock, or is done. */
  const waitsOrIsDone = async (changed: Promise<unknown>) => {
    let isDone = false
    void changed.finally(() => void (isDone = true))
    await expect
      .poll(
        async () =>
          isDone || (await rows(`select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)).length > 0,
        { timeout: 10_000, interval: 10 },
      )
      .toBe(true)
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
