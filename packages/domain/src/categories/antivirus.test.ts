import { describe, expect, it } from 'vitest'
import { antivirus, assess, type Category } from './index.ts'

const calm = { incidents: 0, infections: 0, unprotected: 0, mailServers: 0 }
const holding = (facts: Record<string, number>, open: string[] = [], at: Record<string, number> = {}) =>
  assess(
    antivirus as unknown as Category,
    { ...calm, ...facts },
    { incidents: 15, unprotected: 1, mailServers: 1, infections: 1, ...at },
    new Set(open),
  )
    .filter((v) => v.holds)
    .map((v) => v.condition)

describe('antivirus (EVT-3)', () => {
  it.each([
    ['14 incidents in the hour', { incidents: 14 }, []],
    ['the 15th incident', { incidents: 15 }, ['many-incidents']],
    ['one infection, however few incidents', { infections: 1 }, ['uncleaned']],
    ['real-time scan off on one endpoint', { unprotected: 1 }, ['real-time-scan-off']],
    ['a busy hour and an infection are two events (EVT-9)', { incidents: 99, infections: 1 }, ['uncleaned', 'many-incidents']],
  ])('%s', (_, facts, conditions) => {
    expect(holding(facts)).toEqual(conditions)
  })

  it('tuned to three endpoints without real-time scan: two are let be', () => {
    expect(holding({ unprotected: 2 }, [], { unprotected: 3 })).toEqual([])
    expect(holding({ unprotected: 3 }, [], { unprotected: 3 })).toEqual(['real-time-scan-off'])
    // of a mail server one is enough, whatever the others are allowed
    expect(holding({ unprotected: 1, mailServers: 1 }, [], { unprotected: 3 })).toEqual(['real-time-scan-off'])
    expect(holding({ unprotected: 1, mailServers: 1 }, [], { unprotected: 3, mailServers: 2 })).toEqual([])
  })

  it('tuned to three infections: two are let be; once it is open it stays until all are cleaned (EVT-9)', () => {
    expect(holding({ infections: 2 }, [], { infections: 3 })).toEqual([])
    expect(holding({ infections: 3 }, [], { infections: 3 })).toEqual(['uncleaned'])
    expect(holding({ infections: 1 }, ['uncleaned'], { infections: 3 })).toEqual(['uncleaned'])
    expect(holding({ infections: 0 }, ['uncleaned'], { infections: 3 })).toEqual([])
  })

  it('closes by a threshold of its own: open at 15, it stays at 12 and goes at 11 (EVT-9)', () => {
    expect(holding({ incidents: 12 })).toEqual([])
    expect(holding({ incidents: 12 }, ['many-incidents'])).toEqual(['many-incidents'])
    expect(holding({ incidents: 11 }, ['many-incidents'])).toEqual([])
  })
})
