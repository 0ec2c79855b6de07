import {
  alertStateAt,
  type AlertInput,
  type AlertLevel,
  type AlertPlatform,
  type AlertState,
  type outbreakApi,
  type VirusAlert,
} from '@vigie/domain/outbreak'
import { Problem, type QueryOf } from '@vigie/domain/kernel'
import { keyset, likePattern, newId, Params, type TenantDb } from '../platform/index.ts'

export interface AlertRow {
  id: string
  level: AlertLevel
  name: string
  advice: string
  threats: string[]
  ports: number[]
  folders: string[]
  attachments: string[]
  platforms: AlertPlatform[]
  recognised_from: Date | null
  starts_at: Date
  ends_at: Date
  withdrawn_at: Date | null
  feed_key: string | null
  declared_by: string | null
  version: number
}
const columns =
  'a.id, a.level, a.name, a.advice, a.threats, a.ports, a.folders, a.attachments, a.platforms, a.recognised_from, a.starts_at, a.ends_at, a.withdrawn_at, a.feed_key, a.declared_by, a.version'
/** `now` is $1. */
const inForce = 'a.starts_at <= $1 and a.ends_at > $1 and a.withdrawn_at is null'

const stateOf = (row: AlertRow, now: Date): AlertState =>
  alertStateAt({ startsAt: row.starts_at, endsAt: row.ends_at, withdrawnAt: row.withdrawn_at }, now)

/** @param isOperator only whoever runs the installation learns which person declared it */
export const toAlert = (row: AlertRow, now: Date, isOperator: boolean): VirusAlert => ({
  id: row.id,
  level: row.level,
  name: row.name,
  advice: row.advice,
  threats: row.threats,
  ports: row.ports,
  folders: row.folders,
  attachments: row.attachments,
  platforms: row.platforms,
  recognisedFrom: row.recognised_from?.toISOString() ?? null,
  startsAt: row.starts_at.toISOString(),
  endsAt: row.ends_at.toISOString(),
  withdrawnAt: row.withdrawn_at?.toISOString() ?? null,
  state: stateOf(row, now),
  isFromFeed: row.feed_key !== null,
  declaredBy: isOperator ? row.declared_by : null,
  version: row.version,
})

export async function isOperator(db: TenantDb): Promise<boolean> {
  const {
    rows: [row],
  } = await db.query<{ is: boolean }>('select vigie.is_operator() as is')
  return row!.is
}

/** The business that runs the installation declares for all (ACC-1). @throws alert.operator-only */
export async function assertOperator(db: TenantDb): Promise<void> {
  if (!(await isOperator(db))) throw new Problem('alert.operator-only')
}

/** @throws alert.not-found */
export async function row(db: TenantDb, id: string, { isLocked = false } = {}): Promise<AlertRow> {
  const {
    rows: [alert],
  } = await db.query<AlertRow>(`select ${columns} from virus_alert a where a.id = $1 ${isLocked ? 'for no key update' : ''}`, [id])
  if (!alert) throw new Problem('alert.not-found', { alertId: id })
  return alert
}

/** Locks it, if something can still be done with it. @throws alert.not-found, alert.over */
export async function lockOpen(db: TenantDb, id: string, now: Date): Promise<AlertRow> {
  const alert = await row(db, id, { isLocked: true })
  if (['ended', 'withdrawn'].includes(stateOf(alert, now))) throw new Problem('alert.over', { alertId: id })
  return alert
}

/** In force now, worst first. Plan: few, by virus_alert_end. */
export async function standing(db: TenantDb, now: Date): Promise<AlertRow[]> {
  const { rows } = await db.query<AlertRow>(
    `select ${columns} from virus_alert a where ${inForce} order by a.level, a.starts_at desc, a.id`,
    [now],
  )
  return rows
}

const sorts = { startsAt: [{ sql: 'a.starts_at', type: 'timestamptz' }] } as const
const stateSql: Readonly<Record<AlertState, string>> = {
  coming: 'a.starts_at > $1 and a.withdrawn_at is null',
  'in-force': inForce,
  ended: 'a.ends_at <= $1 and a.withdrawn_at is null',
  withdrawn: 'a.withdrawn_at is not null',
}

/** Plan: virus_alert_newest. */
export async function list(
  db: TenantDb,
  query: QueryOf<typeof outbreakApi.listAlerts>,
  now: Date,
): Promise<{ rows: AlertRow[]; nextCursor: string | null }> {
  const params = new Params()
  params.add(now)
  const where = ['$1::timestamptz is not null']
  if (query.state) where.push(`(${query.state.map((state) => `(${stateSql[state]})`).join(' or ')})`)
  if (query.level) where.push(`a.level = any(${params.add(query.level)}::text[])`)
  if (query.q) where.push(`vigie.fold(a.name) like vigie.fold(${params.add(likePattern(query.q))})`)
  const page = keyset(sorts, 'a.id', query, params)
  where.push(page.where)
  const { rows } = await db.query<AlertRow & { keys: string[] }>(
    `select ${columns}, ${page.keys} as keys from virus_alert a where ${where.join(' and ')} order by ${page.orderBy} limit ${params.add(page.limit)}`,
    params.values,
  )
  return page.page(rows)
}

export interface NewAlert extends AlertInput {
  startsAt: Date
  feedKey: string | null
  declaredBy: string | null
}
const values = (alert: AlertInput) => [
  alert.level,
  alert.name,
  alert.advice,
  alert.threats,
  alert.ports,
  alert.folders,
  alert.attachments,
  alert.platforms,
  alert.recognisedFrom === null ? null : new Date(alert.recognisedFrom),
  new Date(alert.endsAt),
]

export async function add(db: TenantDb, alert: NewAlert, now: Date): Promise<string> {
  const id = newId(now)
  await db.query(
    `insert into virus_alert (level, name, advice, threats, ports, folders, attachments, platforms, recognised_from, ends_at, id, starts_at, feed_key, declared_by, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    [...values(alert), id, alert.startsAt, alert.feedKey, alert.declaredBy, now],
  )
  return id
}

/** @returns whether anything was different */
export async function change(db: TenantDb, id: string, alert: AlertInput): Promise<boolean> {
  const { rowCount } = await db.query(
    `update virus_alert a set level = $1, name = $2, advice = $3, threats = $4, ports = $5, folders = $6, attachments = $7, platforms = $8, recognised_from = $9, ends_at = $10, version = version + 1 where id = $11
       and (a.level, a.name, a.advice, a.threats, a.ports, a.folders, a.attachments, a.platforms, a.recognised_from, a.ends_at) is distinct from ($1, $2, $3, $4::text[], $5::integer[], $6::text[], $7::text[], $8::text[], $9::timestamptz, $10::timestamptz)`,
    [...values(alert), id],
  )
  return rowCount === 1
}

export async function withdraw(db: TenantDb, id: string, now: Date): Promise<void> {
  await db.query('update virus_alert set withdrawn_at = $2, version = version + 1 where id = $1', [id, now])
}

/** Declared by the feed and not over: what its next file may change or end. Locks them. */
export async function ofFeed(db: TenantDb, now: Date): Promise<Map<string, AlertRow>> {
  const { rows } = await db.query<AlertRow>(
    `select ${columns} from virus_alert a where a.feed_key is not null and a.withdrawn_at is null and a.ends_at > $1 order by a.id for no key update`,
    [now],
  )
  return new Map(rows.map((alert) => [alert.feed_key!, alert]))
}
