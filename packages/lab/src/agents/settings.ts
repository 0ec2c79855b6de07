import { commandParams, type EndpointItem, type OutcomeItem, type SettingValue } from '@vigie/domain/agents'
import { exclusions, manualScan, realTimeScan, scheduledScan, updateSchedule } from '@vigie/domain/settings'

/**
 * How a simulated engine takes `apply-settings` (AGT-4).
 * `drifts`: does as told, and a little later somebody at the machine turns the first of it to something else. `refuses`: the engine says no; what it had stays. `slow`: takes `slowMs`.
 * `knows-none`: an engine without settings: tells none and offers no `apply-settings`.
 */
export type SettingsMode = 'obeys' | 'drifts' | 'refuses' | 'slow' | 'knows-none'
export const settingsModes: readonly SettingsMode[] = ['obeys', 'drifts', 'refuses', 'slow', 'knows-none']

/** Long enough to be seen under way, and short enough to be waited for. */
const slowMs = 15_000
/** From the outcome to the hand at the machine. */
export const driftAfterMs = 300

/** What our agent can do with ClamAV: a made-up machine takes the same. */
const told = [realTimeScan, manualScan, scheduledScan, exclusions, updateSchedule].flatMap(({ settings }) => settings)
/** One object for the thousands of a fleet. */
const asDelivered: Readonly<Record<string, SettingValue>> = Object.fromEntries(told.map(({ id, default: value }) => [id, value]))

/** The settings of one made-up machine: what holds there, and of which order. Starts as a machine that nobody ordered anything. */
export class SimSettings {
  mode: SettingsMode
  readonly #own: Readonly<Record<string, SettingValue>>
  #revision = 0
  #values: Readonly<Record<string, SettingValue>>

  /** @param own what an administrator of the machine set there */
  constructor(mode: SettingsMode, own?: Readonly<Record<string, SettingValue>>) {
    this.mode = mode
    this.#own = own ? { ...asDelivered, ...own } : asDelivered
    this.#values = this.#own
  }

  get item(): EndpointItem['settings'] {
    return this.mode === 'knows-none' ? null : { revision: this.#revision, values: { ...this.#values } }
  }

  /** What the machine itself shows of its real-time scan. */
  get realTimeScan(): 'on' | 'off' {
    return this.#values['real-time-scan.enabled'] === false ? 'off' : 'on'
  }

  get workMs(): number {
    return this.mode === 'slow' ? slowMs : 0
  }

  /** As our agent does it: the whole of what is wanted, the machine's own for the rest; a key it does not know is left out (R19). */
  apply(params: unknown): { step: 'succeeded' | 'failed'; evidence: OutcomeItem['evidence'] } {
    const order = commandParams['apply-settings'].safeParse(params)
    if (!order.success) return { step: 'failed', evidence: { reason: 'params-wrong' } }
    if (this.mode === 'refuses')
      return { step: 'failed', evidence: { reason: 'settings-wrong', setting: Object.keys(order.data.values)[0] ?? null } }
    const known = Object.entries(order.data.values).filter(([key]) => Object.hasOwn(this.#own, key))
    this.#revision = order.data.revision
    this.#values = { ...this.#own, ...Object.fromEntries(known) }
    return { step: 'succeeded', evidence: { revision: this.#revision, settings: known.length } }
  }

  /** Somebody sets it on the machine itself. */
  setByHand(values: Readonly<Record<string, SettingValue>>): void {
    this.#values = { ...this.#values, ...values }
  }

  /** A hand at the machine that turns one of `keys` to something else than it is. */
  drift(keys: readonly string[]): void {
    const key = keys.find((one) => Object.hasOwn(this.#values, one))
    if (key !== undefined) this.setByHand({ [key]: otherThan(this.#values[key]!, told.find(({ id }) => id === key)?.shape) })
  }
}

function otherThan(value: SettingValue, shape: (typeof told)[number]['shape'] | undefined): SettingValue {
  if (typeof value === 'boolean') return !value
  if (typeof value === 'number') return value === 1 ? 2 : value - 1
  if (Array.isArray(value)) return value.length > 1 ? value.slice(0, -1) : [...value, '/opt/somebody']
  if (shape?.kind === 'choice') return shape.choices.find((choice) => choice !== value)!
  return value === '03:00' ? '04:00' : '03:00'
}
