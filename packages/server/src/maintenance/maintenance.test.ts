import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../platform/index.ts'
import { anActor } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { aBusiness, hour, minute, noon, once as schedule, type Business, type Site } from './testing/site.ts'

let server: TestServer
let { partnerId, call, rows, pass, assess, tick, aSite, trouble: off, plan, mails } = {} as Business
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())
beforeEach(async () => void ({ partnerId, call, rows, pass, assess, tick, aSite, trouble: off, plan, mails } = await aBusiness(server)))

const listed = async (silence = 'none') =>
  (await call('GET', `/v1/events?silence=${silence}`)).body.rows as {
    id: string
    silence: { reason: string; until: string; windowId: string } | null
  }[]
const steps = async (id: string) => (await call('GET', `/v1/events/${id}`)).body.steps.map(({ what }: { what: string }) => what)
const attention = async ({ customerId }: Site) => (await call('GET', `/v1/customers/${customerId}`)).body.attention.actionRequired as number

describe('a maintenance window silences (EVT-9)', () => {
  it('what comes up in it exists, says by which window, and neither mails nor counts; it speaks when the window ends, once', async () => {
    const site = await aSite()
    const window = await plan({ kind: 'customer', customerId: site.customerId })
    expect(window).toMatchObject({ state: 'now', occurrence: { startsAt: '2026-11-21T12:00:00.000Z', endsAt: '2026-11-21T14:00:00.000Z' } })
    pass(10 * minute)
    await off(site, 0)
    expect(await listed()).toEqual([])
    const [event] = await listed('maintenance')
    expect(event!.silence).toMatchObject({ reason: 'Server room', until: '2026-11-21T14:00:00.000Z', windowId: window.id })
    expect([await mails(), await attention(site)]).toEqual([0, 0])
    expect((await call('GET', `/v1/maintenance/${window.id}`)).body.silentCount).toBe(1)
    pass(2 * hour)
    await tick()
    await tick()
    expect((await listed()).map(({ id }) => id)).toEqual([event!.id])
    expect([await mails(), await attention(site)]).toEqual([1, 1])
    expect(await steps(event!.id)).toEqual(['opened', 'maintenance', 'woken'])
    expect((await call('GET', `/v1/maintenance/${window.id}`)).body).toMatchObject({ state: 'over', occurrence: null, silentCount: 0 })
  })

  it('what was open before goes silent too, and whoever was told is not told again', async () => {
    const site = await aSite()
    await off(site, 0)
    expect([await mails(), await attention(site)]).toEqual([1, 1])
    await plan({ kind: 'all' })
    await tick()
    expect([(await listed()).length, await attention(site)]).toEqual([0, 0])
    pass(2 * hour)
    await tick()
    expect([(await listed()).length, await attention(site), await mails()]).toEqual([1, 1, 1])
  })

  it('what is over before it ends is told to nobody', async () => {
    const site = await aSite()
    await plan({ kind: 'product', productId: site.productId })
    await off(site, 0)
    await off(site)
    pass(3 * hour)
    await tick()
    expect([await mails(), await attention(site), (await listed()).length]).toEqual([0, 0, 0])
  })

  it('one that begins later leaves alone what is before it; it silences only what it says', async () => {
    const site = await aSite()
    await plan({ kind: 'customer', customerId: site.customerId }, { schedule: schedule('2026-11-21', '13:00') })
    await plan({ kind: 'customer', customerId: site.customerId }, { groups: ['system', 'licence'] })
    await off(site, 0)
    expect([await mails(), await attention(site)]).toEqual([1, 1])
    pass(hour)
    await tick()
    expect(await attention(site)).toBe(0)
  })

  it('of a tag: those customers, and no others', async () => {
    const [own, other] = [await aSite(['bakery']), await aSite()]
    await plan({ kind: 'tag', tag: 'bakery' })
    await off(own, 0)
    await off(other, 0)
    expect([await attention(own), await attention(other)]).toEqual([0, 1])
  })

  it.each(['group', 'endpoints'] as const)(
    'of a %s: silent while no other endpoint is concerned, heard as soon as one is, and then for the rest of the window',
    async (kind) => {
      const site = await aSite()
      await plan(kind === 'group' ? { kind, productId: site.productId, group: 'servers' } : { kind, endpointIds: [site.endpointIds[0]] })
      await off(site, 0)
      expect([await attention(site), await mails()]).toEqual([0, 0])
      pass(minute)
      await off(site, 0, 1)
      expect([await attention(site), await mails()]).toEqual([1, 1])
      pass(minute)
      await off(site, 0)
      expect([await attention(site), await mails()]).toEqual([1, 1])
      expect(await steps((await listed())[0]!.id)).toEqual(['opened', 'maintenance', 'raised', 'woken'])
    },
  )

  it('ended early: heard at once, and a repeating one goes on with its next', async () => {
    const site = await aSite()
    const window = await plan(
      { kind: 'customer', customerId: site.customerId },
      { schedule: { kind: 'daily', from: '2026-11-01', time: '12:00', until: null, every: 1 } },
    )
    await off(site, 0)
    pass(10 * minute)
    const ended = await call('POST', `/v1/maintenance/${window.id}/end`)
    expect(ended.body).toMatchObject({ state: 'next', occurrence: { startsAt: '2026-11-22T12:00:00.000Z' } })
    await tick()
    expect([await attention(site), await mails()]).toEqual([1, 1])
    expect((await call('POST', `/v1/maintenance/${window.id}/end`)).body.code).toBe('maintenance.not-now')
    pass(24 * hour)
    await tick()
    expect([await attention(site), await mails()]).toEqual([0, 1])
    pass(24 * hour)
    await tick()
    expect((await call('GET', `/v1/maintenance/${window.id}`)).body.occurrence.startsAt).toBe('2026-11-23T12:00:00.000Z')
    expect(await mails()).toBe(1)
  })

  it('somebody wakes an event in it: it stays awake until the next window', async () => {
    const site = await aSite()
    await plan(
      { kind: 'customer', customerId: site.customerId },
      { schedule: { kind: 'daily', from: '2026-11-01', time: '12:00', until: null, every: 1 } },
    )
    await off(site, 0)
    const [event] = await listed('maintenance')
    expect((await call('POST', '/v1/events/wake', { ids: [event!.id] })).body.changed).toHaveLength(1)
    await assess(site.productId)
    expect(await attention(site)).toBe(1)
    pass(24 * hour)
    await tick()
    expect(await attention(site)).toBe(0)
  })

  it('a snooze that ends in a window: it goes on silently, by the window', async () => {
    const site = await aSite()
    await off(site, 0)
    const [event] = await listed()
    expect(
      (
        await call('POST', '/v1/events/silence', {
          ids: [event!.id],
          kind: 'snoozed',
          reason: 'Later',
          until: new Date(noon + hour).toISOString(),
        })
      ).body.changed,
    ).toHaveLength(1)
    await plan({ kind: 'customer', customerId: site.customerId }, { durationMinutes: 180 })
    pass(hour)
    await tick()
    expect([await attention(site), await mails()]).toEqual([0, 1])
    expect((await listed('maintenance'))[0]!.silence!.reason).toBe('Server room')
    pass(2 * hour)
    await tick()
    expect([await attention(site), await mails()]).toEqual([1, 1])
  })
})

