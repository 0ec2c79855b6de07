import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { aPartner } from '../platform/testing/database.ts'
import { testServer, type TestServer } from '../platform/testing/server.ts'
import { cronOf, defineInstallationJob, defineJob } from './define.ts'
import { createScheduler } from './scheduler.ts'

let server: TestServer
beforeAll(async () => void (server = await testServer()))
afterAll(() => server.close())

describe('the times of jobs', () => {
  it.each([
    [1, '* * * * *'],
    [10, '*/10 * * * *'],
    [60, '17 */1 * * *'],
    [360, '17 */6 * * *'],
    [1440, '17 3 * * *'],
  ])('every %i minutes: %s', (minutes, cron) => expect(cronOf(minutes)).toBe(cron))
  it.each([0, 7, 45, 90, 1500])('refuses %i', (minutes) => expect(() => cronOf(minutes)).toThrow(/no cron/))
})

describe('jobs over all processes (R4, R43)', () => {
  it('runs once for each business under its wall, and one that fails leaves the others alone', async () => {
    const [good, bad] = [await aPartner(server.database), await aPartner(server.database)]
    const seen: string[] = []
    const job = defineJob('test.each', { everyMinutes: 1 }, async ({ db }) => {
      const { rows } = await db.query<{ id: string }>('select id from partner')
      seen.push(...rows.map((row) => row.id))
      if (db.tenant.partnerId === bad) throw new Error('no')
    })
    await expect(job.run(server.services)).rejects.toThrow(/failed for 1 of/)
    expect(seen).toEqual(expect.arrayContaining([good, bad]))
    expect(seen.length).toBe(new Set(seen).size)
  })

  it('two processes run a triggered job once, go on after the database threw them out, and stop', async () => {
    let runs = 0
    const job = defineInstallationJob('test.once', { everyMinutes: 1440 }, async () => void runs++)
    const both = [createScheduler(server.services, [job], { pollSeconds: 1 }), createScheduler(server.services, [job], { pollSeconds: 1 })]
    for (const one of both) await one.start()
    try {
      await both[0]!.trigger('test.once')
      // its end is written: whoever is thrown out before that keeps its place until its heartbeat is missed (30 s)
      const states = async () =>
        (await server.database.owner.query(`select state::text from vigie_jobs.job where name = 'test.once'`)).rows.map(
          ({ state }) => state,
        )
      await vi.waitFor(async () => expect(await states()).toEqual(['completed']), { timeout: 15_000, interval: 50 })
      expect(runs).toBe(1)
      await server.database.owner.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
      )
      await vi.waitFor(() => both[0]!.trigger('test.once'), { timeout: 10_000, interval: 200 })
      await vi.waitFor(() => expect(runs).toBe(2), { timeout: 15_000, interval: 50 })
    } finally {
      for (const one of both) await one.stop()
    }
  }, 40_000)

  it('keeps its tables where the app role cannot reach them (R4)', async () => {
    const { rows } = await server.database.owner.query(`select has_schema_privilege('vigie_app', 'vigie_jobs', 'usage') as may`)
    expect(rows).toEqual([{ may: false }])
  })
})
