import type { DefenceParams, OutbreakRule, RuleLevel } from '@vigie/domain/outbreak'
import type { TenantDb } from '../platform/index.ts'

/** What one alert began at one customer, as the customer allowed it then. */
export interface Defence extends Omit<OutbreakRule, 'days'> {
  customerId: string
  alertId: string
  orderId: string
  /** What has not gone out of its order still may. */
  isOrderOpen: boolean
  startedAt: Date
  allowedUntil: Date
  closes: DefenceParams
  /** What the customer's endpoints were last told, of all its defences together. */
  told: DefenceParams
}
interface Row {
  customer_id: string
  alert_id: string
  order_id: string
  is_order_open: boolean
  started_at: Date
  allowed_until: Date
  from_level: RuleLevel
  may_block_ports: boolean
  may_deny_writes: boolean
  may_block_attachments: boolean
  closes: DefenceParams
  told: DefenceParams
}
const toDefence = (row: Row): Defence => ({
  customerId: row.customer_id,
  alertId: row.alert_id,
  orderId: row.order_id,
  isOrderOpen: row.is_order_open,
  startedAt: row.started_at,
  allowedUntil: row.allowed_until,
  from: row.from_level,
  mayBlockPorts: row.may_block_ports,
  mayDenyWrites: row.may_deny_writes,
  mayBlockAttachments: row.may_block_attachments,
  closes: row.closes,
  told: row.told,
})
const openStates = `('waiting', 'delayed', 'running', 'paused')`
/** Of a defence `d` with its order `o`, at $1: it goes on. What a person refused or halted is nothing to go on with. */
const isStanding = `d.stopped_at is null and d.until > $1 and (o.state is null or o.state not in ('refused', 'halting', 'halted'))`
const columns = `d.customer_id, d.alert_id, d.order_id, coalesce(o.state in ${openStates}, false) as is_order_open, d.started_at, d.allowed_until, d.from_level, d.may_block_ports, d.may_deny_writes,
  d.may_block_attachments, d.closes, d.told`
const withOrder = 'outbreak_defence d left join command_order o on o.partner_id = d.partner_id and o.id = d.order_id'

/** Those of these customers, and of the customers that share an order with them which has not gone out whole: it can be called off for all of them only. Worst alert first. */
export async function standingOf(db: TenantDb, customerIds: readonly string[], orderIds: readonly string[], now: Date): Promise<Defence[]> {
  const { rows } = await db.query<Row>(
    `with meant as (select id from unnest($2::uuid[]) id union select m.customer_id from outbreak_defence m join command_order mo on mo.partner_id = m.partner_id and mo.id = m.order_id
       where m.told_until > $1 and m.stopped_at is null and mo.state in ${openStates}
         and m.order_id in (select unnest($3::uuid[]) union select s.order_id from outbreak_defence s where s.customer_id = any($2) and s.stopped_at is null and s.told_until > $1))
     select ${columns} from ${withOrder} join virus_alert a on a.id = d.alert_id where d.customer_id in (select id from meant) and ${isStanding} order by d.customer_id, a.level, a.starts_at desc, a.id`,
    [now, customerIds, orderIds],
  )
  return rows.map(toDefence)
}

/** An alert that changed since its defences were last looked at, and the customers it defends. Plan: outbreak_defence_told. */
export async function changedSince(
  db: TenantDb,
  now: Date,
  tried: readonly string[],
): Promise<{ alertId: string; customerIds: string[] } | null> {
  const { rows } = await db.query<{ alert_id: string; customer_ids: string[] }>(
    `select d.alert_id, array_agg(d.customer_id order by d.customer_id) as customer_ids from ${withOrder} join virus_alert a on a.id = d.alert_id
     where ${isStanding} and d.told_until > $1 and d.alert_version <> a.version and d.alert_id <> all($2::uuid[]) group by 1 order by 1 limit 1`,
    [now, tried],
  )
  return rows[0] ? { alertId: rows[0].alert_id, customerIds: rows[0].customer_ids } : null
}

export interface Kept extends Omit<Defence, 'isOrderOpen'> {
  /** As it was looked at. */
  alertVersion: number
}

