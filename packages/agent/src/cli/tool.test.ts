import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { remove } from '../testing/in-process.ts'
import { TestProxy } from '../testing/proxy.ts'
import { localTool } from '../testing/tool.ts'

const local = localTool()

describe('settings without editing files (AGT-5)', () => {
  it('language and log level are shown, kept, refused; the level takes effect while the agent runs', async () => {
    await local.enrol()
    await local.quietEngine()
    expect((await local.run(['log-level'])).stdout).toBe('info\n')
    await local.start()
    expect((await local.run(['log-level', 'error'])).stdout).toContain('uses it now')
    expect(await local.run(['log-level', 'loud'])).toMatchObject({ code: 2, stderr: expect.stringContaining('error, warn, info, debug') })
    const quiet = await readFile(join(local.state, 'log/agent.log'), 'utf8')
    await local.run(['log-level', 'error'])
    expect(await readFile(join(local.state, 'log/agent.log'), 'utf8')).toBe(quiet)
    await local.run(['log-level', 'info'])
    expect((await readFile(join(local.state, 'log/agent.log'), 'utf8')).slice(quiet.length)).toContain('settings read again')
    expect((await local.run(['language', 'fr'])).stdout).toContain('Français')
    expect((await local.run(['status'])).stdout).toContain('Connecté')
    expect(await local.run(['language', 'de'])).toMatchObject({ code: 2 })
    expect((await local.run(['language', 'default'])).stdout).toContain('English')
    expect((await local.run(['language'])).stdout).toBe('en\n')
  })

  it('a proxy by options: kept, shown without its password, used by the running agent; another proxy does not get it', async () => {
    const proxy = await TestProxy.start({ protocol: 'http', asks: 'digest-sha-256', user: 'me', password: 'pass word' })
    await writeFile(join(local.folder, 'password'), 'pass word\n')
    const address = `http://127.0.0.1:${proxy.port}`
    expect((await local.enrol('--proxy', address)).stderr).toContain('does not accept the user name')
    expect((await local.enrol('--proxy', address, '--proxy-user', 'me', '--proxy-password-file', 'password')).code).toBe(0)
    const shown = await local.run(['configure'])
    expect(shown.stdout).toMatch(
      /^ {2}--proxy {2,}http:\/\/me@127[^]*^ {2}--proxy-password-file {2,}\*{4}$[^]*^ {2}--queue-limit-mb {2,}64$/m,
    )
    expect(shown.stdout).not.toContain('pass word')
    await local.quietEngine()
    await local.start()
    expect(proxy.tunnels).toBe(3)
    const steps = (await local.json('test-connection')) as unknown as { isGood: boolean; steps: { step: string }[] }
    expect([steps.isGood, steps.steps[0]!.step]).toEqual([true, 'proxy-name'])
    expect(await local.json('configure', '--proxy', 'http://127.0.0.1:9')).toMatchObject({ proxy: { hasPassword: false } })
    expect((await local.run(['test-connection'])).stdout).toContain('The proxy’s machine refuses')
    await local.run(['configure', '--proxy', 'none'])
    expect(await readdir(local.state)).not.toContain('proxy-secret')
    for (const wrong of [
      ['--proxy', 'ftp://x'],
      ['--proxy-user', 'x'],
      ['--proxy', address, '--proxy-auth', 'ntlm'],
      ['--proxy', address, '--proxy-user', 'x', '--proxy-password-file', 'none'],
    ]) {
      expect((await local.run(['configure', ...wrong])).code, wrong.join(' ')).toBe(2)
    }
    await proxy.close()
  })

  it('the site server’s address and port, kept, shown, refused where they are none; the default again (AGT-8)', async () => {
    expect(await local.json('configure', '--site-host', '192.0.2.7', '--site-port', '9444', '--site-role', 'off')).toMatchObject({
      settings: { site: { isOn: false, host: '192.0.2.7', port: 9444 } },
    })
    for (const wrong of [
      ['--site-port', '70000'],
      ['--site-port', 'many'],
      ['--site-role', 'perhaps'],
    ])
      expect(await local.run(['configure', ...wrong])).toMatchObject({ code: 2, stderr: expect.stringContaining('site') })
    expect(await local.json('configure', '--site-host', 'default', '--site-port', 'default', '--site-role', 'on')).toMatchObject({
      settings: { site: { isOn: true, host: null, port: 8444 } },
    })
  })

  it('interactive: asks, takes lines, an empty one keeps what is', async () => {
    await local.enrol()
    const said = await local.run(['configure', '--interactive'], '\nsocks5://127.0.0.1:1\nyou\nhidden words\nja\ndebug\n')
    expect([said.code, said.stdout]).toEqual([0, expect.stringContaining('socks5://you@127.0.0.1:1')])
    expect(await readFile(join(local.state, 'proxy-secret'), 'utf8')).toBe('hidden words')
    expect(said.stdout + said.stderr).not.toContain('hidden words')
    expect(JSON.parse(await readFile(join(local.state, 'settings.json'), 'utf8'))).toMatchObject({ language: 'ja', logLevel: 'debug' })
    await local.run(['configure', '-i'], '\n\n\n\n\n')
    expect(await readFile(join(local.state, 'proxy-secret'), 'utf8')).toBe('hidden words')
  })

  it('backup and restore: one file for its owner only; the identity only when asked for, and never over another or under a running agent', async () => {
    await local.enrol()
    await local.quietEngine()
    await local.run(
      ['configure', '--scan-paths', '/srv', '--proxy', 'http://127.0.0.1:9', '--proxy-user', 'u', '--proxy-password-file', '-'],
      'secret pass',
    )
    const believed = JSON.stringify({ root: 'the signers', sequence: 7, documentSha256: '', latestAt: '2026-11-22T00:00:00.000Z' })
    await writeFile(join(local.state, 'release-trust.json'), believed)
    expect((await local.run(['backup', join(local.folder, 'plain')])).code).toBe(0)
    expect((await local.run(['backup', join(local.folder, 'whole'), '--with-identity'])).stdout).toContain('clones')
    expect((await stat(join(local.folder, 'plain'))).mode & 0o777).toBe(0o600)
    const { privateKey, agentId } = await local.identity()
    expect(await readFile(join(local.folder, 'plain'), 'utf8')).not.toContain(JSON.stringify(privateKey).slice(30, 80))
    await local.run(['configure', '--scan-paths', 'default', '--proxy', 'none'])
    await local.run(['restore', join(local.folder, 'plain')])
    expect(JSON.parse(await readFile(join(local.state, 'settings.json'), 'utf8'))).toMatchObject({
      engines: { clamav: { scanPaths: ['/srv'] } },
    })
    expect(await readFile(join(local.state, 'proxy-secret'), 'utf8')).toBe('secret pass')
    expect((await local.run(['restore', join(local.folder, 'plain'), '--with-identity'])).code).toBe(2)
    await writeFile(join(local.folder, 'torn'), (await readFile(join(local.folder, 'plain'), 'utf8')).slice(0, 200))
    expect(await local.run(['restore', join(local.folder, 'torn')])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Nothing was changed'),
    })
    await remove(local.state)
    await local.run(['restore', join(local.folder, 'whole'), '--with-identity'])
    expect((await local.identity()).agentId).toBe(agentId)
    const trustPath = join(local.state, 'release-trust.json')
    expect(JSON.parse(await readFile(trustPath, 'utf8'))).toEqual(JSON.parse(believed)) // else it would never upgrade again (R17)
    const since = believed.replace('7', '9')
    await writeFile(trustPath, since)
    expect((await local.run(['restore', join(local.folder, 'whole'), '--with-identity'])).code).toBe(0)
    expect(await readFile(trustPath, 'utf8')).toBe(since)
    await local.run(['configure', '--proxy', 'none'])
    await local.start()
    expect(await local.run(['restore', join(local.folder, 'whole'), '--with-identity'])).toMatchObject({
      code: 7,
      stderr: expect.stringContaining('Stop it first'),
    })
  })

  it('a damaged identity or settings file says so, with the way out (seed 11-1)', async () => {
    await local.enrol()
    await writeFile(join(local.state, 'settings.json'), '{')
    expect(await local.run(['status'])).toMatchObject({ code: 1, stderr: expect.stringMatching(/damaged[\s\S]*restore FILE/) })
    await writeFile(join(local.state, 'identity.json'), '{"agentId":')
    expect(await local.run(['status'])).toMatchObject({ code: 1, stderr: expect.stringMatching(/damaged[\s\S]*same GUID/) })
    await writeFile(join(local.state, 'identity.json'), '{"agentId":"x"}')
    expect(await local.run(['run'])).toMatchObject({ code: 1, stderr: expect.stringMatching(/damaged/) })
  })

  it('start, stop, restart without a service say how', async () => {
    await local.enrol()
    await local.quietEngine()
    expect((await local.run(['stop'])).stdout).toContain('was not running')
    await local.start()
    expect((await local.run(['start'])).stdout).toContain('runs already')
    expect((await local.run(['stop'])).stdout).toContain('offline')
    expect(local.peer.byes).toEqual(['stopped'])
  })
})
