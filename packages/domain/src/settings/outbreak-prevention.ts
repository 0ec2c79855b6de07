import { defineSettingGroup, whenAnyRemoved } from './define.ts'

/** AGT-4: what is closed while outbreak defence runs. */
export const outbreakPrevention = defineSettingGroup('outbreak-prevention', {
  ports: { shape: { kind: 'lines', of: 'port', max: 100 }, default: ['445', '3389'], weakens: whenAnyRemoved },
  'deny-writes': { shape: { kind: 'lines', of: 'path', max: 100 }, default: [], weakens: whenAnyRemoved },
})
