import { allowedUntil, allowsAt, defenceFor, isToldAnew, later, ruleLevels, together, type DefenceParams } from '@vigie/domain/outbreak'
import { recordAll } from '../audit/index.ts'
import { defineInstallationJob } from '../jobs/index.ts'
import { giveOwn } from '../orders/index.ts'
import type { Services, TenantDb } from '../platform/index.ts'
import * as defences from './defences.ts'
import * as rules from './rules.ts'
import * as alerts from './store.ts'

const system = { kind: 'system', name: 'outbreak' } as const
const objectOf = ({ id, name }: alerts.AlertRow) => ({ kind: 'virus-alert', id, name })

/** What an alert closes at a customer from now on, begun now or long ago. */
type Part = Omit<defences.Kept, 'orderId' | 'told'>
interface Customer {
  id: string
  /** The alert that is spoken of: the worst that begins, or the one that changed. */
  because: string
  parts: readonly Part[]
  /** All parts together; null: nothing is left. */
  wanted: DefenceParams | null
  /** What its endpoints hold; null: nothing yet. */
  told: DefenceParams | null
  /** Of what has not gone out whole; null: none. */
  openOrderId: string | null
  /** What people told its endpoints since then stays theirs. */
  leftAloneSince: Date
}

/**
 * What one customer's endpoints are to hold, of all that alerts began there, and what they were told. An alert that lasts longer or names more is followed, within what the customer allowed when the
 * defence began; one that fell below the customer's level, or ends earlier, changes nothing before its end.
 */
function customerOf(
  id: string,
  because: string,
  standing: readonly defences.Defence[],
  begun: readonly Part[],
  inForce: ReadonlyMap<string, alerts.AlertRow>,
  now: Date,
): Customer {
  const parts = standing.flatMap(({ isOrderOpen: _, orderId: __, told: ___, ...one }): Part[] => {
    const alert = inForce.get(one.alertId)
    if (alert === undefined) return [{ ...one, alertVersion: 0 }] // it ends with the next look
    const goesOn = allowsAt(one, alert.level)
    const closes = goesOn ? defenceFor(alerts.toAlert(alert, now, false), one, one.allowedUntil) : one.closes
    return closes === null
      ? []
      : [{ ...one, closes: { ...closes, until: later(closes.until, one.closes.until) }, alertVersion: alert.version }]
  })
  const all = [...parts, ...begun]
  return {
    id,
    because: inForce.get(begun[0]?.alertId ?? '')?.name ?? because,
    parts: all,
    wanted: together(all.map(({ closes }) => closes)),
    told: standing[0]?.told ?? null,
    openOrderId: standing.find(({ isOrderOpen }) => isOrderOpen)?.orderId ?? null,
    leftAloneSince: begun.length > 0 ? now : new Date(Math.min(...standing.map(({ startedAt }) => startedAt.getTime()))),
  }
}

/**
 * Brings customers to what they are to hold: those with the same to close share an order, which then obeys R16 like any other. Orders, and the rows that say what was told, commit together, so that
 * wherever this dies nobody is told twice or forgotten. An order that has not gone out whole is called off first, for all its customers: of two the older would have the last word somewhere.
 */
