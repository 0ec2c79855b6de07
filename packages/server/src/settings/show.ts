import { productTypeById } from '@vigie/connectors/products'
import {
  builtInTemplateById,
  departures,
  isSame,
  resolve,
  settingStates,
  shownSlots,
  stateOf,
  worstOf,
  type Effective,
  type Layer,
  type SettingRow,
  type SettingState,
  type SettingsAt,
  type SettingValues,
} from '@vigie/domain/settings'
import type { speaker, TenantDb } from '../platform/index.ts'
import { chainOf, isAt, nothingAt, ofCustomers, type Kept } from './layers.ts'
import { levelOf, namesIn, settingsOfType, typesBelow, type Named, type Place } from './places.ts'

/** Endpoints that are alike in all that is looked at here: a product of thousands is a few of these. */
interface Alike {
  product_id: string
  type_id: string
  group: string
  /** An order or an agent has a say in how it stands. */
  is_open: boolean
  is_wanted: boolean
  /** It took the newest order. */
  is_current: boolean
  /** Null: none. */
  reported_digest: Buffer | null
  reported: SettingValues | null
  /** Of the newest order for what is wanted; null: none was given, or all of it is in force. */
  step: 'waiting' | 'delivered' | 'running' | 'succeeded' | 'failed' | 'expired' | 'unknown' | null
  /** Where nothing was reported: will it ever be? */
  takes: boolean
  count: number
}

const mostReported = 5

/** Of the newest order, where it is for what is wanted and did not bring it. */
const stepOf = `case when s.command_revision = s.wanted_revision then (select o.step from command o where o.partner_id = s.partner_id and o.id = s.command_id) end`
const takesOf = `s.reported is not null or coalesce((select (a.commands @> '[{"type": "apply-settings", "isSupported": true}]' or not a.commands @> '[{"type": "apply-settings", "reason": "not-supported"}]') and a.protocol >= 2
           from agent a where a.partner_id = s.partner_id and a.id = s.agent_id), false)`

/**
 * Counted where the rows are: what comes here is as much as there are differences, not endpoints. What an order or an agent has no say in is counted in the index alone, by a digest that is kept with
 * each report (20,000 endpoints: 85 ms when made while asking and joined with the endpoints, 12 ms so, 2026-11-21). Plan: setting_state_alike.
 */
async function statesBelow(db: TenantDb, { customerId, productId, group }: Place): Promise<Alike[]> {
  // a question of its own for each kind of place: one with "or is null" for all of them is planned as if it were always the widest
  const below = `s.customer_id = $1 ${productId === null ? '' : 'and s.product_id = $2'} ${group === null ? '' : 'and s."group" = $3'}`
  const { rows } = await db.query<Alike>(
    `with alike as (
       select s.product_id, s."group", s.is_open, s.is_wanted, s.is_current, s.reported_digest, null as step, true as takes, count(*)::integer as count from setting_state s where ${below} and not s.is_open group by 1, 2, 3, 4, 5, 6
       union all
       select s.product_id, s."group", s.is_open, s.is_wanted, s.is_current, s.reported_digest, ${stepOf}, ${takesOf}, count(*)::integer from setting_state s where ${below} and s.is_open group by 1, 2, 3, 4, 5, 6, 7, 8)
     select alike.*, (select p.type_id from product p where p.id = alike.product_id) as type_id, (
       select s.reported from setting_state s where s.customer_id = $1 and s.product_id = alike.product_id and s."group" = alike."group" and s.is_open = alike.is_open and s.is_wanted = alike.is_wanted
         and s.is_current = alike.is_current and s.reported_digest = alike.reported_digest limit 1) as reported
     from alike order by alike.product_id, alike."group", alike.is_open, alike.is_wanted, alike.is_current, alike.reported_digest, alike.step, alike.takes`,
    [customerId, ...(productId === null ? [] : [productId]), ...(group === null ? [] : [group])],
  )
  return rows
}

