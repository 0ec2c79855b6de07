import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress } from 'node:zlib'
import { compareVersions, releaseLimits, RootDocument, type ReleaseTarget } from '@vigie/domain/agents'
import { agentVersion } from '../version.ts'
import { CommandFailure, OutcomeLater, type EngineCommand } from './engine.ts'
import { ConnectionError } from './faults.ts'
import { errorCode, privateFolder, syncFolder } from './files.ts'
import { download, exchange } from './https.ts'
import type { Identity } from './identity.ts'
import type { Log } from './log.ts'
import { runVersion } from './programs.ts'
import type { Proxy } from './proxy.ts'
import { acceptRelease, receivePackage, ReleaseRefused, type ReleaseAccepted } from './release.ts'
import { loadTrust, saveTrust } from './release-trust.ts'
import { isIntact, loadUpgrade, programOf, saveUpgrade, sha256OfFile, tidyVersions, versionsFolder } from './upgrade-record.ts'

export interface UpgradeDeps {
  stateFolder: string
  log: Log
  now: () => Date
  /** Where releases are asked for, best first: a site's endpoint asks its site server, then Vigie itself. */
  ways: () => { server: string; ca: string; proxy: Proxy | null }[]
  /** The record says what is to run: end, and let the launcher begin anew. */
  onPrepared: () => void
}
type Way = ReturnType<UpgradeDeps['ways']>[number]

/** Room that must be left for the queue: an upgrade never costs what was not yet told (AGT-6). */
const spareBytes = 64 * 1_048_576
/** Packed to unpacked, an upper guess: programs pack to about a quarter. */
const growth = 6
const selfTestMs = 60_000
export const ownTarget = (): ReleaseTarget => (process.arch === 'arm64' ? 'linux-arm64' : 'linux-x64')

/** What is common to the ways of one installation: the identity's server, and behind a site server Vigie's own address. */
export const waysOf = ({ server, direct }: Identity, ca: string, proxy: Proxy | null): Way[] =>
  direct
    ? [
        { server, ca, proxy: null },
        { server: new URL(direct.channel.replace(/^wss:/, 'https:')).origin, ca: direct.ca, proxy },
      ]
    : [{ server, ca, proxy }]

/**
 * `upgrade-agent`: fetches a release through the server, believes its signatures and nothing else (R17), lays the program beside the one that runs and says in the record that it is to be
 * tried. The outcome is told by whoever runs afterwards: the new version when it was welcome, or the old one that came back.
 */
export function upgradeCommand(deps: UpgradeDeps, reason: () => string | null): EngineCommand {
  return {
    unavailable: reason,
    start: async (signal, params, commandId) => {
      const version = String(params['version'])
      try {
        await prepare(deps, version, commandId ?? raise(new CommandFailure('not-supported')), signal)
      } catch (error) {
        await tidyVersions(deps.stateFolder, await loadUpgrade(deps.stateFolder)).catch(() => {})
        throw asFailure(error, version, signal)
      }
      deps.onPrepared()
      throw new OutcomeLater()
    },
    isDone: () => null,
    confirmMs: 0,
  }
}

function asFailure(error: unknown, version: string, signal: AbortSignal): unknown {
  const about = { version, previousVersion: agentVersion }
  if (signal.aborted) return new CommandFailure('agent-restarted', about)
  if (error instanceof ReleaseRefused)
    return new CommandFailure('release-refused', { ...about, fault: `release-fault.${error.fault}` }, { cause: error })
  if (error instanceof ConnectionError)
    return new CommandFailure('release-not-fetched', { ...about, fault: `agent.connection.${error.reason}` }, { cause: error })
  if (['ENOSPC', 'EDQUOT'].includes(errorCode(error))) return new CommandFailure('disk-full', about, { cause: error })
  return error
}

