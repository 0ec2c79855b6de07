import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { benches } from '../benches/index.ts'
import { type Figure, isMet } from './define.ts'
import { cpuSecondsOf, measure, median, quantile, round, rssBytes, treeOf } from './measure.ts'
import { table } from './report.ts'

const aFigure = (more: Partial<Figure>): Figure => ({
  bench: 'a/b',
  ratio: 1,
  yardstick: { name: 'the other', value: 2, unit: 'ms' },
  value: 2,
  goal: { atMost: 1 },
  source: 'P0',
  detail: {},
  ...more,
})

describe('the bench', () => {
  it('is whole: every file of benches is in the list, under its own name', () => {
    const files = readdirSync(path.join(import.meta.dirname, '../benches'))
      .filter((name) => name !== 'index.ts')
      .map((name) => name.replace(/\.ts$/, ''))
    expect(benches.map(({ name }) => name).toSorted()).toEqual(files.toSorted())
  })

  it.each([
    ['at most 1, is 1', { ratio: 1, goal: { atMost: 1 } }, true],
    ['at most 1, is more', { ratio: 1.01, goal: { atMost: 1 } }, false],
    ['at least 0.5, is 0.5', { ratio: 0.5, goal: { atLeast: 0.5 } }, true],
    ['at least 0.5, is less', { ratio: 0.49, goal: { atLeast: 0.5 } }, false],
    ['no number', { ratio: Number.NaN, goal: { atMost: 1 } }, false],
  ] as const)('a goal: %s', (_, figure, met) => {
    expect(isMet(aFigure(figure))).toBe(met)
  })

  it('tells in the table what was missed', () => {
    const lines = table([aFigure({ ratio: 2 }), aFigure({ bench: 'c/d' })]).split('\n')
    expect(lines[1]).toMatch(/^a\/b +2 +<= 1 +MISSED/)
    expect(lines[2]).toMatch(/^c\/d +1 +<= 1 +met/)
  })

  it('a void figure is no figure, and says why', () => {
    expect(table([aFigure({ isVoid: 'others took 1.4 cores meanwhile' })])).toMatch(
      /a\/b .* void .*\n.*a\/b is void: others took 1\.4 cores meanwhile$/s,
    )
  })

  it('quantiles and rounding', () => {
    expect(quantile([4, 1, 3, 2], 1)).toBe(4)
    expect(median([1, 2, 3, 4])).toBe(2.5)
    expect(round(123_456)).toBe(123_000)
    expect(round(0.00123456)).toBe(0.00123)
  })

  it.runIf(process.platform === 'linux')('sees the CPU that work takes, and whose it is', async () => {
    const { cpu, seconds, result } = await measure({ own: () => [process.pid] }, async () => {
      const start = process.cpuUsage()
      let spins = 0
      for (let spent = start; spent.user - start.user < 300_000; spent = process.cpuUsage()) spins++ // of CPU, however busy the machine is
      return spins
    })
    expect(result).toBeGreaterThan(0)
    expect(seconds).toBeGreaterThanOrEqual(0.3)
    expect(cpu['own']).toBeGreaterThan(0.05)
    expect(treeOf(process.pid)).toContain(process.pid)
    expect(cpuSecondsOf([process.pid])).toBeGreaterThan(0)
    expect(rssBytes(process.pid)).toBeGreaterThan(10_000_000)
  })

  it.runIf(process.platform === 'linux')('counts what came and went while it worked, as a browser’s pages do', async () => {
    const spin = 'const start = process.cpuUsage(); while (process.cpuUsage(start).user < 300000);'
    const { cpu } = await measure({ tree: () => treeOf(process.pid) }, () => promisify(execFile)(process.execPath, ['-e', spin]))
    expect(cpu['tree']).toBeGreaterThanOrEqual(0.3)
  })
})
