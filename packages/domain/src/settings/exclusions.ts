import { defineSettingGroup, whenAnyAdded } from './define.ts'

/** Folders, with all below, that no scan looks into: neither while files are opened nor when ordered (ADM-1). */
export const exclusions = defineSettingGroup('exclusions', {
  paths: { shape: { kind: 'lines', of: 'path', max: 1_000 }, default: [], weakens: whenAnyAdded },
})
