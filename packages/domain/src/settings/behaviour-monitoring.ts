import { defineSettingGroup, whenOff } from './define.ts'

/** Changes to the system that malware makes (AGT-4). */
export const behaviourMonitoring = defineSettingGroup('behaviour-monitoring', {
  enabled: { shape: { kind: 'switch' }, default: true, weakens: whenOff },
})
