import type { ChildProcess } from 'node:child_process'
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { writeAtomically } from '../../core/files.ts'
import { backOffMs, pause } from '../../core/time.ts'
import type { Host } from '../../core/engine.ts'
import { addressOf, isOn, readConf, type Address, type Conf } from './conf.ts'
import type { OnAccessNow } from './detections.ts'
import { existing } from './walk.ts'

/** A clamonacc that runs on this machine. */
interface Running extends OnAccessNow {
  pid: number
}
export interface OnAccessOptions {
  host: Host
  /** What to run ourselves; null: watch only whether somebody does. */
  own: { paths: readonly string[]; action: 'block' | 'quarantine' } | null
  /** Folders, with all below, that it leaves alone. */
  exclude: readonly string[]
  clamdConf: { path: string; conf: Conf } | null
  address: Address | null
  quarantineFolder: string
}

/** Where people and services of a server keep files; not `/`, whose every library would be asked about. */
export const usualPaths = ['/home', '/root', '/srv', '/tmp', '/var/www']

/**
 * What the agent watches when nobody said anything: so that a machine is protected from the moment it is enrolled (AGT-3). Null where it can't (not root, no clamonacc) or
 * somebody does it already.
 */
export async function ownByDefault(host: Host, address: Address | null): Promise<OnAccessOptions['own']> {
  if (process.getuid?.() !== 0 || !(await host.hasProgram('clamonacc')) || (await findRunning(address)) !== null) return null
  const paths = (
    await Promise.all(
      usualPaths.map((path) =>
        stat(path).then(
          (found) => (found.isDirectory() ? path : null),
          () => null,
        ),
      ),
    )
  ).filter((path) => path !== null)
  return paths.length > 0 ? { paths, action: 'block' } : null
}

const logLimitBytes = 10_485_760
const searchEveryMs = 60_000
const unusedUid = 2_147_483_646

/**
 * Real-time scanning (clamonacc): runs it and keeps it running if told so, else finds the one that the machine's administrator runs.
 * clamonacc lives on and lets files through when clamd is gone, so "it runs" is not "it protects": `index.ts` asks both (measured, 1.4.6).
 */
export class OnAccess {
  readonly #options: OnAccessOptions
  readonly #stop = new AbortController()
  #running: Running | null = null
  #searchedMs = -Infinity
  #supervising: Promise<void> | null = null
  #child: ChildProcess | null = null
  #folder = ''

  constructor(options: OnAccessOptions) {
    this.#options = options
  }

  get now(): OnAccessNow | null {
    return this.#running
  }
  get isWanted(): boolean {
    return this.#options.own !== null
  }

