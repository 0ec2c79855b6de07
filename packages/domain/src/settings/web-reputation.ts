import { defineSettingGroup, whenLower, whenOff } from './define.ts'

const levels = ['high', 'medium', 'low'] as const

/** AGT-4, in and out of the office. */
export const webReputation = defineSettingGroup('web-reputation', {
  enabled: { shape: { kind: 'switch' }, default: true, hasPlaces: true, weakens: whenOff },
  level: { shape: { kind: 'choice', choices: levels }, default: 'medium', hasPlaces: true, weakens: whenLower(levels) },
})
