import { defineInstallationJob, defineJob } from '../jobs/index.ts'
import type { Database, TenantDb } from '../platform/index.ts'
import { lettersPerAgent, termDays } from './terms.ts'

const dayMs = 86_400_000
const before = (now: Date, days: number) => new Date(now.getTime() - days * dayMs)

/** Rows taken away by one statement: what is deleted stays locked until the transaction ends. */
const piece = 5_000
/** Pieces in one run of the job, all of a business in one transaction: what is left waits for the next hour. */
const piecesARun = 20

/**
 * Each takes the oldest first by an index of its own, so that a run without anything past its term costs one look. Safe to run twice, and in several processes:
 * what another run holds is left to it.
 */
const old: readonly { sql: string; days: number }[] = [
  {
    days: termDays.infection,
    sql: 'delete from infection where id = any(array(select id from infection where closed_at < $1 order by closed_at limit $2 for update skip locked))',
  },
  {
    days: termDays.event,
    sql: `delete from event where id = any(array(select id from event where state = 'resolved' and resolved_at < $1 order by resolved_at limit $2 for update skip locked))`,
  },
  {
    days: termDays.silence,
    sql: 'delete from event_silence where id = any(array(select id from event_silence where ended_at < $1 limit $2))',
  },
  {
    days: termDays.command,
    sql: `delete from command where id = any(array(select id from command where sent_at < $1 and step in ('succeeded', 'failed', 'expired', 'unknown') order by sent_at limit $2 for update skip locked))`,
  },
  {
    days: termDays.mail,
    sql: `delete from outbox where id = any(array(select id from outbox where created_at < $1 and state in ('sent', 'kept', 'failed') order by created_at limit $2 for update skip locked))`,
  },
  {
    days: termDays.deadLetter,
    sql: 'delete from dead_letter where id = any(array(select id from dead_letter where received_at < $1 order by received_at limit $2))',
  },
  { days: termDays.factHour, sql: 'delete from fact_hour where ctid = any(array(select ctid from fact_hour where hour < $1 limit $2))' },
  {
    days: termDays.factSpan,
    sql: 'delete from fact_span where ctid = any(array(select ctid from fact_span where ended_at < $1 order by ended_at limit $2))',
  },
  {
    days: termDays.departed,
    sql: 'delete from departed where ctid = any(array(select ctid from departed where went_at < $1 order by went_at limit $2))',
  },
  {
    days: termDays.threatSeen,
    sql: `delete from threat_seen where id = any(array(select id from threat_seen where last_on < ($1::timestamptz at time zone 'UTC')::date order by last_on limit $2))`,
  },
  {
    days: termDays.endpointAddress,
    sql: 'delete from endpoint_address where ctid = any(array(select ctid from endpoint_address where last_seen_at < $1 order by last_seen_at limit $2))',
  },
  {
    days: termDays.tallyHour,
    sql: 'delete from tally_hour where ctid = any(array(select ctid from tally_hour where hour < $1 order by hour limit $2))',
  },
]

/** @returns rows taken away */
export async function removeOld(db: TenantDb, now: Date): Promise<number> {
  let removed = 0
  for (const { sql, days } of old) {
    for (let n = 0; n < piecesARun; n++) {
      const { rowCount } = await db.query(sql, [before(now, days), piece])
      removed += rowCount ?? 0
      if ((rowCount ?? 0) < piece) break
    }
  }
  return removed + (await removeSurplusLetters(db)) + (await removeUnusedNames(db))
}

/** Agents with more letters than they may keep lose the oldest. Plan: the index dead_letter_agent, as many rows as there are letters; there are few. */
async function removeSurplusLetters(db: TenantDb): Promise<number> {
  const { rowCount } = await db.query(
    `delete from dead_letter where id in (
       select id from (select id, row_number() over (partition by agent_id order by received_at desc) as place from dead_letter) letter where place > $1 limit $2)`,
    [lettersPerAgent, piece * piecesARun],
  )
  return rowCount ?? 0
}

/** Names of threats that nobody has (any more). Whoever notes new ones has the lock with others (`vigie.name_threats`); then it is for the next hour. Plan: a few thousand names, each looked up in threat_seen_name. */
async function removeUnusedNames(db: TenantDb): Promise<number> {
  const {
    rows: [lock],
  } = await db.query<{ isOurs: boolean }>(`select pg_try_advisory_xact_lock(hashtext('vigie.threat_name'), hashtext($1)) as "isOurs"`, [
    db.tenant.partnerId,
  ])
  if (!lock!.isOurs) return 0
  const { rowCount } = await db.query(
    'delete from threat_name n where not exists (select from threat_seen s where s.partner_id = n.partner_id and s.threat_key = n.threat_key)',
  )
  return rowCount ?? 0
}

/**
 * Whole months of detections that are past their term: a partition is dropped, no row is read (P24). What lies in the default partition (clocks that are far off) goes
 * row by row. By the time it was received, not by what the clock of its machine said: a detection of "1970" that came yesterday is kept.
 */
export async function dropOldDetections(owner: Database['owner'], now: Date): Promise<string[]> {
  const limit = before(now, termDays.detection)
  const { rows } = await owner.query<{ name: string }>(
    `select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'detection'::regclass and c.relname ~ '^detection_\\d{4}_\\d{2}$' order by 1`,
  )
  const dropped: string[] = []
  for (const { name } of rows) {
    const [, year, month] = /^detection_(\d{4})_(\d{2})$/.exec(name)!
    if (Date.UTC(Number(year), Number(month), 1) > limit.getTime()) break // the month's end
    await owner.query(`drop table if exists ${name}`)
    dropped.push(name)
  }
  while (
    ((
      await owner.query(
        'delete from detection_default where ctid = any(array(select ctid from detection_default where received_at < $1 limit $2))',
        [limit, piece],
      )
    ).rowCount ?? 0) === piece
  );
  return dropped
}

export const retentionJobs = [
  defineJob('retention.remove-old', { everyMinutes: 60 }, async ({ db, now }) => void (await removeOld(db, now))),
  defineInstallationJob(
    'retention.drop-detections',
    { everyMinutes: 360 },
    async ({ services, now }) => void (await dropOldDetections(services.database.owner, now)),
  ),
]
