import { describe, expect, it } from 'vitest'
import { newId } from './ids.ts'

describe('ids', () => {
  it('sort in the order they were made, also 10,000 of one millisecond, and none comes twice', () => {
    const now = new Date('2026-11-21T10:00:00Z')
    const ids = Array.from({ length: 10_000 }, () => newId(now))
    expect([...ids].sort()).toEqual(ids)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toBe(true)
  })

  it('go on in order when the clock is set back a little', () => {
    const before = newId(new Date('2027-01-01T00:00:10Z'))
    expect(newId(new Date('2027-01-01T00:00:09Z')) > before).toBe(true)
  })
})
