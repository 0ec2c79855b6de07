import { constants } from 'node:fs'
import { access, readdir, readFile, stat, statfs } from 'node:fs/promises'
import { freemem, release, totalmem } from 'node:os'
import { join } from 'node:path'
import {
  causeOf,
  checkFindings,
  checkSteps,
  worstOf,
  type CheckFinding,
  type CheckReport,
  type CheckResult,
  type CheckStep,
} from '@vigie/domain/agents'
import { agentVersion } from '../version.ts'
import type { EngineReport } from './engine.ts'
import { trustedCa } from './enrol.ts'
import { IdentityStore, type Identity } from './identity.ts'
import { machineFacts, thisMachine, type MachineSources } from './machine.ts'
import { longPolling, probe, type Probe } from './probe.ts'
import { findProgram } from './programs.ts'
import { loadProxy } from './proxy-store.ts'
import type { Status } from './status.ts'

export interface CheckDeps {
  stateFolder: string
  /** The running agent's word; null: none runs. */
  live: Status | null
  /** Of the service manager; null: there is none, or it was not asked. */
  service: 'running' | 'stopped' | 'missing' | null
  machine?: MachineSources
  host?: HostFacts
}

/** What the requirements are measured against; tests bring their own. */
export interface HostFacts {
  platform: string
  arch: string
  /** `2.36`; null: another C library, or unknown. */
  glibc: string | null
  totalMemoryBytes: number
  availableMemoryBytes: number
  freeDiskBytes(folder: string): Promise<number>
  isRoot: boolean
  /** Null: could not be seen. */
  hasPermissionEvents(): Promise<boolean | null>
}

