import { defineInstallationJob } from '../jobs/index.ts'
import type { Database } from '../platform/index.ts'
import { endOverSnoozes, wakeDue } from './waking.ts'

const monthsAhead = 3

/** Detections of each month have a partition of their own, made well before; the default one takes clocks that are far off (R23). */
export const partitioning = defineInstallationJob(
  'detections.partitions',
  { everyMinutes: 360 },
  async ({ services, now }) => await makePartitions(services.database.owner, now),
)

/** What assessments look back at and a little more; older minutes are read by nobody. */
export const forgetMinutes = defineInstallationJob('detections.forget-minutes', { everyMinutes: 10 }, async ({ services, now }) => {
  await services.database.owner.query('delete from tally_minute where minute < $1', [new Date(now.getTime() - 2 * 3_600_000)])
})

/** Some 100 ms of waiting for all who send meanwhile. */
const mayMove = 20_000

const partitionLock = 7_216_555

/**
 * Under a lock: processes start at the same time. Rows that came before their month had a partition (a clock that is ahead) move into it, if they are few: moving holds up
 * what is taken in. More than that stay in the default partition, and so does their month.
 */
export async function makePartitions(owner: Database['owner'], now: Date): Promise<void> {
  const client = await owner.connect()
  try {
    await client.query('begin')
    await client.query('select pg_advisory_xact_lock($1)', [partitionLock])
    for (let ahead = -1; ahead <= monthsAhead; ahead++) {
      const day = (months: number) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 1)).toISOString().slice(0, 10)
      const [from, until] = [day(ahead), day(ahead + 1)]
      const name = `detection_${from.slice(0, 7).replace('-', '_')}`
      const { rowCount: isThere } = await client.query(
        `select from pg_class where relname = $1 and relnamespace = 'public'::regnamespace`,
        [name],
      )
      if (isThere) continue
      const { rowCount: early } = await client.query('select from detection_default where at >= $1 and at < $2 limit $3', [
        from,
        until,
        mayMove + 1,
      ])
      if (early === 0) await client.query(`create table ${name} partition of detection for values from ('${from}') to ('${until}')`)
      else if (early! <= mayMove) await moveOut(client, name, from, until)
    }
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  } finally {
    client.release()
  }
}

/** All or nothing, as the caller's transaction: a month either has its partition and all its rows there, or is as it was. */
async function moveOut(client: { query(sql: string): Promise<unknown> }, name: string, from: string, until: string): Promise<void> {
  await client.query('lock table detection in access exclusive mode')
  await client.query(`create table ${name} (like detection including defaults including constraints)`)
  await client.query(
    `with early as (delete from detection_default where at >= '${from}' and at < '${until}' returning *) insert into ${name} select * from early`,
  )
  await client.query(`alter table detection attach partition ${name} for values from ('${from}') to ('${until}')`)
}

export const assessmentJobs = [partitioning, forgetMinutes, wakeDue, endOverSnoozes]
