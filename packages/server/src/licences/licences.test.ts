import type { EndpointItem } from '@vigie/domain/agents'
import type { Licence } from '@vigie/domain/licences'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { assessProducts } from '../assessment/index.ts'
import { upsertEndpoints } from '../ingest/store.ts'
import { newId } from '../platform/index.ts'
import { aCustomer, anActor, aPartner, aProduct } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { keepDay } from './index.ts'

let server: TestServer
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())

/** A Sunday. */
const noon = Date.parse('2026-11-22T12:00:00Z')
const day = 86_400_000
let partnerId: string
let call: ReturnType<TestServer['as']>
beforeEach(async () => {
  server.clock.set(new Date(noon))
  partnerId = await aPartner(server.database)
  call = server.as({ ...(await anActor(server.database, partnerId)), timeZone: 'Asia/Tokyo' })
})
const sql = async (text: string, values: unknown[]) => (await server.database.owner.query(text, values)).rows
const tenant = () => ({ partnerId, scope: 'all' as const, principalId: null })

interface Product {
  id: string
  customerId: string
}
type Said = NonNullable<NonNullable<EndpointItem['health']>['licence']>
async function aLicensed(of: { typeId?: string; customerId?: string; tags?: string[]; company?: string } = {}): Promise<Product> {
  const { typeId = 'wfbs-svc', tags = [], company = 'Martin' } = of
  const customerId = of.customerId ?? (await aCustomer(server.database, partnerId, { company, tags }))
  return { id: await aProduct(server.database, partnerId, customerId, { typeId, description: `P ${company}` }), customerId }
}
const ends = (days: number) => new Date(noon + days * day).toISOString()
/** Its endpoints say this of its licence, as it comes from the channel: one each; null: nothing. */
async function told(product: Product, ...said: (Partial<Said> | null)[]): Promise<void> {
  const now = server.clock.now()
  await server.database.transaction(tenant(), async (db) => {
    const rows = said.map((licence, n) => ({
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
          at: now.toISOString(),
          name: `srv-${n}`,
          platform: 'Debian',
          addresses: [],
          engine: null,
          commands: [],
          health: { licence: licence && { expiresAt: null, seats: null, seatsUsed: null, ...licence } },
        },
        collectedAt: now,
      },
    }))
    await upsertEndpoints(db, rows, now)
    await assessProducts(db, server.services, [product.id], new Date(now.getTime() + 900 * day))
  })
}
const list = async (query = ''): Promise<Licence[]> => {
  const { status, body } = await call('GET', `/v1/licences${query}`)
  expect(status, JSON.stringify(body)).toBe(200)
  return body.rows
}
const one = async (product: Product) => (await list(`?productId=${product.id}`))[0]
const openEvents = async (product: Product) =>
  (await sql(`select category from event where product_id = $1 and state <> 'resolved' order by 1`, [product.id])).map(
    ({ category }) => category as string,
  )

