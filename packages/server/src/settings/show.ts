import { randomInt } from 'node:crypto'
import { productTypeById } from '@vigie/connectors/products'
import { builtInTemplateById, departures, isSame, resolve, settingStates, shownSlots, stateOf, worstOf, type Effective, type Layer, type SettingRow, type SettingState, type SettingsAt, type SettingValues } from '@vigie/domain/settings'
import type { speaker, TenantDb } from '../platform/index.ts'
import { chainOf, isAt, nothingAt, ofCustomers, type Kept } from './layers.ts'
import { levelOf, settingsOfType, typesBelow, type Named, type Place } from './places.ts'

/** Endpoints that are alike in all that is looked at here: a product of thousands is a few of these. */
interface Alike {
  product_id: string
  type_id: string
  group: string
  is_wanted: boolean
  /** It took the newest order. */
  is_current: boolean
  reported: SettingValues | null
  /** Of the newest order for what is wanted; null: none was given, or all of it is in force. */
  step: 'waiting' | 'delivered' | 'running' | 'succeeded' | 'failed' | 'expired' | 'unknown' | null
  /** Where nothing was reported: will it ever be? */
  takes: boolean
  count: number
  /** Some of them. */
  ids: string[]
}

const mostReported = 5

/**
 * Counted where the rows are: what comes here is as much as there are differences, not endpoints. Reports are told apart by a hash with a seed of its own for each question, so that no machine can make one that hides
 * behind another's; grouping by the values themselves took three times as long (20,000 endpoints: 136 ms, by hash 55 ms, 2026-11-21).
 */
async function statesBelow(db: TenantDb, { customerId, productId, group }: Place): Promise<Alike[]> {
  const { rows } = await db.query<Alike>(
    `with alike as (
       select e.product_id, e."group", coalesce(s.wanted_revision, 0) > 0 as is_wanted, s.reported_revision is not distinct from coalesce(s.wanted_revision, 0) as is_current, jsonb_hash_extended(s.reported, $4::bigint) as reported_hash,
         case when s.command_revision = s.wanted_revision and not (s.reported_revision is not distinct from s.wanted_revision and s.reported @> s.wanted)
           then (select o.step from command o where o.partner_id = s.partner_id and o.id = s.command_id) end as step,
         case when s.reported is null then coalesce((select (a.commands @> '[{"type": "apply-settings", "isSupported": true}]' or not a.commands @> '[{"type": "apply-settings", "reason": "not-supported"}]') and a.protocol >= 2
           from agent a where a.partner_id = e.partner_id and a.id = e.agent_id), false) else true end as takes,
         count(*)::integer as count, (array_agg(e.id))[1:${mostReported}] as ids
       from endpoint e left join setting_state s on s.partner_id = e.partner_id and s.endpoint_id = e.id and s.customer_id = $1 and ($2::uuid is null or s.product_id = $2)
       where e.customer_id = $1 and ($2::uuid is null or e.product_id = $2) and ($3::text is null or e."group" = $3) group by 1, 2, 3, 4, 5, 6, 7)
     select alike.*, p.type_id, s.reported from alike join product p on p.id = alike.product_id left join setting_state s on s.endpoint_id = alike.ids[1] order by alike.product_id, alike."group", alike.ids`,
    [customerId, productId, group, randomInt(2 ** 47)])
  return rows
}

