import { defineSettingGroup, whenOff } from './define.ts'

/** Mail that is fetched by POP3 (AGT-4). */
export const pop3Scan = defineSettingGroup('pop3-scan', { enabled: { shape: { kind: 'switch' }, default: true, weakens: whenOff } })
