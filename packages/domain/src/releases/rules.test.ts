import { describe, expect, it } from 'vitest'
import { byVersion, isOutdated } from './rules.ts'

describe('versions of agents (AGT-1)', () => {
  it.each([
    ['older', '1.9.0', '1.10.0', true],
    ['the same', '1.10.0', '1.10.0', false],
    ['newer', '2.0.0', '1.10.0', false],
    ['nothing approved', '1.0.0', null, false],
    ['not known', null, '1.0.0', false],
    ['somebody’s own build', 'sim', '1.0.0', false],
  ])('outdated: %s', (_, version, approved, expected) => expect(isOutdated(version, approved)).toBe(expected))

  it('newest first, names without numbers last', () =>
    expect(['sim', '1.9.0', 'lab', '1.10.0'].sort(byVersion)).toEqual(['1.10.0', '1.9.0', 'lab', 'sim']))
})
