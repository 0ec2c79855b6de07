import { productTypeById } from '@vigie/connectors/products'
import type { Family } from '@vigie/domain/products'
import type { PlaceLine } from '@vigie/domain/orders'
import { changesBetween, isSame, resolve, slotByKey, type SettingValues } from '@vigie/domain/settings'
import { enterGate, withoutConsent } from '../consent/index.ts'
import type { TenantDb } from '../platform/index.ts'
import { followTemplate, lockBelow, setValues } from './change.ts'
import { chainOf, isAt, nothingAt, ofCustomers, save, type Kept } from './layers.ts'
import { contextsOf, type Context, type Place } from './places.ts'
import { supportOf } from './show.ts'
import { holdSettings, keysOfType, refresh, wantedOf } from './wanted.ts'

/** What an order brings to many places; fixed when it is made. */
export type CarriedSettings =
  | { kind: 'template'; template: { id: string; name: string; version: number; values: SettingValues; families: readonly Family[] } }
  | { kind: 'values'; values: Readonly<Record<string, SettingValues[string] | null>> }
  /** What an earlier order did at each place is taken back. */
  | { kind: 'undo' }

/** What an order touched at one place: own values (null: none was set) and the template it follows, where that was touched. */
export interface Memory {
  values: Record<string, SettingValues[string] | null>
  template?: Kept['template']
}
/** One place of an order; `memory`: what the order to be taken back found and left there. */
export interface CarryPlace extends Place {
  memory?: { before: Memory; after: Memory }
}

export interface Looked<M = Memory> {
  /** Why nothing is done there: text key below `place-reason.`; null: it changes. */
  reason: string | null
  lines: PlaceLine[]
  weakens: boolean
  /** Endpoints that get something else than they have. */
  endpointCount: number
  /** Groups below the place, and whether theirs are among those. */
  groups: { productId: string; group: string; changes: boolean }[]
  before: M
  after: M
}

type Left = Extract<PlaceLine, { kind: 'left' }>
interface Wish {
  /** Null: it can't be wished there. */
  next: Kept
  keys: string[]
  unsupported: string[]
  left: Left[]
  reason: string | null
}

/** What would come of it at each of these places; changes nothing. All of a customer's places are of one level, so that none reaches another's endpoints. */
export async function lookAtSettings(
  db: TenantDb,
  carried: CarriedSettings,
  places: readonly CarryPlace[],
  by: string,
  now: Date,
  isLocked = false,
): Promise<(Looked & { next: Kept })[]> {
  const customerIds = [...new Set(places.map(({ customerId }) => customerId))]
  const layersOf = Map.groupBy(await ofCustomers(db, customerIds, isLocked), ({ customerId }) => customerId)
  const contexts = Map.groupBy(await contextsOf(db, customerIds), ({ customerId }) => customerId)
  const { rows: products } = await db.query<{ id: string; customer_id: string; type_id: string }>(
    'select id, customer_id, type_id from product where customer_id = any($1)',
    [customerIds],
  )
  const typesOf = Map.groupBy(products, (row) => row.customer_id)
  const refusing = await withoutConsent(db, customerIds, 'configure')
  return places.map((place) => {
    const layers = layersOf.get(place.customerId) ?? []
    const kept = layers.find(isAt(place)) ?? nothingAt(place)
    const types = [
      ...new Set(
        (typesOf.get(place.customerId) ?? [])
          .filter(({ id }) => place.productId === null || id === place.productId)
          .map((row) => row.type_id),
      ),
    ]
    const below = (contexts.get(place.customerId) ?? []).filter(
      ({ productId }) => place.productId === null || productId === place.productId,
    )
    const wish = wishOf(carried, place, kept, types, by, now)
    const looked = effectOf(layers, kept, wish, below)
    const reason = refusing.has(place.customerId) ? 'no-consent' : (wish.reason ?? looked.reason)
    // where it can't be, what it would do there is of no interest
    const isOut = reason !== null && ['no-consent', 'no-product-can', 'other-family'].includes(reason)
    return { ...looked, next: wish.next, reason, ...(isOut ? { lines: [], weakens: false, endpointCount: 0 } : {}) }
  })
}

