import type { SettingValue } from '../agents/index.ts'

/** What a value looks like: the console draws its control from this, server and agent check by it. */
export type SettingShape =
  | { kind: 'switch' }
  | { kind: 'choice'; choices: readonly string[] }
  | { kind: 'number'; min: number; max: number; unit: 'hours' }
  /** Absolute paths, or numbers of TCP ports, one a line. */
  | { kind: 'lines'; of: 'path' | 'port' | 'address'; max: number }
  /** `HH:MM`, by the customer's clock. */
  | { kind: 'time' }
  /** IANA name; filled in by the server from the customer, never chosen. */
  | { kind: 'zone' }

export interface Setting {
  /** `<group>.<name>`. Texts: `setting.<id>`, `.about` where the name does not say it all; choices: `setting.<id>.<choice>`. */
  id: string
  group: string
  shape: SettingShape
  default: SettingValue
  /** AGT-4: one value in the office and one out of it, by location awareness. Then it is two keys, `<id>@in` and `<id>@out`. */
  hasPlaces: boolean
  /** R16: does this change switch protection off, or leave out more than before? Turning it on, or closer, never does. */
  weakens(from: SettingValue, to: SettingValue): boolean
  /** Not shown, not set by people. */
  isDerived: boolean
}

export interface SettingGroup {
  /** Texts: `setting-group.<id>`, `.about`. */
  id: string
  settings: readonly Setting[]
}

type Draft = Pick<Setting, 'shape' | 'default'> & Partial<Pick<Setting, 'hasPlaces' | 'weakens' | 'isDerived'>>

/** Declares one group: a file of its own in this folder, one line in `catalogue.ts`. */
export function defineSettingGroup(id: string, settings: Readonly<Record<string, Draft>>): SettingGroup {
  return {
    id,
    settings: Object.entries(settings).map(([name, draft]) => ({
      id: `${id}.${name}`,
      group: id,
      hasPlaces: false,
      weakens: never,
      isDerived: false,
      ...draft,
    })),
  }
}

const never = () => false
/** On is protection. */
export const whenOff = (from: SettingValue, to: SettingValue): boolean => from !== false && to === false
/** A longer list leaves out more. */
export const whenAnyAdded = (from: SettingValue, to: SettingValue): boolean => linesOf(to).some((line) => !linesOf(from).includes(line))
/** A shorter list covers less. */
export const whenAnyRemoved = (from: SettingValue, to: SettingValue): boolean => whenAnyAdded(to, from)
/** Choices in the order of their strength, strongest first. */
export const whenLower =
  (strongestFirst: readonly string[]) =>
  (from: SettingValue, to: SettingValue): boolean =>
    strongestFirst.indexOf(String(to)) > strongestFirst.indexOf(String(from))
const linesOf = (value: SettingValue): readonly string[] => (Array.isArray(value) ? value : [])
