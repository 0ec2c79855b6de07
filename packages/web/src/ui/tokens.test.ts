import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const css = readFileSync(join(import.meta.dirname, 'tokens.css'), 'utf8')

function tokens(theme: 'light' | 'dark'): Record<string, string> {
  const block = css.match(new RegExp(`data-mantine-color-scheme='${theme}'\\] \\{([^}]*)\\}`))![1]!
  return Object.fromEntries([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name!, value!]))
}
/** WCAG 2.2, relative luminance and contrast ratio. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}
function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].toSorted((x, y) => y - x)
  return (light! + 0.05) / (dark! + 0.05)
}

const grounds = ['canvas', 'surface', 'surface-raised', 'surface-sunken', 'surface-hover', 'surface-selected']

describe.each(['light', 'dark'] as const)('contrast in the %s theme (OPS-5)', (theme) => {
  const colour = tokens(theme)
  const ratio = (front: string, ground: string) => contrast(colour[front]!, colour[ground]!)

  it.each(grounds)('body text on %s is AAA, quiet and faint text AA', (ground) => {
    expect(ratio('text', ground)).toBeGreaterThanOrEqual(7)
    expect(ratio('text-quiet', ground)).toBeGreaterThanOrEqual(4.5)
    expect(ratio('text-faint', ground)).toBeGreaterThanOrEqual(4.5)
    expect(ratio('accent-text', ground)).toBeGreaterThanOrEqual(4.5)
  })

  it.each(['action', 'warning', 'pending', 'unknown'])('severity %s: its word is AA, its glyph 3:1', (severity) => {
    for (const ground of [...grounds, `severity-${severity}-quiet`])
      expect(ratio(`severity-${severity}-text`, ground)).toBeGreaterThanOrEqual(4.5)
    for (const ground of ['canvas', 'surface', 'surface-raised', 'surface-hover', 'surface-selected'])
      expect(ratio(`severity-${severity}`, ground)).toBeGreaterThanOrEqual(3)
    expect(ratio('text', `severity-${severity}-quiet`)).toBeGreaterThanOrEqual(7)
  })

  it('words on filled buttons are AA, edges of controls and the focus ring 3:1', () => {
    expect(ratio('on-accent', 'accent')).toBeGreaterThanOrEqual(4.5)
    expect(ratio('on-accent', 'accent-hover')).toBeGreaterThanOrEqual(4.5)
    expect(ratio('on-danger', 'danger')).toBeGreaterThanOrEqual(4.5)
    expect(ratio('on-danger', 'danger-hover')).toBeGreaterThanOrEqual(4.5)
    expect(ratio('accent-text', 'accent-quiet')).toBeGreaterThanOrEqual(4.5)
    for (const ground of ['canvas', 'surface', 'surface-raised']) {
      expect(ratio('line-control', ground)).toBeGreaterThanOrEqual(3)
      expect(ratio('focus', ground)).toBeGreaterThanOrEqual(3)
    }
  })

  it.each([1, 2, 3, 4, 5, 6])('series %i of a chart stands out from the page 3:1', (series) => {
    for (const ground of ['canvas', 'surface', 'surface-raised', 'surface-hover'])
      expect(ratio(`series-${series}`, ground)).toBeGreaterThanOrEqual(3)
  })

  it('has the same roles as the other theme', () => {
    expect(Object.keys(colour)).toEqual(Object.keys(tokens(theme === 'light' ? 'dark' : 'light')))
  })
})
