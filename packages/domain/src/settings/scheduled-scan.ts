import { defineSettingGroup, whenLower, whenOff } from './define.ts'

const frequencies = ['daily', 'weekly'] as const
export const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const
export type Weekday = (typeof weekdays)[number]

/** ADM-1. The day and time are the customer's; the machine keeps them itself, connected or not (R46). */
export const scheduledScan = defineSettingGroup('scheduled-scan', {
  enabled: { shape: { kind: 'switch' }, default: false, weakens: whenOff },
  frequency: { shape: { kind: 'choice', choices: frequencies }, default: 'weekly', weakens: whenLower(frequencies) },
  day: { shape: { kind: 'choice', choices: weekdays }, default: 'monday' },
  time: { shape: { kind: 'time' }, default: '12:30' },
  'time-zone': { shape: { kind: 'zone' }, default: 'UTC', isDerived: true },
})