describe('planning (EVT-9)', () => {
  it('changed or deleted, what it does not cover any more is heard', async () => {
    const [site, other] = [await aSite(), await aSite()]
    const window = await plan({ kind: 'customer', customerId: site.customerId })
    await off(site, 0)
    const {
      state: _s,
      occurrence: _o,
      customer: _c,
      product: _p,
      groupLabel: _l,
      endpoints: _e,
      silentCount: _n,
      createdBy: _b,
      createdAt: _a,
      version,
      id,
      ...fields
    } = window
    const same = await call('PUT', `/v1/maintenance/${id}`, { ...fields, name: 'Renamed' }, { 'if-match': `"${version}"` })
    await tick()
    expect([same.status, same.body.name, await attention(site), await mails()]).toEqual([200, 'Renamed', 0, 0])
    expect((await listed('maintenance'))[0]!.silence!.reason).toBe('Renamed')
    const moved = await call(
      'PUT',
      `/v1/maintenance/${id}`,
      { ...fields, target: { kind: 'customer', customerId: other.customerId } },
      { 'if-match': `"${same.body.version}"` },
    )
    await tick()
    expect([moved.status, await attention(site), await mails()]).toEqual([200, 1, 1])
    await off(other, 0)
    expect(await attention(other)).toBe(0)
    expect((await call('DELETE', `/v1/maintenance/${id}`)).status).toBe(200)
    await tick()
    expect([await attention(other), await mails()]).toEqual([1, 2])
    expect(
      (await rows(`select activity from audit where partner_id = $1 and activity like 'maintenance.%' order by sequence`, [partnerId])).map(
        ({ activity }) => activity,
      ),
    ).toEqual(['maintenance.created', 'maintenance.updated', 'maintenance.updated', 'maintenance.deleted'])
  })

  it.each([
    ['its day is past', { schedule: schedule('2026-11-20', '12:00') }, 'schedule.from', 'until.past'],
    [
      'its windows would run into each other',
      { schedule: { kind: 'daily', from: '2026-11-21', time: '12:00', until: null, every: 1 }, durationMinutes: 1_500 },
      'durationMinutes',
      'maintenance.overlap',
    ],
    [
      'it ends before it begins',
      { schedule: { kind: 'daily', from: '2026-11-21', time: '12:00', until: '2026-11-20', every: 1 } },
      'schedule.until',
      'until.before',
    ],
  ])('refused: %s', async (_, more, path, code) => {
    const { customerId } = await aSite()
    const refused = await call('POST', '/v1/maintenance', {
      name: 'x',
      reason: '',
      target: { kind: 'customer', customerId },
      groups: ['system'],
      durationMinutes: 60,
      timeZone: 'UTC',
      ...more,
    })
    expect(refused).toMatchObject({ status: 400, body: { code: 'request.invalid', fields: [{ path, code }] } })
  })

  it('endpoints of two products are no target of one window; a preview shows the clocks', async () => {
    const [one, other] = [await aSite(), await aSite()]
    const refused = await call('POST', '/v1/maintenance', {
      name: 'x',
      reason: '',
      target: { kind: 'endpoints', endpointIds: [one.endpointIds[0], other.endpointIds[0]] },
      groups: ['system'],
      schedule: schedule('2026-12-01', '12:00'),
      durationMinutes: 60,
      timeZone: 'UTC',
    })
    expect(refused.body.fields).toMatchObject([{ path: 'target.endpointIds', code: 'endpoints.of-one-product' }])
    const preview = await call('POST', '/v1/maintenance/preview', {
      schedule: { kind: 'weekly', from: '2027-03-20', time: '23:00', until: null, every: 1, days: ['saturday'] },
      durationMinutes: 300,
      timeZone: 'Europe/Paris',
    })
    expect(preview.body.occurrences.map(({ clocks }: { clocks: string | null }) => clocks)).toEqual([null, 'ends-later', null, null, null])
  })

  it('an account that sees some customers plans for those, reads those over all, and changes none of these (ACC-14)', async () => {
    const [mine, other] = [await aSite(), await aSite()]
    const technician = await anActor(server.database, partnerId, { role: 'technician', isScopeLimited: true })
    await rows(
      `insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id) values ($1, $2, $3, 1, 'allow', 'customer', $4)`,
      [partnerId, newId(), technician.accountId, mine.customerId],
    )
    const limited = server.as(technician)
    const all = await plan({ kind: 'all' }, { name: 'Everyone' })
    await plan({ kind: 'customer', customerId: other.customerId }, { name: 'Hidden' })
    await plan({ kind: 'customer', customerId: mine.customerId }, { name: 'Mine' })
    expect((await limited('GET', '/v1/maintenance?sort=name')).body.rows.map(({ name }: { name: string }) => name)).toEqual([
      'Everyone',
      'Mine',
    ])
    expect((await limited('DELETE', `/v1/maintenance/${all.id}`)).body.code).toBe('permission.missing')
    const body = {
      name: 'x',
      reason: '',
      groups: ['system'],
      schedule: schedule('2026-12-01', '12:00'),
      durationMinutes: 60,
      timeZone: 'UTC',
    }
    expect((await limited('POST', '/v1/maintenance', { ...body, target: { kind: 'all' } })).body.code).toBe('permission.missing')
    expect(
      (await limited('POST', '/v1/maintenance', { ...body, target: { kind: 'customer', customerId: other.customerId } })).body.code,
    ).toBe('customer.not-found')
    expect((await limited('POST', '/v1/maintenance', { ...body, target: { kind: 'customer', customerId: mine.customerId } })).status).toBe(
      200,
    )
  })

  it('lists by state, whose, and name, page by page, over those that are over too', async () => {
    const site = await aSite()
    await plan({ kind: 'customer', customerId: site.customerId }, { name: 'Now' })
    await plan({ kind: 'customer', customerId: site.customerId }, { name: 'Later', schedule: schedule('2026-11-30', '12:00') })
    for (const name of ['Over A', 'Over B']) {
      const { id } = await plan({ kind: 'all' }, { name })
      expect((await call('POST', `/v1/maintenance/${id}/end`)).status).toBe(200)
    }
    const names = async (query: string) =>
      (await call('GET', `/v1/maintenance?${query}`)).body.rows.map(({ name }: { name: string }) => name)
    expect(await names('')).toEqual(['Now', 'Later', 'Over A', 'Over B'])
    expect(await names('state=next,now')).toEqual(['Now', 'Later'])
    expect(await names(`customerId=${site.customerId}&state=next`)).toEqual(['Later'])
    expect(await names('target=all&sort=-name')).toEqual(['Over B', 'Over A'])
    expect(await names('q=later')).toEqual(['Later'])
    const paged: string[] = []
    for (let cursor = ''; ;) {
      const { body } = await call('GET', `/v1/maintenance?limit=1${cursor}`)
      paged.push(...body.rows.map(({ name }: { name: string }) => name))
      if (body.nextCursor === null) break
      cursor = `&cursor=${encodeURIComponent(body.nextCursor)}`
    }
    expect(paged).toEqual(['Now', 'Later', 'Over A', 'Over B'])
  })
})
