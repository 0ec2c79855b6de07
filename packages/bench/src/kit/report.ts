import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import path from 'node:path'
import { type Figure, isMet } from './define.ts'
import { round } from './measure.ts'
import { repositoryRoot } from './server.ts'

const results = path.join(repositoryRoot, 'packages/bench/results')

/** What a figure is worth depends on it. */
export function machine(): Record<string, string | number> {
  const model = cpus()[0]?.model ?? 'unknown'
  return { cpu: model, cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), kernel: release(), node: process.version }
}

function commit(): { commit: string; isClean: boolean } {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: repositoryRoot, encoding: 'utf8' }).trim()
  try {
    return {
      commit: git('rev-parse', '--short=12', 'HEAD'),
      isClean: git('status', '--porcelain', '--', 'packages/server', 'packages/domain') === '',
    }
  } catch {
    return { commit: 'unknown', isClean: false }
  }
}

/** One JSON line a figure, for programs; kept in `results/<bench>.ndjson` with commit, date and machine unless the run was a short one. */
export function report(figures: readonly Figure[], options: { isKept: boolean; at: Date }): void {
  for (const figure of figures) {
    const line = {
      bench: figure.bench,
      ratio: round(figure.ratio),
      yardstick: { ...figure.yardstick, value: round(figure.yardstick.value) },
      value: round(figure.value),
      goal: figure.goal,
      isMet: isMet(figure),
      ...(figure.isVoid ? { isVoid: figure.isVoid } : {}),
      source: figure.source,
      detail: Object.fromEntries(Object.entries(figure.detail).map(([name, one]) => [name, typeof one === 'number' ? round(one, 4) : one])),
    }
    console.log(JSON.stringify(line))
    if (!options.isKept) continue
    mkdirSync(results, { recursive: true })
    appendFileSync(
      path.join(results, `${figure.bench.split('/')[0]}.ndjson`),
      `${JSON.stringify({ at: options.at.toISOString(), ...commit(), machine: machine(), ...line })}\n`,
    )
  }
}

/** For people. */
export function table(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { bench, ratio, value, yardstick, goal } = figure
    const wanted = 'atLeast' in goal ? `>= ${goal.atLeast}` : `<= ${goal.atMost}`
    return [
      bench,
      String(round(ratio)),
      wanted,
      figure.isVoid ? 'void' : isMet(figure) ? 'met' : 'MISSED',
      `${round(value)} ${yardstick.unit}`,
      `${round(yardstick.value)} ${yardstick.unit} (${yardstick.name})`,
    ]
  })
  const head = ['bench', 'ratio', 'goal', '', 'ours', 'yardstick']
  const reasons = figures.filter(({ isVoid }) => isVoid).map(({ bench, isVoid }) => `${bench} is void: ${isVoid}`)
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)))
  return [
    ...[head, ...rows].map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    ),
    ...reasons,
  ].join('\n')
}

/** The last kept line of a figure, to compare with. */
export function lastKept(bench: string): { ratio: number; commit: string } | null {
  try {
    const lines = readFileSync(path.join(results, `${bench.split('/')[0]}.ndjson`), 'utf8')
      .trim()
      .split('\n')
    const found = lines
      .map((line) => JSON.parse(line) as { bench: string; ratio: number; commit: string; isVoid?: string })
      .filter((one) => one.bench === bench && !one.isVoid)
    return found.at(-1) ?? null
  } catch {
    return null
  }
}
