import { figures, figuresApi, type Counted, type Figure, type FigureAnswer, type Summed } from '@vigie/domain/figures'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Actor } from '../platform/index.ts'
import { anActor } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { keepDay } from '../licences/index.ts'
import { foldTallies } from './fold.ts'
import { aRandomEstate, detect, dice, isGateway, threatCategories, type RandomEstate } from './testing/estate.ts'

/** Each number of each figure is as many as the list shows to which it leads: for one who sees all, one who sees a part, and where a customer does not consent (DSH-1, ACC-14). */
let server: TestServer
let estate: RandomEstate
let everybody: Actor
let limited: Actor
const hourMs = 3_600_000
beforeAll(async () => {
  server = await testServer()
  const roll = dice(20_261_121)
  const now = server.clock.now()
  estate = await aRandomEstate(server.database, now, roll)
  await aRandomEstate(server.database, now, roll)
  const some = (count: number) =>
    Array.from({ length: count }, () => ({
      product: estate.products[roll(estate.products.length)]!,
      category: threatCategories[roll(3)]!,
      at: new Date(now.getTime() - roll(31 * 24 * 60) * 60_000),
      offsetMs: [0, 0, 0, -4 * hourMs, 5 * 24 * hourMs][roll(5)]!,
    }))
  const all = { partnerId: estate.partnerId, scope: 'all' as const, principalId: null }
  // in time and folded, then late and half of it folded, then late and waiting
  await detect(server.database, estate, some(300), { inTime: true })
  await foldTallies(server.database, all.partnerId, new Date(now.getTime() - 30 * hourMs))
  await detect(server.database, estate, some(100))
  await foldTallies(server.database, all.partnerId, now)
  await detect(server.database, estate, some(50))
  for (const days of [40, 10]) await server.database.transaction(all, (db) => keepDay(db, new Date(now.getTime() - days * 24 * hourMs)))
  // gateways tell more, and just now too: also five minutes by five minutes
  const gateways = estate.products.filter(isGateway)
  expect(gateways.length).toBeGreaterThan(3)
  await detect(
    server.database,
    estate,
    Array.from({ length: 90 }, (_, n) => ({
      product: gateways[roll(gateways.length)]!,
      category: ['antivirus', 'web-reputation', 'botnet', 'ips', 'url-filtering'][roll(5)]!,
      at: new Date(now.getTime() - roll(n < 60 ? 130 : 10_000) * 60_000),
      offsetMs: [0, 0, 20 * 60_000][roll(3)]!,
    })),
  )
  everybody = { ...(await anActor(server.database, estate.partnerId)), accountId: estate.accountId, timeZone: 'Australia/Adelaide' }
  limited = {
    ...(await anActor(server.database, estate.partnerId, { role: 'technician', isScopeLimited: true })),
    timeZone: 'America/St_Johns',
  }
  for (const [position, line] of [
    ['allow', 'all', null, null],
    ['deny', 'tag', null, 'iron'],
    ['deny', 'customer', estate.customerIds[1], null],
  ].entries()) {
    await server.database.owner.query(
      'insert into scope_line (partner_id, id, account_id, position, effect, target, customer_id, tag) values ($1, gen_random_uuid(), $2, $3, $4, $5, $6, $7)',
      [estate.partnerId, limited.accountId, position, ...line],
    )
  }
})
afterAll(() => server.close())

type Call = ReturnType<TestServer['as']>
type Rows = Record<string, number | null>[]
/** The list behind it, page by page. */
async function rowsBehind(call: Call, { screen, query }: NonNullable<Counted['rows']>): Promise<Rows> {
  const path = screen === 'inventory' ? 'endpoints' : screen
  const rows: Rows = []
  for (let cursor: string | null = ''; cursor !== null;) {
    const { status, body } = await call(
      'GET',
      `/v1/${path}?${new URLSearchParams({ ...query, limit: '200', ...(cursor === '' ? {} : { cursor }) })}`,
    )
    expect(status, JSON.stringify([screen, query, body])).toBe(200)
    rows.push(...body.rows)
    cursor = body.nextCursor
  }
  return rows
}

