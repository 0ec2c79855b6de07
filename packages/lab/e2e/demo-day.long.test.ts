import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { eventsApi, silences } from '@vigie/domain/events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Life, usualPace } from '../src/demo/life.ts'
import { playPast, type Past } from '../src/demo/past.ts'
import { freePort } from '../src/demo/server.ts'

const hourMs = 3_600_000
const folder = mkdtempSync(path.join(tmpdir(), 'vigie-demo-day-'))

/** The demo as if it stood open on a wall for a day, somebody looking all the time: the same server and the same life, on a clock that we move. */
describe('a demo that is left open for 24 hours (OPS-1)', () => {
  let told: Past
  let life: Life
  const complaints: string[] = []
  const openEvents = async () =>
    (await (await told.stage.as(0)).call(eventsApi.listEvents, { query: { silence: silences.join(','), limit: 200 } })).rows
  const livesUntil = async (isOver: () => boolean) => {
    while (!isOver()) {
      const next = await life.step()
      if (next > told.stage.now()) await told.moveClock(next)
    }
  }

  beforeAll(async () => {
    told = await playPast(
      { folder, port: await freePort(), agentPort: await freePort() },
      { seed: 1, now: new Date(), days: 8, customers: 8 },
    )
    life = new Life(told.player, told.stage, { seed: 1, isWatched: async () => true, say: (line) => void complaints.push(line) })
  }, 180_000)
  afterAll(async () => {
    told.player.stop()
    await told.past.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('stays small and sane; colleagues finish what they begin; what a visitor took is left as he left it', async () => {
    const { player, stage } = told
    const { standing } = player
    const start = stage.now()
    const visitor = await stage.as(0)
    const before = await openEvents()

    // an infection opens, and the visitor writes to it before anybody takes it
    const taken = () => standing.cases.find(({ kind, left }) => kind === 'infection' && left[0] === 'take')
    await livesUntil(() => taken() !== undefined)
    const one = taken()!
    const {
      rows: [found],
    } = await visitor.call(eventsApi.listEvents, {
      query: { productId: standing.productIds[one.product]!, category: 'antivirus', sort: '-openedAt' },
    })
    expect(found).toMatchObject({ condition: 'uncleaned', state: 'unresolved', assignee: null })
    await visitor.call(eventsApi.addComment, { params: { eventId: found!.id }, body: { text: 'Mine.' } })

    await livesUntil(() => stage.now().getTime() >= start.getTime() + 24 * hourMs)
    expect(complaints).toEqual([])

    const left = await visitor.call(eventsApi.getEvent, { params: { eventId: found!.id } })
    expect([left.state, left.assignee, left.comments.map(({ text }) => text), left.steps.filter(({ byId }) => byId !== null)]).toEqual([
      'unresolved',
      null,
      ['Mine.'],
      [],
    ])

    const events = []
    for (let cursor: string | null = null; ;) {
      const page: { rows: typeof before; nextCursor: string | null } = await visitor.call(eventsApi.listEvents, {
        query: {
          state: 'unresolved,pending,resolved',
          silence: silences.join(','),
          sort: '-openedAt',
          limit: 200,
          ...(cursor === null ? {} : { cursor }),
        },
      })
      events.push(...page.rows.filter(({ openedAt }) => openedAt >= start.toISOString()))
      cursor = page.nextCursor
      if (cursor === null || page.rows.at(-1)!.openedAt < start.toISOString()) break
    }
    let detections = 0
    for (let cursor: string | null = null; ;) {
      const page: { rows: unknown[]; nextCursor: string | null } = await visitor.call(eventsApi.listDetections, {
        query: { countedFrom: start.toISOString(), limit: 200, ...(cursor === null ? {} : { cursor }) },
      })
      detections += page.rows.length
      cursor = page.nextCursor
      if (cursor === null) break
    }
    const worked = await Promise.all(
      events.filter(({ assignee }) => assignee !== null).map(({ id }) => visitor.call(eventsApi.getEvent, { params: { eventId: id } })),
    )
    process.stderr.write(
      `a day: ${detections} detections, ${events.length} events, ${worked.length} taken; open ${before.length} before, ${(await openEvents()).length} after; ${standing.cases.length} cases\n`,
    )

    expect(detections).toBeLessThan(usualPace.most * 2 + ((24 * hourMs) / usualPace.oneMoreMs) * 2)
    expect(events.length).toBeGreaterThan(20)
    expect(events.length).toBeLessThan(250)
    expect(new Set(worked.map(({ assignee }) => assignee!.name)).size).toBeGreaterThanOrEqual(2)
    expect(worked.some(({ comments }) => comments.length > 0)).toBe(true)
    expect(worked.some(({ state, steps }) => state === 'resolved' && steps.some(({ what }) => what === 'resolve-asked'))).toBe(true)
    // nothing heaps up: what is open now and was not before is of this hour, or the visitor's
    const known = new Set(before.map(({ id }) => id))
    const since = new Date(stage.now().getTime() - 3 * hourMs).toISOString()
    expect(
      (await openEvents())
        .filter(({ id, openedAt, severity }) => !known.has(id) && id !== found!.id && severity === 'action-required' && openedAt < since)
        .map(({ productName, condition }) => `${productName} ${condition}`),
    ).toEqual([])
    expect(standing.cases.length).toBeLessThanOrEqual(5)
    expect(standing.away.length).toBeLessThanOrEqual(8)
    expect(Object.keys(standing.ours).length).toBeLessThanOrEqual(300)
  }, 600_000)
})