/** Begins, or goes on as told. */
export async function keep(db: TenantDb, kept: readonly Kept[]): Promise<void> {
  await db.query(
    `insert into outbreak_defence as d (partner_id, customer_id, alert_id, order_id, until, started_at, from_level, may_block_ports, may_deny_writes, may_block_attachments, allowed_until, closes, told, told_until, alert_version)
     select $1, t.customer_id, t.alert_id, t.order_id, t.until, t.started_at, t.from_level, t.may_block_ports, t.may_deny_writes, t.may_block_attachments, t.allowed_until, t.closes, t.told, t.told_until, t.alert_version
     from json_to_recordset($2) t (customer_id uuid, alert_id uuid, order_id uuid, until timestamptz, started_at timestamptz, from_level text, may_block_ports boolean, may_deny_writes boolean,
       may_block_attachments boolean, allowed_until timestamptz, closes jsonb, told jsonb, told_until timestamptz, alert_version integer)
     on conflict (partner_id, customer_id, alert_id) do update set order_id = excluded.order_id, until = excluded.until, closes = excluded.closes, told = excluded.told, told_until = excluded.told_until,
       alert_version = excluded.alert_version`,
    [
      db.tenant.partnerId,
      JSON.stringify(
        kept.map((one) => ({
          customer_id: one.customerId,
          alert_id: one.alertId,
          order_id: one.orderId,
          until: one.closes.until,
          started_at: one.startedAt,
          from_level: one.from,
          may_block_ports: one.mayBlockPorts,
          may_deny_writes: one.mayDenyWrites,
          may_block_attachments: one.mayBlockAttachments,
          allowed_until: one.allowedUntil,
          closes: one.closes,
          told: one.told,
          told_until: one.told.until,
          alert_version: one.alertVersion,
        })),
      ),
    ],
  )
}

/** Of a defence `d` because of alert `a`, at $1: its reason is gone. */
const isOver = `(a.withdrawn_at is not null or a.ends_at <= $1)`
const isUnwanted = `exists (select from consent_state s where s.partner_id = d.partner_id and s.customer_id = d.customer_id and s.activity = 'outbreak-defence' and s.decision = 'withdrawn')`
/** ... or its own time has come while another's keeps the endpoint closed. What ends by its own time, alone, needs nobody. */
const isToEnd = `d.stopped_at is null and d.told_until > $1 and (${isOver} or ${isUnwanted} or d.until <= $1)`

export interface Ended {
  customerId: string
  orderId: string
  startedAt: Date
  /** The alert's end, or its own; otherwise its customer withdrew the consent. */
  isOver: boolean
}

/** All that one alert began and that is to end now. Plan: outbreak_defence_told. */
export async function endSome(db: TenantDb, now: Date): Promise<{ alertId: string; ended: Ended[] } | null> {
  const {
    rows: [over],
  } = await db.query<{ alert_id: string }>(
    `select d.alert_id from outbreak_defence d join virus_alert a on a.id = d.alert_id where ${isToEnd} order by 1 limit 1`,
    [now],
  )
  if (!over) return null
  const { rows } = await db.query<{ customer_id: string; order_id: string; started_at: Date; is_over: boolean }>(
    `update outbreak_defence d set stopped_at = $1 from virus_alert a where a.id = d.alert_id and d.alert_id = $2 and ${isToEnd}
     returning d.customer_id, d.order_id, d.started_at, ${isOver} or d.until <= $1 as is_over`,
    [now, over.alert_id],
  )
  return {
    alertId: over.alert_id,
    ended: rows.map((row) => ({ customerId: row.customer_id, orderId: row.order_id, startedAt: row.started_at, isOver: row.is_over })),
  }
}

/** Nothing of these is left to close: ends all that these customers have. */
export async function end(db: TenantDb, customerIds: readonly string[], now: Date): Promise<void> {
  await db.query('update outbreak_defence set stopped_at = $2 where customer_id = any($1) and stopped_at is null and until > $2', [
    customerIds,
    now,
  ])
}

/** Looked at, and nobody has to be told. */
export async function seen(db: TenantDb, kept: readonly Pick<Kept, 'customerId' | 'alertId' | 'alertVersion'>[]): Promise<void> {
  await db.query(
    `update outbreak_defence d set alert_version = t.version from unnest($1::uuid[], $2::uuid[], $3::integer[]) t (customer_id, alert_id, version)
     where d.customer_id = t.customer_id and d.alert_id = t.alert_id and d.alert_version <> t.version`,
    [kept.map((one) => one.customerId), kept.map((one) => one.alertId), kept.map((one) => one.alertVersion)],
  )
}

/** What has not gone out of these orders never does. */
export async function callOff(db: TenantDb, orderIds: readonly string[]): Promise<void> {
  await db.query(`update command_order set state = 'halting', version = version + 1 where id = any($1) and state in ${openStates}`, [
    [...new Set(orderIds)].toSorted(),
  ])
}
