import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildAgent, type Manifest } from '../build.ts'
import { targetOf, type Target } from '../elf.ts'
import { newStateFolder, remove } from './testing/in-process.ts'

const run = promisify(execFile)
const foreign: Target = process.arch === 'arm64' ? 'linux-x64' : 'linux-arm64'
const debian = foreign === 'linux-arm64' ? 'arm64' : 'amd64'

/** Minutes the first time: a download by npm, and packing. Nothing of it can be run here. */
describe(`the agent for ${foreign}, built on ${process.arch} (AGT-1, R47)`, () => {
  let out: string
  let manifest: Manifest
  beforeAll(async () => {
    out = await newStateFolder()
    manifest = await buildAgent({ scriptOnly: false, out, targets: [foreign] })
  }, 1_800_000)
  afterAll(() => remove(out))

  it('its package and its .deb hold a program of that machine, with this script in it', async () => {
    const packed = manifest.packages[foreign]!
    const bytes = await readFile(join(out, packed.file))
    expect([bytes.length, createHash('sha256').update(bytes).digest('hex')]).toEqual([packed.sizeBytes, packed.sha256])
    await run('tar', ['-xf', join(out, packed.file), '-C', out])
    expect(await targetOf(join(out, 'vigie-agent'))).toBe(foreign)
    const [program, script] = await Promise.all([readFile(join(out, 'vigie-agent')), readFile(join(out, 'vigie-agent.cjs'))])
    expect(program.includes(script)).toBe(true)
    const deb = join(out, manifest.packages[`${foreign}.deb`]!.file)
    expect((await run('dpkg-deb', ['--field', deb, 'Architecture', 'Version'])).stdout).toBe(
      `Architecture: ${debian}\nVersion: ${manifest.version}\n`,
    )
    await run('dpkg-deb', ['--extract', deb, join(out, 'deb')])
    expect(await targetOf(join(out, 'deb/usr/bin/vigie-agent'))).toBe(foreign)
    expect((await stat(join(out, 'deb/usr/bin/vigie-agent'))).size).toBe(program.length)
  }, 300_000)
})
