import type { SettingValue } from '@vigie/domain/agents'
import { isTimeZone, type Schedule, type SettingValues, type Weekday } from '@vigie/domain/settings'

/** What the last `apply-settings` wanted; kept with the engine's memory, so that a restart, a reconnect or a day offline changes nothing. */
export interface Applied {
  revision: number
  values: SettingValues
}
export const appliedKey = 'settings.applied'
export const lastScanDayKey = 'settings.scheduled-scan-day'
export const nothingApplied: Applied = { revision: 0, values: {} }

export interface OwnOnAccess {
  paths: readonly string[]
  action: 'block' | 'quarantine'
}

/** The machine's own: what holds where nobody ordered anything. */
export interface Local {
  scanPaths: readonly string[]
  excludePaths: readonly string[]
  /** What real-time scanning we run; null: none. */
  onAccess: OwnOnAccess | null
  /** For the day that somebody orders it on. */
  usualPaths: readonly string[]
}

export interface InForce {
  onAccess: OwnOnAccess | null
  /** The folders and action that hold as soon as it is on. */
  whenOn: OwnOnAccess
  scanPaths: readonly string[]
  exclude: readonly string[]
  isQuarantining: boolean
  schedule: Schedule
  isScheduled: boolean
  updateEveryHours: number
  isUpdating: boolean
}

/** Everything that is ordered, and the machine's own for the rest. Values were checked (`checkValues`). Pure. */
export function inForce({ values }: Applied, local: Local): InForce {
  const of = <T extends SettingValue>(key: string, other: T): T => (Object.hasOwn(values, key) ? (values[key] as T) : other)
  const whenOn: OwnOnAccess = {
    paths: of<string[]>('real-time-scan.paths', [...(local.onAccess?.paths ?? local.usualPaths)]),
    action: of('real-time-scan.action', local.onAccess?.action ?? 'block') as OwnOnAccess['action'],
  }
  return {
    onAccess: of<boolean>('real-time-scan.enabled', local.onAccess !== null) ? whenOn : null,
    whenOn,
    scanPaths: of<string[]>('manual-scan.paths', [...local.scanPaths]),
    exclude: of<string[]>('exclusions.paths', [...local.excludePaths]),
    isQuarantining: of('manual-scan.action', 'quarantine') === 'quarantine',
    isScheduled: of<boolean>('scheduled-scan.enabled', false),
    schedule: {
      frequency: of('scheduled-scan.frequency', 'weekly') as Schedule['frequency'],
      day: of('scheduled-scan.day', 'monday') as Weekday,
      time: of('scheduled-scan.time', '12:30'),
      timeZone: of('scheduled-scan.time-zone', 'UTC'),
    },
    isUpdating: of<boolean>('update-schedule.enabled', false),
    updateEveryHours: of('update-schedule.every-hours', 4),
  }
}

/**
 * As it is now, to be told. `isScanning`: whether real-time scanning runs, ours or the administrator's: not what was ordered, so that the server sees when it does not
 * (AGT-3).
 */
export function valuesOf(is: InForce, isScanning: boolean): Record<string, SettingValue> {
  return {
    'real-time-scan.enabled': isScanning,
    'real-time-scan.action': is.whenOn.action,
    'real-time-scan.paths': [...is.whenOn.paths],
    'manual-scan.paths': [...is.scanPaths],
    'manual-scan.action': is.isQuarantining ? 'quarantine' : 'report',
    'exclusions.paths': [...is.exclude],
    'scheduled-scan.enabled': is.isScheduled,
    'scheduled-scan.frequency': is.schedule.frequency,
    'scheduled-scan.day': is.schedule.day,
    'scheduled-scan.time': is.schedule.time,
    'scheduled-scan.time-zone': is.schedule.timeZone,
    'update-schedule.enabled': is.isUpdating,
    'update-schedule.every-hours': is.updateEveryHours,
  }
}

/** Beyond their shapes: folders there must be some of, and a clock that this machine knows. */
export const isUsable = (values: SettingValues): boolean =>
  ['real-time-scan.paths', 'manual-scan.paths'].every((key) => !Object.hasOwn(values, key) || (values[key] as string[]).length > 0) &&
  (values['scheduled-scan.time-zone'] === undefined || isTimeZone(String(values['scheduled-scan.time-zone'])))
