import type { SettingValue } from '../agents/index.ts'
import type { SettingValues } from './catalogue.ts'
import type { Effective } from './layers.ts'
import { isSame } from './values.ts'

/**
 * How one value stands at one endpoint (architecture §3). Texts: `setting-state.<state>`, `.about`.
 * `machine`: nobody set it; what the machine has holds. `under-way` and `waiting`: an order for it is at the agent, or waits for it. `failed`: the last order did not do it.
 * `unsupported`: the engine there does not take it. `not-reported`: nothing was heard yet.
 */
export const settingStates = ['effective', 'machine', 'under-way', 'waiting', 'failed', 'drifted', 'unsupported', 'not-reported'] as const
export type SettingState = (typeof settingStates)[number]

export interface EndpointSettings {
  /** Null: the agent does not tell its settings (an older one), or never reported. */
  reported: { revision: number; values: SettingValues } | null
  /** Of what it should have; 0: nothing was ever wanted of it. */
  wantedRevision: number
  /** Of the newest order for `wantedRevision`; null: none was given. */
  order: 'waiting' | 'delivered' | 'running' | 'succeeded' | 'failed' | 'expired' | 'unknown' | null
}

/** Pure: what one endpoint says of one key against what is wanted of it. */
export function stateOf(key: string, wanted: Effective, { reported, wantedRevision, order }: EndpointSettings): SettingState {
  // an order for something else that waits, or failed, says nothing about what nobody asked for
  if (wanted.origin.kind === 'default') return reported ? (Object.hasOwn(reported.values, key) ? 'machine' : 'unsupported') : 'not-reported'
  if (reported === null || reported.revision !== wantedRevision) {
    if (order === 'delivered' || order === 'running') return 'under-way'
    if (order === 'failed' || order === 'unknown') return 'failed'
    return 'waiting'
  }
  if (!Object.hasOwn(reported.values, key)) return 'unsupported'
  if (isSame(reported.values[key], wanted.value)) return 'effective'
  // it took the order and the engine is not there: clamonacc is starting, say, or the order says it failed
  return order === 'delivered' || order === 'running' ? 'under-way' : order === 'failed' ? 'failed' : 'drifted'
}

/** Worst first: what a row over many endpoints says. */
const worst: readonly SettingState[] = ['drifted', 'failed', 'under-way', 'waiting', 'not-reported', 'unsupported', 'machine', 'effective']
export const worstOf = (states: readonly SettingState[]): SettingState => worst.find((state) => states.includes(state)) ?? 'not-reported'

/** For records and texts: a list is as long as it is. */
export const valueText = (value: SettingValue): string => (Array.isArray(value) ? value.join('\n') : String(value))
