import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { buildScript } from '../../build.ts'
import { silentLog } from '../core/log.ts'
import { Queue } from '../core/queue.ts'
import { newStateFolder, remove } from './in-process.ts'
import { Peer } from './peer.ts'

const run = promisify(execFile)
const env = { ...process.env, LANG: 'C', LC_ALL: '' }

/** `vigie-agent` as a person has it: the built script in processes of its own, on a state folder of the test's, with a server to speak to. */
export class LocalTool {
  peer!: Peer
  /** Of the test; the state folder lies in it. */
  folder = ''
  state = ''
  script = ''
  child: ChildProcess | null = null

  async run(args: readonly string[], input = ''): Promise<{ code: number; stdout: string; stderr: string }> {
    const running = run(process.execPath, [this.script, ...args, '--state', this.state], { env, timeout: 60_000, cwd: this.folder })
    running.child.stdin!.end(input)
    return running.then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => ({ code: error.code, stdout: error.stdout, stderr: error.stderr }),
    )
  }

  async json(...args: string[]): Promise<Record<string, never>> {
    return JSON.parse((await this.run([...args, '--json'])).stdout) as Record<string, never>
  }

  enrol(...more: string[]): ReturnType<LocalTool['run']> {
    const { url, guid, key, certificates } = this.peer
    return this.run(['enrol', '--server', url, '--guid', guid, '--key', key, '--ca-sha256', certificates.caSha256, '--no-service', ...more])
  }

  /** An engine that isn't there, watching nothing of this machine. */
  quietEngine(): Promise<void> {
    return writeFile(
      join(this.state, 'settings.json'),
      JSON.stringify({ engines: { clamav: { clamdSocket: join(this.folder, 'none.sock'), onAccess: null } } }),
    )
  }

  /** In the foreground; there when the server has heard its hello. */
  async start(at = this.peer): Promise<void> {
    const before = at.hellos.length
    this.child = spawn(process.execPath, [this.script, 'run', '--state', this.state], { stdio: 'ignore' })
    await at.until(() => at.hellos.length > before, 'hello')
  }

  /** @returns the exit code; null: it did not run, or a signal ended it */
  async stop(): Promise<number | null> {
    const { child } = this
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await gone
    return child.exitCode
  }

  /** So many detections wait to be sent. */
  async queued(count: number): Promise<void> {
    const queue = await Queue.open(join(this.state, 'queue'), { limitBytes: 100_000_000, now: () => new Date(), log: silentLog })
    await queue.append(
      Array.from({ length: count }, (_, i) => ({
        kind: 'detection' as const,
        endpoint: 'e',
        at: '2026-11-21T00:00:00.000Z',
        category: 'antivirus',
        threat: 'T',
        object: `f${i}`,
        outcome: 'failed',
        engine: 'clamav',
        contentId: 'a'.repeat(32),
      })),
    )
    await queue.close()
  }

  async identity(): Promise<{ agentId: string; guid: string; privateKey: string }> {
    return JSON.parse(await readFile(join(this.state, 'identity.json'), 'utf8')) as { agentId: string; guid: string; privateKey: string }
  }
}

/** For the tests of the file or `describe` that calls it: a new server and state folder for each. */
export function localTool(): LocalTool {
  const local = new LocalTool()
  let out = ''
  beforeAll(async () => {
    out = await newStateFolder()
    local.script = await buildScript(out)
  })
  afterAll(() => remove(out))
  beforeEach(async () => {
    local.peer = await Peer.start()
    local.folder = await newStateFolder()
    local.state = join(local.folder, 'state')
    local.child = null
  })
  afterEach(async () => {
    await local.stop()
    await local.peer.close()
    await remove(local.folder)
  })
  return local
}
