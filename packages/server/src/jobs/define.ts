import type { Services, TenantDb } from '../platform/index.ts'

interface Timing {
  /** A divisor of an hour, or whole hours that divide a day. The minute is the database's clock's: one run over all processes. */
  everyMinutes: number
}

/** Periodic work. Must be safe to run twice: after a crash it runs again. */
export interface Job extends Timing {
  /** `slice.what-it-does`. */
  id: string
  run(services: Services): Promise<void>
}

/** Once per business, each in a transaction of its own under its row-level security (R4); one that fails leaves the others alone, and is tried again. */
export function defineJob(
  id: string,
  timing: Timing,
  work: (context: { db: TenantDb; now: Date; services: Services }) => Promise<void>,
): Job {
  return definePartnerJob(id, timing, ({ partnerId, now, services }) =>
    services.database.transaction({ partnerId, scope: 'all', principalId: null }, (db) => work({ db, now, services })),
  )
}

/** The same for work that takes transactions of its own, one after the other: what is done stays done when it is cut off. */
export function definePartnerJob(
  id: string,
  { everyMinutes }: Timing,
  work: (context: { partnerId: string; now: Date; services: Services }) => Promise<void>,
): Job {
  return {
    id,
    everyMinutes,
    async run(services) {
      const partners = await services.database.lookup<{ id: string }>('select vigie.partner_ids() as id')
      const failures: unknown[] = []
      for (const { id: partnerId } of partners) {
        try {
          await work({ partnerId, now: services.clock.now(), services })
        } catch (error) {
          failures.push(error)
        }
      }
      if (failures.length > 0) throw new AggregateError(failures, `${id} failed for ${failures.length} of ${partners.length} businesses`)
    },
  }
}

/** For what belongs to no business: partitions, counters, attempts. Uses `database.owner` or `database.lookup`. */
export function defineInstallationJob(
  id: string,
  { everyMinutes }: Timing,
  work: (context: { now: Date; services: Services }) => Promise<void>,
): Job {
  return { id, everyMinutes, run: (services) => work({ services, now: services.clock.now() }) }
}

/** Cron text of a period. Throws where a cron cannot say it. */
export function cronOf(everyMinutes: number): string {
  if (everyMinutes < 60 && 60 % everyMinutes === 0) return everyMinutes === 1 ? '* * * * *' : `*/${everyMinutes} * * * *`
  const hours = everyMinutes / 60
  if (Number.isInteger(hours) && 24 % hours === 0) return hours === 24 ? '17 3 * * *' : `17 */${hours} * * *`
  throw new Error(`no cron for every ${everyMinutes} minutes: use a divisor of an hour, or hours that divide a day`)
}
