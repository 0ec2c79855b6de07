import { Instant } from '@vigie/domain/kernel'
import { expect, it } from 'vitest'
import { daysBack } from './period.ts'

it('begins at a whole hour, as an instant the API takes', () => {
  expect(daysBack(1, new Date('2026-11-21T10:44:47.123Z'))).toBe('2026-11-20T10:00:00Z')
  expect(Instant.safeParse(daysBack(30, new Date('2026-03-30T00:00:00Z'))).success).toBe(true)
})
