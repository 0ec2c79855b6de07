import { exclusions, manualScan, realTimeScan, scheduledScan, updateSchedule } from '@vigie/domain/settings'

/** What our agent can really do with ClamAV (AGT-4, AGT-7): ids of `settings`. The others are shown greyed out, with the reason. */
export const clamavSettings: string[] = [realTimeScan, manualScan, scheduledScan, exclusions, updateSchedule].flatMap((group) =>
  group.settings.map(({ id }) => id),
)