describe('the licence a product reports (EVT-1, DSH-2)', () => {
  it('is its newest word: kind, end, seats; an older agent that names no kind is unknown, not full', async () => {
    const product = await aLicensed()
    expect(await one(product)).toBeUndefined()
    await told(product, { kind: 'trial', expiresAt: ends(90), seats: 5, seatsUsed: 3 })
    expect(await one(product)).toMatchObject({
      kind: 'trial',
      state: 'valid',
      expiresAt: ends(90),
      seats: 5,
      seatsUsed: 3,
      typeId: 'wfbs-svc',
    })
    await told(product, { kind: 'full', expiresAt: ends(365), seats: 50, seatsUsed: 4 })
    expect(await one(product)).toMatchObject({ kind: 'full', expiresAt: ends(365), seats: 50, seatsUsed: 4 })
    await told(product, { expiresAt: null, seats: null })
    expect(await one(product)).toMatchObject({ kind: 'unknown', state: 'valid', expiresAt: null, seats: null, seatsUsed: null })
    await told(product, null)
    expect(await one(product)).toBeUndefined()
  })

  it('of several the one that is over first, as the event sees it; and the next when that goes', async () => {
    const product = await aLicensed()
    await told(product, { expiresAt: ends(90), seats: 10 }, { expiresAt: ends(12), seats: 20 }, { seats: 30 })
    expect(await one(product)).toMatchObject({ expiresAt: ends(12), seats: 20, state: 'expiring' })
    expect(await openEvents(product)).toEqual(['licence-expiring'])
    await sql(`delete from endpoint where product_id = $1 and key = 'k1'`, [product.id])
    expect(await one(product)).toMatchObject({ expiresAt: ends(90), seats: 10, state: 'valid' })
  })

  it('a report that says the same writes nothing; one that moves to another product goes along', async () => {
    const [here, there] = [await aLicensed(), await aLicensed()]
    const written = async () => (await sql('select xmin::text from product_licence where product_id = $1', [here.id]))[0]!['xmin'] as string
    await told(here, { expiresAt: ends(90), seats: 5, seatsUsed: 3 })
    const first = await written()
    await told(here, { expiresAt: ends(90), seats: 5, seatsUsed: 3 })
    expect(await written()).toBe(first)
    await told(here, { expiresAt: ends(90), seats: 5, seatsUsed: 4 })
    expect(await written()).not.toBe(first)
    await sql('update endpoint set product_id = $2, customer_id = $3 where product_id = $1', [here.id, there.id, there.customerId])
    expect([await one(here), (await one(there))?.seatsUsed]).toEqual([undefined, 4])
  })

  it('two endpoints that speak at the same moment: the product has what both say', async () => {
    const product = await aLicensed()
    await told(product, null, null)
    const say = (key: string, days: number) =>
      server.database.transaction(tenant(), async (db) => {
        await db.query('update endpoint set health = $3 where product_id = $1 and key = $2', [
          product.id,
          key,
          JSON.stringify({ licence: { expiresAt: ends(days), seats: days } }),
        ])
      })
    for (let n = 1; n <= 5; n++) {
      await Promise.all([say('k0', 40 + n), say('k1', 60 - n)])
      expect((await one(product))!.seats).toBe(40 + n)
    }
  })

  it('a deleted product takes it along', async () => {
    const product = await aLicensed()
    await told(product, { expiresAt: ends(90) })
    await sql('delete from product where id = $1', [product.id])
    expect(await sql('select from product_licence where partner_id = $1', [partnerId])).toEqual([])
  })
})

describe('when it is expiring: the index in force, as the event has it (EVT-3)', () => {
  const tune = (value: number, of: { customerId?: string; tag?: string } = {}) =>
    sql(
      `insert into index_value (partner_id, id, customer_id, tag, category, name, value) values ($1, gen_random_uuid(), $2, $3, 'licence-expiring', 'days', $4)`,
      [partnerId, of.customerId ?? null, of.tag ?? null, value],
    )
  it.each([
    ['over to the moment', 0, 'expired'],
    ['over in a minute or so', 1 / 1_000, 'expiring'],
    ['the thirtieth day', 30, 'expiring'],
    ['the thirty-first', 30.01, 'valid'],
  ])('%s', async (_, days, state) => {
    const product = await aLicensed()
    await told(product, { expiresAt: ends(days) })
    expect((await one(product))!.state).toBe(state)
    const expected = { expired: ['licence-expired'], expiring: ['licence-expiring'], valid: [] }[state]
    expect(await openEvents(product)).toEqual(expected)
  })

  it('tuned by the business, by tags (the earlier warning of two), by the customer', async () => {
    const own = await aLicensed({ tags: ['gold'], company: 'Own' })
    const products = [
      [await aLicensed({ company: 'Plain' }), 10],
      [await aLicensed({ tags: ['gold'], company: 'Gold' }), 60],
      [await aLicensed({ tags: ['gold', 'iron'], company: 'Both' }), 90],
      [own, 5],
    ] as const
    await tune(10)
    await tune(60, { tag: 'gold' })
    await tune(90, { tag: 'iron' })
    await tune(5, { customerId: own.customerId })
    for (const [product, days] of products) {
      for (const [left, state] of [
        [days, 'expiring'],
        [days + 1, 'valid'],
      ] as const) {
        await told(product, { expiresAt: ends(left) })
        expect(await one(product), `${days} ${left}`).toMatchObject({ state, expiringDays: days })
        expect(await openEvents(product), `${days} ${left}`).toEqual(state === 'expiring' ? ['licence-expiring'] : [])
      }
    }
  })
})

