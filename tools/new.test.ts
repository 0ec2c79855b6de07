import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from './lib/set-up.mjs'
import { things } from './lib/things.ts'
import { scaffold } from './new.ts'

const today = new Date('2026-11-21T10:00:00Z')
const written: string[] = []
let folder = ''

/** A copy of the sources whose `@vigie/...` are its own. */
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'vigie-new-'))
  for (const part of ['domain', 'server', 'connectors', 'agent']) {
    for (const name of ['src', 'package.json'])
      cpSync(path.join(root, 'packages', part, name), path.join(folder, 'packages', part, name), { recursive: true })
  }
  cpSync(path.join(root, 'docs/decisions'), path.join(folder, 'docs/decisions'), { recursive: true })
  mkdirSync(path.join(folder, 'node_modules/@vigie'), { recursive: true })
  for (const name of readdirSync(path.join(root, 'node_modules')).filter((one) => one !== '@vigie' && one !== '.bin'))
    symlinkSync(path.join(root, 'node_modules', name), path.join(folder, 'node_modules', name))
  for (const part of readdirSync(path.join(folder, 'packages')))
    symlinkSync(path.join(folder, 'packages', part), path.join(folder, 'node_modules/@vigie', part))
  const config = JSON.parse(readFileSync(path.join(root, 'tsconfig.json'), 'utf8')) as { compilerOptions: object; include: string[] }
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ ...config, include: ['packages/*/src'] }))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const reader: Record<string, [file: string, line: string]> = {
  category: ['packages/domain/src/categories/index.ts', '  oddHours,\n] as unknown'],
  figure: ['packages/domain/src/figures/index.ts', '  oddHours,\n] as const'],
  'product-type': ['packages/connectors/src/products/index.ts', '  oddHours,\n]'],
  engine: ['packages/agent/src/engines/index.ts', ', oddHours] as const'],
  slice: ['packages/server/src/compose.ts', '...oddHoursRoutes,'],
}

describe('npm run new (style.md §1)', () => {
  it.each(Object.keys(things))('%s: makes the files and the line that reads them', (thing) => {
    const { written: files, next } = scaffold(folder, thing, 'odd-hours', today)
    written.push(...files)
    expect(files.length).toBeGreaterThan(0)
    expect(next.length).toBeGreaterThan(0)
    const [file, line] = reader[thing] ?? []
    if (file) expect(readFileSync(path.join(folder, file), 'utf8')).toContain(line)
  })

  it('what it makes compiles, with the lists that read it', () => {
    const { stdout } = spawnSync(path.join(root, 'node_modules/.bin/tsc'), ['--project', folder, '--pretty', 'false'], {
      cwd: folder,
      encoding: 'utf8',
    })
    expect(stdout.split('\n').filter((line) => written.some((file) => line.startsWith(file)))).toEqual([])
  }, 120_000) // the compiler over three parts, on a busy machine

  it('a decision takes the next number, a change its day', () => {
    expect(written.find((file) => file.startsWith('changes/'))).toBe('changes/2026-11-21-odd-hours.md')
    const numbers = readdirSync(path.join(folder, 'docs/decisions')).map((file) => Number.parseInt(file, 10))
    expect(new Set(numbers).size).toBe(numbers.length)
    expect(written.find((file) => file.startsWith('docs/decisions/'))).toBe(
      `docs/decisions/${String(Math.max(...numbers)).padStart(4, '0')}-odd-hours.md`,
    )
  })

  it.each([
    ['a thing it does not know', 'widgetry', 'odd-hours', '"widgetry" is not one of'],
    ['a name that is none', 'category', 'Odd Hours', 'is not a name like'],
    ['a path in the name', 'category', '../odd', 'is not a name like'],
    ['what is there already', 'category', 'odd-hours', 'is there already'],
  ])('refuses %s, and writes nothing', (_, thing, name, sentence) => {
    const count = () => ['packages', 'docs', 'changes'].map((name) => readdirSync(path.join(folder, name), { recursive: true }).length)
    const before = count()
    expect(() => scaffold(folder, thing, name, today)).toThrow(sentence)
    expect(count()).toEqual(before)
  })
})
