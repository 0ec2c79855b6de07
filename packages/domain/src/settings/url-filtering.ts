import { defineSettingGroup, whenLower, whenOff } from './define.ts'

const levels = ['high', 'medium', 'low'] as const

/** AGT-4, in and out of the office. */
export const urlFiltering = defineSettingGroup('url-filtering', {
  enabled: { shape: { kind: 'switch' }, default: false, hasPlaces: true, weakens: whenOff },
  level: { shape: { kind: 'choice', choices: levels }, default: 'medium', hasPlaces: true, weakens: whenLower(levels) },
})