/** Some of those that are alike, by name. Plan: setting_state_alike. */
async function namesOf(db: TenantDb, { customerId }: Place, alike: readonly Alike[]): Promise<Map<Alike, { id: string; name: string }[]>> {
  if (alike.length === 0) return new Map()
  const { rows } = await db.query<{ at: number; id: string; name: string }>(
    `select t.at::integer, n.id, n.name
     from unnest($1::uuid[], $2::text[], $3::boolean[], $4::boolean[], $5::boolean[], $6::bytea[], $7::text[]) with ordinality t (product_id, name, is_open, is_wanted, is_current, digest, step, at) cross join lateral (
       select e.id, e.name from setting_state s join endpoint e on e.partner_id = s.partner_id and e.id = s.endpoint_id
       where s.customer_id = $8 and s.product_id = t.product_id and s."group" = t.name and s.is_open = t.is_open and s.is_wanted = t.is_wanted and s.is_current = t.is_current and s.reported_digest = t.digest
         and (not t.is_open or t.step is not distinct from ${stepOf})
       limit ${mostReported}) n`,
    [
      alike.map((some) => some.product_id),
      alike.map((some) => some.group),
      alike.map((some) => some.is_open),
      alike.map((some) => some.is_wanted),
      alike.map((some) => some.is_current),
      alike.map((some) => some.reported_digest),
      alike.map((some) => some.step),
      customerId,
    ],
  )
  return new Map(alike.map((some, at) => [some, rows.filter((row) => row.at === at + 1)]))
}

/** Everything of one place: what is wanted, from where, and how it stands at each endpoint below (PRD-4, AGT-4). */
export async function show(
  db: TenantDb,
  place: Named,
  say: ReturnType<typeof speaker>,
  latestVersionOf: (templateId: string) => Promise<number | null>,
): Promise<SettingsAt> {
  const layers = await ofCustomers(db, [place.customerId])
  const own = layers.find(isAt(place)) ?? nothingAt(place)
  const above = layers.filter((kept) => kept !== own)
  const keys = shownSlots.map(({ key }) => key)
  const names = namesIn(place, say)
  const wanted = resolve(keys, chainOf(layers, place, names, say))
  const inherited = resolve(keys, [...chainOf(above, place, names, say), ...ownTemplate(own, place, names, say)])
  const types = await typesBelow(db, place)
  const alike = await statesBelow(db, place)
  const effective = effectiveOf(place.customerId, layers, alike, names, say)
  const drawn = shownSlots.map(({ key, setting }) => {
    const standing = alike
      .filter(({ type_id }) => settingsOfType(type_id).includes(setting.id))
      .map((some) => {
        const is = effective.get(contextKey(some))!.get(key)!
        return { some, is, state: stateAt(key, is, some) }
      })
    return { key, setting, standing, onMachines: onMachinesOf(key, standing), differing: differingOf(key, standing) }
  })
  const named = await namesOf(db, place, [...new Set(drawn.flatMap(({ differing }) => differing.map(({ some }) => some)))])
  const rows = drawn.map(({ key, setting, standing, onMachines, differing }): SettingRow => {
    const { isSupported, reason } = supportOf(setting.id, types, place.productId)
    const { value, origin } = wanted.get(key)!
    const sum = (some: typeof standing) => some.reduce((total, { some: { count } }) => total + count, 0)
    return {
      key,
      value,
      origin,
      own: own.values[key] ?? null,
      inherited: inherited.get(key)!,
      isSupported,
      reason,
      state: standing.length > 0 ? worstOf(standing.map(({ state }) => state)) : isSupported ? 'not-reported' : 'unsupported',
      counts: settingStates
        .map((state) => ({ state, count: sum(standing.filter((one) => one.state === state)) }))
        .filter(({ count }) => count > 0),
      overriddenCount: sum(standing.filter(({ is }) => is.origin.kind !== 'default' && deeper(is, place))),
      onMachines,
      reported: differing
        .flatMap(({ some, state }) =>
          named.get(some)!.map(({ id, name }) => ({ endpointId: id, name, group: some.group, value: some.reported![key]!, state })),
        )
        .slice(0, mostReported),
    }
  })
  const { template } = own
  return {
    level: levelOf(place),
    customerId: place.customerId,
    customerName: names[0]!,
    productId: place.productId,
    productName: names[1] ?? null,
    group: place.group,
    version: own.version,
    endpointCount: alike.reduce((sum, { count }) => sum + count, 0),
    timeZone: place.timeZone,
    template: template && {
      id: template.id,
      name: nameOf(template, say),
      version: template.version,
      latestVersion: builtInTemplateById.has(template.id) ? 1 : await latestVersionOf(template.id),
      by: template.by,
      at: template.at,
    },
    departed: departures(wanted, chainOf(layers, place, names, say)),
    rows,
  }
}

