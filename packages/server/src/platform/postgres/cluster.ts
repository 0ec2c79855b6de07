import { spawn, type ChildProcess } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { StartError } from '../start-error.ts'
import type { DatabaseAccount } from './account.ts'
import type { Binaries } from './binaries.ts'

/** The role that owns everything in an embedded database. */
export const owner = 'vigie'
const socketPort = 5432
/** sun_path holds 108 bytes with the closing NUL (unix(7)). */
const socketPathLimitBytes = 107

/** Where a cluster's files are and who runs them. */
export interface Place {
  folder: string
  binaries: Binaries
  account: DatabaseAccount | null
}

export interface Postmaster {
  process: ChildProcess
  /** Resolves when the process is gone. */
  gone: Promise<{ code: number | null; signal: string | null }>
  /** The last lines PostgreSQL wrote, for the one who must be told why it is gone. */
  lastLines: () => string
}

/**
 * Under another account PostgreSQL may not be able to walk down to its own folder (a checkout below root's home). It starts *inside* the folder instead,
 * and finds it again through the kernel's own link, which needs no right on the folders above.
 */
function runFrom({ folder, account }: Place) {
  return account
    ? { dataDirectory: '/proc/self/cwd', options: { ...account, cwd: folder, env: {} } }
    : { dataDirectory: folder, options: { cwd: folder, env: {} } }
}

/** Makes the cluster beside its final place and renames it: a cut-off first start leaves nothing half made. `auth` is the line after `local all all`. */
export async function makeCluster(place: Place, access: { auth: string; ident?: string; isDurable: boolean }): Promise<void> {
  const made = `${place.folder}.new`
  rmSync(made, { recursive: true, force: true })
  mkdirSync(made, { recursive: true, mode: 0o700 })
  if (place.account) chownSync(made, place.account.uid, place.account.gid)
  const { dataDirectory, options } = runFrom({ ...place, folder: made })
  // A locale of PostgreSQL's own: sorts the same on every machine, whatever its C library knows.
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const args = [
    '-D',
    dataDirectory,
    '-U',
    owner,
    '-A',
    'trust',
    '-E',
    'UTF8',
    ...locale,
    '--no-instructions',
    ...(access.isDurable ? [] : ['--no-sync']),
  ]
  const initdb = spawn(place.binaries.initdb, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'] })
  const output = collect(initdb)
  const code = await new Promise<number | null>((resolve, reject) => initdb.on('error', reject).on('close', resolve))
  if (code !== 0) {
    rmSync(made, { recursive: true, force: true })
    throw new StartError('embedded-database-failed', `The embedded PostgreSQL could not be set up in ${place.folder}: ${output()}`)
  }
  writeFileSync(path.join(made, 'pg_hba.conf'), `local all all ${access.auth}\n`)
  writeFileSync(path.join(made, 'pg_ident.conf'), access.ident ?? '')
  renameSync(made, place.folder)
}

/**
 * Starts the server and waits until it accepts connections on the socket in `socketFolder`; there is no TCP port.
 * In a session of its own, so that Ctrl-C reaches only us and we drain first; a watcher ends it should we be killed.
 */
export async function startPostmaster(
  place: Place,
  socketFolder: string,
  settings: Record<string, string>,
  onLine: (line: string) => void,
): Promise<Postmaster> {
  const { dataDirectory, options } = runFrom(place)
  const all = {
    ...settings,
    listen_addresses: '',
    unix_socket_directories: socketFolder,
    unix_socket_permissions: '0700',
    log_line_prefix: '',
    port: String(socketPort),
  }
  const args = ['-D', dataDirectory, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])]
  const child = spawn(place.binaries.postgres, args, { ...options, detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  const lastLines = collect(child, onLine)
  const gone = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on('error', (error) => resolve({ code: null, signal: String(error) }))
    child.on('exit', (code, signal) => resolve({ code, signal }))
  })
  let isGone = false
  void gone.then(() => (isGone = true))
  for (let tries = 0; !isReady(place.folder, child.pid); tries++) {
    if (isGone)
      throw new StartError('embedded-database-failed', `The embedded PostgreSQL in ${place.folder} does not start: ${lastLines()}`)
    await pause(tries < 50 ? 10 : 100) // recovery after a crash may take minutes; it is not ours to cut short
  }
  watch(child, socketFolder, place.account, gone)
  return { process: child, gone, lastLines }
}