function wishOf(carried: CarriedSettings, place: CarryPlace, kept: Kept, types: readonly string[], by: string, now: Date): Wish {
  if (carried.kind === 'template') {
    const { families, ...template } = carried.template
    const own = types.map((type) => productTypeById.get(type)?.family)
    const fits = own.length === 0 || own.some((family) => family !== undefined && families.includes(family))
    const isFollowed = kept.template?.id === template.id && kept.template.version === template.version
    const follows = followTemplate({ ...template, by, at: now.toISOString() })(kept)
    return {
      next: isFollowed ? { ...follows, template: kept.template } : follows,
      keys: Object.keys(template.values),
      unsupported: [],
      left: [],
      reason: fits ? null : 'other-family',
    }
  }
  if (carried.kind === 'values') {
    const takes = (key: string) => supportOf(key.split('@')[0]!, types, place.productId).isSupported
    const keys = Object.keys(carried.values).filter(takes)
    const wanted = keys.filter((key) => !isSame(kept.values[key] ?? null, carried.values[key]))
    return {
      next: setValues(Object.fromEntries(wanted.map((key) => [key, carried.values[key]!])), by, now)(kept),
      keys,
      unsupported: Object.keys(carried.values).filter((key) => !takes(key)),
      left: [],
      reason: keys.length === 0 ? 'no-product-can' : null,
    }
  }
  const { before, after } = place.memory!
  const isOther =
    after.template !== undefined && (kept.template?.id !== after.template?.id || kept.template?.version !== after.template?.version)
  // whoever follows another template by now wants that one's values, not those from before ours
  if (isOther)
    return {
      next: kept,
      keys: [],
      unsupported: [],
      left: [{ kind: 'left', what: 'template', by: kept.template?.by ?? null, at: kept.template?.at ?? null }],
      reason: 'changed-since',
    }
  const [ours, theirs] = [[] as string[], [] as string[]]
  for (const key of Object.keys(after.values)) (isSame(kept.values[key] ?? null, after.values[key]) ? ours : theirs).push(key)
  const next = setValues(Object.fromEntries(ours.map((key) => [key, before.values[key] ?? null])), by, now)(kept)
  return {
    next: after.template === undefined ? next : { ...next, template: before.template ?? null },
    keys: [...ours, ...Object.keys({ ...after.template?.values, ...before.template?.values })],
    unsupported: [],
    left: theirs.map((key): Left => ({ kind: 'left', what: key, by: kept.setBy[key]?.by ?? null, at: kept.setBy[key]?.at ?? null })),
    reason: ours.length === 0 && after.template === undefined ? 'changed-since' : null,
  }
}

function effectOf(layers: readonly Kept[], kept: Kept, { next, keys, unsupported, left }: Wish, below: readonly Context[]): Looked {
  const after = [...layers.filter((one) => one !== kept), next]
  const memory = memoryOf(kept, next)
  const lines = new Map<string, PlaceLine>()
  const changing = new Set<string>()
  let endpointCount = 0
  const add = (line: Extract<PlaceLine, { endpoints: number }>, endpoints: number) => {
    const name = JSON.stringify(line)
    const known = lines.get(name)
    lines.set(name, { ...line, endpoints: (known && 'endpoints' in known ? known.endpoints : 0) + endpoints })
  }
  const groups = below.map((context) => {
    const takes = keysOfType(context.typeId)
    const [was, is] = [resolve(takes, chainOf(layers, context)), resolve(takes, chainOf(after, context))]
    const [wantedWas, wantedIs] = [wantedOf(layers, context), wantedOf(after, context)]
    const weaker = new Set(
      changesBetween(was, is)
        .filter(({ weakens }) => weakens)
        .map(({ key }) => key),
    )
    const changed = takes.filter((key) => !slotByKey.get(key)!.setting.isDerived && !isSame(wantedWas[key], wantedIs[key]))
    for (const key of changed)
      add(
        { kind: 'setting', key, from: wantedWas[key] ?? null, to: wantedIs[key] ?? null, weakens: weaker.has(key), endpoints: 0 },
        context.endpointCount,
      )
    for (const key of keys) {
      if (!takes.includes(key) || changed.includes(key)) continue
      const wish = next.values[key] ?? next.template?.values[key]
      if (wish !== undefined && !isSame(is.get(key)!.value, wish)) add({ kind: 'overridden', key, endpoints: 0 }, context.endpointCount)
      else lines.set(`same ${key}`, { kind: 'same', key })
    }
    if (changed.length > 0) endpointCount += context.endpointCount
    changed.forEach((key) => changing.add(key))
    return { productId: context.productId, group: context.group, changes: changed.length > 0 }
  })
  if (below.length === 0) {
    // nobody there yet: what is set waits for those who come
    for (const [key, to] of Object.entries(memory.after.values)) {
      changing.add(key)
      lines.set(key, { kind: 'setting', key, from: memory.before.values[key] ?? null, to, weakens: false, endpoints: 0 })
    }
  }
  for (const key of changing) lines.delete(`same ${key}`)
  const isTouched = Object.keys(memory.after.values).length > 0 || memory.after.template !== undefined
  const template: PlaceLine[] =
    memory.after.template === undefined ? [] : [{ kind: 'template', from: named(kept.template), to: named(next.template) }]
  const all = [
    ...template,
    ...[...lines.values()].toSorted((a, b) => ranks[a.kind] - ranks[b.kind]),
    ...unsupported.map((key): PlaceLine => ({ kind: 'unsupported', key })),
    ...left,
  ]
  return {
    reason: isTouched ? null : 'as-it-is',
    lines: all,
    weakens: all.some((line) => line.kind === 'setting' && line.weakens),
    endpointCount,
    groups,
    ...memory,
  }
}

