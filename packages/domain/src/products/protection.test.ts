import { describe, expect, it } from 'vitest'
import { compareVersions, missingProtection, newestOf, outdatedComponents } from './protection.ts'
import type { EngineState } from './shapes.ts'

const engine: EngineState = {
  engine: 'clamav',
  engineVersion: '1.4.3',
  patternVersion: '27800',
  patternBuiltAt: '2026-11-20T00:00:00.000Z',
  updateCheckedAt: null,
  realTimeScan: 'on',
  scan: { isRunning: false, startedAt: null, finishedAt: null },
  problem: null,
}
const receivedAt = '2026-11-21T00:00:00.000Z'

describe('missing protection (INV-1)', () => {
  it.each([
    ['real-time scan on', { receivedAt, engine }, null],
    ['never reported', { receivedAt: null, engine: null }, 'never-reported'],
    ['no engine', { receivedAt, engine: null }, 'no-engine'],
    ['real-time scan off', { receivedAt, engine: { ...engine, realTimeScan: 'off' as const } }, 'real-time-off'],
    ['on, but not protecting', { receivedAt, engine: { ...engine, realTimeScan: 'on-not-protecting' as const } }, 'real-time-off'],
    ['an engine without real-time scan', { receivedAt, engine: { ...engine, realTimeScan: 'unsupported' as const } }, null],
    ['unknown speaks against nothing', { receivedAt, engine: { ...engine, realTimeScan: 'unknown' as const } }, null],
  ])('%s', (_, endpoint, missing) => {
    expect(missingProtection(endpoint)).toBe(missing)
  })
})

describe('versions', () => {
  it.each([
    ['1.4.3', '1.4.3', 0],
    ['1.4.10', '1.4.9', 1],
    ['1.4', '1.4.0', 0],
    ['ClamAV 1.4.3', '1.4.2', 1],
    ['1.4.3+dfsg-1', '1.4.3', 0],
    ['0.103.12', '1.0.0', -1],
    ['', '1', -1],
  ])('%s against %s', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign)
  })
})

describe('outdated components (INV-1)', () => {
  const newest = newestOf('clamav', ['1.4.2', '1.4.10', 'unknown', '1.4.3'], new Date('2026-11-23T00:00:00Z'))
  it('the newest is by number; what has none is neither', () => {
    expect(newest).toMatchObject({ version: '1.4.10', olderVersions: ['1.4.2', '1.4.3'] })
  })
  it.each([
    ['three days behind is not yet', { ...engine, engineVersion: '1.4.10' }, []],
    ['a millisecond more is', { ...engine, engineVersion: '1.4.10', patternBuiltAt: '2026-11-19T23:59:59.999Z' }, ['patterns']],
    ['a version that others have left behind', engine, ['engine']],
    ['what is unknown is not outdated', { ...engine, engineVersion: null, patternBuiltAt: null }, []],
    ['both', { ...engine, patternBuiltAt: '2026-01-01T00:00:00.000Z' }, ['patterns', 'engine']],
  ])('%s', (_, state, outdated) => {
    expect(outdatedComponents(state, newest)).toEqual(outdated)
  })
  it('nothing is known of others', () => {
    expect(outdatedComponents(engine, undefined)).toEqual([])
  })
})