/** Everything of one place: what is wanted, from where, and how it stands at each endpoint below (PRD-4, AGT-4). */
export async function show(db: TenantDb, place: Named, say: ReturnType<typeof speaker>, latestVersionOf: (templateId: string) => Promise<number | null>): Promise<SettingsAt> {
  const layers = await ofCustomers(db, [place.customerId])
  const own = layers.find(isAt(place)) ?? nothingAt(place)
  const above = layers.filter((kept) => kept !== own)
  const keys = shownSlots.map(({ key }) => key)
  const names = place.names
  const wanted = resolve(keys, chainOf(layers, place, names, say))
  const inherited = resolve(keys, [...chainOf(above, place, names, say), ...ownTemplate(own, place, names, say)])
  const types = await typesBelow(db, place)
  const alike = await statesBelow(db, place)
  const effective = effectiveOf(place.customerId, layers, alike, names, say)
  const drawn = shownSlots.map(({ key, setting }) => {
    const standing = alike.filter(({ type_id }) => settingsOfType(type_id).includes(setting.id)).map((some) => {
      const is = effective.get(contextKey(some))!.get(key)!
      return { some, is, state: stateAt(key, is, some) }
    })
    return { key, setting, standing, onMachines: onMachinesOf(key, standing), differing: differingOf(key, standing) }
  })
  const named = await namesOf(db, drawn.flatMap(({ differing }) => differing.map(({ id }) => id)))
  const rows = drawn.map(({ key, setting, standing, onMachines, differing }): SettingRow => {
    const { isSupported, reason } = supportOf(setting.id, types, place.productId)
    const { value, origin } = wanted.get(key)!
    const sum = (some: typeof standing) => some.reduce((total, { some: { count } }) => total + count, 0)
    return {
      key, value, origin, own: own.values[key] ?? null, inherited: inherited.get(key)!, isSupported, reason,
      state: standing.length > 0 ? worstOf(standing.map(({ state }) => state)) : isSupported ? 'not-reported' : 'unsupported',
      counts: settingStates.map((state) => ({ state, count: sum(standing.filter((one) => one.state === state)) })).filter(({ count }) => count > 0),
      overriddenCount: sum(standing.filter(({ is }) => is.origin.kind !== 'default' && deeper(is, place))), onMachines,
      reported: differing.map(({ id, some, state }) => ({ endpointId: id, name: named.get(id) ?? '', group: some.group, value: some.reported![key]!, state })),
    }
  })
  const { template } = own
  return {
    level: levelOf(place), customerId: place.customerId, customerName: names[0]!, productId: place.productId, productName: names[1] ?? null, group: place.group, version: own.version,
    endpointCount: alike.reduce((sum, { count }) => sum + count, 0), timeZone: place.timeZone,
    template: template && { id: template.id, name: nameOf(template, say), version: template.version, latestVersion: builtInTemplateById.has(template.id) ? 1 : await latestVersionOf(template.id), by: template.by, at: template.at },
    departed: departures(wanted, chainOf(layers, place, names, say)), rows,
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
  return standing.every(({ is }) => is.origin.kind === 'default') && told.length > 0 && told.every((value) => isSame(value, told[0])) ? told[0]! : null
}

/** Those that have something else than is wanted; where nobody wants anything and machines differ, something else than the default that is shown. */
function differingOf(key: string, standing: readonly Standing[]): { id: string; some: Alike; state: SettingState }[] {
  const isAgreed = onMachinesOf(key, standing) !== null
  return standing.filter(({ some, is, state }) => {
    const value = some.reported?.[key]
    return value !== undefined && !isSame(value, is.value) && (state === 'drifted' || state === 'failed' || (state === 'machine' && !isAgreed))
  }).toSorted((a, b) => order[a.state]! - order[b.state]!).flatMap(({ some, state }) => some.ids.map((id) => ({ id, some, state }))).slice(0, mostReported)
}
const order: Partial<Record<SettingState, number>> = { drifted: 0, failed: 1, machine: 2 }

async function namesOf(db: TenantDb, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map()
  const { rows } = await db.query<{ id: string; name: string }>('select id, name from endpoint where id = any($1)', [[...new Set(ids)]])
  return new Map(rows.map(({ id, name }) => [id, name]))
}

const contextKey = ({ product_id, group }: Alike) => `${product_id} ${group}`
function effectiveOf(customerId: string, layers: readonly Kept[], alike: readonly Alike[], names: readonly string[], say: ReturnType<typeof speaker>): Map<string, Map<string, Effective>> {
  const keys = shownSlots.map((slot) => slot.key)
  const found = new Map<string, Map<string, Effective>>()
  for (const some of alike) {
    const key = contextKey(some)
    if (!found.has(key)) found.set(key, resolve(keys, chainOf(layers, { customerId, productId: some.product_id, group: some.group }, names, say)))
  }
  return found
}

function stateAt(key: string, is: Effective, some: Alike): SettingState {
  if (some.reported === null && !some.takes) return 'unsupported'
  const wantedRevision = some.is_wanted ? 1 : 0
  return stateOf(key, is, { reported: some.reported && { revision: some.is_current ? wantedRevision : -1, values: some.reported }, wantedRevision, order: some.step })
}

const depth = { customer: 0, product: 1, group: 2 } as const
const deeper = ({ origin }: Effective, place: Named): boolean => origin.level !== null && depth[origin.level] > depth[levelOf(place)]

/** Why it can't be set there (AGT-7): one type's or, at a customer, all types'. */
export function supportOf(settingId: string, types: readonly string[], productId: string | null): { isSupported: boolean; reason: string | null } {
  if (types.some((type) => settingsOfType(type).includes(settingId))) return { isSupported: true, reason: null }
  if (productId === null) return { isSupported: false, reason: 'no-product-can' }
  return { isSupported: false, reason: types.every((type) => productTypeById.get(type)?.isConnectable !== false) ? 'type-cannot' : 'not-connectable' }
}
