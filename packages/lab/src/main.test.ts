import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startPeer } from './testing/peer.ts'

const run = promisify(execFile)
let peer: Awaited<ReturnType<typeof startPeer>>
let folder: string
const lab = (...args: string[]) => run(process.execPath, [path.join(import.meta.dirname, 'main.ts'), ...args])

beforeEach(async () => {
  peer = await startPeer()
  folder = mkdtempSync(path.join(tmpdir(), 'vigie-lab-'))
  writeFileSync(path.join(folder, 'ca.pem'), peer.server.ca)
})
afterEach(async () => {
  await peer.close()
  rmSync(folder, { recursive: true })
})

it('the command line sends a load, says what was accepted, and keeps the identities for the next run', async () => {
  const enrolments = path.join(folder, 'enrolments')
  writeFileSync(
    enrolments,
    peer
      .enrolments(3)
      .map(({ guid, key }) => `${guid} ${key}`)
      .join('\n'),
  )
  const identities = path.join(folder, 'identities')
  const common = [
    '--server',
    peer.server.url,
    '--ca',
    path.join(folder, 'ca.pem'),
    '--agents',
    '3',
    '--seconds',
    '0.3',
    '--batch',
    '5',
    '--rate',
    '500',
    '--identities',
    identities,
  ]
  const first = await lab(...common, '--enrolments', enrolments)
  const [load, stats] = first.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number>)
  expect(load!['accepted']).toBe(peer.seen.detections.size)
  expect(stats).toMatchObject({ agents: 3, broken: 0 })
  expect(readFileSync(identities, 'utf8').trim().split('\n')).toHaveLength(3)

  const second = await lab(...common)
  expect(JSON.parse(second.stdout.trim().split('\n').at(-1)!)).toMatchObject({ agents: 3, broken: 0, problems: {} })
  expect(peer.seen.detections.size).toBeGreaterThan(load!['accepted']!)
})

it('says in one sentence what is missing', async () => {
  await expect(lab('--server', peer.server.url)).rejects.toMatchObject({ code: 1, stderr: 'lab: --ca or --ca-fingerprint is missing\n' })
})
