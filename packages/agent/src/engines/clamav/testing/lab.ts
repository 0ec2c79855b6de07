import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Clamd } from '../clamd.ts'

/** EICAR's test file, put together only where it is used: this repository holds no file a scanner would take away. */
export const eicar = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$', 'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('')
/** How the signed test set number 6 calls it. */
export const eicarName = 'Eicar-Test-Signature'

const databases = fileURLToPath(new URL('databases/', import.meta.url))
const programs = ['/usr/sbin/clamd', '/usr/sbin/clamonacc', '/usr/bin/freshclam', '/usr/bin/clamdscan']

/** Why the tests against the live engine can't run here; null: they can. Printed once. */
export function whyNot(): string | null {
  const missing = programs.filter((path) => !existsSync(path))
  const reason = missing.length > 0 ? `not installed: ${missing.join(', ')}` : process.getuid?.() === 0 ? null : 'not root'
  if (reason !== null) process.stderr.write(`skipped, tests against live ClamAV: ${reason}\n`)
  return reason
}

/** A ClamAV of its own: folder, settings, socket, signatures; started and ended by its process ids. */
export class Lab {
  readonly folder: string
  #clamd: ChildProcess | null = null
  #mirror: Server | null = null
  readonly #others: ChildProcess[] = []

  private constructor(folder: string) {
    this.folder = folder
  }

  static async make(): Promise<Lab> {
    const lab = new Lab(await mkdtemp(join(tmpdir(), 'vigie-clamav-')))
    for (const name of ['db', 'log', 'run', 'tmp', 'files']) await mkdir(lab.path(name))
    await copyFile(join(databases, 'test-6.cvd'), lab.path('db/daily.cvd'))
    await writeFile(
      lab.conf,
      [
        `LocalSocket ${lab.path('run/clamd.sock')}`,
        'FixStaleSocket yes',
        `LogFile ${lab.path('log/clamd.log')}`,
        'LogTime yes',
        'ExtendedDetectionInfo yes',
        `DatabaseDirectory ${lab.path('db')}`,
        `TemporaryDirectory ${lab.path('tmp')}`,
        `PidFile ${lab.path('run/clamd.pid')}`,
        'User root',
        'Foreground yes',
        'SelfCheck 600',
        '',
      ].join('\n'),
    )
    return lab
  }

  path(name: string): string {
    return join(this.folder, name)
  }
  get conf(): string {
    return this.path('clamd.conf')
  }
  get clamd(): Clamd {
    return new Clamd({ path: this.path('run/clamd.sock') })
  }

  async startClamd(): Promise<void> {
    this.#clamd = spawn('/usr/sbin/clamd', [`--config-file=${this.conf}`], { stdio: 'ignore' })
    for (let i = 0; i < 200 && !(await this.clamd.isAnswering()); i++) await new Promise((resolve) => setTimeout(resolve, 50))
    if (!(await this.clamd.isAnswering())) throw new Error('clamd did not start')
  }

  async stopClamd(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    await ended(this.#clamd, signal)
    this.#clamd = null
  }

  clamdscan(...args: string[]): { status: number | null; output: string } {
    const { status, stdout } = spawnSync('/usr/bin/clamdscan', [`--config-file=${this.conf}`, ...args], { encoding: 'utf8' })
    return { status, output: stdout }
  }

  /** A static mirror on loopback: `files` by the name freshclam asks for; the list may change while it runs. */
  async startMirror(files: Map<string, string | Buffer>): Promise<string> {
    this.#mirror = createServer((req, res) => {
      const wanted = files.get((req.url ?? '').slice(1).split('?')[0]!)
      if (wanted === undefined) return void res.writeHead(404).end()
      void (typeof wanted === 'string' ? readFile(join(databases, wanted)) : Promise.resolve(wanted)).then((bytes) => {
        const range = /bytes=0-(\d+)/.exec(req.headers.range ?? '')
        if (range)
          res.writeHead(206, { 'content-range': `bytes 0-${range[1]}/${bytes.length}` }).end(bytes.subarray(0, Number(range[1]) + 1))
        else res.writeHead(200, { 'content-length': bytes.length }).end(bytes)
      })
    })
    await new Promise<void>((resolve) => this.#mirror!.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#mirror.address() as AddressInfo).port}`
  }

  async stopMirror(): Promise<void> {
    this.#mirror?.closeAllConnections()
    await new Promise((resolve) => (this.#mirror ? this.#mirror.close(resolve) : resolve(null)))
    this.#mirror = null
  }

  async writeFreshclamConf(mirror: string): Promise<string> {
    const path = this.path('freshclam.conf')
    await writeFile(
      path,
      [
        `DatabaseDirectory ${this.path('db')}`,
        `UpdateLogFile ${this.path('log/freshclam.log')}`,
        'LogTime yes',
        'DatabaseOwner root',
        'DNSDatabaseInfo no',
        'ScriptedUpdates no',
        'MaxAttempts 1',
        'ConnectTimeout 5',
        `PrivateMirror ${mirror}`,
        `NotifyClamd ${this.conf}`,
        `PidFile ${this.path('run/freshclam.pid')}`,
        '',
      ].join('\n'),
    )
    return path
  }

  /** clamonacc as an administrator would run it, on `files`. */
  async startClamonacc(...args: string[]): Promise<void> {
    const conf = this.path('clamonacc.conf')
    await writeFile(
      conf,
      `${await readFile(this.conf, 'utf8')}OnAccessIncludePath ${this.path('files')}\nOnAccessPrevention yes\nOnAccessExcludeUID 2147483646\n`,
    )
    this.#others.push(
      spawn('/usr/sbin/clamonacc', [`--config-file=${conf}`, `--log=${this.path('log/clamonacc.log')}`, '--fdpass', '-F', ...args], {
        stdio: 'ignore',
      }),
    )
    for (let i = 0; i < 100; i++) {
      if ((await readFile(this.path('log/clamonacc.log'), 'utf8').catch(() => '')).includes('watching')) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error('clamonacc did not start')
  }

  async close(): Promise<void> {
    for (const child of this.#others.splice(0)) await ended(child, 'SIGTERM')
    await this.stopClamd()
    await this.stopMirror()
    await rm(this.folder, { recursive: true, force: true })
  }
}

async function ended(child: ChildProcess | null, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), 8_000)
  await gone
  clearTimeout(timer)
}
