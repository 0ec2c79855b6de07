import { open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomically } from '../../core/files.ts'
import { CommandFailure, type EngineReport, type Evidence, type Host } from '../../core/engine.ts'
import { first, type Conf } from './conf.ts'
import { parseDatabaseHeader, parseUpdateLog } from './lines.ts'

/** What is on disk, loaded or not: header of daily.cld or daily.cvd, whichever is newer. Null: neither. */
export async function databaseOnDisk(folder: string): Promise<{ version: string; builtAt: Date | null } | null> {
  const headers = await Promise.all(['daily.cld', 'daily.cvd'].map((name) => headerOf(join(folder, name))))
  return headers.filter((header) => header !== null).sort((a, b) => Number(b.version) - Number(a.version))[0] ?? null
}

async function headerOf(path: string): Promise<ReturnType<typeof parseDatabaseHeader>> {
  const file = await open(path, 'r').catch(() => null)
  if (file === null) return null
  try {
    const bytes = Buffer.alloc(512)
    await file.read(bytes, 0, 512, 0)
    return parseDatabaseHeader(bytes)
  } finally {
    await file.close()
  }
}

/** freshclam's own log, read again when it changed. */
export class UpdateLog {
  readonly #path: string | null
  #stamp = ''
  #said: ReturnType<typeof parseUpdateLog> = { checkedAt: null, hasFailed: false }

  constructor(path: string | null) {
    this.#path = path
  }

  async read(now: Date): Promise<ReturnType<typeof parseUpdateLog>> {
    if (this.#path === null) return this.#said
    const found = await stat(this.#path).catch(() => null)
    const stamp = found ? `${found.ino} ${found.size} ${found.mtimeMs}` : ''
    if (!found || stamp === this.#stamp) return this.#said
    const file = await open(this.#path, 'r').catch(() => null)
    if (file === null) return this.#said
    try {
      const bytes = Buffer.alloc(Math.min(65_536, found.size))
      await file.read(bytes, 0, bytes.length, Math.max(0, found.size - bytes.length))
      this.#said = parseUpdateLog(bytes.toString('utf8'), now)
      this.#stamp = stamp
    } finally {
      await file.close()
    }
    return this.#said
  }
}

/** freshclam's exit codes (libfreshclam.h, fc_error_t, 1.4) as reasons; others are `update-failed`. 62: 0.103 and 1.x when its log is locked. */
const reasons: Record<number, string> = {
  5: 'mirror-unreachable',
  11: 'mirror-unreachable',
  12: 'mirror-unreachable',
  6: 'signatures-broken',
  7: 'signatures-broken',
  8: 'signatures-broken',
  9: 'no-mirror',
  17: 'mirror-refused',
  18: 'mirror-refused',
  62: 'update-running',
}
/** Belong to freshclam running as a service: it holds its log locked, and a second one can't have it. */
const serviceOptions = new Set(['UpdateLogFile', 'PidFile', 'Checks', 'LogSyslog', 'LogFacility', 'Foreground', 'LogRotate'])

/**
 * Runs freshclam once with the machine's own settings (its mirror, proxy, databases). @throws CommandFailure with a named reason
 * @returns exit code, and the daily version that is now on disk.
 */
export async function runFreshclam(host: Host, conf: Conf | null, databaseFolder: string, signal: AbortSignal): Promise<Evidence> {
  if (conf === null || !(await host.hasProgram('freshclam'))) throw new CommandFailure('updater-missing')
  const lines = [...conf].flatMap(([option, values]) =>
    serviceOptions.has(option) ? [] : values.map((value) => `${option} ${quoted(value)}`),
  )
  const path = join(await host.folder('update'), 'freshclam.conf')
  await writeAtomically(path, `${lines.join('\n')}\n`)
  const result = await host.run('freshclam', [`--config-file=${path}`, '--stdout'], { timeoutMs: 900_000, signal })
  if (signal.aborted) throw new CommandFailure('agent-restarted')
  if (result.exitCode !== 0) {
    const reason = /locked by another process/i.test(result.output) ? 'update-running' : (reasons[result.exitCode ?? -1] ?? 'update-failed')
    throw new CommandFailure(reason, { exitCode: result.exitCode, detail: lastError(result.output) })
  }
  const onDisk = await databaseOnDisk(databaseFolder)
  return {
    exitCode: 0,
    patternVersionOnDisk: onDisk?.version ?? null,
    isNew: /\bupdated \(version/.test(result.output),
    updateCheckedAt: host.now().toISOString(),
  }
}

export const databaseFolderOf = (clamd: Conf | null, freshclam: Conf | null): string =>
  first(clamd, 'DatabaseDirectory') ?? first(freshclam, 'DatabaseDirectory') ?? '/var/lib/clamav'

/** freshclam's last complaint, one line, for the person who must mend it. */
function lastError(output: string): string | null {
  const lines = output.split('\n').filter((line) => /ERROR|WARNING|can't|failed/i.test(line))
  return (
    (lines.findLast((line) => !/update failed|giving up/i.test(line)) ?? lines.at(-1))
      ?.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ')
      .trim()
      .slice(0, 300) ?? null
  )
}

const quoted = (value: string): string => (/\s/.test(value) && !value.includes('"') ? `"${value}"` : value)

/** clamd itself must say the version that freshclam left on disk; where there is no numbered set, that it answers after the reload. */
export function confirmUpdate(now: EngineReport, { patternVersionOnDisk, ...started }: Evidence): Evidence | null {
  if (now.engineVersion === null || (patternVersionOnDisk !== null && now.patternVersion !== patternVersionOnDisk)) return null
  return { ...started, patternVersion: now.patternVersion, engineVersion: now.engineVersion }
}