const ranks: Record<PlaceLine['kind'], number> = { template: 0, setting: 1, url: 1, overridden: 2, same: 3, unsupported: 4, left: 5 }
const named = (template: Kept['template']) => template && `${template.name} ${template.version}`

function memoryOf(kept: Kept, next: Kept): { before: Memory; after: Memory } {
  const keys = [...new Set([...Object.keys(kept.values), ...Object.keys(next.values)])].filter(
    (key) => !isSame(kept.values[key], next.values[key]),
  )
  const isOther = kept.template?.id !== next.template?.id || kept.template?.version !== next.template?.version
  const of = ({ values, template }: Kept): Memory => ({
    values: Object.fromEntries(keys.map((key) => [key, values[key] ?? null])),
    ...(isOther ? { template } : {}),
  })
  return { before: of(kept), after: of(next) }
}

/**
 * Sets it at these places, under the gate, the settings' own lock and the agents' (as `change` does), after another look: what can't be there by now, or would weaken what was not shown to
 * weaken, is left out with its reason. Tells nobody: `deliver` does. @param shown what the person saw of each place
 */
export async function setAtPlaces(
  db: TenantDb,
  carried: CarriedSettings,
  places: readonly (CarryPlace & { shown: readonly PlaceLine[] })[],
  by: string,
  now: Date,
): Promise<Looked[]> {
  const customerIds = [...new Set(places.map(({ customerId }) => customerId))]
  await enterGate(db, customerIds, 'sends')
  await holdSettings(db, customerIds)
  await lockBelow(db, places)
  const looked = (await lookAtSettings(db, carried, places, by, now, true)).map((one, at) => {
    const seen = new Set(places[at]!.shown.flatMap((line) => (line.kind === 'setting' && line.weakens ? [line.key] : [])))
    const isWorse = one.lines.some((line) => line.kind === 'setting' && line.weakens && !seen.has(line.key))
    return isWorse && one.reason === null ? { ...one, reason: 'changed-meanwhile' } : one
  })
  const able = looked.filter(({ reason }) => reason === null)
  for (const { next } of able) await save(db, next)
  const groups = new Set(able.flatMap(({ groups: some }) => some.map(({ productId, group }) => `${productId} ${group}`)))
  await refresh(
    db,
    (await contextsOf(db, customerIds)).filter(({ productId, group }) => groups.has(`${productId} ${group}`)),
    now,
  )
  for (const { next } of able) {
    if (next.productId !== null) db.announce({ kind: 'product', id: next.productId, customerId: next.customerId })
    db.announce({ kind: 'customer', id: next.customerId, customerId: next.customerId })
  }
  return looked.map(({ next: _, ...rest }) => rest)
}