describe('the list (DSH-2)', () => {
  async function anEstate() {
    const customers = [
      await aCustomer(server.database, partnerId, { company: 'Zoo' }),
      await aCustomer(server.database, partnerId, { company: 'Épicerie' }),
    ]
    for (const [n, [typeId, licence]] of (
      [
        ['wfbs-svc', { kind: 'full', expiresAt: ends(200), seats: 10, seatsUsed: 12 }],
        ['wfbs-svc', { kind: 'trial', expiresAt: ends(10), seats: 5, seatsUsed: 1 }],
        ['wfbs-s', { kind: 'full', expiresAt: ends(-3), seats: null, seatsUsed: 4 }],
        ['cloud-edge', { expiresAt: null }],
        ['cloud-edge', { expiresAt: null, seats: 0, seatsUsed: 0 }],
      ] as const
    ).entries())
      await told(await aLicensed({ typeId, customerId: customers[n % 2]! }), licence)
    return customers
  }

  it('page by page in each order, without an end last', async () => {
    await anEstate()
    for (const sort of ['expiresAt', '-expiresAt', 'company', '-company', 'seats', '-seats', 'seatsUsed', '-seatsUsed']) {
      const rows: Licence[] = []
      for (let cursor: string | null = ''; cursor !== null;) {
        const { status, body } = await call('GET', `/v1/licences?limit=2&sort=${sort}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)
        expect(status).toBe(200)
        rows.push(...body.rows)
        cursor = body.nextCursor
      }
      expect(new Set(rows.map(({ productId }) => productId)).size, sort).toBe(5)
      if (sort === 'expiresAt') expect(rows.map(({ expiresAt }) => expiresAt)).toEqual([ends(-3), ends(10), ends(200), null, null])
      if (sort === 'company') expect(rows.map(({ customerName }) => customerName).slice(0, 2)).toEqual(['Épicerie', 'Épicerie'])
      if (sort === '-seatsUsed') expect(rows[0]!.seatsUsed).toBe(12)
    }
  })

  it('by state, kind, type, seats and words, several at once', async () => {
    await anEstate()
    for (const [query, count] of [
      ['state=expired', 1],
      ['state=expiring,valid', 4],
      ['kind=full', 2],
      ['kind=unknown', 2],
      ['typeId=wfbs-svc', 2],
      ['typeId=wfbs-svc&state=expiring&kind=trial', 1],
      ['isOver=true', 1],
      ['isOver=false', 4],
      ['q=epic', 2],
      ['q=%25', 0],
    ] as const)
      expect(await list(`?${query}`), query).toHaveLength(count)
  })

  it('as a file, in the reader’s words, and the log says who took it', async () => {
    await anEstate()
    const actor = { ...(await anActor(server.database, partnerId)), locale: 'fr' as const }
    const { body } = await server.as(actor)('GET', '/v1/licences.csv?typeId=wfbs-svc')
    const lines = (body as string).trim().split(/\r?\n/)
    expect(lines).toHaveLength(3)
    expect(lines[0]).toContain('Postes provisionnés')
    expect(lines[1]).toMatch(/Essai.*Expire bientôt/)
    expect(await sql(`select from audit where partner_id = $1 and activity = 'licence.exported'`, [partnerId])).toHaveLength(1)
  })

  it('without a customer that does not consent to it; asked for that one, it says so (ACC-12)', async () => {
    const [zoo] = await anEstate()
    const consentId = newId()
    await sql(
      `insert into consent (partner_id, id, customer_id, activity, decision, said_by, said_on, recorded_by, recorded_at) values ($1, $2, $3, 'view-licences', 'withdrawn', 'x', current_date, 'y', now())`,
      [partnerId, consentId, zoo],
    )
    await sql(
      `insert into consent_state (partner_id, customer_id, activity, decision, consent_id, since) values ($1, $2, 'view-licences', 'withdrawn', $3, now())`,
      [partnerId, zoo, consentId],
    )
    expect((await list()).map(({ customerName }) => customerName)).toEqual(['Épicerie', 'Épicerie'])
    expect((await call('GET', `/v1/licences?customerId=${zoo}`)).body.code).toBe('consent.missing')
    const { body } = await call('GET', '/v1/figures/licence-management')
    expect([body.value.licences.count, body.value.expired.count]).toEqual([2, 0])
  })
})

describe('licences over time (DSH-2)', () => {
  const keep = () => server.database.transaction(tenant(), (db) => keepDay(db, server.clock.now()))
  const kept = async () =>
    (await sql('select day::text from licence_day_kept where partner_id = $1 order by 1', [partnerId])).map((row) => row['day'])
  const figure = async (id: string) => (await call('GET', `/v1/figures/${id}`)).body.value
  const at = (date: string) => server.clock.set(new Date(`${date}T23:00:00Z`))

  it('each bar shows the end of its last day, the one that runs what is there now; before it was kept it says so', async () => {
    const product = await aLicensed()
    at('2026-11-07')
    await told(product, { kind: 'trial', expiresAt: ends(20), seats: 5, seatsUsed: 2 })
    await keep() // a Saturday: nobody looked on Sunday
    at('2026-11-15')
    await told(product, { kind: 'trial', expiresAt: ends(20), seats: 5, seatsUsed: 4 })
    await keep()
    await keep()
    await told(product, { kind: 'full', expiresAt: ends(300), seats: 50, seatsUsed: 6 })
    await keep() // the last of a day stands
    server.clock.set(new Date(noon))
    await told(product, { kind: 'full', expiresAt: ends(300), seats: 60, seatsUsed: 7 })
    const over = await figure('licences-over-time?range=1m')
    expect(over.bars.map(({ isCounted, count }: { isCounted: boolean; count: number }) => [isCounted, count])).toEqual([
      [false, 0],
      [false, 0],
      [true, 1],
      [true, 1],
      [true, 1],
    ])
    expect(over.kinds.map(({ kind, counts }: { kind: string; counts: number[] }) => [kind, counts])).toEqual([
      ['full', [0, 0, 0, 1, 1]],
      ['trial', [0, 0, 1, 0, 0]],
    ])
    const usage = await figure('licence-usage')
    expect([usage.seats.at(-1), usage.seatsUsed.at(-1), usage.now.seats.sum]).toEqual([60, 7, 60])
    expect(usage.bars.map(({ isCounted }: { isCounted: boolean }) => isCounted)).toEqual([...Array.from({ length: 12 }, () => false), true])
  })

  it('one that is over is no licence any more, and its seats are', async () => {
    at('2026-10-31')
    await told(await aLicensed(), { kind: 'full', expiresAt: '2026-10-30T00:00:00.000Z', seats: 5, seatsUsed: 5 })
    await told(await aLicensed(), { kind: 'full', expiresAt: null, seats: 7, seatsUsed: 1 })
    await keep()
    server.clock.set(new Date(noon))
    expect((await figure('licences-over-time?range=6m')).bars.slice(-2).map(({ count }: { count: number }) => count)).toEqual([1, 1])
    const usage = await figure('licence-usage')
    expect([usage.seats.slice(-2), usage.seatsUsed.slice(-2)]).toEqual([
      [12, 12],
      [6, 6],
    ])
  })

  it('a product that goes is in what was, and not in what is', async () => {
    at('2026-10-31')
    const product = await aLicensed()
    await told(product, { kind: 'full', expiresAt: null, seats: 7, seatsUsed: 1 })
    await keep()
    server.clock.set(new Date(noon))
    await sql('delete from product where id = $1', [product.id])
    await keep()
    expect((await figure('licences-over-time?range=6m')).bars.slice(-2).map(({ count }: { count: number }) => count)).toEqual([1, 0])
  })

  it('days that no bar needs go, and what was known of them stays as it was', async () => {
    const product = await aLicensed()
    const before: unknown[] = []
    for (const date of ['2026-10-29', '2026-10-30', '2026-10-31', '2026-11-01', '2026-11-06', '2026-11-10', '2026-11-21', '2026-11-22']) {
      at(date)
      await told(product, { kind: 'full', expiresAt: ends(300), seats: Number(date.slice(-2)), seatsUsed: 1 })
      await keep()
      before.push(await kept())
    }
    expect(before.at(-1)).toEqual(['2026-10-31', '2026-11-01', '2026-11-06', '2026-11-10', '2026-11-22'])
    expect(await sql('select count(*)::integer as count from licence_day where partner_id = $1', [partnerId])).toEqual([{ count: 5 }])
    expect((await figure('licence-usage')).seats.slice(-2)).toEqual([31, 22])
  })
})
