import { defineSettingGroup, whenOff } from './define.ts'

/** Checks for new components that the agent makes itself, beside the machine's own updater. */
export const updateSchedule = defineSettingGroup('update-schedule', {
  enabled: { shape: { kind: 'switch' }, default: false, weakens: whenOff },
  'every-hours': { shape: { kind: 'number', min: 1, max: 24, unit: 'hours' }, default: 4 },
})