/** May die anywhere: until the last line the old program is what runs, and what lies half beside it is taken away at the next start. */
async function prepare(
  { stateFolder, log, now, ways }: UpgradeDeps,
  version: string,
  commandId: string,
  signal: AbortSignal,
): Promise<void> {
  const way = await wayThatAnswers(ways(), version)
  const accepted = await believed(stateFolder, way, version, now())
  log.info('release believed', { version, sizeBytes: accepted.package.sizeBytes })
  const folder = await privateFolder(versionsFolder(stateFolder))
  await assertRoom(folder, accepted.package.sizeBytes)
  const packed = join(folder, `${version}.package`)
  await receivePackage(
    abortable(
      await download(new URL(`/agent/v1/releases/${version}/${ownTarget()}`, way.server), { ca: way.ca, signal }, way.proxy),
      signal,
    ),
    packed,
    accepted.package,
  )
  const sha256 = await unpack(packed, await privateFolder(join(folder, `${version}.new`)))
  await rm(packed, { force: true })
  await rm(join(folder, version), { recursive: true, force: true })
  await rename(join(folder, `${version}.new`), join(folder, version))
  await syncFolder(folder)
  await selfTest(stateFolder, version, sha256)
  signal.throwIfAborted()
  const { current } = await loadUpgrade(stateFolder)
  await saveUpgrade(stateFolder, { format: 1, current, trial: { version, sha256, commandId, from: agentVersion, starts: 0 }, ended: null })
}

/** The first that has the release; what the last one says, if none has. */
async function wayThatAnswers(ways: readonly Way[], version: string): Promise<Way & { release: string }> {
  let last: unknown = new ConnectionError('unreachable')
  for (const way of ways) {
    try {
      return { ...way, release: (await document(way, `/agent/v1/releases/${version}`)) ?? raise(new ConnectionError('answer-invalid')) }
    } catch (error) {
      last = error
    }
  }
  throw last
}
const raise = (error: Error): never => {
  throw error
}

/** Null: there is none. */
async function document(way: Way, path: string): Promise<string | null> {
  const { status, body } = await exchange(new URL(path, way.server), { method: 'GET', ca: way.ca }, way.proxy)
  if (status === 404) return null
  if (status !== 200) throw new ConnectionError('answer-invalid', new Error(`status ${status}`))
  return body
}

/** What was seen is on disk before anything is fetched. @throws ReleaseRefused */
async function believed(stateFolder: string, way: Way & { release: string }, version: string, now: Date): Promise<ReleaseAccepted> {
  const trust = await loadTrust(stateFolder)
  if (trust === null) throw new CommandFailure('no-release-root')
  const roots: string[] = []
  const known = RootDocument.parse(JSON.parse(trust.root)).version
  while (roots.length <= releaseLimits.rotations) {
    const next = await document(way, `/agent/v1/releases/root/${known + roots.length + 1}`)
    if (next === null) break
    roots.push(next)
  }
  const accepted = acceptRelease(trust, { roots, release: way.release, version, current: agentVersion, target: ownTarget(), now })
  await saveTrust(stateFolder, accepted.trust)
  return accepted
}

async function assertRoom(folder: string, packedBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize < packedBytes * (1 + growth) + spareBytes)
    throw Object.assign(new Error('not enough room for an upgrade'), { code: 'ENOSPC' })
}

async function* abortable(source: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    signal.throwIfAborted()
    yield chunk
  }
}

/** @returns SHA-256 of the program, which is on disk whole and may be run by its owner */
async function unpack(packed: string, folder: string): Promise<string> {
  const out = await open(join(folder, 'vigie-agent'), 'w', 0o700)
  const hash = createHash('sha256')
  let sizeBytes = 0
  try {
    await pipeline(createReadStream(packed), createBrotliDecompress(), async (source: AsyncIterable<Buffer>) => {
      for await (const chunk of source) {
        sizeBytes += chunk.length
        if (sizeBytes > releaseLimits.programBytes) throw new ReleaseRefused('package-too-long')
        hash.update(chunk)
        await out.writeFile(chunk)
      }
    })
    await out.sync()
  } finally {
    await out.close()
  }
  await syncFolder(folder)
  return hash.digest('hex')
}

