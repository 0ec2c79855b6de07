import { defineInstallationJob } from '../jobs/index.ts'

const monthsAhead = 3

/** Detections of each month have a partition of their own, made well before; the default one takes clocks that are far off (R23). */
export const partitioning = defineInstallationJob('detections.partitions', { everyMinutes: 360 }, async ({ services, now }) => await makePartitions(services.database.owner, now))

/** What assessments look back at and a little more; older minutes are read by nobody. */
export const forgetMinutes = defineInstallationJob('detections.forget-minutes', { everyMinutes: 10 }, async ({ services, now }) => {
  await services.database.owner.query('delete from tally_minute where minute < $1', [new Date(now.getTime() - 2 * 3_600_000)])
})

/** Rows that came before their month had a partition stay where they are: the default partition is only left out of what is made anew. */
export async function makePartitions(owner: { query(text: string): Promise<{ rows: unknown[] }> }, now: Date): Promise<void> {
  for (let ahead = -1; ahead <= monthsAhead; ahead++) {
    const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1))
    const until = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead + 1, 1))
    const day = (at: Date) => at.toISOString().slice(0, 10)
    const name = `detection_${day(from).slice(0, 7).replace('-', '_')}`
    const { rows } = await owner.query(`select from pg_class where relname = '${name}' and relnamespace = 'public'::regnamespace`)
    if (rows.length > 0) continue
    const { rows: early } = await owner.query(`select from detection_default where at >= '${day(from)}' and at < '${day(until)}' limit 1`)
    if (early.length > 0) continue // they stay in the default partition, and so does their month
    await owner.query(`create table if not exists ${name} partition of detection for values from ('${day(from)}') to ('${day(until)}')`)
  }
}

export const assessmentJobs = [partitioning, forgetMinutes]
