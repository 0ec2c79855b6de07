import { readdir } from 'node:fs/promises'
import type { EndpointItem } from '@vigie/domain/agents'
import { checkValues, isSame, type SettingValues } from '@vigie/domain/settings'
import { pause } from '../../core/time.ts'
import {
  CommandFailure,
  defineEngine,
  type EngineCommand,
  type EngineReport,
  type Evidence,
  type Host,
  type RunningEngine,
} from '../../core/engine.ts'
import { Clamd, ClamdError } from './clamd.ts'
import { addressOf, first, parseAddress, readConf, type Address, type Conf } from './conf.ts'
import { Detections } from './detections.ts'
import { recheckInfections } from './infections.ts'
import { parseVersion } from './lines.ts'
import { Settings } from './local-settings.ts'
import { Memory } from './memory.ts'
import { OnAccess, ownByDefault, usualPaths } from './on-access.ts'
import { Quarantine } from './quarantine.ts'
import { recoverMoves, Scan } from './scan.ts'
import { Scheduler } from './scheduler.ts'
import { appliedKey, inForce, isUsable, nothingApplied, valuesOf, type Applied, type InForce, type Local } from './settings.ts'
import { confirmUpdate, databaseFolderOf, databaseOnDisk, runFreshclam, UpdateLog } from './update.ts'

const clamdConfs = ['/etc/clamav/clamd.conf', '/etc/clamd.d/scan.conf', '/etc/clamd.conf', '/usr/local/etc/clamd.conf']
const freshclamConfs = ['/etc/clamav/freshclam.conf', '/etc/freshclam.conf', '/usr/local/etc/freshclam.conf']
const infectionLookMs = 5_000

/** ClamAV: clamd over its socket, clamonacc, freshclam. Source: clamd(8), clamd.conf(5), freshclam(1); measured with 1.4.6 on Debian 12, 2026-11-21. */
export const clamav = defineEngine({
  id: 'clamav',
  settings: Settings,
  unsupported: {},
  open: (host, settings) => new ClamAv(host, settings),
})

class ClamAv implements RunningEngine {
  readonly #host: Host
  readonly #settings: Settings
  readonly #memory: Memory
  #clamdConf: { path: string; conf: Conf } | null = null
  #freshclamConf: Conf | null = null
  #address: Address | null = null
  #databases = '/var/lib/clamav'
  #quarantine!: Quarantine
  #onAccess!: OnAccess
  #detections!: Detections
  #updateLog!: UpdateLog
  #scan: { stop: AbortController; startedAt: Date } | null = null
  #problem: string | null = 'clamd-stopped'
  #timer: NodeJS.Timeout | null = null
  #rechecking: Promise<void> | null = null
  #hasUpdater = false
  #local!: Local
  #applied: Applied = nothingApplied
  #inForce!: InForce
  #scheduler!: Scheduler
  #updateCheckedAt: Date | null = null
  /** Real-time scanning runs, ours or the administrator's, as last seen. */
  #isScanning = false
  readonly commands: RunningEngine['commands']

  constructor(host: Host, settings: Settings) {
    this.#host = host
    this.#settings = settings
    this.#memory = new Memory(host)
    this.commands = {
      'scan-now': this.#scanNow(),
      'stop-scan': this.#stopScan(),
      'update-components': this.#update(),
      'apply-settings': this.#applySettings(),
    }
  }

