import { defineSettingGroup, whenAnyRemoved, whenLower, whenOff } from './define.ts'

const actions = ['quarantine', 'block'] as const

/** Antivirus and anti-spyware while files are opened (AGT-4). Default paths: where people and services of a server keep files. */
export const realTimeScan = defineSettingGroup('real-time-scan', {
  enabled: { shape: { kind: 'switch' }, default: true, weakens: whenOff },
  action: { shape: { kind: 'choice', choices: actions }, default: 'block', weakens: whenLower(actions) },
  paths: {
    shape: { kind: 'lines', of: 'path', max: 100 },
    default: ['/home', '/root', '/srv', '/tmp', '/var/www'],
    weakens: whenAnyRemoved,
  },
})
