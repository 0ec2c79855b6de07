import { describe, expect, it } from 'vitest'
import { assess, categories, categoryById } from './index.ts'

const holds = (id: string, is: Record<string, number>, open: readonly string[] = []): boolean => {
  const category = categoryById.get(id)!
  const at = Object.fromEntries(Object.entries(category.indexes).map(([name, index]) => [name, index.default]))
  const [verdict] = assess(category, is, at, new Set(open))
  return verdict!.holds
}

describe('what agents report of their machines (EVT-1, EVT-3)', () => {
  it.each<[string, string, Record<string, number>, string[], boolean]>([
    ['9 % spam', 'anti-spam', { spamPercent: 9 }, [], false],
    ['10 % spam', 'anti-spam', { spamPercent: 10 }, [], true],
    ['an open one stays at 8 %', 'anti-spam', { spamPercent: 8 }, ['much-spam'], true],
    ['and goes at 7 %', 'anti-spam', { spamPercent: 7 }, ['much-spam'], false],
    ['smart protection down for 29 minutes', 'smart-protection', { downMinutes: 29 }, [], false],
    ['for 30', 'smart-protection', { downMinutes: 30 }, [], true],
    ['it runs again', 'smart-protection', { downMinutes: 0 }, ['interrupted'], false],
    ['a mail server that restarts', 'mail-server', { downMinutes: 4 }, [], false],
    ['one that does not', 'mail-server', { downMinutes: 5 }, [], true],
    ['an appliance that failed', 'appliance-failure', { downMinutes: 5 }, [], true],
    ['one full disk', 'disk-space', { under1: 1 }, [], false],
    ['two', 'disk-space', { under1: 2 }, [], true],
    ['one of them left, at the edge', 'disk-space', { under1: 1 }, ['nearly-full'], true],
    ['none', 'disk-space', { under1: 0 }, ['nearly-full'], false],
    ['10 web threats at a gateway', 'gateway-web-threats', { incidents: 10 }, [], false],
    ['the 11th', 'gateway-web-threats', { incidents: 11 }, [], true],
    ['a licence on its last day', 'licence-expired', { daysOver: 0 }, [], false],
    ['the first day without', 'licence-expired', { daysOver: 1 }, [], true],
    ['31 days before its end', 'licence-expiring', { daysLeft: 31 }, [], false],
    ['30 days', 'licence-expiring', { daysLeft: 30 }, [], true],
    ['nobody knows of a licence', 'licence-expiring', { daysLeft: 36_500 }, ['soon'], false],
    ['as many seats as bought', 'seats-exceeded', { seatsOver: 0 }, ['exceeded'], false],
    ['one more', 'seats-exceeded', { seatsOver: 1 }, [], true],
  ])('%s', (_, id, is, open, expected) => expect(holds(id, is, open)).toBe(expected))

  it('every category of EVT-1 is there', () => {
    const wanted = [
      'outbreak-defence',
      'antivirus',
      'anti-spyware',
      'anti-spam',
      'network-virus',
      'web-reputation',
      'behaviour-monitoring',
      'url-filtering',
      'device-control',
      'botnet',
      'ips',
      'smart-protection',
      'component-update',
      'disk-space',
      'agent-offline',
      'appliance-failure',
      'agent-abnormal',
      'managed-server',
      'mail-server',
      'licence-expired',
      'licence-expiring',
      'seats-exceeded',
    ]
    expect(wanted.filter((id) => !categories.some((category) => category.id === id))).toEqual([])
  })
})