/** Every number of a value that leads to rows. */
function countedIn(value: unknown): Counted[] {
  if (value === null || typeof value !== 'object') return []
  const own = 'count' in value && 'rows' in value ? [value as Counted] : []
  return [...own, ...Object.values(value).flatMap(countedIn)]
}
/** Every sum over rows, with the column it is of: its own name. */
function summedIn(value: unknown): (Summed & { column: string })[] {
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([column, one]) =>
    one !== null && typeof one === 'object' && 'sum' in one && 'rows' in one ? [{ ...(one as Summed), column }] : summedIn(one),
  )
}

async function assertFigures(actor: Actor): Promise<Record<string, number>> {
  const call = server.as(actor)
  const ask = (figures as readonly Figure[]).flatMap(({ id, ranges, kinds = [] }) => {
    const ranged = ranges.length === 0 ? [id] : ranges.map((range) => `${id}:${range}`)
    // each kind over the longest
    return kinds.length === 0
      ? ranged
      : ranged.flatMap((one, n) => (n === ranged.length - 1 ? kinds : kinds.slice(0, 1)).map((kind) => `${one}:${kind}`))
  })
  const answers: FigureAnswer[] = []
  for (let at = 0; at < ask.length; at += figuresApi.mostFigures) {
    const { body } = await call('GET', `/v1/figures?ask=${ask.slice(at, at + figuresApi.mostFigures).join(',')}`)
    expect(body.missing).toEqual([])
    answers.push(...body.figures)
  }
  expect(answers.map(({ id, range, kind }) => [id, range, kind].filter((word) => word !== null).join(':'))).toEqual(ask)
  const known = new Map<string, Rows>()
  const sums: Record<string, number> = {}
  for (const { id, range, kind, from, until, timeZone, asOf, ...answer } of answers) {
    const value: any = answer.value
    expect(figures.find((figure) => figure.id === id)!.value.safeParse(value).error, id).toBeUndefined()
    expect([timeZone, asOf <= server.clock.now().toISOString(), range === null || from! < until!]).toEqual([actor.timeZone, true, true])
    const numbers = countedIn(value)
    sums[`${id} ${range}${kind === null ? '' : ` ${kind}`}`] = numbers.reduce((sum, { count }) => sum + count, 0)
    for (const { count, rows } of numbers) {
      if (rows === null) continue
      const way = JSON.stringify(rows)
      if (!known.has(way)) known.set(way, await rowsBehind(call, rows))
      expect(count, `${id} ${range} ${kind}: ${way}`).toBe(known.get(way)!.length)
    }
    for (const { column, sum, rows } of summedIn(value)) {
      const way = JSON.stringify(rows)
      if (!known.has(way)) known.set(way, await rowsBehind(call, rows!))
      const said = known.get(way)!.flatMap((row) => row[column] ?? [])
      expect(sum, `${id} ${range}: ${column} of ${way}`).toBe(said.length === 0 ? null : said.reduce((total, one) => total + one, 0))
    }
    if (id === 'threats') {
      for (const [n, bucket] of value.series.buckets.entries())
        expect(value.series.categories.reduce((sum: number, { counts }: { counts: number[] }) => sum + counts[n]!, 0)).toBe(bucket.count)
      for (const [n, { count }] of value.categories.entries())
        expect(value.series.categories[n].counts.reduce((sum: number, one: number) => sum + one, 0)).toBe(count)
    }
    if (id === 'notifications') {
      for (const { events, customers } of value.groups) expect(customers).toBeLessThanOrEqual(events.count)
      // one number, one definition: with what colleagues have, it is the bell's
      const bell = answers.find((one) => one.id === 'attention')!.value as Record<'actionRequired' | 'warning', number>
      expect([value.everybodys.actionRequired.count, value.everybodys.warning.count]).toEqual([bell.actionRequired, bell.warning])
    }
    if (id.endsWith('-over-time')) expect(value.bars.at(-1).count).toBe(value.now.count)
    if (id === 'licences-over-time') {
      for (const [n, { count }] of value.bars.entries())
        for (const kinds of [value.kinds, value.types.flatMap((type: { kinds: unknown[] }) => type.kinds)])
          expect(kinds.reduce((sum: number, { counts }: { counts: number[] }) => sum + counts[n]!, 0)).toBe(count)
    }
    if (id === 'licence-usage')
      for (const name of ['seats', 'seatsUsed'])
        for (const [n, count] of value[name].entries())
          expect(value.types.reduce((sum: number, type: Record<string, number[]>) => sum + type[name]![n]!, 0)).toBe(count)
    if (id === 'products-over-time')
      for (const [n, { count }] of value.bars.entries())
        expect(value.types.reduce((sum: number, { counts }: { counts: number[] }) => sum + counts[n]!, 0)).toBe(count)
  }
  expect(known.size).toBeGreaterThan(60)
  return sums
}

