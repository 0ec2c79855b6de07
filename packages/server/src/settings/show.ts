import { productTypeById } from '@vigie/connectors/products'
import { builtInTemplateById, departures, resolve, settingStates, shownSlots, stateOf, worstOf, type Effective, type Layer, type SettingRow, type SettingState, type SettingsAt, type SettingValues } from '@vigie/domain/settings'
import type { speaker, TenantDb } from '../platform/index.ts'
import { chainOf, isAt, nothingAt, ofCustomers, type Kept } from './layers.ts'
import { contextsBelow, levelOf, settingsOfType, typesBelow, type Named, type Place } from './places.ts'

interface StateRow {
  endpoint_id: string
  name: string
  product_id: string
  type_id: string
  group: string
  wanted_revision: number | null
  reported_revision: number | null
  reported: SettingValues | null
  step: 'waiting' | 'delivered' | 'running' | 'succeeded' | 'failed' | 'expired' | 'unknown' | null
  command_revision: number | null
  takes: boolean
}

/** Endpoints whose every value is looked at one by one; of larger places the first by id stand for all. */
const mostShown = 20_000
const mostReported = 5

async function statesBelow(db: TenantDb, { customerId, productId, group }: Place): Promise<StateRow[]> {
  const { rows } = await db.query<StateRow>(
    `select e.id as endpoint_id, e.name, e.product_id, p.type_id, e."group", s.wanted_revision, s.reported_revision, s.reported, s.command_revision,
       o.step, coalesce(a.commands @> '[{"type": "apply-settings", "isSupported": true}]' or not a.commands @> '[{"type": "apply-settings", "reason": "not-supported"}]', false) and coalesce(a.protocol >= 2, false) as takes
     from endpoint e join product p on p.partner_id = e.partner_id and p.id = e.product_id left join setting_state s on s.partner_id = e.partner_id and s.endpoint_id = e.id
       left join agent a on a.partner_id = e.partner_id and a.id = e.agent_id left join command o on o.partner_id = s.partner_id and o.id = s.command_id
     where e.customer_id = $1 and ($2::uuid is null or e.product_id = $2) and ($3::text is null or e."group" = $3) order by e.id limit ${mostShown}`, [customerId, productId, group])
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
  const endpoints = await statesBelow(db, place)
  const effective = effectiveOf(layers, endpoints, names, say)
  const rows = shownSlots.map(({ key, setting }): SettingRow => {
    const { isSupported, reason } = supportOf(setting.id, types, place.productId)
    const standing = endpoints.flatMap((endpoint) => {
      if (!settingsOfType(endpoint.type_id).includes(setting.id)) return []
      const is = effective.get(contextKey(endpoint))!.get(key)!
      return [{ endpoint, is, state: stateAt(key, is, endpoint) }]
    })
    const counts = settingStates.map((state) => ({ state, count: standing.filter((one) => one.state === state).length })).filter(({ count }) => count > 0)
    const { value, origin } = wanted.get(key)!
    const reported = standing.filter(({ state, endpoint }) => (state === 'drifted' || state === 'machine' || state === 'failed') && endpoint.reported && Object.hasOwn(endpoint.reported, key)).slice(0, mostReported)
    return {
      key, value, origin, own: own.values[key] ?? null, inherited: inherited.get(key)!, isSupported, reason,
      state: standing.length > 0 ? worstOf(standing.map(({ state }) => state)) : isSupported ? 'not-reported' : 'unsupported', counts,
      overriddenCount: standing.filter(({ is }) => is.origin.kind !== 'default' && deeper(is, place)).length,
      reported: reported.map(({ endpoint, state }) => ({ endpointId: endpoint.endpoint_id, name: endpoint.name, group: endpoint.group, value: endpoint.reported![key]!, state })),
    }
  })
  const { template } = own
  return {
    level: levelOf(place), customerId: place.customerId, customerName: names[0]!, productId: place.productId, productName: names[1] ?? null, group: place.group, version: own.version,
    endpointCount: (await contextsBelow(db, place)).reduce((sum, { endpointCount }) => sum + endpointCount, 0), timeZone: place.timeZone,
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

const contextKey = ({ product_id, group }: StateRow) => `${product_id} ${group}`
function effectiveOf(layers: readonly Kept[], endpoints: readonly StateRow[], names: readonly string[], say: ReturnType<typeof speaker>): Map<string, Map<string, Effective>> {
  const found = new Map<string, Map<string, Effective>>()
  const [{ customerId } = { customerId: '' }] = layers
  for (const endpoint of endpoints) {
    const key = contextKey(endpoint)
    if (!found.has(key)) found.set(key, resolve(shownSlots.map((slot) => slot.key), customerId === '' ? [] : chainOf(layers, { customerId, productId: endpoint.product_id, group: endpoint.group }, names, say)))
  }
  return found
}

function stateAt(key: string, is: Effective, endpoint: StateRow): SettingState {
  if (endpoint.reported_revision === null && !endpoint.takes) return 'unsupported'
  return stateOf(key, is, {
    reported: endpoint.reported_revision === null || endpoint.reported === null ? null : { revision: endpoint.reported_revision, values: endpoint.reported },
    wantedRevision: endpoint.wanted_revision ?? 0,
    order: endpoint.command_revision !== null && endpoint.command_revision === endpoint.wanted_revision ? endpoint.step : null,
  })
}

const depth = { customer: 0, product: 1, group: 2 } as const
const deeper = ({ origin }: Effective, place: Named): boolean => origin.level !== null && depth[origin.level] > depth[levelOf(place)]

/** Why it can't be set there (AGT-7): one type's or, at a customer, all types'. */
export function supportOf(settingId: string, types: readonly string[], productId: string | null): { isSupported: boolean; reason: string | null } {
  if (types.some((type) => settingsOfType(type).includes(settingId))) return { isSupported: true, reason: null }
  if (productId === null) return { isSupported: false, reason: 'no-product-can' }
  return { isSupported: false, reason: types.every((type) => productTypeById.get(type)?.isConnectable !== false) ? 'type-cannot' : 'not-connectable' }
}
