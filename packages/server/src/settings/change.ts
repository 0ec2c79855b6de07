import { changesBetween, dangerOf, resolve, type Change, type SettingValues } from '@vigie/domain/settings'
import { Problem } from '@vigie/domain/kernel'
import { record } from '../audit/index.ts'
import { assertWithinCaps } from '../commands/index.ts'
import { assertConsent, enterGate } from '../consent/index.ts'
import type { Context as HttpContext } from '../platform/index.ts'
import { deliver, mostAtOnce } from './delivery.ts'
import { chainOf, isAt, nothingAt, ofCustomers, save, type Kept } from './layers.ts'
import { contextsBelow, levelOf, type Context, type Named, type Place } from './places.ts'
import { holdSettings, keysOfType, refresh } from './wanted.ts'

export type Who = Pick<HttpContext, 'db' | 'now' | 'services' | 'actor' | 'origin'>

/** What is to be set at one place, made from what is set there now. */
export interface Step {
  place: Named
  next: (before: Kept) => Kept
}
export interface Effect {
  place: Named
  changes: Change[]
  endpointCount: number
}

/** What the endpoints below a place get differently, each change once. */
function effectOf(place: Named, before: readonly Kept[], after: readonly Kept[], contexts: readonly Context[]): Effect {
  const changes = new Map<string, Change>()
  for (const context of contexts) {
    const keys = keysOfType(context.typeId)
    for (const change of changesBetween(resolve(keys, chainOf(before, context)), resolve(keys, chainOf(after, context)))) {
      const name = JSON.stringify([change.key, change.from, change.to])
      if (!changes.has(name)) changes.set(name, change)
    }
  }
  return { place, changes: [...changes.values()], endpointCount: contexts.reduce((sum, { endpointCount }) => sum + endpointCount, 0) }
}

interface Plan {
  before: Kept[]
  after: Kept[]
  steps: { step: Step; before: Kept; next: Kept; contexts: Context[] }[]
  effects: Effect[]
}

/** What would come of it; changes nothing. */
export async function plan({ db }: Pick<Who, 'db'>, steps: readonly Step[], isLocked = false): Promise<Plan> {
  const before = await ofCustomers(db, [...new Set(steps.map(({ place }) => place.customerId))], isLocked)
  let after = [...before]
  const planned: Plan['steps'] = []
  for (const step of steps) {
    const known = after.find(isAt(step.place)) ?? nothingAt(step.place)
    const next = step.next(known)
    after = [...after.filter((kept) => kept !== known), next]
    planned.push({ step, before: known, next, contexts: await contextsBelow(db, step.place) })
  }
  return { before, after, steps: planned, effects: planned.map(({ step, contexts }) => effectOf(step.place, before, after, contexts)) }
}

/**
 * Sets all of it or nothing (R16: what weakens needs to be confirmed, and counts toward the caps), writes what endpoints are to have, and tells them. One record in the audit log for each
 * customer. Dies before the commit: nothing happened. Runs twice: the second is refused by its version, or changes nothing.
 * @throws setting.weakens with what gets weaker, consent.missing, command.needs-second-person, request.changed-meanwhile
 */
export async function change(
  who: Who,
  steps: readonly Step[],
  { confirmWeaker, activity }: { confirmWeaker: boolean; activity: 'setting.changed' | 'setting.taken-over' | 'template.applied' },
): Promise<Effect[]> {
  const { db, now, services, actor, origin } = who
  const customerIds = [...new Set(steps.map(({ place }) => place.customerId))].toSorted()
  await enterGate(db, customerIds, 'sends') // before any agent is locked
  for (const customerId of customerIds) await assertConsent(db, customerId, 'configure')
  await holdSettings(db, customerIds)
  // agents first (AGENTS.md): whoever sets something nearer or farther for the same endpoints waits here, and then sees what we set
  await lockBelow(
    db,
    steps.map(({ place }) => place),
  )
  const planned = await plan(who, steps, true)
  await assertMayWeaken(who, planned, confirmWeaker)
  for (const { next } of planned.steps) await save(db, next)
  const contexts = new Map(
    planned.steps.flatMap((step) => step.contexts).map((context) => [`${context.productId} ${context.group}`, context]),
  )
  await refresh(db, [...contexts.values()], now)
  await tell(who, [...contexts.values()])
  for (const {
    step: { place },
  } of planned.steps) {
    if (place.productId !== null) db.announce({ kind: 'product', id: place.productId, customerId: place.customerId })
    db.announce({ kind: 'customer', id: place.customerId, customerId: place.customerId })
  }
  for (const [customerId, own] of Map.groupBy(planned.steps, ({ step }) => step.place.customerId)) {
    const [
      {
        step: { place },
      },
    ] = own as [Plan['steps'][number]]
    const isOne = own.length === 1
    await record(
      db,
      services.vault,
      now,
      { kind: 'account', actor, origin },
      {
        activity,
        customerId,
        object:
          isOne && place.productId !== null
            ? { kind: 'product', id: place.productId, name: place.names.slice(1).join(' · ') }
            : { kind: 'customer', id: customerId, name: place.names[0]! },
        before: own.map(({ step, before }) => shownInAudit(step.place, before)),
        after: own.map(({ step, next }) => shownInAudit(step.place, next)),
      },
    )
  }
  return planned.effects
}