  async start(): Promise<void> {
    this.#folder = await this.#options.host.folder('on-access')
    if (this.#options.own) this.#supervising = this.#supervise()
    else await this.#endFormer()
  }

  /** Ours ends with us: without the agent nobody would keep an eye on it. */
  async stop(): Promise<void> {
    this.#stop.abort()
    this.#child?.kill('SIGTERM')
    if (this.#child && this.#child.exitCode === null) {
      await Promise.race([new Promise((done) => this.#child!.once('exit', done)), pause(5_000)])
      if (this.#child.exitCode === null) this.#child.kill('SIGKILL')
    }
    await this.#supervising
  }

  /** Whether the administrator runs one is looked at with the next `look`, not in a minute. */
  searchAnew(): void {
    this.#searchedMs = -Infinity
  }

  /** Looks whether it is alive; cheap. */
  async look(): Promise<OnAccessNow | null> {
    if (this.#running && !(await isClamonacc(this.#running.pid))) this.#running = null
    if (this.#options.own) {
      await this.#shortenLog()
      return this.#running
    }
    if (this.#running === null && performance.now() - this.#searchedMs > searchEveryMs) {
      this.#running = await findRunning(this.#options.address)
      this.#searchedMs = this.#running ? -Infinity : performance.now()
    }
    return this.#running
  }

  async #supervise(): Promise<void> {
    const { host, own } = this.#options
    await this.#endFormer()
    for (let attempt = 0; !this.#stop.signal.aborted;) {
      const startedMs = performance.now()
      try {
        await this.#runOnce(own!)
      } catch (error) {
        host.log.warn('clamonacc could not be started', { cause: String(error) })
      }
      this.#running = null
      if (this.#stop.signal.aborted) break
      host.changed()
      if (performance.now() - startedMs > 60_000) attempt = 0
      host.log.warn('clamonacc ended; it is started again')
      await pause(backOffMs(attempt++, Math.random(), 2_000, 60_000), this.#stop.signal)
    }
  }

  async #runOnce(own: { paths: readonly string[]; action: 'block' | 'quarantine' }): Promise<void> {
    const { host, quarantineFolder } = this.#options
    const [confPath, logPath] = [join(this.#folder, 'clamonacc.conf'), join(this.#folder, 'clamonacc.log')]
    // one that is not there ends clamonacc: the others must not go unwatched for it
    const there = (await existing(own.paths)).map((path) => path.toString('utf8'))
    if (there.length === 0) throw new Error('none of the folders is there')
    await writeAtomically(confPath, this.#conf(there))
    await rm(logPath, { force: true })
    const args = [
      `--config-file=${confPath}`,
      `--log=${logPath}`,
      '--foreground',
      ...('path' in (this.#options.address ?? {}) ? ['--fdpass'] : ['--stream']),
    ]
    if (own.action === 'quarantine') {
      const incoming = join(quarantineFolder, 'incoming')
      await host.folder('quarantine/incoming')
      args.push(`--move=${incoming}`)
    }
    const child = await host.start('clamonacc', args)
    this.#child = child
    child.stdout?.resume()
    child.stderr?.resume()
    const ended = new Promise<void>((done) => {
      child.once('exit', () => done())
      child.once('error', () => done())
    })
    if (child.pid !== undefined) {
      this.#running = { pid: child.pid, logPath, isPreventing: true }
      host.changed()
    }
    await ended
  }

  /**
   * clamd's own settings that clamonacc needs, and ours. Not OnAccessExtraScanning: with prevention it leaves whoever opens an infected new file hanging
   * (tried with 1.4.6, 2026-11-21).
   */
  #conf(paths: readonly string[]): string {
    const { clamdConf, address } = this.#options
    const lines = !address
      ? []
      : 'path' in address
        ? [`LocalSocket ${address.path}`]
        : [`TCPSocket ${address.port}`, `TCPAddr ${address.host}`]
    for (const option of [
      'MaxFileSize',
      'StreamMaxLength',
      'OnAccessMaxFileSize',
      'OnAccessExcludePath',
      'OnAccessMaxThreads',
      'OnAccessCurlTimeout',
    ]) {
      for (const value of clamdConf?.conf.get(option) ?? []) lines.push(`${option} ${value}`)
    }
    const user = clamdConf?.conf.get('User')?.[0]
    // It wants one to be named. Where clamd is root, nobody's number: its own reads come as descriptors and can't run in a circle.
    lines.push(user && user !== 'root' ? `OnAccessExcludeUname ${user}` : `OnAccessExcludeUID ${unusedUid}`)
    // clamonacc leaves out the folder that its settings name as clamd's for temporary files, and none named means /tmp: what clamd does there is left out by its name already (tried with 1.4.6, 2026-11-22)
    if (user && user !== 'root') lines.push(`TemporaryDirectory ${this.#folder}`)
    for (const path of paths) lines.push(`OnAccessIncludePath ${resolve(path).replaceAll(/[\r\n]/g, '')}`)
    for (const path of this.#options.exclude) lines.push(`OnAccessExcludePath ${resolve(path).replaceAll(/[\r\n]/g, '')}`)
    return `${[...lines, 'OnAccessPrevention yes'].join('\n')}\n`
  }

  /**
   * Those that a killed agent left behind would fight with ours, or go on where nobody wants any. By our settings file in their command line: an agent that was killed between their start and
   * writing down their number left none behind (seen 2026-11-21).
   */
  async #endFormer(): Promise<void> {
    const ours = `--config-file=${join(this.#folder, 'clamonacc.conf')}`
    const former: number[] = []
    for (const name of await readdir('/proc')) {
      if (!/^\d+$/.test(name) || !(await isClamonacc(Number(name)))) continue
      const args = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).split('\0')
      if (args.includes(ours)) former.push(Number(name))
    }
    const areThere = async () => (await Promise.all(former.map(isClamonacc))).some(Boolean)
    for (const pid of former) end(pid, 'SIGTERM')
    for (let i = 0; i < 50 && (await areThere()); i++) await pause(100)
    for (const pid of former) if (await isClamonacc(pid)) end(pid, 'SIGKILL')
  }

  async #shortenLog(): Promise<void> {
    const logPath = this.#running?.logPath
    if (!logPath) return
    const size = await stat(logPath).then(
      (found) => found.size,
      () => 0,
    )
    if (size < logLimitBytes) return
    await rename(logPath, `${logPath}.1`)
    this.#child?.kill('SIGHUP') // opens its log anew
  }
}

/** One that ended by itself meanwhile is ended. */
function end(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal)
  } catch {
    // gone
  }
}

async function isClamonacc(pid: number): Promise<boolean> {
  const found = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return /^\d+ \(clamonacc\) [^ZX]/.test(found)
}

/** The machine's own clamonacc, and what its command line says of its log and settings. */
async function findRunning(address: Address | null): Promise<Running | null> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || !(await isClamonacc(Number(name)))) continue
    const args = (await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).split('\0')
    const option = (long: string, short: string): string | null => {
      const at = args.findIndex((arg) => arg === short || arg === `--${long}`)
      return args.find((arg) => arg.startsWith(`--${long}=`))?.slice(long.length + 3) ?? (at >= 0 ? (args[at + 1] ?? null) : null)
    }
    const conf = await readConf([option('config-file', '-c') ?? '/etc/clamav/clamd.conf'])
    if (JSON.stringify(addressOf(conf?.conf ?? null)) !== JSON.stringify(address)) continue // asks another clamd
    const logPath = option('log', '-l')
    const canRead =
      logPath !== null &&
      (await open(logPath, 'r').then(
        (file) => file.close().then(() => true),
        () => false,
      ))
    return { pid: Number(name), logPath: canRead ? logPath : null, isPreventing: isOn(conf?.conf ?? null, 'OnAccessPrevention') }
  }
  return null
}