async function bring(
  db: TenantDb,
  services: Services,
  now: Date,
  alert: alerts.AlertRow,
  customers: readonly Customer[],
  ended: readonly defences.Ended[] = [],
): Promise<void> {
  const isAnew = ({ wanted, told }: Customer) => wanted !== null && (told === null || isToldAnew(wanted, told))
  const calledOff = new Set([
    ...ended.filter(({ isOver }) => isOver).map(({ orderId }) => orderId),
    ...customers.filter((one) => one.wanted === null || isAnew(one)).flatMap(({ openOrderId }) => openOrderId ?? []),
  ])
  await defences.callOff(db, [...calledOff])
  const toTell = customers.filter(
    (one) => isAnew(one) || (one.wanted !== null && one.openOrderId !== null && calledOff.has(one.openOrderId)),
  )
  for (const alike of Map.groupBy(toTell, ({ wanted, leftAloneSince, because }) =>
    JSON.stringify([wanted, leftAloneSince, because]),
  ).values())
    await tell(db, services, now, alike)
  await defences.seen(
    db,
    customers.filter((one) => one.wanted !== null && !toTell.includes(one)).flatMap(({ parts }) => parts),
  )
  const emptied = customers.filter(({ wanted }) => wanted === null)
  await defences.end(
    db,
    emptied.map(({ id }) => id),
    now,
  )
  const looked = new Set(customers.map(({ id }) => id))
  await stop(db, services, now, alert, [
    ...emptied.map(({ id, leftAloneSince }) => ({ customerId: id, leftAloneSince })),
    // whoever withdrew the consent is left with nothing it had allowed
    ...ended
      .filter(({ customerId }) => !looked.has(customerId))
      .map(({ customerId, startedAt, isOver }) => ({ customerId, leftAloneSince: isOver ? startedAt : null })),
  ])
}

async function tell(db: TenantDb, services: Services, now: Date, alike: readonly Customer[]): Promise<void> {
  const { because, leftAloneSince } = alike[0]!
  const params = alike[0]!.wanted!
  const orderId = await giveOwn(db, services, now, {
    type: 'start-outbreak-defence',
    params,
    customerIds: alike.map(({ id }) => id),
    because,
    leftAloneSince,
  })
  if (orderId === null) return // nobody there can take it yet: looked at again with the next minute
  // whose agents it reaches: the others are looked at again
  const { rows } = await db.query<{ customer_id: string; company: string }>(
    `select distinct customer_id, company from order_agent where order_id = $1 and step <> 'skipped' order by customer_id`,
    [orderId],
  )
  const of = new Map(alike.map((one) => [one.id, one]))
  await defences.keep(
    db,
    rows.flatMap((row) => of.get(row.customer_id)!.parts.map((part) => ({ ...part, orderId, told: params }))),
  )
  for (const { customer_id } of rows) db.announce({ kind: 'alert', id: customer_id, customerId: customer_id })
  await recordAll(
    db,
    services.vault,
    now,
    system,
    rows.map(({ customer_id, company }) => {
      const before = of.get(customer_id)!.told
      return {
        activity: before === null ? 'outbreak.defence-started' : 'outbreak.defence-changed',
        object: { kind: 'customer', id: customer_id, name: company },
        customerId: customer_id,
        before,
        after: { alert: because, orderId, ...params },
      }
    }),
  )
}

async function stop(
  db: TenantDb,
  services: Services,
  now: Date,
  alert: alerts.AlertRow,
  stopped: readonly { customerId: string; leftAloneSince: Date | null }[],
): Promise<void> {
  for (const alike of Map.groupBy(stopped, ({ leftAloneSince }) => leftAloneSince?.getTime()).values()) {
    const customerIds = alike.map(({ customerId }) => customerId).toSorted()
    const { leftAloneSince } = alike[0]!
    const orderId = await giveOwn(db, services, now, {
      type: 'stop-outbreak-defence',
      params: null,
      customerIds,
      because: alert.name,
      leftAloneSince,
    })
    for (const id of customerIds) db.announce({ kind: 'alert', id, customerId: id })
    await recordAll(db, services.vault, now, system, [
      { activity: 'outbreak.defence-stopped', object: objectOf(alert), after: { orderId, customers: customerIds.length } },
    ])
  }
}

/** Alerts that were withdrawn, or were made to end earlier, and customers that withdrew their consent: what began by itself ends now, but for what another alert in force began. */
async function stopSome(db: TenantDb, services: Services, now: Date): Promise<boolean> {
  const over = await defences.endSome(db, now)
  if (over === null) return false
  const { ended } = over
  const standing = await defences.standingOf(
    db,
    ended.map(({ customerId }) => customerId),
    ended.filter(({ isOver }) => isOver).map(({ orderId }) => orderId),
    now,
  )
  const alert = await alerts.row(db, over.alertId)
  await bring(db, services, now, alert, await customersOf(db, alert, standing, now), ended)
  return true
}