/** The agents that what is set at these places concerns; a customer's others go on meanwhile. */
export async function lockBelow(db: Who['db'], places: readonly Place[]): Promise<void> {
  await db.query(
    `select from agent where id in (select e.agent_id from unnest($1::uuid[], $2::uuid[], $3::text[]) t (customer_id, product_id, name)
       join endpoint e on e.customer_id = t.customer_id and (t.product_id is null or e.product_id = t.product_id) and (t.name is null or e."group" = t.name)) order by id for no key update`,
    [places.map(({ customerId }) => customerId), places.map(({ productId }) => productId), places.map(({ group }) => group)],
  )
}

export const shownInAudit = (place: Pick<Named, 'customerId' | 'productId' | 'group' | 'names'>, { values, template }: Kept) => ({
  at: levelOf(place),
  names: place.names,
  values,
  template: template && { id: template.id, name: template.name, version: template.version },
})

async function assertMayWeaken({ db, services, actor }: Who, { before, after, steps, effects }: Plan, isConfirmed: boolean): Promise<void> {
  const weaker = effects.flatMap(({ changes }) => changes).filter(({ weakens }) => weakens)
  if (dangerOf(weaker) === 'none') return
  if (!isConfirmed) throw new Problem('setting.weakens', { changes: weaker.slice(0, 50) })
  const contexts = steps
    .flatMap((step) => step.contexts)
    .filter((context) => {
      const keys = keysOfType(context.typeId)
      return dangerOf(changesBetween(resolve(keys, chainOf(before, context)), resolve(keys, chainOf(after, context)))) !== 'none'
    })
  const { rows: agents } = await db.query<{ id: string; customerId: string }>(
    `select distinct a.id, a.customer_id as "customerId" from unnest($1::uuid[], $2::text[]) c (product_id, name) join endpoint e on e.product_id = c.product_id and e."group" = c.name
       join agent a on a.partner_id = e.partner_id and a.id = e.agent_id`,
    [contexts.map(({ productId }) => productId), contexts.map(({ group }) => group)],
  )
  if (agents.length > 0) await assertWithinCaps(db, services, actor, { type: 'weaken-settings', agents })
}

async function tell({ db, services, now, actor }: Who, contexts: readonly Context[]): Promise<void> {
  const { rows } = await db.query<{ endpoint_id: string }>(
    `select s.endpoint_id from unnest($1::uuid[], $2::text[]) c (product_id, name) join setting_state s on s.product_id = c.product_id and s."group" = c.name
     where s.is_wanted and not s.is_current order by s.agent_id limit $3`,
    [contexts.map(({ productId }) => productId), contexts.map(({ group }) => group), mostAtOnce],
  )
  if (rows.length > 0)
    await deliver(db, services, now, { id: actor.accountId, name: actor.name }, { endpointIds: rows.map((row) => row.endpoint_id) })
}

/** Sets these keys at the place; null: inherits again. */
export const setValues =
  (values: Readonly<Record<string, SettingValues[string] | null>>, by: string, now: Date) =>
  (before: Kept): Kept => {
    const next: Kept = { ...before, values: { ...before.values }, setBy: { ...before.setBy } }
    for (const [key, value] of Object.entries(values)) {
      if (value === null) {
        delete next.values[key]
        delete next.setBy[key]
      } else {
        next.values[key] = value
        next.setBy[key] = { by, at: now.toISOString() }
      }
    }
    return next
  }

/** Follows the template from here: what was set by hand at this very place gives way where the template speaks. */
export const followTemplate =
  (template: NonNullable<Kept['template']>) =>
  (before: Kept): Kept => ({
    ...before,
    template,
    values: Object.fromEntries(Object.entries(before.values).filter(([key]) => !Object.hasOwn(template.values, key))),
    setBy: Object.fromEntries(Object.entries(before.setBy).filter(([key]) => !Object.hasOwn(template.values, key))),
  })