/** The binary is built against glibc 2.28 (Node.js 24's own requirement). ClamAV's own need is about 1.5 GB. */
const needs = {
  glibc: [2, 28],
  memoryBytes: 402_653_184,
  goodMemoryBytes: 2_147_483_648,
  diskBytes: 67_108_864,
  goodDiskBytes: 536_870_912,
} as const
const mebibytes = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MiB`

/** Looks at everything between this endpoint and its place in the console (AGT-10). Changes nothing; takes up to a minute where the network swallows packets. */
export async function checkMachine(deps: CheckDeps): Promise<CheckReport> {
  const store = new IdentityStore(deps.stateFolder)
  const identity = await store.load().catch(() => null)
  const machine = await machineFacts(identity?.anchorHostname ?? null, deps.machine ?? thisMachine)
  const proxy = await loadProxy(deps.stateFolder).catch(() => null)
  const ca = await trustedCa(deps.stateFolder).catch(() => null)
  const way = identity && ca ? await probe(identity.server, ca, proxy) : null
  const found: Record<CheckStep, CheckFinding[]> = {
    process: await processFindings(deps, identity),
    network: wayFindings('network', way),
    'connection-target': [...wayFindings('connection-target', way), stateFinding(deps.live), carrierFinding(deps.live)],
    requirements: await requirementFindings(deps.host ?? thisHost, deps.stateFolder),
    engine: await engineFindings(deps.live),
  }
  const steps = checkSteps.map((step) => ({ step, result: worstOf(found[step].map(({ result }) => result)), findings: found[step] }))
  return {
    format: 'vigie-agent check 1',
    at: new Date().toISOString(),
    hostname: machine.hostname,
    platform: machine.platform,
    fingerprint: machine.fingerprint,
    addresses: machine.addresses,
    agentVersion: deps.live?.version ?? agentVersion,
    agentId: (identity?.agentId ?? null) as CheckReport['agentId'],
    guid: identity?.guid ?? null,
    server: identity?.server ?? null,
    isProxied: proxy !== null,
    clockOffsetMs: way?.clockOffsetMs ?? null,
    steps,
    result: worstOf(steps.map(({ result }) => result)),
  }
}

const found = (finding: string, result: CheckResult, detail: string | null = null, problem: string | null = null): CheckFinding => ({
  finding,
  result,
  detail: detail?.slice(0, 500) ?? null,
  problem,
})

async function processFindings({ stateFolder, live, service }: CheckDeps, identity: Identity | null): Promise<CheckFinding[]> {
  const isBroken =
    identity === null &&
    (await access(join(stateFolder, 'identity.json')).then(
      () => true,
      () => false,
    ))
  const registered =
    identity === null
      ? found('registered', 'failed', null, isBroken ? 'agent.error.parts' : 'check.problem.not-registered')
      : identity.isUnregistered
        ? found('registered', 'failed', identity.guid, 'agent.status.unregistered')
        : found('registered', 'ok', identity.guid)
  const serviceResult =
    service === null
      ? found('service', 'not-run')
      : service === 'running'
        ? found('service', 'ok')
        : found('service', live ? 'warning' : 'failed', null, `check.problem.service-${service}`)
  const running = live
    ? found('running', 'ok', `pid ${live.pid}, ${mebibytes(live.memoryBytes)}`)
    : found('running', 'failed', null, 'agent.status.not-running')
  const isClone = live?.detail === 'agent.is-clone'
  return [
    registered,
    serviceResult,
    running,
    live ? found('socket', 'ok') : found('socket', 'not-run'),
    await folderFinding(stateFolder),
    found(
      'clone',
      identity === null || live === null ? 'not-run' : isClone ? 'warning' : 'ok',
      null,
      isClone ? 'agent-cause.is-clone' : null,
    ),
  ]
}

/** R13: what lies there is for its owner only. */
async function folderFinding(stateFolder: string): Promise<CheckFinding> {
  try {
    const names = await readdir(stateFolder)
    const isOpen = await Promise.all(
      names
        .filter((name) => /^(identity|attempt|enrol-at-boot)\.json$|^proxy-secret$/.test(name))
        .map(async (name) => ((await stat(join(stateFolder, name))).mode & 0o077) !== 0),
    )
    return isOpen.includes(true)
      ? found('state-folder', 'failed', stateFolder, 'check.problem.state-folder-open')
      : found('state-folder', 'ok', stateFolder)
  } catch (error) {
    const isMissing = (error as { code?: string }).code === 'ENOENT'
    return isMissing
      ? found('state-folder', 'not-run', stateFolder)
      : found('state-folder', 'not-run', stateFolder, 'agent.error.not-allowed')
  }
}

/** Steps of the probe that belong here; those after the one that failed were not tried. */
function wayFindings(step: 'network' | 'connection-target', way: Probe | null): CheckFinding[] {
  const mine: readonly string[] = checkFindings[step]
  if (way === null)
    return step === 'network'
      ? ['name', 'port'].map((finding) => found(finding, 'not-run'))
      : ['certificate', 'answer', 'channel', 'clock'].map((finding) => found(finding, 'not-run'))
  const isProxied = way.results[0]?.step.startsWith('proxy') === true
  const wanted = mine.filter(
    (finding) => finding !== 'state' && finding !== 'carrier' && (step !== 'network' || finding.startsWith('proxy') === isProxied),
  )
  return wanted.map((finding) => {
    const result = way.results.find((one) => one.step === finding)
    if (!result) return found(finding, 'not-run')
    return found(
      finding,
      result.fault === null ? 'ok' : result.isGood || result.fault === 'clock-off' ? 'warning' : 'failed',
      [result.detail, `${result.ms} ms`].filter(Boolean).join(', '),
      result.fault && `agent.connection.${result.fault}`,
    )
  })
}

/** How the server takes this agent. */
function stateFinding(live: Status | null): CheckFinding {
  if (live === null) return found('state', 'not-run')
  if (live.state === 'online') return found('state', 'ok', live.since)
  if (live.state === 'connecting') return found('state', 'warning', live.since, 'agent.status.connecting')
  return found('state', live.state === 'disabled' ? 'warning' : 'failed', live.detail, `agent.status.${live.state}`)
}

/** By what the running agent is connected. */
function carrierFinding(live: Status | null): CheckFinding {
  if (live?.state !== 'online' || live.way === undefined) return found('carrier', 'not-run')
  return live.way.carrier === 'websocket'
    ? found('carrier', 'ok', 'WebSocket')
    : found('carrier', 'warning', longPolling, 'check.problem.long-polling')
}

async function requirementFindings(host: HostFacts, stateFolder: string): Promise<CheckFinding[]> {
  const isKnownPlatform = host.platform === 'linux' && (host.arch === 'x64' || host.arch === 'arm64')
  const glibc = host.glibc?.split('.').map(Number) ?? null
  const isGlibcOld = glibc !== null && (glibc[0]! < needs.glibc[0] || (glibc[0] === needs.glibc[0] && glibc[1]! < needs.glibc[1]))
  const { totalMemoryBytes: total, availableMemoryBytes: available } = host
  const memory = total < needs.memoryBytes ? 'failed' : total < needs.goodMemoryBytes ? 'warning' : 'ok'
  const freeBytes = await host.freeDiskBytes(stateFolder).catch(() => null)
  const disk = freeBytes === null ? 'not-run' : freeBytes < needs.diskBytes ? 'failed' : freeBytes < needs.goodDiskBytes ? 'warning' : 'ok'
  const hasEvents = await host.hasPermissionEvents()
  return [
    found(
      'platform',
      isKnownPlatform ? 'ok' : 'failed',
      `${host.platform} ${host.arch}, ${release()}`,
      isKnownPlatform ? null : 'check.problem.platform',
    ),
    found(
      'glibc',
      glibc === null ? 'warning' : isGlibcOld ? 'failed' : 'ok',
      host.glibc,
      glibc === null || isGlibcOld ? 'check.problem.glibc' : null,
    ),
    found('memory', memory, `${mebibytes(available)} / ${mebibytes(total)}`, memory === 'ok' ? null : 'check.problem.memory'),
    found(
      'disk',
      disk,
      freeBytes === null ? null : mebibytes(freeBytes),
      disk === 'failed' || disk === 'warning' ? 'check.problem.disk' : null,
    ),
    found('rights', host.isRoot ? 'ok' : 'warning', null, host.isRoot ? null : 'check.problem.rights'),
    hasEvents === null
      ? found('on-access', 'not-run')
      : found('on-access', hasEvents ? 'ok' : 'warning', null, hasEvents ? null : 'check.problem.on-access'),
  ]
}

async function engineFindings(live: Status | null): Promise<CheckFinding[]> {
  const engine = (live?.engine ?? null) as EngineReport | null
  if (engine === null) {
    const isThere = (await findProgram('clamd')) !== null
    return [
      found('engine', isThere ? 'not-run' : 'failed', null, isThere ? null : 'engine-problem.clamd-missing'),
      found('real-time-scan', 'not-run'),
      found('signatures', 'not-run'),
    ]
  }
  const result = engine.problem === null ? 'ok' : causeOf(engine.problem) === null ? 'warning' : 'failed'
  const isScanning = engine.realTimeScan === 'on'
  return [
    found(
      'engine',
      result,
      [engine.engine, engine.engineVersion].filter(Boolean).join(' '),
      engine.problem && `engine-problem.${engine.problem}`,
    ),
    found('real-time-scan', isScanning ? 'ok' : 'warning', engine.realTimeScan, isScanning ? null : 'check.problem.real-time-scan'),
    signaturesFinding(engine),
  ]
}

/** An engine that answers has loaded some; whose, only a version tells. */
function signaturesFinding({ patternVersion, patternBuiltAt, engineVersion }: EngineReport): CheckFinding {
  if (patternVersion !== null) return found('signatures', 'ok', [patternVersion, patternBuiltAt].filter(Boolean).join(', '))
  return engineVersion === null
    ? found('signatures', 'failed', null, 'engine-problem.signatures-missing')
    : found('signatures', 'warning', null, 'check.problem.signatures-own')
}

export const thisHost: HostFacts = {
  platform: process.platform,
  arch: process.arch,
  get glibc() {
    const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
    return header?.glibcVersionRuntime ?? null
  },
  totalMemoryBytes: totalmem(),
  get availableMemoryBytes() {
    return freemem()
  },
  async freeDiskBytes(folder) {
    const { bavail, bsize } = await statfs(folder).catch(() => statfs('/'))
    return bavail * bsize
  },
  isRoot: process.getuid?.() === 0,
  async hasPermissionEvents() {
    const config = await readFile(`/boot/config-${release()}`, 'utf8').catch(() => null)
    if (config !== null) return /^CONFIG_FANOTIFY_ACCESS_PERMISSIONS=y$/m.test(config)
    return access('/proc/sys/fs/fanotify', constants.F_OK).then(
      () => null,
      () => false,
    ) // there, but whether it may hold a file back is not to be seen
  },
}
