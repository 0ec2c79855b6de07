import { defineSettingGroup, whenLower, whenOff } from './define.ts'

const access = ['blocked', 'read-only', 'full'] as const

/** AGT-4: what endpoints may do with devices that are plugged in. */
export const deviceControl = defineSettingGroup('device-control', {
  enabled: { shape: { kind: 'switch' }, default: false, weakens: whenOff },
  storage: { shape: { kind: 'choice', choices: access }, default: 'full', weakens: whenLower(access) },
})
