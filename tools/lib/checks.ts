import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { checkBoundaries } from '../boundaries.ts'
import { checkLock } from './lock.ts'
import { ownPath, root } from './set-up.mjs'
import { checkTexts } from './texts.ts'

export interface CheckResult {
  name: string
  /** Empty: in order. */
  complaints: string
}

/** Everything that can be said about the sources without running them. Two at a time: the machine that checks may have two cores. */
export async function runChecks(): Promise<CheckResult[]> {
  const checks: [string, () => Promise<string> | string][] = [
    ['types', () => run('tsc', ['--project', '.', '--pretty'])],
    ['lint', () => run('oxlint', [])],
    ['format', () => run('oxfmt', ['--check'])],
    [
      'boundaries',
      () =>
        withoutKnownExceptions(
          checkBoundaries(root).map(({ rule, file, line, what }) => ({
            key: `${rule} ${file} ${what}`,
            where: `${file}:${line} ${rule}: ${what}`,
          })),
        ),
    ],
    ['generated files fresh', () => run(process.execPath, ['tools/gen.ts', '--check'])],
    ['texts complete', () => checkTexts(root).join('\n')],
    ['lock file', () => checkLock(root).join('\n')],
  ]
  const results: CheckResult[] = []
  const queue = checks.map((check, index) => ({ check, index }))
  await Promise.all(
    [1, 2].map(async () => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const [name, check] = next.check
        results[next.index] = {
          name,
          complaints: await Promise.resolve()
            .then(check)
            .catch((error: unknown) => String(error)),
        }
      }
    }),
  )
  return results
}

/** @returns what the program said when it was not content. */
function run(command: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, env: ownPath(), stdio: ['ignore', 'pipe', 'pipe'] })
    const said: string[] = []
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => said.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => resolve(code === 0 ? '' : said.join('').trim() || `${command} ended with ${code}`))
  })
}

const exceptionsFile = 'known-exceptions.txt'

/** A debt that is written down is not complained about; one that is paid must leave the list, and none may come to it. */
function withoutKnownExceptions(found: { key: string; where: string }[]): string {
  const known = existsSync(path.join(root, exceptionsFile))
    ? exceptionsIn(readFileSync(path.join(root, exceptionsFile), 'utf8'))
    : new Set<string>()
  const first = firstExceptions()
  return [
    ...[...known]
      .filter((key) => first !== null && !first.has(key))
      .map((key) => `${exceptionsFile}: this list only shrinks, mend it instead: ${key}`),
    ...found.filter(({ key }) => !known.has(key)).map(({ where }) => where),
    ...[...known].filter((key) => !found.some((one) => one.key === key)).map((key) => `${exceptionsFile}: paid, remove the line: ${key}`),
  ].join('\n')
}

function exceptionsIn(text: string): Set<string> {
  return new Set(text.split('\n').filter((line) => line !== '' && !line.startsWith('#')))
}

/** The list as it was first committed; null where there is no history to ask. */
function firstExceptions(): Set<string> | null {
  const git = (args: string[]) => spawnSync('git', args, { cwd: root, encoding: 'utf8' })
  const commit = git(['log', '--diff-filter=A', '--format=%H', '--', exceptionsFile]).stdout?.trim().split('\n').at(-1)
  if (!commit) return null
  const { status, stdout } = git(['show', `${commit}:${exceptionsFile}`])
  return status === 0 ? exceptionsIn(stdout) : null
}