/** Alerts that were changed while they defend somebody. @param tried those that were looked at in this minute: what nobody can take now is left for the next */
async function followSome(db: TenantDb, services: Services, now: Date, tried: Set<string>): Promise<boolean> {
  const changed = await defences.changedSince(db, now, [...tried])
  if (changed === null) return false
  tried.add(changed.alertId)
  const standing = await defences.standingOf(db, changed.customerIds, [], now)
  const alert = await alerts.row(db, changed.alertId)
  await bring(db, services, now, alert, await customersOf(db, alert, standing, now))
  return true
}

async function customersOf(db: TenantDb, { name }: alerts.AlertRow, standing: readonly defences.Defence[], now: Date): Promise<Customer[]> {
  const inForce = new Map((await alerts.standing(db, now)).map((one) => [one.id, one]))
  return [...Map.groupBy(standing, ({ customerId }) => customerId)].map(([id, of]) => customerOf(id, name, of, [], inForce, now))
}

/**
 * Automatic outbreak defence (EVT-5): for every alert in force, the customers that allow it at this level and consented in words, each once an alert; of several alerts at once in one order.
 * @param tried what nobody could take in this minute: left for the next
 * @returns false: nothing is left to do
 */
async function defendSome(db: TenantDb, services: Services, now: Date, tried: Set<string>): Promise<boolean> {
  const inForce = await alerts.standing(db, now)
  const begun: Part[] = []
  for (const alert of inForce) {
    const said = alerts.toAlert(alert, now, false)
    const allowing = await rules.allowing(
      db,
      alert.id,
      ruleLevels.filter((from) => allowsAt({ from }, alert.level)),
    )
    for (const { days, ...rule } of allowing) {
      const until = allowedUntil({ days }, now)
      const closes = defenceFor(said, rule, until)
      if (closes !== null && Date.parse(closes.until) > now.getTime())
        begun.push({ ...rule, alertId: alert.id, startedAt: now, allowedUntil: until, closes, alertVersion: alert.version })
    }
  }
  const name = begun.map(({ alertId, customerId }) => alertId + customerId).join()
  if (begun.length === 0 || tried.has(name)) return false
  tried.add(name)
  const beginning = Map.groupBy(begun, ({ customerId }) => customerId)
  const standing = Map.groupBy(await defences.standingOf(db, [...beginning.keys()], [], now), ({ customerId }) => customerId)
  const alertsById = new Map(inForce.map((one) => [one.id, one]))
  const worst = alertsById.get(begun[0]!.alertId)!
  await bring(
    db,
    services,
    now,
    worst,
    [...new Set([...beginning.keys(), ...standing.keys()])].map((id) =>
      customerOf(id, worst.name, standing.get(id) ?? [], beginning.get(id) ?? [], alertsById, now),
    ),
  )
  return true
}

/** Each step a transaction of its own: what one locks does not wait for the next. One process at a time does it for a business. */
export const defendCustomers = defineInstallationJob('outbreak.defend', { everyMinutes: 1 }, async ({ now, services }) => {
  const failures: unknown[] = []
  for (const { id: partnerId } of await services.database.lookup<{ id: string }>('select vigie.partner_ids() as id')) {
    const [followed, begun] = [new Set<string>(), new Set<string>()]
    const step = () =>
      services.database.transaction({ partnerId, scope: 'all', principalId: null }, async (db) => {
        await db.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`outbreak ${partnerId}`])
        return (
          (await stopSome(db, services, now)) ||
          (await followSome(db, services, now, followed)) ||
          (await defendSome(db, services, now, begun))
        )
      })
    try {
      while (await step());
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'outbreak defence failed for some businesses')
})
