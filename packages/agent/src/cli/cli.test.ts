import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readdir, readFile, writeFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { locales } from '@vigie/domain/kernel'
import { buildScript } from '../../build.ts'
import { testCertificates } from '../testing/certificates.ts'
import { newStateFolder, remove } from '../testing/in-process.ts'
import { Peer } from '../testing/peer.ts'
import { unitText } from './service.ts'

const run = promisify(execFile)

describe('the local tool (AGT-5)', () => {
  let peer: Peer
  let folder: string
  let out: string
  let script: string
  let child: ChildProcess | null

  beforeAll(async () => {
    out = await newStateFolder()
    script = await buildScript(out)
  })
  afterAll(() => remove(out))
  beforeEach(async () => {
    peer = await Peer.start()
    peer.key = `-${peer.key}` // one of 64 is: a key is no option
    folder = await newStateFolder()
    child = null
  })
  afterEach(async () => {
    if (child && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child!.once('exit', resolve))
      child.kill('SIGTERM')
      await gone
    }
    await peer.close()
    await remove(folder)
  })

  const env = { ...process.env, LANG: 'C', LC_ALL: '' }
  const tool = (...args: string[]) =>
    run(process.execPath, [script, ...args, '--state', join(folder, 'state')], { env, timeout: 60_000 }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => ({ code: error.code, stdout: error.stdout, stderr: error.stderr }),
    )
  const enrol = (...more: string[]) =>
    tool(
      'enrol',
      '--server',
      peer.url,
      '--guid',
      peer.guid,
      '--key',
      peer.key,
      '--ca-sha256',
      peer.certificates.caSha256,
      '--no-service',
      ...more,
    )
  const enrolled = async () => expect(await enrol()).toMatchObject({ code: 0 })
  /** Runs it with an engine that isn't there, watching nothing of this machine. */
  const start = async () => {
    await writeFile(
      join(folder, 'state', 'settings.json'),
      JSON.stringify({ engines: { clamav: { clamdSocket: join(folder, 'none.sock'), onAccess: null } } }),
    )
    child = spawn(process.execPath, [script, 'run', '--state', join(folder, 'state')], { stdio: 'ignore' })
    await peer.until(() => peer.of('endpoint').length > 0, 'endpoint')
  }

  it('before enrolment: says so, with the way out, in three languages; exit code 3', async () => {
    const said = await Promise.all(locales.map((locale) => tool('status', `--language=${locale}`)))
    expect(said.map(({ code }) => code)).toEqual([3, 3, 3])
    expect(said[0]!.stderr).toContain('No agent is registered here')
    expect(said[1]!.stderr).toContain('Aucun agent')
    expect(said[2]!.stderr).toContain('登録されていません')
    expect(said.map(({ stderr }) => stderr.trim().split('\n').length)).toEqual([2, 2, 2])
    expect(JSON.parse((await tool('status', '--json')).stdout)).toMatchObject({ exit: 'not-registered' })
  })

  it('enrol, run, status, stop: words, JSON, exit codes', async () => {
    expect(await enrol()).toMatchObject({ code: 0, stdout: expect.stringContaining('Registered as “Test”') })
    expect(await enrol()).toMatchObject({ code: 0, stdout: expect.stringContaining('Already registered') })
    expect((await tool('status')).code).toBe(4)
    await start()
    const status = await tool('status')
    expect([status.code, status.stdout]).toEqual([6, expect.stringContaining('Online')])
    const json = JSON.parse((await tool('status', '--json')).stdout) as { state: string; engine: { engine: string } }
    expect(json).toMatchObject({ state: 'online', isRunning: true, guid: peer.guid, engine: { engine: 'clamav' } })
    expect((await tool('run')).stderr).toContain('Another agent')
    child!.kill('SIGTERM')
    await new Promise((resolve) => child!.once('exit', resolve))
    expect(child!.exitCode).toBe(0)
    expect(peer.byes).toEqual(['stopped'])
    expect((await tool('status')).code).toBe(4)
  })

  it('a wrong key: the problem and its remedy, exit code 7; nothing half made', async () => {
    const said = await tool(
      'enrol',
      '--server',
      peer.url,
      '--guid',
      peer.guid,
      '--key',
      'wrong',
      '--ca-sha256',
      peer.certificates.caSha256,
      '--no-service',
    )
    expect([said.code, said.stderr.trim().split('\n').length]).toEqual([7, 2])
    expect((await tool('status')).code).toBe(3)
  })

  it('a fingerprint that is another’s: exit code 5, and what to do', async () => {
    const said = await tool(
      'enrol',
      '--server',
      peer.url,
      '--guid',
      peer.guid,
      '--key',
      peer.key,
      '--ca-sha256',
      'ab'.repeat(32),
      '--no-service',
    )
    expect([said.code, said.stderr]).toEqual([5, expect.stringContaining('Nothing was sent')])
    expect(peer.agents.size).toBe(0)
  })

  it.each([
    [['dance'], 2],
    [['status', '--dance'], 2],
    [['enrol'], 2],
    [['enrol', '--server', 'http://x', '--guid', 'x', '--key', 'x', '--ca-sha256', 'x'], 2],
    [['help'], 0],
    [['--help'], 0],
    [['status', '--help'], 0],
    [['version'], 0],
    [['--version'], 0],
  ] as const)('%j ends with %i', async (args, code) => expect(spawnSync(process.execPath, [script, ...args], { env }).status).toBe(code))

  it('test-connection: each step, and where the way ends', async () => {
    const pinned = ['--server', peer.url, '--ca-sha256', peer.certificates.caSha256]
    const good = JSON.parse((await tool('test-connection', ...pinned, '--json')).stdout) as { isGood: boolean; steps: { step: string }[] }
    expect([good.isGood, good.steps.map(({ step }) => step)]).toEqual([true, ['name', 'port', 'certificate', 'answer', 'channel', 'clock']])
    const wrong = await tool('test-connection', '--server', peer.url, '--ca-sha256', 'ab'.repeat(32))
    expect([wrong.code, wrong.stdout]).toEqual([5, expect.stringContaining('not the one of the install command')])
    await enrolled()
    expect((await tool('test-connection')).code).toBe(0)
    const closed = await tool('test-connection', '--server', 'https://127.0.0.1:9')
    expect([closed.code, closed.stdout]).toEqual([5, expect.stringContaining('refuses the connection')])
    const stranger = await Peer.start(await testCertificates())
    expect(await tool('test-connection', '--server', stranger.url)).toMatchObject({
      code: 5,
      stdout: expect.stringContaining('not by the installation'),
    })
    await stranger.close()
  })

  it('configure: sets, shows, forgets, refuses; a running agent takes it at once', async () => {
    await enrolled()
    await start()
    expect((await tool('configure', '--scan-paths', '/srv,/home', '--set-language', 'fr', '--queue-limit-mb', '10')).stdout).toContain(
      'uses it now',
    )
    const { settings } = JSON.parse((await tool('configure', '--json')).stdout) as {
      settings: { engines: { clamav: { scanPaths: string[] } }; queueLimitBytes: number; language: string }
    }
    expect([settings.engines.clamav.scanPaths, settings.queueLimitBytes, settings.language]).toEqual([['/srv', '/home'], 10_485_760, 'fr'])
    expect((await tool('status')).stdout).toContain('En ligne')
    expect(await tool('configure', '--scan-paths', 'relative')).toMatchObject({ code: 2, stderr: expect.stringContaining('scanPaths') })
    expect(await tool('configure', '--log-level', 'loud')).toMatchObject({ code: 2 })
    await tool('configure', '--scan-paths', 'default', '--set-language', 'default')
    expect(JSON.parse(await readFile(join(folder, 'state/settings.json'), 'utf8'))).toMatchObject({
      language: null,
      engines: { clamav: { scanPaths: ['/'] } },
    })
    expect(await tool('configure', '--server', 'https://127.0.0.1:9')).toMatchObject({ code: 5 })
    expect((await tool('configure', '--server', peer.url.replace('127.0.0.1', 'localhost'))).code).toBe(5) // a name its certificate does not hold
  })

  it('uninstall: the server is told, the state goes, what was quarantined stays', async () => {
    await enrolled()
    await start()
    await mkdir(join(folder, 'state/clamav/quarantine'), { recursive: true })
    await writeFile(join(folder, 'state/clamav/quarantine/x.quarantined'), 'x')
    const said = await tool('uninstall')
    expect([said.code, said.stdout]).toEqual([0, expect.stringContaining('1 quarantined file was left')])
    expect(peer.byes).toContain('uninstalled')
    expect(await readdir(join(folder, 'state'))).toEqual(['clamav'])
    expect((await tool('status')).code).toBe(3)
  })

  it('uninstall of an agent that does not run still tells the server; with --keep-registration it does not', async () => {
    await enrolled()
    expect((await tool('uninstall', '--keep-registration')).code).toBe(0)
    expect(peer.byes).toEqual([])
    expect((await tool('status')).code).toBe(4)
    expect((await tool('uninstall')).code).toBe(0)
    expect(peer.byes).toEqual(['uninstalled'])
    expect(peer.of('endpoint')).toEqual([])
  })

  it('unregistered by the server: run ends with 77, which the service does not restart', async () => {
    await enrolled()
    peer.problem = { code: 'agent.unregistered', isRetryable: false }
    expect((await tool('run')).code).toBe(77)
    expect(await tool('run')).toMatchObject({ code: 77, stderr: expect.stringContaining('Unregistered') })
    expect((await tool('status')).code).toBe(3)
    expect(unitText(['/usr/local/bin/vigie-agent'], '/var/lib/vigie-agent')).toContain('RestartPreventExitStatus=77 3')
  })

  it('the unit is one that systemd understands', async ({ skip }) => {
    const path = join(folder, 'vigie-agent.service')
    await writeFile(path, unitText([process.execPath, '/opt/with space/%n'], '/var/lib/vigie-agent'))
    const { status, stderr, error } = spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' })
    if (error || status === null) skip('no systemd-analyze here')
    expect(stderr.split('\n').filter((line) => line.includes('vigie-agent.service'))).toEqual([])
  })
})
