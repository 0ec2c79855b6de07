import { PgBoss } from 'pg-boss'
import type { Background, Services } from '../platform/index.ts'
import { cronOf, type Job } from './define.ts'

const startLock = 7_216_556

export interface Scheduler extends Background {
  /** Queues a run now, over all processes; for tests and operators. */
  trigger(jobId: string): Promise<void>
}

/**
 * Runs each job at its times in one of the processes: pg-boss on the owner's connection, in a schema of its own that the app role cannot reach. A process that dies
 * in the middle of a job: another takes it up within a minute. A database that is away: it goes on when it is back (R43).
 */
export function createScheduler(services: Services, jobs: readonly Job[], { pollSeconds = 5 } = {}): Scheduler {
  const { database, log } = services
  const boss = new PgBoss({
    db: { executeSql: (text, values) => database.owner.query(text, values) },
    schema: 'vigie_jobs',
    application_name: 'vigie',
    schedule: true,
    supervise: true,
    persistWarnings: false,
  })
  // without a listener an error ends the process
  boss.on('error', (error) => log.warn('background jobs', { error: error instanceof Error ? error.message : String(error) }))
  let isStarted = false

  /** One process after the other: two that make the schema of a new installation at once end each other. Who waits holds no connection that the other may need. */
  async function alone(work: () => Promise<unknown>): Promise<void> {
    for (;;) {
      const client = await database.owner.connect()
      let isFree = false
      try {
        isFree = (await client.query<{ is: boolean }>('select pg_try_advisory_lock($1) as is', [startLock])).rows[0]!.is
        if (isFree) return void (await work())
      } finally {
        if (isFree)
          await client.query('select pg_advisory_unlock($1)', [startLock]).then(
            () => client.release(),
            () => client.release(true),
          )
        else client.release()
      }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  async function begin(): Promise<void> {
    await alone(() => boss.start())
    for (const job of jobs) {
      // exclusive: at most one waits or runs, so that a slow one never piles up
      const options = {
        retryLimit: 3,
        retryDelay: 30,
        retryBackoff: true,
        expireInSeconds: 1_800,
        heartbeatSeconds: 30,
        retentionSeconds: 86_400,
        deleteAfterSeconds: 86_400,
      }
      await boss.createQueue(job.id, { policy: 'exclusive', ...options })
      await boss.updateQueue(job.id, options)
      await boss.schedule(job.id, cronOf(job.everyMinutes), null, { tz: 'UTC' })
      await boss.work(job.id, { pollingIntervalSeconds: pollSeconds, batchSize: 1 }, async () => {
        const startedMs = performance.now()
        await job.run(services)
        log.debug('job done', { job: job.id, ms: Math.round(performance.now() - startedMs) })
      })
    }
    // a job that no longer exists is not run any more
    const known = new Set(jobs.map((job) => job.id))
    for (const { name } of await boss.getSchedules()) if (!known.has(name)) await boss.unschedule(name)
    isStarted = true
  }

  return {
    name: 'jobs.scheduler',
    start: begin,
    async stop() {
      if (isStarted) await boss.stop({ graceful: true, timeout: 20_000, close: false })
    },
    async trigger(jobId) {
      await boss.send(jobId, null)
    },
  }
}