/** Ends PostgreSQL when we are gone without having said so, and clears its socket away: a shell that waits for our end of its pipe to close. */
function watch(postmaster: ChildProcess, socketFolder: string, account: DatabaseAccount | null, gone: Promise<unknown>): void {
  const script = 'read -r _; kill -INT "$1"; while kill -0 "$1"; do sleep 0.2; done; rmdir "$2"'
  const watcher = spawn('/bin/sh', ['-c', script, 'sh', String(postmaster.pid), socketFolder], {
    ...account,
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watcher.on('error', () => {}) // no /bin/sh: the next start finds and stops the orphan
  watcher.unref()
  void gone.then(() => watcher.kill('SIGKILL')) // before its number can belong to somebody else
}

/** Fast shutdown; the immediate one (recovers at the next start) when it takes longer than `patienceMs`. */
export async function stopPostmaster({ process: child, gone }: Postmaster, patienceMs = 20_000): Promise<void> {
  child.kill('SIGINT')
  const timer = setTimeout(() => child.kill('SIGQUIT'), patienceMs)
  await gone
  clearTimeout(timer)
}

/** A server that outlived its Vigie (killed without warning) is stopped; a lock file without its server is removed. Call only with the data folder's lock held. */
export async function endOrphan(folder: string): Promise<void> {
  const lock = readLock(folder)
  if (!lock) return
  const isItself = () => readlink(`/proc/${lock.pid}/cwd`) === realpathSync(folder)
  for (const [signal, patienceMs] of [
    ['SIGINT', 20_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 2_000],
  ] as const) {
    if (!isItself()) break
    process.kill(lock.pid, signal)
    for (const until = Date.now() + patienceMs; isItself() && Date.now() < until;) await pause(20)
  }
  rmSync(path.join(folder, 'postmaster.pid'), { force: true }) // the number may belong to another program by now, and PostgreSQL would believe it
  removeSocketFolder(lock.socketFolder)
}

function readLock(folder: string): { pid: number; socketFolder: string; status: string } | null {
  const file = path.join(folder, 'postmaster.pid')
  if (!existsSync(file)) return null
  const lines = readFileSync(file, 'utf8').split('\n')
  return { pid: Number(lines[0]), socketFolder: lines[4] ?? '', status: lines[7]?.trim() ?? '' }
}

/** As pg_ctl does it: the eighth line of the lock file. */
function isReady(folder: string, pid: number | undefined): boolean {
  const lock = readLock(folder)
  return lock !== null && lock.pid === pid && lock.status === 'ready'
}

const socketFolderName = /^vigie-pg-[A-Za-z0-9]{6}$/

/** A folder for the socket whose whole path stays within what the kernel takes, whatever the data folder is called. Nobody else may enter it. */
export function makeSocketFolder(account: DatabaseAccount | null): string {
  const fits = (base: string) =>
    Buffer.byteLength(path.join(base, 'vigie-pg-XXXXXX', `.s.PGSQL.${socketPort}.lock`)) <= socketPathLimitBytes
  const bases = [tmpdir(), '/tmp', '/run', '/dev/shm'].filter(fits)
  for (const base of bases) {
    try {
      const folder = mkdtempSync(path.join(base, 'vigie-pg-'))
      chmodSync(folder, 0o700)
      if (account) chownSync(folder, account.uid, account.gid)
      return folder
    } catch {
      continue // not writable: try the next
    }
  }
  throw new StartError('embedded-database-failed', `No folder for the database's socket: none of ${bases.join(', ')} can be written.`)
}

export function removeSocketFolder(folder: string): void {
  const isOne = socketFolderName.test(path.basename(folder)) && lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()
  if (isOne) rmSync(folder, { recursive: true, force: true })
}

/** For `pg`, psql and every other client: the folder of the socket stands where a host would. */
export function socketUrl(socketFolder: string, database: string): string {
  return `postgresql://${owner}@/${database}?host=${encodeURIComponent(socketFolder)}`
}

function readlink(file: string): string | null {
  try {
    return readlinkSync(file)
  } catch {
    return null
  }
}

/** Keeps the last 20 lines of a program's error output and passes each on. */
function collect(child: ChildProcess, onLine: (line: string) => void = () => {}): () => string {
  const kept: string[] = []
  let rest = ''
  child.on('error', (error) => kept.push(error.message))
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines.filter((text) => text.trim() !== '')) {
      kept.push(line)
      if (kept.length > 20) kept.shift()
      onLine(line)
    }
  })
  return () => [...kept, rest].join(' ').trim()
}
