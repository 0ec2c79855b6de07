import { spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { locales } from '@vigie/domain/kernel'
import { testCertificates } from '../testing/certificates.ts'
import { Peer } from '../testing/peer.ts'
import { localTool } from '../testing/tool.ts'
import { unitText } from './service.ts'

describe('the local tool (AGT-5)', () => {
  const local = localTool()
  beforeEach(() => void (local.peer.key = `-${local.peer.key}`)) // one of 64 is: a key is no option
  const enrolled = async () => expect(await local.enrol()).toMatchObject({ code: 0 })
  /** Runs, and has told how the machine is. */
  const start = async () => {
    await local.quietEngine()
    await local.start()
    await local.peer.until(() => local.peer.of('endpoint').length > 0, 'endpoint')
  }

  it('before enrolment: says so, with the way out, in three languages; exit code 3', async () => {
    const said = await Promise.all(locales.map((locale) => local.run(['status', `--language=${locale}`])))
    expect(said.map(({ code }) => code)).toEqual([3, 3, 3])
    expect(said[0]!.stderr).toContain('No agent is registered here')
    expect(said[1]!.stderr).toContain('Aucun agent')
    expect(said[2]!.stderr).toContain('登録されていません')
    expect(said.map(({ stderr }) => stderr.trim().split('\n').length)).toEqual([2, 2, 2])
    expect(JSON.parse((await local.run(['status', '--json'])).stdout)).toMatchObject({ exit: 'not-registered' })
  })

  it('enrol, run, status, stop: words, JSON, exit codes', async () => {
    expect(await local.enrol()).toMatchObject({ code: 0, stdout: expect.stringContaining('Registered as “Test”') })
    expect(await local.enrol()).toMatchObject({ code: 0, stdout: expect.stringContaining('Already registered') })
    expect((await local.run(['status'])).code).toBe(4)
    await start()
    const status = await local.run(['status'])
    expect([status.code, status.stdout]).toEqual([6, expect.stringContaining('Online')])
    const json = JSON.parse((await local.run(['status', '--json'])).stdout) as { state: string; engine: { engine: string } }
    expect(json).toMatchObject({ state: 'online', isRunning: true, guid: local.peer.guid, engine: { engine: 'clamav' } })
    expect((await local.run(['run'])).stderr).toContain('Another agent')
    expect(await local.stop()).toBe(0)
    expect(local.peer.byes).toEqual(['stopped'])
    expect((await local.run(['status'])).code).toBe(4)
  })

  it('a wrong key: the problem and its remedy, exit code 7; nothing half made', async () => {
    const said = await local.enrol('--key', 'wrong')
    expect([said.code, said.stderr.trim().split('\n').length]).toEqual([7, 2])
    expect((await local.run(['status'])).code).toBe(3)
  })

  it('a fingerprint that is another’s: exit code 5, and what to do', async () => {
    const said = await local.enrol('--ca-sha256', 'ab'.repeat(32))
    expect([said.code, said.stderr]).toEqual([5, expect.stringContaining('Nothing was sent')])
    expect(local.peer.agents.size).toBe(0)
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
  ] as const)('%j ends with %i', async (args, code) => expect((await local.run(args)).code).toBe(code))

  it('what is not there, wrong or missing is named as one wrote it', async () => {
    expect((await local.run(['dance'])).stderr).toBe('There is no such command: dance. See “vigie-agent help”.\n')
    expect((await local.run(['configure', '--queue-limit-mb', 'many'])).stderr).toContain('“--queue-limit-mb”')
    expect((await local.run(['restore', '--language=fr'])).stderr).toContain('vigie-agent restore FICHIER')
  })

  it('test-connection: each step, and where the way ends', async () => {
    const pinned = ['--server', local.peer.url, '--ca-sha256', local.peer.certificates.caSha256]
    const good = JSON.parse((await local.run(['test-connection', ...pinned, '--json'])).stdout) as {
      isGood: boolean
      steps: { step: string }[]
    }
    expect([good.isGood, good.steps.map(({ step }) => step)]).toEqual([true, ['name', 'port', 'certificate', 'answer', 'channel', 'clock']])
    const wrong = await local.run(['test-connection', '--server', local.peer.url, '--ca-sha256', 'ab'.repeat(32)])
    expect([wrong.code, wrong.stdout]).toEqual([5, expect.stringContaining('not the one of the install command')])
    await enrolled()
    expect((await local.run(['test-connection'])).code).toBe(0)
    const closed = await local.run(['test-connection', '--server', 'https://127.0.0.1:9'])
    expect([closed.code, closed.stdout]).toEqual([5, expect.stringContaining('refuses the connection')])
    const stranger = await Peer.start(await testCertificates())
    expect(await local.run(['test-connection', '--server', stranger.url])).toMatchObject({
      code: 5,
      stdout: expect.stringContaining('not by the installation'),
    })
    await stranger.close()
  })

  it('configure: sets, shows, forgets, refuses; a running agent takes it at once', async () => {
    await enrolled()
    await start()
    expect(
      (await local.run(['configure', '--scan-paths', '/srv,/home', '--set-language', 'fr', '--queue-limit-mb', '10'])).stdout,
    ).toContain('uses it now')
    const { settings } = JSON.parse((await local.run(['configure', '--json'])).stdout) as {
      settings: { engines: { clamav: { scanPaths: string[] } }; queueLimitBytes: number; language: string }
    }
    expect([settings.engines.clamav.scanPaths, settings.queueLimitBytes, settings.language]).toEqual([['/srv', '/home'], 10_485_760, 'fr'])
    expect((await local.run(['status'])).stdout).toContain('En ligne')
    expect(await local.run(['configure', '--scan-paths', 'relative'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--scan-paths'),
    })
    expect(await local.run(['configure', '--log-level', 'loud'])).toMatchObject({ code: 2 })
    await local.run(['configure', '--scan-paths', 'default', '--set-language', 'default'])
    expect(JSON.parse(await readFile(join(local.state, 'settings.json'), 'utf8'))).toMatchObject({
      language: null,
      engines: { clamav: { scanPaths: ['/'] } },
    })
    expect(await local.run(['configure', '--server', 'https://127.0.0.1:9'])).toMatchObject({ code: 5 })
    expect((await local.run(['configure', '--server', local.peer.url.replace('127.0.0.1', 'localhost')])).code).toBe(5) // a name its certificate does not hold
  })

  it('uninstall: the server is told, the state goes, what was quarantined stays', async () => {
    await enrolled()
    await start()
    await mkdir(join(local.state, 'clamav/quarantine'), { recursive: true })
    await writeFile(join(local.state, 'clamav/quarantine/x.quarantined'), 'x')
    const said = await local.run(['uninstall'])
    expect([said.code, said.stdout]).toEqual([0, expect.stringContaining('1 quarantined file was left')])
    expect(local.peer.byes).toContain('uninstalled')
    expect(await readdir(local.state)).toEqual(['clamav'])
    expect((await local.run(['status'])).code).toBe(3)
  })

  it('uninstall of an agent that does not run still tells the server; with --keep-registration it does not', async () => {
    await enrolled()
    expect((await local.run(['uninstall', '--keep-registration'])).code).toBe(0)
    expect(local.peer.byes).toEqual([])
    expect((await local.run(['status'])).code).toBe(4)
    expect((await local.run(['uninstall'])).code).toBe(0)
    expect(local.peer.byes).toEqual(['uninstalled'])
    expect(local.peer.of('endpoint')).toEqual([])
  })

  it('unregistered by the server: run ends with 77, which the service does not restart', async () => {
    await enrolled()
    local.peer.problem = { code: 'agent.unregistered', isRetryable: false }
    expect((await local.run(['run'])).code).toBe(77)
    expect(await local.run(['run'])).toMatchObject({ code: 77, stderr: expect.stringContaining('Unregistered') })
    expect((await local.run(['status'])).code).toBe(3)
    expect(unitText(['/usr/local/bin/vigie-agent'], '/var/lib/vigie-agent')).toContain('RestartPreventExitStatus=77 3')
  })

  it('the unit is one that systemd understands', async ({ skip }) => {
    const path = join(local.folder, 'vigie-agent.service')
    await writeFile(path, unitText([process.execPath, '/opt/with space/%n'], '/var/lib/vigie-agent'))
    const { status, stderr, error } = spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' })
    if (error || status === null) skip('no systemd-analyze here')
    expect(stderr.split('\n').filter((line) => line.includes('vigie-agent.service'))).toEqual([])
  })
})
