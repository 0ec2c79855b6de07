import { allowsAt, defenceFor, ruleLevels, type DefenceParams } from '@vigie/domain/outbreak'
import { recordAll } from '../audit/index.ts'
import { defineInstallationJob } from '../jobs/index.ts'
import { giveOwn } from '../orders/index.ts'
import type { Services, TenantDb } from '../platform/index.ts'
import * as rules from './rules.ts'
import * as alerts from './store.ts'

const system = { kind: 'system', name: 'outbreak' } as const
const objectOf = ({ id, name }: alerts.AlertRow) => ({ kind: 'virus-alert', id, name })

/**
 * Automatic outbreak defence (EVT-5): for every alert in force, the customers that allow it at this level and consented in words. Those with the same to close share an order, which then
 * obeys R16 like any other. Each customer once an alert: the order and the row that says so commit together, so that wherever this dies nobody is closed twice or forgotten.
 * @param tried groups of customers none of which can take it now: left for the next minute
 * @returns false: nothing is left to do
 */
async function defendSome(db: TenantDb, services: Services, now: Date, tried: Set<string>): Promise<boolean> {
  for (const alert of await alerts.standing(db, now)) {
    const said = alerts.toAlert(alert, now, false)
    const allowing = await rules.allowing(
      db,
      alert.id,
      ruleLevels.filter((from) => allowsAt({ from }, alert.level)),
    )
    const alike = Map.groupBy(
      allowing.flatMap((rule) => {
        const params = defenceFor(said, rule, now)
        return params === null || Date.parse(params.until) <= now.getTime() ? [] : [{ customerId: rule.customerId, params }]
      }),
      ({ params }) => JSON.stringify(params),
    )
    for (const [, customers] of alike) {
      const customerIds = customers.map(({ customerId }) => customerId)
      const name = [alert.id, ...customerIds].join()
      if (tried.has(name)) continue
      tried.add(name)
      await begin(db, services, now, alert, customerIds, customers[0]!.params)
      return true
    }
  }
  return false
}

async function begin(
  db: TenantDb,
  services: Services,
  now: Date,
  alert: alerts.AlertRow,
  customerIds: readonly string[],
  params: DefenceParams,
): Promise<void> {
  const orderId = await giveOwn(db, services, now, { type: 'start-outbreak-defence', params, customerIds, because: alert.name })
  if (orderId === null) return // nobody there can take it yet: looked at again with the next minute
  // whose agents it reaches: the others are looked at again
  const { rows } = await db.query<{ customer_id: string; company: string }>(
    `select distinct customer_id, company from order_agent where order_id = $1 and step <> 'skipped' order by customer_id`,
    [orderId],
  )
  await db.query(
    `insert into outbreak_defence (partner_id, customer_id, alert_id, order_id, until, started_at) select $1, id, $3, $4, $5, $6 from unnest($2::uuid[]) id`,
    [db.tenant.partnerId, rows.map((row) => row.customer_id), alert.id, orderId, new Date(params.until), now],
  )
  for (const { customer_id } of rows) db.announce({ kind: 'alert', id: customer_id, customerId: customer_id })
  await recordAll(
    db,
    services.vault,
    now,
    system,
    rows.map(({ customer_id, company }) => ({
      activity: 'outbreak.defence-started',
      object: { kind: 'customer', id: customer_id, name: company },
      customerId: customer_id,
      after: { alert: alert.name, orderId, ...params },
    })),
  )
}

/** Of a defence `d` because of alert `a`, at $1: its reason is gone. What ends by its own time needs nobody. */
const isOver = `(a.withdrawn_at is not null or a.ends_at <= $1)`
const isUnwanted = `exists (select from consent_state s where s.partner_id = d.partner_id and s.customer_id = d.customer_id and s.activity = 'outbreak-defence' and s.decision = 'withdrawn')`

/** Alerts that were withdrawn, or were made to end earlier, and customers that withdrew their consent: what began by itself ends now, unless another alert in force began it too. */
async function stopSome(db: TenantDb, services: Services, now: Date): Promise<boolean> {
  const {
    rows: [over],
  } = await db.query<{ alert_id: string }>(
    `select distinct d.alert_id from outbreak_defence d join virus_alert a on a.id = d.alert_id where d.stopped_at is null and d.until > $1 and (${isOver} or ${isUnwanted}) order by 1 limit 1`,
    [now],
  )
  if (!over) return false
  const alert = await alerts.row(db, over.alert_id)
  const { rows: ended } = await db.query<{ customer_id: string; order_id: string; is_over: boolean }>(
    `update outbreak_defence d set stopped_at = $1 from virus_alert a where a.id = d.alert_id and d.alert_id = $2 and d.stopped_at is null and d.until > $1 and (${isOver} or ${isUnwanted})
     returning d.customer_id, d.order_id, ${isOver} as is_over`,
    [now, over.alert_id],
  )
  const { rows: others } = await db.query<{ customer_id: string }>(
    'select distinct customer_id from outbreak_defence where customer_id = any($1) and stopped_at is null and until > $2',
    [ended.map((one) => one.customer_id), now],
  )
  const kept = new Set(others.map((one) => one.customer_id))
  const customerIds = ended
    .map((one) => one.customer_id)
    .filter((id) => !kept.has(id))
    .toSorted()
  // what has not gone out never does; of one customer among others, its release asks for the consent
  await db.query(
    `update command_order set state = 'halting', version = version + 1 where id = any($1) and state in ('waiting', 'delayed', 'running', 'paused')`,
    [[...new Set(ended.filter((one) => one.is_over).map((one) => one.order_id))]],
  )
  const orderId =
    customerIds.length === 0
      ? null
      : await giveOwn(db, services, now, { type: 'stop-outbreak-defence', params: null, customerIds, because: alert.name })
  for (const id of customerIds) db.announce({ kind: 'alert', id, customerId: id })
  await recordAll(db, services.vault, now, system, [
    { activity: 'outbreak.defence-stopped', object: objectOf(alert), after: { orderId, customers: customerIds.length } },
  ])
  return true
}

/** Each step a transaction of its own: what one locks does not wait for the next. One process at a time does it for a business. */
export const defendCustomers = defineInstallationJob('outbreak.defend', { everyMinutes: 1 }, async ({ now, services }) => {
  const failures: unknown[] = []
  for (const { id: partnerId } of await services.database.lookup<{ id: string }>('select vigie.partner_ids() as id')) {
    const tried = new Set<string>()
    const step = () =>
      services.database.transaction({ partnerId, scope: 'all', principalId: null }, async (db) => {
        await db.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`outbreak ${partnerId}`])
        return (await stopSome(db, services, now)) || (await defendSome(db, services, now, tried))
      })
    try {
      while (await step());
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'outbreak defence failed for some businesses')
})