describe('each number leads to as many rows (DSH-1, DSH-2, ACC-14)', () => {
  let whole: Record<string, number>
  it('for one who sees all', async () => void (whole = await assertFigures(everybody)), 60_000)

  it('of gateways by kind of threat: what all kinds come to, less those that are asked for by none (DSH-2)', () => {
    for (const id of ['top-cloud-edge-customers', 'top-cloud-edge-appliances']) {
      const of = (kind: string, range = '30d') => whole[`${id} ${range} ${kind}`]!
      for (const kind of ['botnet', 'ips', 'web-reputation', 'virus']) {
        expect(of(kind)).toBeGreaterThan(0)
        expect(of('all')).toBeGreaterThan(of(kind))
      }
      expect(of('all', '1h')).toBeGreaterThan(0)
      expect(of('all', '24h')).toBeGreaterThan(of('all', '1h'))
    }
  })

  it('for one who sees some customers, and each figure is less', async () => {
    const part = await assertFigures(limited)
    for (const [id, sum] of Object.entries(whole)) if (sum > 0 && id !== 'attention null') expect(part[id], id).toBeLessThan(sum)
  }, 60_000)

  it('where a customer withdrew consent: what its lists leave out, figures leave out', async () => {
    for (const activity of ['view-detections', 'view-endpoints', 'view-licences']) {
      const consentId = (
        await server.database.owner.query<{ id: string }>(
          `insert into consent (partner_id, id, customer_id, activity, decision, said_by, said_on, recorded_by, recorded_at) values ($1, gen_random_uuid(), $2, $3, 'withdrawn', 'x', current_date, 'y', now()) returning id`,
          [estate.partnerId, estate.customerIds[3], activity],
        )
      ).rows[0]!.id
      await server.database.owner.query(
        `insert into consent_state (partner_id, customer_id, activity, decision, consent_id, since) values ($1, $2, $3, 'withdrawn', $4, now())`,
        [estate.partnerId, estate.customerIds[3], activity, consentId],
      )
    }
    const left = await assertFigures(everybody)
    expect(left['top-cloud-edge-customers 30d all']).toBeLessThan(whole['top-cloud-edge-customers 30d all']!)
    expect(left['threats 30d']).toBeLessThan(whole['threats 30d']!)
    for (const id of ['inventory-health null', 'licence-management null', 'licences-over-time 3m'])
      expect(left[id], id).toBeLessThan(whole[id]!)
    await assertFigures(limited)
  }, 60_000)
})

describe('who may not read rows (ACC-2)', () => {
  it('gets no figure that would tell them, and numbers without the way where they are his', async () => {
    const billing = await anActor(server.database, estate.partnerId, { role: 'billing' })
    const { body } = await server.as(billing)(
      'GET',
      '/v1/figures?ask=notifications,threats:7d,customers-needing-attention,no-such,agents-by-state:7d',
    )
    expect(body.missing).toEqual(['notifications', 'threats:7d', 'no-such', 'agents-by-state:7d'])
    const [{ value }] = body.figures
    expect([value.actionRequired.rows, value.customers.rows?.screen]).toEqual([null, 'customers'])
    for (const { categories } of value.top) expect(categories).toEqual([])
    expect((await server.as(billing)('GET', '/v1/figures/threats')).status).toBe(404)
  })
})
