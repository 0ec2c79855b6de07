import { defineSettingGroup, whenOff } from './define.ts'

/** What people at the endpoint may do to its agent (ADM-1). */
export const agentControl = defineSettingGroup('agent-control', {
  'password-to-unload': { shape: { kind: 'switch' }, default: false, weakens: whenOff },
  'password-to-uninstall': { shape: { kind: 'switch' }, default: false, weakens: whenOff },
})
