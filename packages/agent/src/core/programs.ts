import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'

/**
 * Every program the agent may ever start, and where it may lie (R13): a name from this list and an array of arguments, no shell, no path from the wire or
 * from the settings. The only importer of `node:child_process`.
 */
const programs = {
  clamd: ['/usr/sbin/clamd', '/usr/local/sbin/clamd'],
  clamdscan: ['/usr/bin/clamdscan', '/usr/local/bin/clamdscan'],
  clamonacc: ['/usr/sbin/clamonacc', '/usr/bin/clamonacc', '/usr/local/sbin/clamonacc'],
  nft: ['/usr/sbin/nft', '/sbin/nft'],
  freshclam: ['/usr/bin/freshclam', '/usr/local/bin/freshclam'],
  systemctl: ['/usr/bin/systemctl', '/bin/systemctl'],
} as const
export type Program = keyof typeof programs

/** Where it is; null: not installed. */
export async function findProgram(program: Program): Promise<string | null> {
  for (const path of programs[program]) {
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path
  }
  return null
}

export interface RunResult {
  exitCode: number | null
  signal: string | null
  /** Standard output and error as they came, the last 256 kB. */
  output: string
}

/** Runs to its end. Plain environment, C locale, killed after `timeoutMs` or when `signal` says so. @throws when it is not installed. */
export async function runProgram(
  program: Program,
  args: readonly string[],
  options: { timeoutMs: number; signal?: AbortSignal },
): Promise<RunResult> {
  const child = await startProgram(program, args)
  let output = Buffer.alloc(0)
  const gather = (chunk: Buffer) => {
    output = Buffer.concat([output, chunk]).subarray(-262_144)
  }
  child.stdout!.on('data', gather)
  child.stderr!.on('data', gather)
  const kill = () => child.kill('SIGTERM')
  const hardKill = () => child.kill('SIGKILL')
  const timer = setTimeout(kill, options.timeoutMs)
  const hardTimer = setTimeout(hardKill, options.timeoutMs + 5_000)
  options.signal?.addEventListener('abort', kill, { once: true })
  if (options.signal?.aborted) kill()
  try {
    return await new Promise((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (exitCode, signal) => resolve({ exitCode, signal, output: output.toString('utf8') }))
    })
  } finally {
    clearTimeout(timer)
    clearTimeout(hardTimer)
    options.signal?.removeEventListener('abort', kill)
  }
}

/**
 * An agent's program beside the installed one: a file below the private state folder whose signatures were believed when it was laid there and whose digest the caller has just compared (R17).
 * No name from the wire becomes part of it beyond three numbers.
 */
export function startVersion(file: string, args: readonly string[]): ChildProcess {
  // a channel, so that neither outlives the other unnoticed; the journal is the same
  return spawn(file, [...args], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], cwd: '/' })
}

/** Asks it something and waits. Never throws. */
export function runVersion(file: string, args: readonly string[], timeoutMs: number): Promise<{ exitCode: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(file, [...args], { stdio: ['ignore', 'pipe', 'ignore'], cwd: '/', timeout: timeoutMs, killSignal: 'SIGKILL' })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output = (output + chunk.toString('utf8')).slice(0, 1_000)))
    child.on('error', () => resolve({ exitCode: null, output }))
    child.on('close', (exitCode) => resolve({ exitCode, output }))
  })
}

/** Starts it and gives it back, pipes open. @throws when it is not installed. */
export async function startProgram(program: Program, args: readonly string[]): Promise<ChildProcess> {
  const path = await findProgram(program)
  if (path === null) throw Object.assign(new Error('program not installed'), { code: 'ENOENT', program })
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', ...(process.env.TZ ? { TZ: process.env.TZ } : {}) }
  return spawn(path, [...args], { stdio: ['ignore', 'pipe', 'pipe'], env, cwd: '/' })
}