/** A program that does not even say its version here (another C library, a CPU without what it needs) is not tried. @throws CommandFailure */
async function selfTest(stateFolder: string, version: string, sha256: string): Promise<void> {
  if ((await sha256OfFile(programOf(stateFolder, version))) !== sha256)
    throw new CommandFailure('upgrade-not-runnable', { version, previousVersion: agentVersion })
  const { exitCode, output } = await runVersion(programOf(stateFolder, version), ['version'], selfTestMs)
  if (exitCode !== 0 || output.trim() !== `vigie-agent ${version}`)
    throw new CommandFailure('upgrade-not-runnable', { version, previousVersion: agentVersion })
}

// ---- which program runs ------------------------------------------------------------------------------------

/** Started so often without being welcome, the new version is given up. */
export const startsAtMost = 3
export type Chosen = { kind: 'own' } | { kind: 'beside'; file: string; version: string; isTrial: boolean }
/** Why the old version came back: text key below `upgrade-fault.`. */
export type TrialFault = 'crashed' | 'not-welcome' | 'damaged'

/**
 * What the launcher starts now. The newest wins: an installed program that is as new as the one beside it (the package manager or the install command brought it) takes over and the other goes.
 * A trial's start is counted on disk before it happens, so that neither crashes, kills nor power cuts try for ever.
 */
export async function chooseProgram(stateFolder: string): Promise<Chosen> {
  let record = await loadUpgrade(stateFolder)
  if (record.trial && compareVersions(record.trial.version, agentVersion) <= 0) {
    record = {
      ...record,
      trial: null,
      ended: {
        commandId: record.trial.commandId,
        step: 'succeeded',
        evidence: { version: agentVersion, previousVersion: record.trial.from },
      },
    }
    await saveUpgrade(stateFolder, record)
  }
  if (record.trial) {
    if (record.trial.starts >= startsAtMost) record = await giveUpTrial(stateFolder, 'crashed')
    else if (!(await isIntact(stateFolder, record.trial))) record = await giveUpTrial(stateFolder, 'damaged')
    else {
      await saveUpgrade(stateFolder, { ...record, trial: { ...record.trial, starts: record.trial.starts + 1 } })
      return { kind: 'beside', file: programOf(stateFolder, record.trial.version), version: record.trial.version, isTrial: true }
    }
  }
  if (record.current && (compareVersions(record.current.version, agentVersion) <= 0 || !(await isIntact(stateFolder, record.current)))) {
    record = { ...record, current: null }
    await saveUpgrade(stateFolder, record)
  }
  await tidyVersions(stateFolder, record).catch(() => {})
  return record.current
    ? { kind: 'beside', file: programOf(stateFolder, record.current.version), version: record.current.version, isTrial: false }
    : { kind: 'own' }
}

/** The old version is what runs from now on; it will say so. */
export async function giveUpTrial(stateFolder: string, fault: TrialFault): Promise<Awaited<ReturnType<typeof loadUpgrade>>> {
  const record = await loadUpgrade(stateFolder)
  if (record.trial === null) return record
  const { commandId, version, from, starts } = record.trial
  const evidence = {
    reason: 'upgrade-rolled-back',
    rolledBack: true,
    fault: `upgrade-fault.${fault}`,
    version,
    previousVersion: from,
    starts,
  }
  const given = { ...record, trial: null, ended: { commandId, step: 'failed' as const, evidence } }
  await saveUpgrade(stateFolder, given)
  return given
}

/** The server welcomed it: it is the one that runs from now on. */
export async function confirmTrial(stateFolder: string): Promise<void> {
  const record = await loadUpgrade(stateFolder)
  if (record.trial === null) return
  const { commandId, version, sha256, from } = record.trial
  await saveUpgrade(stateFolder, {
    format: 1,
    current: { version, sha256 },
    trial: null,
    ended: { commandId, step: 'succeeded', evidence: { version, previousVersion: from } },
  })
}
