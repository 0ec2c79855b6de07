import { defineSettingGroup } from './define.ts'

/** Tells "in the office" from "out of it" by the gateways an endpoint sees (AGT-4). */
export const locationAwareness = defineSettingGroup('location-awareness', {
  enabled: { shape: { kind: 'switch' }, default: false },
  gateways: { shape: { kind: 'lines', of: 'address', max: 50 }, default: [] },
})
