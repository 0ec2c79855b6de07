import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ownPath, root } from './lib/set-up.mjs'
import { things, type Names } from './lib/things.ts'

/**
 * `npm run new <thing> <name>`. Nothing is written unless all of it can be.
 * @returns the paths written. @throws Error one sentence for the person who typed it
 */
export function scaffold(folder: string, thingName: string, name: string, today: Date): { written: string[]; next: string[] } {
  const thing = things[thingName]
  if (!thing) throw new Error(`"${thingName}" is not one of ${Object.keys(things).join(', ')}.`)
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    throw new Error(`"${name}" is not a name like mail-queue: lower case, digits, single hyphens.`)
  const names: Names = {
    id: name,
    value: name.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
    words: name.replaceAll('-', ' '),
  }

  const made = thing.files(names, { nextDecision: nextDecision(folder), today: today.toISOString().slice(0, 10) })
  const there = Object.keys(made).find((file) => existsSync(path.join(folder, file)))
  if (there) throw new Error(`${there} is there already.`)
  const edited = thing.edits(names).map(({ file, apply }): [string, string] => {
    try {
      return [file, apply(readFileSync(path.join(folder, file), 'utf8'))]
    } catch (error) {
      throw new Error(`${file} does not look as expected (${String(error)}): mend tools/lib/things.ts.`, { cause: error })
    }
  })
  for (const [file, text] of [...Object.entries(made), ...edited]) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
    writeFileSync(path.join(folder, file), text)
  }
  format(folder, [...Object.keys(made), ...edited.map(([file]) => file)])
  return { written: [...Object.keys(made), ...edited.map(([file]) => file)], next: thing.next(names) }
}

/** What a template says stands as the formatter wants it: lines grow with names. */
function format(folder: string, files: string[]): void {
  const sources = files.filter((file) => file.endsWith('.ts'))
  if (sources.length === 0) return // it takes none for all
  const { status, stderr } = spawnSync('oxfmt', ['--config', path.join(root, '.oxfmtrc.json'), ...sources], {
    cwd: folder,
    env: ownPath(),
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`what was written could not be formatted: ${stderr}`)
}

function nextDecision(folder: string): number {
  const decisions = path.join(folder, 'docs/decisions')
  const numbers = existsSync(decisions)
    ? readdirSync(decisions)
        .map((file) => Number.parseInt(file, 10))
        .filter(Number.isInteger)
    : []
  return Math.max(0, ...numbers) + 1
}

if (import.meta.main) {
  const [, , thing = '', name = ''] = process.argv
  if (!thing || !name) {
    process.stdout.write(
      `npm run new <thing> <name>\n${Object.entries(things)
        .map(([id, { about }]) => `  ${id.padEnd(14)}${about}`)
        .join('\n')}\n`,
    )
    process.exitCode = thing === '--help' ? 0 : 64
  } else {
    try {
      const { written, next } = scaffold(root, thing, name, new Date())
      process.stdout.write(
        `${written.map((file) => `written: ${file}`).join('\n')}\n${next.map((line) => `next:    ${line}`).join('\n')}\n`,
      )
    } catch (error) {
      process.stderr.write(`vigie: ${error instanceof Error ? error.message : String(error)}\n`)
      process.exitCode = 64
    }
  }
}
