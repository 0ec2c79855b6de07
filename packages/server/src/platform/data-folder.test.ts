import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lockDataFolder, prepareDataFolder } from './data-folder.ts'

let base = ''
beforeAll(() => void (base = mkdtempSync(path.join(tmpdir(), 'vigie-data-'))))
afterAll(() => rmSync(base, { recursive: true, force: true }))

describe('the data folder (OPS-1, R39)', () => {
  it('is made with what is above it, for its owner only', () => {
    const folder = path.join(base, 'a/b/var')
    prepareDataFolder(folder)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    chmodSync(folder, 0o755)
    prepareDataFolder(folder)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
  })

  it('that is a file, or below one, is refused in one sentence', () => {
    writeFileSync(path.join(base, 'file'), '')
    expect(() => prepareDataFolder(path.join(base, 'file'))).toThrow(
      /^The data folder .*file cannot be written: .*\. Choose another with --data or VIGIE_DATA\.$/,
    )
    expect(() => prepareDataFolder(path.join(base, 'file/var'))).toThrow('there is a file where it, or a folder above it, should be')
  })

  it('that may not be written is refused, and nothing is made', ({ skip }) => {
    const isRoot = process.getuid?.() === 0
    const folder = isRoot ? '/proc/vigie' : path.join(base, 'locked/var')
    if (!isRoot) {
      prepareDataFolder(path.join(base, 'locked'))
      chmodSync(path.join(base, 'locked'), 0o500)
    } else if (!existsSync('/proc')) skip('no /proc on this machine')
    expect(() => prepareDataFolder(folder)).toThrow(expect.objectContaining({ reason: 'data-folder-unwritable', exitCode: 73 }))
    expect(existsSync(folder)).toBe(false)
  })

  it('belongs to one Vigie at a time, and is free again when that one lets go', async () => {
    const folder = path.join(base, 'held')
    prepareDataFolder(folder)
    const release = await lockDataFolder(folder)
    await expect(lockDataFolder(folder)).rejects.toMatchObject({
      reason: 'data-folder-in-use',
      exitCode: 75,
      message: expect.stringContaining(folder),
    })
    await release()
    await (
      await lockDataFolder(folder)
    )()
  })

  it('is free again when its Vigie was killed', async () => {
    const folder = path.join(base, 'killed')
    prepareDataFolder(folder)
    const script = `import { lockDataFolder } from ${JSON.stringify(path.join(import.meta.dirname, 'data-folder.ts'))}; await lockDataFolder(${JSON.stringify(folder)}); console.log('held'); setInterval(() => {}, 1000)`
    const other = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise((resolve) => other.stdout.once('data', resolve))
    await expect(lockDataFolder(folder)).rejects.toMatchObject({ reason: 'data-folder-in-use' })
    const gone = new Promise((resolve) => other.once('exit', resolve))
    other.kill('SIGKILL')
    await gone
    await (
      await lockDataFolder(folder)
    )()
  })

  it('of the same name elsewhere is another one', async () => {
    for (const name of ['x/var', 'y/var']) prepareDataFolder(path.join(base, name))
    const held = await Promise.all(['x/var', 'y/var'].map((name) => lockDataFolder(path.join(base, name))))
    await Promise.all(held.map((release) => release()))
  })
})
