import type { SettingValue } from '../agents/index.ts'
import { slotByKey, type SettingValues } from './catalogue.ts'
import { isSame } from './values.ts'

/** Where a value may be set, outermost first: the nearer to the endpoint outweighs (docs/decisions/0017). */
export const layerLevels = ['customer', 'product', 'group'] as const
export type LayerLevel = (typeof layerLevels)[number]

/** What is set at one place: its own values, and below them those of the template it follows, as they were when that was applied. */
export interface Layer {
  level: LayerLevel
  /** What people call the place: company, description, group. */
  name: string
  values: SettingValues
  /** Who set each value, and when. */
  setBy: Readonly<Record<string, { by: string; at: string }>>
  template: { id: string; name: string; version: number; values: SettingValues; by: string; at: string } | null
}

export const originKinds = ['default', 'template', ...layerLevels] as const
export interface Origin {
  kind: (typeof originKinds)[number]
  /** Of what a template was applied to, or where the value was set; null: the type's default. */
  level: LayerLevel | null
  /** Template's or place's name; empty: the type's default. */
  name: string
  by: string | null
  at: string | null
}
export interface Effective {
  value: SettingValue
  origin: Origin
}

const ofDefault: Origin = { kind: 'default', level: null, name: '', by: null, at: null }

/**
 * The value that each of `keys` has after all layers, outermost first: type default < template < own, at the customer, then the product, then the group. `isTemplateOnly`: as if nobody
 * had departed from templates.
 */
export function resolve(keys: Iterable<string>, layers: readonly Layer[]): Map<string, Effective> {
  const effective = new Map<string, Effective>()
  for (const key of keys) {
    let found: Effective = { value: slotByKey.get(key)!.setting.default, origin: ofDefault }
    for (const { level, name, values, setBy, template } of layers) {
      if (template && Object.hasOwn(template.values, key))
        found = { value: template.values[key]!, origin: { kind: 'template', level, name: template.name, by: template.by, at: template.at } }
      if (Object.hasOwn(values, key))
        found = { value: values[key]!, origin: { kind: level, level, name, by: setBy[key]?.by ?? null, at: setBy[key]?.at ?? null } }
    }
    effective.set(key, found)
  }
  return effective
}

/** What an order carries: all that somebody wants, and nothing that nobody asked for: there the machine's own stays. */
export function wantedValues(effective: ReadonlyMap<string, Effective>): Record<string, SettingValue> {
  return Object.fromEntries([...effective].filter(([, { origin }]) => origin.kind !== 'default').map(([key, { value }]) => [key, value]))
}

export interface Change {
  key: string
  from: SettingValue
  to: SettingValue
  weakens: boolean
}

/** R16. What a change does, and whether protection gets weaker by it. Pure. */
export function changesBetween(before: ReadonlyMap<string, Effective>, after: ReadonlyMap<string, Effective>): Change[] {
  return [...after].flatMap(([key, { value }]) => {
    const from = before.get(key)!.value
    return isSame(from, value) ? [] : [{ key, from, to: value, weakens: slotByKey.get(key)!.setting.weakens(from, value) }]
  })
}

/** R16: the one place that says whether settings may go out as they are, or are a command that can weaken. */
export const dangerOf = (changes: readonly Change[]): 'none' | 'weakens' => (changes.some(({ weakens }) => weakens) ? 'weakens' : 'none')

/** ADM-3: keys in which what holds is not what the nearest template says. */
export function departures(effective: ReadonlyMap<string, Effective>, layers: readonly Layer[]): string[] {
  return [...effective].flatMap(([key, { value }]) => {
    const template = layers.findLast((layer) => layer.template && Object.hasOwn(layer.template.values, key))?.template
    return template && !isSame(template.values[key], value) ? [key] : []
  })
}