  async start(): Promise<void> {
    const { clamdConf, freshclamConf, clamdSocket, onAccess, scanPaths, excludePaths } = this.#settings
    this.#clamdConf = await readConf(clamdConf ? [clamdConf] : clamdConfs)
    this.#freshclamConf = (await readConf(freshclamConf ? [freshclamConf] : freshclamConfs))?.conf ?? null
    const conf = this.#clamdConf?.conf ?? null
    this.#address = clamdSocket ? parseAddress(clamdSocket) : addressOf(conf)
    this.#databases = databaseFolderOf(conf, this.#freshclamConf)
    this.#hasUpdater = this.#freshclamConf !== null && (await this.#host.hasProgram('freshclam'))
    this.#quarantine = new Quarantine(await this.#host.folder('quarantine'), (file) => this.#clamd().scanContent(file))
    this.#updateLog = new UpdateLog(first(this.#freshclamConf, 'UpdateLogFile'))
    this.#local = {
      scanPaths,
      excludePaths,
      onAccess: onAccess === 'auto' ? await ownByDefault(this.#host, this.#address) : onAccess,
      usualPaths,
    }
    this.#applied = (this.#host.recall(appliedKey) as Applied | undefined) ?? nothingApplied
    this.#inForce = inForce(this.#applied, this.#local)
    this.#onAccess = this.#newOnAccess()
    this.#detections = new Detections({
      host: this.#host,
      memory: this.#memory,
      quarantine: this.#quarantine,
      clamdLog: first(conf, 'LogFile'),
      onAccess: () => this.#onAccess.now,
    })
    await recoverMoves({ host: this.#host, memory: this.#memory, quarantine: this.#quarantine })
    await this.#onAccess.start()
    this.#detections.start()
    const update = this.commands['update-components']!
    this.#scheduler = new Scheduler({
      host: this.#host,
      inForce: () => this.#inForce,
      isScanning: () => this.#scan !== null,
      scan: () => this.#runScan(new AbortController().signal),
      updateCheckedAt: () => this.#updateCheckedAt,
      update: () => (update.unavailable() === null ? () => update.start(new AbortController().signal, {}) : null),
    })
    this.#scheduler.start()
    this.#timer = setInterval(() => void (this.#rechecking ??= this.#recheck().finally(() => (this.#rechecking = null))), infectionLookMs)
  }

  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer)
    this.#scan?.stop.abort()
    await this.#scheduler.stop()
    await this.#detections.stop()
    await this.#onAccess.stop()
    await this.#rechecking
  }

  async state(): Promise<EngineReport> {
    const now = this.#host.now()
    const onAccess = await this.#onAccess.look()
    await this.#detections.followOnAccess()
    const { version, problem } = await this.#lookAtClamd()
    const update = await this.#updateLog.read(now)
    const known = this.#host.recall('update.last') as { checkedAt: string | null; hasFailed: boolean } | undefined
    const onDisk = await databaseOnDisk(this.#databases)
    const checkedAt =
      [update.checkedAt?.toISOString() ?? null, known?.checkedAt ?? null]
        .filter((at) => at !== null)
        .sort()
        .at(-1) ?? null
    this.#updateCheckedAt = checkedAt === null ? null : new Date(checkedAt)
    this.#isScanning = onAccess !== null
    const scan = this.#host.recall('scan.last') as { startedAt: string; finishedAt: string } | undefined
    const hasOnAccess = onAccess !== null || (await this.#host.hasProgram('clamonacc'))
    const isAnswering = problem === null
    this.#problem = problem
    return {
      engine: 'clamav',
      engineVersion: version.engine,
      patternVersion: version.pattern,
      patternBuiltAt: (onDisk && onDisk.version === version.pattern ? onDisk.builtAt : version.builtAt)?.toISOString() ?? null,
      updateCheckedAt: checkedAt,
      realTimeScan: onAccess ? (isAnswering ? 'on' : 'on-not-protecting') : hasOnAccess ? 'off' : 'unsupported',
      scan: {
        isRunning: this.#scan !== null,
        startedAt: this.#scan?.startedAt.toISOString() ?? scan?.startedAt ?? null,
        finishedAt: scan?.finishedAt ?? null,
      },
      problem: problem ?? this.#lesserProblem(onAccess !== null, update.hasFailed || known?.hasFailed === true),
    }
  }

  #lesserProblem(isOnAccessRunning: boolean, hasUpdateFailed: boolean): string | null {
    if (this.#onAccess.isWanted && !isOnAccessRunning) return 'on-access-stopped'
    if (!this.#detections.isReadable || first(this.#clamdConf?.conf ?? null, 'LogFile') === null) return 'log-unreadable'
    return hasUpdateFailed ? 'update-failed' : null
  }

  /** VERSION is an answer, as PING is, and tells more. */
  async #lookAtClamd(): Promise<{ version: ReturnType<typeof parseVersion>; problem: string | null }> {
    const unknown = { engine: null, pattern: null, builtAt: null }
    try {
      if (this.#address === null) throw new ClamdError('stopped')
      const version = parseVersion(await this.#clamd().ask('VERSION'), this.#host.now())
      return version.engine === null ? { version, problem: 'clamd-not-answering' } : { version, problem: null }
    } catch (error) {
      if (!(error instanceof ClamdError) || error.reason === 'silent') return { version: unknown, problem: 'clamd-not-answering' }
      if (this.#address === null || !('host' in this.#address)) {
        if (!(await this.#host.hasProgram('clamd'))) return { version: unknown, problem: 'clamd-missing' }
        const names = await readdir(this.#databases).catch(() => [])
        if (!names.some((name) => /\.(c[vlu]d|[hnlm]db|hsb|ndu|ldu|yara?)$/.test(name)))
          return { version: unknown, problem: 'signatures-missing' }
      }
      return { version: unknown, problem: 'clamd-stopped' }
    }
  }

  #clamd(): Clamd {
    if (this.#address === null) throw new ClamdError('stopped')
    return new Clamd(this.#address)
  }

  async #recheck(): Promise<void> {
    const memory = this.#memory
    await recheckInfections({ host: this.#host, memory, said: this.#detections.said, clamd: () => this.#clamd() })
    const old = memory.oldOwn(Date.now())
    if (Object.keys(old).length > 0) await this.#host.tell([], old)
  }

  /** Never two at once, whoever asks. @throws CommandFailure */
  async #runScan(signal: AbortSignal): Promise<Evidence> {
    if (this.#scan) throw new CommandFailure('scan-running')
    const startedAt = this.#host.now()
    const stop = new AbortController()
    this.#scan = { stop, startedAt }
    const { scanPaths: paths, exclude, isQuarantining } = this.#inForce
    const scan = new Scan({
      host: this.#host,
      memory: this.#memory,
      quarantine: this.#quarantine,
      clamd: () => this.#clamd(),
      paths,
      exclude: [...exclude, this.#databases],
      isQuarantining,
      deniedAs: (path) => this.#detections.deniedAs(path),
      said: this.#detections.said,
      nameInLog: (path) => this.#nameInLog(path),
    })
    this.#host.changed()
    try {
      await scan.run(AbortSignal.any([signal, stop.signal]))
      const finishedAt = this.#host.now().toISOString()
      await this.#host.tell([], { 'scan.last': { startedAt: startedAt.toISOString(), finishedAt } })
      return { startedAt: startedAt.toISOString(), scannedAt: finishedAt, ...scan.evidence() }
    } finally {
      this.#scan = null
      this.#host.changed()
    }
  }

  /**
   * clamdscan hands clamd the open file, and clamd's log then has its name. Without that, an agent that is installed anew and reads the log once more would take our find for some mail filter's (AGT-6).
   */
  async #nameInLog(path: Buffer): Promise<boolean> {
    const name = path.toString('utf8')
    const conf = this.#clamdConf
    const isAsked =
      conf !== null && this.#address !== null && 'path' in this.#address && first(conf.conf, 'LocalSocket') === this.#address.path
    if (!isAsked || !Buffer.from(name).equals(path) || !(await this.#host.hasProgram('clamdscan'))) return false
    const result = await this.#host
      .run('clamdscan', [`--config-file=${conf.path}`, '--fdpass', '--no-summary', name], { timeoutMs: 10_000 })
      .catch(() => null)
    return result?.exitCode === 1 // found
  }

  lookAnew(): void {
    this.#onAccess.searchAnew()
  }

  settings(): EndpointItem['settings'] {
    return { revision: this.#applied.revision, values: valuesOf(this.#inForce, this.#isScanning) }
  }

  #newOnAccess(): OnAccess {
    const { onAccess: own, exclude } = this.#inForce
    return new OnAccess({
      host: this.#host,
      own,
      exclude,
      clamdConf: this.#clamdConf,
      address: this.#address,
      quarantineFolder: this.#quarantine.folder,
    })
  }

  /**
   * AGT-4. The whole of what is wanted is on disk before anything changes: dies in between, the next start puts it in force. Twice is harmless. Real-time scanning begins anew only where
   * its own settings changed: files opened in that second are not looked at. The engine shows that it happened: real-time scanning runs, or does not, as wanted.
   */
  #applySettings(): EngineCommand {
    let wanted: SettingValues = {}
    return {
      unavailable: () => null,
      start: async (_, params) => {
        const { revision, values } = params as { revision: number; values: Record<string, unknown> }
        const checked = checkValues(values, true)
        if (checked.errors.length > 0 || !isUsable(checked.values))
          throw new CommandFailure('settings-wrong', { setting: checked.errors[0]?.path.slice('values.'.length) ?? null })
        wanted = checked.values
        const before = this.#inForce
        const applied = { revision, values: checked.values }
        await this.#host.tell([], { [appliedKey]: applied })
        this.#applied = applied
        this.#inForce = inForce(applied, this.#local)
        const realTimeOf = ({ onAccess, exclude }: InForce) => JSON.stringify([onAccess, exclude])
        if (realTimeOf(before) !== realTimeOf(this.#inForce)) {
          await this.#onAccess.stop()
          this.#onAccess = this.#newOnAccess()
          await this.#onAccess.start()
        }
        if (JSON.stringify([before.isScheduled, before.schedule]) !== JSON.stringify([this.#inForce.isScheduled, this.#inForce.schedule]))
          await this.#scheduler.begin()
        this.#host.changed()
        return { revision }
      },
      isDone: (now, started) => {
        const { values } = this.settings()!
        const known = Object.keys(wanted).filter((key) => Object.hasOwn(values, key))
        const open = known.filter((key) => !isSame(values[key], wanted[key]))
        // it runs though ours ended: the administrator's own, which is not ours to end
        if (open.length === 1 && open[0] === 'real-time-scan.enabled' && !this.#onAccess.isWanted && this.#onAccess.now)
          throw new CommandFailure('scanner-not-ours', started)
        return open.length === 0 ? { ...started, realTimeScan: now.realTimeScan, settings: known.length } : null
      },
      confirmMs: 30_000,
    }
  }

  #scanNow(): EngineCommand {
    return {
      unavailable: () => this.#problem ?? (this.#scan ? 'scan-running' : null),
      start: (signal) => this.#runScan(signal),
      isDone: (now, started) =>
        now.scan.finishedAt === started.scannedAt
          ? { ...started, engineVersion: now.engineVersion, patternVersion: now.patternVersion }
          : null,
      confirmMs: 10_000,
    }
  }

  #stopScan(): EngineCommand {
    let queueItems: number | null = null
    return {
      unavailable: () => (this.#scan ? null : 'no-scan-running'),
      start: async () => {
        this.#scan?.stop.abort()
        for (let i = 0; i < 100 && this.#scan; i++) await pause(100)
        queueItems = await this.#clamd()
          .queueLength()
          .catch(() => null)
        return { stoppedAt: this.#host.now().toISOString() }
      },
      isDone: (now, started) => (now.scan.isRunning ? null : { ...started, queueItems }),
      confirmMs: 10_000,
    }
  }

  #update(): EngineCommand {
    let isRunning = false
    return {
      unavailable: () => (!this.#hasUpdater ? 'updater-missing' : isRunning ? 'update-running' : null),
      start: async (signal) => {
        isRunning = true
        const before = await this.#lookAtClamd()
        try {
          const done = await runFreshclam(this.#host, this.#freshclamConf, this.#databases, signal)
          await this.#host.tell([], { 'update.last': { checkedAt: done.updateCheckedAt, hasFailed: false } })
          if (before.problem !== null) throw new CommandFailure(before.problem, done)
          await this.#clamd()
            .ask('RELOAD')
            .catch(() => {}) // freshclam tells clamd only where its settings say so; asking twice does no harm
          return { patternVersionBefore: before.version.pattern, ...done }
        } catch (error) {
          const known = this.#host.recall('update.last') as { checkedAt: string | null } | undefined
          const isUpdaters =
            error instanceof CommandFailure &&
            error.reason !== before.problem &&
            error.reason !== 'update-running' &&
            error.reason !== 'agent-restarted'
          if (isUpdaters) await this.#host.tell([], { 'update.last': { checkedAt: known?.checkedAt ?? null, hasFailed: true } })
          throw error
        } finally {
          isRunning = false
          this.#host.changed()
        }
      },
      isDone: (now, started) => confirmUpdate(now, started),
      confirmMs: 180_000,
    }
  }
}
