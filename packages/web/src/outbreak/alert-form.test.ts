import { AlertInput, type VirusAlert } from '@vigie/domain/outbreak'
import { describe, expect, it } from 'vitest'
import { formOf, inputOf } from './alert-form.ts'

const now = new Date('2026-11-22T09:30:00Z')
const alert: VirusAlert = {
  id: '00000000-0000-7000-8000-000000000001',
  level: 'red',
  name: 'Sample worm',
  advice: '',
  threats: ['SampleWorm'],
  ports: [445],
  folders: [],
  attachments: [],
  platforms: ['linux'],
  recognisedFrom: null,
  startsAt: '2026-11-21T10:00:00.000Z',
  endsAt: '2026-11-24T10:00:00.000Z',
  withdrawnAt: null,
  state: 'in-force',
  isFromFeed: false,
  declaredBy: 'Ada',
  version: 1,
}

describe('the form of a virus alert (EVT-5)', () => {
  it('saved as it is, it says what it said: its end does not move with the hour', () => {
    const { name, level, advice, threats, ports, folders, attachments, platforms, recognisedFrom, endsAt } = alert
    expect(inputOf(formOf(alert, now), now)).toEqual({
      ...{ name, level, advice, threats, ports, folders, attachments, platforms, recognisedFrom, endsAt },
    })
  })
  it('other days count from now', () => {
    const form = formOf(alert, now)
    expect(form.days).toBe(3)
    expect(inputOf({ ...form, days: 5 }, now).endsAt).toBe('2026-11-27T09:30:00.000Z')
  })
  it('a new one lasts three days, and what is sent is what the API takes', () => {
    const input = inputOf({ ...formOf(null, now), name: 'New' }, now)
    expect(input.endsAt).toBe('2026-11-25T09:30:00.000Z')
    expect(AlertInput.safeParse(input).error).toBeUndefined()
  })
})
