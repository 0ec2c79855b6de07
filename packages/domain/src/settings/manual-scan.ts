import { defineSettingGroup, whenAnyRemoved, whenLower } from './define.ts'

const actions = ['quarantine', 'report'] as const

/** Scans that are ordered or scheduled: what they look at, and what becomes of what they find (ADM-1). */
export const manualScan = defineSettingGroup('manual-scan', {
  paths: { shape: { kind: 'lines', of: 'path', max: 100 }, default: ['/'], weakens: whenAnyRemoved },
  action: { shape: { kind: 'choice', choices: actions }, default: 'quarantine', weakens: whenLower(actions) },
})
