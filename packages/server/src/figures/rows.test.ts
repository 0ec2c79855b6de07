import { figures, type Counted } from '@vigie/domain/figures'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Actor } from '../platform/index.ts'
import { anActor } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { foldTallies } from './fold.ts'
import { aRandomEstate, detect, dice, threatCategories, type RandomEstate } from './testing/estate.ts'

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
/** As many as the list behind it has, page by page. */
async function rowsBehind(call: Call, { screen, query }: NonNullable<Counted['rows']>): Promise<number> {
  const path = screen === 'inventory' ? 'endpoints' : screen
  let count = 0
  for (let cursor: string | null = ''; cursor !== null;) {
    const { status, body } = await call(
      'GET',
      `/v1/${path}?${new URLSearchParams({ ...query, limit: '200', ...(cursor === '' ? {} : { cursor }) })}`,
    )
    expect(status, JSON.stringify([screen, query, body])).toBe(200)
    count += body.rows.length
    cursor = body.nextCursor
  }
  return count
}

/** Every number of a value that leads to rows. */
function countedIn(value: unknown): Counted[] {
  if (value === null || typeof value !== 'object') return []
  const own = 'count' in value && 'rows' in value ? [value as Counted] : []
  return [...own, ...Object.values(value).flatMap(countedIn)]
}

async function assertFigures(actor: Actor): Promise<Record<string, number>> {
  const call = server.as(actor)
  const ask = figures.flatMap(({ id, ranges }) => (ranges.length === 0 ? [id] : ranges.map((range) => `${id}:${range}`)))
  const { body } = await call('GET', `/v1/figures?ask=${ask.join(',')}`)
  expect(body.missing).toEqual([])
  const known = new Map<string, number>()
  const sums: Record<string, number> = {}
  for (const { id, range, value, from, until, timeZone, asOf } of body.figures) {
    expect(figures.find((figure) => figure.id === id)!.value.safeParse(value).error, id).toBeUndefined()
    expect([timeZone, asOf <= server.clock.now().toISOString(), range === null || from < until]).toEqual([actor.timeZone, true, true])
    const numbers = countedIn(value)
    sums[`${id} ${range}`] = numbers.reduce((sum, { count }) => sum + count, 0)
    for (const { count, rows } of numbers) {
      if (rows === null) continue
      const way = JSON.stringify(rows)
      if (!known.has(way)) known.set(way, await rowsBehind(call, rows))
      expect(count, `${id} ${range}: ${way}`).toBe(known.get(way))
    }
    if (id === 'threats') {
      for (const [n, bucket] of value.series.buckets.entries())
        expect(value.series.categories.reduce((sum: number, { counts }: { counts: number[] }) => sum + counts[n]!, 0)).toBe(bucket.count)
      for (const [n, { count }] of value.categories.entries())
        expect(value.series.categories[n].counts.reduce((sum: number, one: number) => sum + one, 0)).toBe(count)
    }
    if (id === 'notifications') for (const { events, customers } of value.groups) expect(customers).toBeLessThanOrEqual(events.count)
    if (id.endsWith('-over-time')) expect(value.bars.at(-1).count).toBe(value.now.count)
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

  it('for one who sees some customers, and each figure is less', async () => {
    const part = await assertFigures(limited)
    for (const [id, sum] of Object.entries(whole)) if (sum > 0 && id !== 'attention null') expect(part[id], id).toBeLessThan(sum)
  }, 60_000)

  it('where a customer withdrew consent: what its lists leave out, figures leave out', async () => {
    for (const activity of ['view-detections', 'view-endpoints']) {
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
    expect(left['threats 30d']).toBeLessThan(whole['threats 30d']!)
    expect(left['inventory-health null']).toBeLessThan(whole['inventory-health null']!)
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
