import { execFile, spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildDeb } from '../deb.ts'
import { assertTarget, targetOf } from '../elf.ts'
import { nodeOf } from '../node-of.ts'
import { newStateFolder, remove } from './testing/in-process.ts'

const run = promisify(execFile)
const hasDpkg = spawnSync('which', ['dpkg-deb']).status === 0

/** The first bytes of a 64-bit little-endian program, with as much behind them as a header needs. */
const elf = (machine: number, change: Record<number, number> = {}): Buffer => {
  const head = Buffer.alloc(64)
  head.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0])
  head.writeUInt16LE(2, 16)
  head.writeUInt16LE(machine, 18)
  for (const [at, byte] of Object.entries(change)) head[Number(at)] = byte
  return head
}

describe('for which machine a program is (AGT-1)', () => {
  let folder: string
  let file: string
  beforeEach(async () => {
    folder = await newStateFolder()
    file = join(folder, 'program')
  })
  afterEach(() => remove(folder))

  it.each([
    ['x64', elf(62), 'linux-x64'],
    ['arm64', elf(183), 'linux-arm64'],
    ['arm64, marked as Linux’s', elf(183, { 7: 3 }), 'linux-arm64'],
    ['32-bit ARM', elf(40, { 4: 1 }), 'other'],
    ['RISC-V', elf(243), 'other'],
    ['big-endian', elf(183, { 5: 2 }), 'other'],
    ['FreeBSD', elf(62, { 7: 9 }), 'other'],
    ['a script', Buffer.from('#!/bin/sh\necho a program that is none\n'), null],
    ['nothing', Buffer.alloc(0), null],
  ] as const)('%s', async (_, bytes, target) => {
    await writeFile(file, bytes)
    expect(await targetOf(file)).toBe(target)
  })

  it('one is not packed as another', async () => {
    await writeFile(file, elf(62))
    await expect(assertTarget(file, 'linux-arm64')).rejects.toThrow('is not for linux-arm64, but for linux-x64')
    await expect(buildDeb({ binary: file, target: 'linux-arm64', version: '1.0.0', out: folder, isUncompressed: true })).rejects.toThrow(
      TypeError,
    )
  })

  it('the Node.js that is here is this machine’s', async () => {
    const own = process.arch === 'arm64' ? 'linux-arm64' : 'linux-x64'
    const node = await nodeOf(own, folder, false)
    expect([node?.version, await targetOf(node!.path)]).toEqual([process.versions.node, own])
  })

  it.skipIf(!hasDpkg)('the .deb for arm64 says so, and holds that very program', async () => {
    await writeFile(file, elf(183))
    const deb = (await buildDeb({ binary: file, target: 'linux-arm64', version: '1.2.3', out: folder, isUncompressed: true }))!
    expect(deb).toMatch(/vigie-agent_1\.2\.3_arm64\.deb$/)
    const fields = (await run('dpkg-deb', ['--field', deb, 'Package', 'Version', 'Architecture', 'Depends'])).stdout
    expect(fields).toBe('Package: vigie-agent\nVersion: 1.2.3\nArchitecture: arm64\nDepends: libc6 (>= 2.28)\n')
    await run('dpkg-deb', ['--extract', deb, join(folder, 'out')])
    expect((await readFile(join(folder, 'out/usr/bin/vigie-agent'))).equals(elf(183))).toBe(true)
  })
})
