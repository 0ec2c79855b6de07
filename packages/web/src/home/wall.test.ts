import { describe, expect, it } from 'vitest'
import { lostSince, wallZoom } from './wall.ts'

const now = 1_000_000
const figure = (ageMs: number, hasFailed = false) => ({ updatedAt: now - ageMs, hasFailed })

describe('a wall never shows an old number as a new one (DSH-1)', () => {
  it.each([
    ['all is well', [figure(10), figure(60_000)], 'live', null],
    ['the line is being made', [figure(10)], 'connecting', null],
    ['the line is lost: since the oldest number', [figure(10), figure(9_000)], 'lost', now - 9_000],
    ['one could not be had again', [figure(10), figure(61_000, true)], 'live', now - 61_000],
    ['nothing came for too long', [figure(150_001)], 'live', now - 150_001],
    ['just not yet too long', [figure(150_000)], 'live', null],
    ['nothing is there yet', [{ updatedAt: 0, hasFailed: true }], 'lost', null],
  ] as const)('%s', (_, figures, live, since) => expect(lostSince(figures, live, now, 150_000)).toBe(since))
})

it.each([
  [390, 844, 1],
  [1440, 900, 1.1],
  [1920, 1080, 1.3714],
  [3840, 2160, 2.6],
])('%i by %i is drawn %f times as large', (width, height, zoom) => expect(wallZoom(width, height)).toBeCloseTo(zoom, 3))