const nameOf = (template: NonNullable<Kept['template']>, say: ReturnType<typeof speaker>): string => {
  const builtIn = builtInTemplateById.get(template.id)
  return builtIn ? say(`template.built-in.${builtIn.family}`) : template.name
}

/** Of this place only what its template says: that is what holds when its own value is taken away. */
function ownTemplate(own: Kept, place: Named, names: readonly string[], say: ReturnType<typeof speaker>): Layer[] {
  return own.template === null ? [] : chainOf([{ ...own, values: {}, setBy: {} }], place, names, say).slice(-1)
}

interface Standing {
  some: Alike
  is: Effective
  state: SettingState
}

/** Null where they differ: then each is told by itself. */
function onMachinesOf(key: string, standing: readonly Standing[]): SettingRow['onMachines'] {
  const told = standing.filter(({ state }) => state === 'machine').map(({ some }) => some.reported![key]!)
  return standing.every(({ is }) => is.origin.kind === 'default') && told.length > 0 && told.every((value) => isSame(value, told[0]))
    ? told[0]!
    : null
}

/** Those that have something else than is wanted; where nobody wants anything and machines differ, something else than the default that is shown. */
function differingOf(key: string, standing: readonly Standing[]): Standing[] {
  const isAgreed = onMachinesOf(key, standing) !== null
  return standing
    .filter(({ some, is, state }) => {
      const value = some.reported?.[key]
      return (
        value !== undefined && !isSame(value, is.value) && (state === 'drifted' || state === 'failed' || (state === 'machine' && !isAgreed))
      )
    })
    .toSorted((a, b) => order[a.state]! - order[b.state]!)
    .slice(0, mostReported)
}
const order: Partial<Record<SettingState, number>> = { drifted: 0, failed: 1, machine: 2 }

const contextKey = ({ product_id, group }: Alike) => `${product_id} ${group}`
function effectiveOf(
  customerId: string,
  layers: readonly Kept[],
  alike: readonly Alike[],
  names: readonly string[],
  say: ReturnType<typeof speaker>,
): Map<string, Map<string, Effective>> {
  const keys = shownSlots.map((slot) => slot.key)
  const found = new Map<string, Map<string, Effective>>()
  for (const some of alike) {
    const key = contextKey(some)
    if (!found.has(key))
      found.set(key, resolve(keys, chainOf(layers, { customerId, productId: some.product_id, group: some.group }, names, say)))
  }
  return found
}

function stateAt(key: string, is: Effective, some: Alike): SettingState {
  if (some.reported === null && !some.takes) return 'unsupported'
  const wantedRevision = some.is_wanted ? 1 : 0
  return stateOf(key, is, {
    reported: some.reported && { revision: some.is_current ? wantedRevision : -1, values: some.reported },
    wantedRevision,
    order: some.step,
  })
}

const depth = { customer: 0, product: 1, group: 2 } as const
const deeper = ({ origin }: Effective, place: Named): boolean => origin.level !== null && depth[origin.level] > depth[levelOf(place)]

/** Why it can't be set there (AGT-7): one type's or, at a customer, all types'. */
export function supportOf(
  settingId: string,
  types: readonly string[],
  productId: string | null,
): { isSupported: boolean; reason: string | null } {
  if (types.some((type) => settingsOfType(type).includes(settingId))) return { isSupported: true, reason: null }
  if (productId === null) return { isSupported: false, reason: 'no-product-can' }
  return {
    isSupported: false,
    reason: types.every((type) => productTypeById.get(type)?.isConnectable !== false) ? 'type-cannot' : 'not-connectable',
  }
}
