import { describe, expect, it } from 'vitest'
import { antiSpyware, assess, categoryById, type Category } from './index.ts'

const opens = (id: string, incidents: number, open: readonly string[] = []) => {
  const category = categoryById.get(id)!
  const at = Object.fromEntries(Object.entries(category.indexes).map(([name, index]) => [name, index.default]))
  return assess(category, { incidents, toRestart: 0 }, at, new Set(open)).find(({ condition }) => condition === 'many-incidents')!.holds
}

describe('a busy hour (EVT-3): the last that is fine, and the first that is not', () => {
  it.each([
    ['anti-spyware', 14, 15],
    ['network-virus', 9, 10],
    ['web-reputation', 200, 201],
    ['behaviour-monitoring', 200, 201],
    ['url-filtering', 300, 301],
    ['device-control', 300, 301],
    ['botnet', 10, 11],
    ['ips', 10, 11],
  ])('%s: %d, %d', (id, fine, many) => {
    expect(opens(id, fine)).toBe(false)
    expect(opens(id, many)).toBe(true)
  })

  it('an open one stays until the hour is a fifth calmer (EVT-9)', () => {
    expect(opens('web-reputation', 160, ['many-incidents'])).toBe(true)
    expect(opens('web-reputation', 159, ['many-incidents'])).toBe(false)
    expect(opens('web-reputation', 160)).toBe(false)
  })
})

describe('anti-spyware (EVT-3)', () => {
  it.each([
    [0, 1, false],
    [1, 1, true],
    [4, 5, false],
    [5, 5, true],
  ])('%d endpoints that need a restart, tuned to %d', (toRestart, most, holds) => {
    expect(
      assess(antiSpyware as unknown as Category, { incidents: 0, toRestart }, { incidents: 15, toRestart: most }, new Set())[0]!.holds,
    ).toBe(holds)
  })
})
