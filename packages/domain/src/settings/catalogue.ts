import type { SettingValue } from '../agents/index.ts'
import { agentControl } from './agent-control.ts'
import { behaviourMonitoring } from './behaviour-monitoring.ts'
import type { Setting, SettingGroup } from './define.ts'
import { deviceControl } from './device-control.ts'
import { exclusions } from './exclusions.ts'
import { firewall } from './firewall.ts'
import { locationAwareness } from './location-awareness.ts'
import { manualScan } from './manual-scan.ts'
import { outbreakPrevention } from './outbreak-prevention.ts'
import { pop3Scan } from './pop3-scan.ts'
import { realTimeScan } from './real-time-scan.ts'
import { scheduledScan } from './scheduled-scan.ts'
import { updateSchedule } from './update-schedule.ts'
import { urlFiltering } from './url-filtering.ts'
import { webReputation } from './web-reputation.ts'

/** Domain and security settings (AGT-4, ADM-1), in the order the console shows them. One file a group. */
export const settingGroups: readonly SettingGroup[] = [
  realTimeScan,
  manualScan,
  scheduledScan,
  exclusions,
  updateSchedule,
  pop3Scan,
  behaviourMonitoring,
  locationAwareness,
  firewall,
  webReputation,
  urlFiltering,
  deviceControl,
  outbreakPrevention,
  agentControl,
]
export const settings: readonly Setting[] = settingGroups.flatMap((group) => group.settings)

/** Values by key. A key that nobody set is absent: then the machine's own applies, or the type's default. */
export type SettingValues = Readonly<Record<string, SettingValue>>

/** One value of a setting: those with places have two, others one. Its key is what orders, reports and layers carry. */
export interface Slot {
  key: string
  setting: Setting
  place: 'in' | 'out' | null
}
export const slotsOf = (setting: Setting): Slot[] =>
  setting.hasPlaces
    ? (['in', 'out'] as const).map((place) => ({ key: `${setting.id}@${place}`, setting, place }))
    : [{ key: setting.id, setting, place: null }]
export const slots: readonly Slot[] = settings.flatMap(slotsOf)
export const slotByKey: ReadonlyMap<string, Slot> = new Map(slots.map((slot) => [slot.key, slot]))
/** What people may set: all but what the server fills in. */
export const shownSlots: readonly Slot[] = slots.filter(({ setting }) => !setting.isDerived)
