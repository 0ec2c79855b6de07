import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CheckReport } from '@vigie/domain/agents'
import { buildScript } from '../../build.ts'
import { Queue } from '../core/queue.ts'
import { silentLog } from '../core/log.ts'
import { enrolPrepared, laterPath } from '../core/enrol-later.ts'
import { aMachine, newStateFolder, remove } from '../testing/in-process.ts'
import { Peer } from '../testing/peer.ts'
import { TestProxy } from '../testing/proxy.ts'

const run = promisify(execFile)
let peer: Peer
let folder: string
let state: string
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
  folder = await newStateFolder()
  state = join(folder, 'state')
  child = null
})
afterEach(async () => {
  await stop()
  await peer.close()
  await remove(folder)
})

const env = { ...process.env, LANG: 'C', LC_ALL: '' }
async function tool(args: readonly string[], input = ''): Promise<{ code: number; stdout: string; stderr: string }> {
  const running = run(process.execPath, [script, ...args, '--state', state], { env, timeout: 60_000, cwd: folder })
  running.child.stdin!.end(input)
  return running.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({ code: error.code, stdout: error.stdout, stderr: error.stderr }),
  )
}
const json = async (...args: string[]) => JSON.parse((await tool([...args, '--json'])).stdout) as Record<string, never>
const enrol = (...more: string[]) =>
  tool([
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
  ])
const quietEngine = () =>
  writeFile(
    join(state, 'settings.json'),
    JSON.stringify({ engines: { clamav: { clamdSocket: join(folder, 'none.sock'), onAccess: null } } }),
  )
async function start(): Promise<void> {
  const before = peer.hellos.length
  child = spawn(process.execPath, [script, 'run', '--state', state], { stdio: 'ignore' })
  await peer.until(() => peer.hellos.length > before, 'hello')
}
async function stop(): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child!.once('exit', resolve))
  child.kill('SIGTERM')
  await gone
}
async function queued(count: number): Promise<void> {
  const queue = await Queue.open(join(state, 'queue'), { limitBytes: 100_000_000, now: () => new Date(), log: silentLog })
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
const identity = async () =>
  JSON.parse(await readFile(join(state, 'identity.json'), 'utf8')) as { agentId: string; guid: string; privateKey: string }

describe('settings without editing files (AGT-5)', () => {
  it('language and log level are shown, kept, refused; the level takes effect while the agent runs', async () => {
    await enrol()
    await quietEngine()
    expect((await tool(['log-level'])).stdout).toBe('info\n')
    await start()
    expect((await tool(['log-level', 'error'])).stdout).toContain('uses it now')
    expect(await tool(['log-level', 'loud'])).toMatchObject({ code: 2, stderr: expect.stringContaining('error, warn, info, debug') })
    const quiet = await readFile(join(state, 'log/agent.log'), 'utf8')
    await tool(['log-level', 'error'])
    expect(await readFile(join(state, 'log/agent.log'), 'utf8')).toBe(quiet)
    await tool(['log-level', 'info'])
    expect((await readFile(join(state, 'log/agent.log'), 'utf8')).slice(quiet.length)).toContain('settings read again')
    expect((await tool(['language', 'fr'])).stdout).toContain('Français')
    expect((await tool(['status'])).stdout).toContain('Connecté')
    expect(await tool(['language', 'de'])).toMatchObject({ code: 2 })
    await tool(['language', 'default'])
    expect((await tool(['language'])).stdout).toBe('en\n')
  })

  it('a proxy by options: kept, shown without its password, used by the running agent; another proxy does not get it', async () => {
    const proxy = await TestProxy.start({ protocol: 'http', asks: 'digest-sha-256', user: 'me', password: 'pass word' })
    await writeFile(join(folder, 'password'), 'pass word\n')
    const address = `http://127.0.0.1:${proxy.port}`
    expect((await enrol('--proxy', address)).stderr).toContain('does not accept the user name')
    expect((await enrol('--proxy', address, '--proxy-user', 'me', '--proxy-password-file', 'password')).code).toBe(0)
    const shown = await tool(['configure'])
    expect(shown.stdout).toContain('"hasPassword": true')
    expect(shown.stdout).not.toContain('pass word')
    await quietEngine()
    await start()
    expect(proxy.tunnels).toBe(3)
    const steps = (await json('test-connection')) as unknown as { isGood: boolean; steps: { step: string }[] }
    expect([steps.isGood, steps.steps[0]!.step]).toEqual([true, 'proxy-name'])
    expect((await tool(['configure', '--proxy', 'http://127.0.0.1:9'])).stdout).toContain('"hasPassword": false')
    expect((await tool(['test-connection'])).stdout).toContain('The proxy’s machine refuses')
    await tool(['configure', '--proxy', 'none'])
    expect(await readdir(state)).not.toContain('proxy-secret')
    for (const wrong of [
      ['--proxy', 'ftp://x'],
      ['--proxy-user', 'x'],
      ['--proxy', address, '--proxy-auth', 'ntlm'],
      ['--proxy', address, '--proxy-user', 'x', '--proxy-password-file', 'none'],
    ]) {
      expect((await tool(['configure', ...wrong])).code, wrong.join(' ')).toBe(2)
    }
    await proxy.close()
  })

  it('the site server’s address and port, kept, shown, refused where they are none; the default again (AGT-8)', async () => {
    expect(await json('configure', '--site-host', '192.0.2.7', '--site-port', '9444', '--site-role', 'off')).toMatchObject({
      settings: { site: { isOn: false, host: '192.0.2.7', port: 9444 } },
    })
    for (const wrong of [
      ['--site-port', '70000'],
      ['--site-port', 'many'],
      ['--site-role', 'perhaps'],
    ])
      expect(await tool(['configure', ...wrong])).toMatchObject({ code: 2, stderr: expect.stringContaining('site') })
    expect(await json('configure', '--site-host', 'default', '--site-port', 'default', '--site-role', 'on')).toMatchObject({
      settings: { site: { isOn: true, host: null, port: 8444 } },
    })
  })

  it('interactive: asks, takes lines, an empty one keeps what is', async () => {
    await enrol()
    const said = await tool(['configure', '--interactive'], '\nsocks5://127.0.0.1:1\nyou\nhidden words\nja\ndebug\n')
    expect([said.code, said.stdout]).toEqual([0, expect.stringContaining('socks5://you@127.0.0.1:1')])
    expect(await readFile(join(state, 'proxy-secret'), 'utf8')).toBe('hidden words')
    expect(said.stdout + said.stderr).not.toContain('hidden words')
    expect(JSON.parse(await readFile(join(state, 'settings.json'), 'utf8'))).toMatchObject({ language: 'ja', logLevel: 'debug' })
    await tool(['configure', '-i'], '\n\n\n\n\n')
    expect(await readFile(join(state, 'proxy-secret'), 'utf8')).toBe('hidden words')
  })

  it('backup and restore: one file for its owner only; the identity only when asked for, and never over another or under a running agent', async () => {
    await enrol()
    await quietEngine()
    await tool(
      ['configure', '--scan-paths', '/srv', '--proxy', 'http://127.0.0.1:9', '--proxy-user', 'u', '--proxy-password-file', '-'],
      'secret pass',
    )
    expect((await tool(['backup', join(folder, 'plain')])).code).toBe(0)
    expect((await tool(['backup', join(folder, 'whole'), '--with-identity'])).stdout).toContain('clones')
    expect((await stat(join(folder, 'plain'))).mode & 0o777).toBe(0o600)
    const { privateKey, agentId } = await identity()
    expect(await readFile(join(folder, 'plain'), 'utf8')).not.toContain(JSON.stringify(privateKey).slice(30, 80))
    await tool(['configure', '--scan-paths', 'default', '--proxy', 'none'])
    await tool(['restore', join(folder, 'plain')])
    expect(JSON.parse(await readFile(join(state, 'settings.json'), 'utf8'))).toMatchObject({ engines: { clamav: { scanPaths: ['/srv'] } } })
    expect(await readFile(join(state, 'proxy-secret'), 'utf8')).toBe('secret pass')
    expect((await tool(['restore', join(folder, 'plain'), '--with-identity'])).code).toBe(2)
    await writeFile(join(folder, 'torn'), (await readFile(join(folder, 'plain'), 'utf8')).slice(0, 200))
    expect(await tool(['restore', join(folder, 'torn')])).toMatchObject({ code: 2, stderr: expect.stringContaining('Nothing was changed') })
    await remove(state)
    await tool(['restore', join(folder, 'whole'), '--with-identity'])
    expect((await identity()).agentId).toBe(agentId)
    await tool(['configure', '--proxy', 'none'])
    await start()
    expect(await tool(['restore', join(folder, 'whole'), '--with-identity'])).toMatchObject({
      code: 7,
      stderr: expect.stringContaining('Stop it first'),
    })
  })

  it('a damaged identity or settings file says so, with the way out (seed 11-1)', async () => {
    await enrol()
    await writeFile(join(state, 'identity.json'), '{"agentId":')
    expect(await tool(['status'])).toMatchObject({ code: 1, stderr: expect.stringMatching(/damaged[\s\S]*same GUID/) })
    await writeFile(join(state, 'identity.json'), '{"agentId":"x"}')
    expect(await tool(['run'])).toMatchObject({ code: 1, stderr: expect.stringMatching(/damaged/) })
  })

  it('start, stop, restart without a service say how', async () => {
    await enrol()
    await quietEngine()
    expect((await tool(['stop'])).stdout).toContain('was not running')
    await start()
    expect((await tool(['start'])).stdout).toContain('runs already')
    expect((await tool(['stop'])).stdout).toContain('offline')
    expect(peer.byes).toEqual(['stopped'])
  })
})

describe('registration credentials (CUS-6)', () => {
  const withUser = (more: readonly string[], input = '') =>
    tool(
      [
        'enrol',
        '--server',
        peer.url,
        '--guid',
        peer.guid,
        '--user',
        peer.credentials.userName,
        '--ca-sha256',
        peer.certificates.caSha256,
        '--no-service',
        ...more,
      ],
      input,
    )

  it.each([
    ['typed', () => withUser([], `${peer.credentials.password}\n`)],
    [
      'from a file',
      async () => {
        await writeFile(join(folder, 'word'), `${peer.credentials.password}\n`)
        return await withUser(['--password-file', 'word'])
      },
    ],
    ['from standard input, to its end', () => withUser(['--password-file', '-'], peer.credentials.password)],
  ])('in place of the key, the password %s; it is kept nowhere', async (_, enrolling) => {
    const { code, stdout, stderr } = await enrolling()
    expect([code, peer.agents.size, await readdir(state)]).toEqual([0, 1, expect.arrayContaining(['identity.json'])])
    for (const file of await readdir(state, { recursive: true, withFileTypes: true })) {
      if (file.isFile())
        expect(await readFile(join(file.parentPath, file.name), 'utf8'), file.name).not.toContain(peer.credentials.password)
    }
    expect(stdout + stderr).not.toContain(peer.credentials.password)
  })

  it('wrong, none, and both at once: each said, with the way out', async () => {
    expect(await withUser([], 'guessed\n')).toMatchObject({ code: 7, stderr: expect.stringContaining('company profile') })
    expect(await withUser([])).toMatchObject({ code: 2, stderr: expect.stringContaining('--password-file') })
    expect(await withUser(['--key', peer.key], 'x\n')).toMatchObject({ code: 2, stderr: expect.stringContaining('--key') })
  })
})

describe('change GUID (AGT-5, R9)', () => {
  let other: Peer
  beforeEach(async () => {
    other = await Peer.start(peer.certificates)
    await enrol()
    await quietEngine()
  })
  afterEach(() => other.close())
  const change = (...more: string[]) => tool(['change-guid', '--server', other.url, '--guid', other.guid, '--key', other.key, ...more])

  it('sends under the old GUID what belongs to it, says goodbye there, begins anew here', async () => {
    const old = await identity()
    await queued(500)
    const said = await change()
    expect([said.code, said.stderr, said.stdout]).toEqual([0, '', expect.stringContaining('former registration is given up')])
    expect(peer.of('detection')).toHaveLength(500)
    expect(peer.byes).toEqual(['uninstalled'])
    expect((await identity()).guid).toBe(other.guid)
    expect(await readdir(state)).not.toContain(`counters.${old.agentId}`)
    expect(await readdir(state)).not.toContain('change')
    child = spawn(process.execPath, [script, 'run', '--state', state], { stdio: 'ignore' })
    await other.until(() => other.of('endpoint').length > 0, 'endpoint at the new place')
    expect([other.of('detection'), other.faults, peer.faults]).toEqual([[], [], []])
  })

  it('a wrong key: nothing is changed, nothing said', async () => {
    const before = await identity()
    expect((await tool(['change-guid', '--server', other.url, '--guid', other.guid, '--key', 'wrong'])).code).toBe(7)
    expect(await identity()).toEqual(before)
    expect(peer.byes).toEqual([])
  })

  it('what can’t be sent is neither given up nor given to another customer, unless so ordered', async () => {
    await queued(3)
    peer.problem = { code: 'server.unavailable', isRetryable: true }
    expect(await change('--wait-seconds', '0')).toMatchObject({ code: 2 })
    expect(await change('--wait-seconds', '2')).toMatchObject({ code: 7, stderr: expect.stringContaining('3 records still wait') })
    expect((await identity()).guid).toBe(peer.guid)
    expect((await change('--queue', 'discard', '--wait-seconds', '1')).stdout).toContain('3 records were given up')
    child = spawn(process.execPath, [script, 'run', '--state', state], { stdio: 'ignore' })
    await other.until(() => other.of('endpoint').length > 0, 'endpoint at the new place')
    expect(other.of('detection')).toEqual([])
  }, 60_000)
})

describe('check (AGT-10)', () => {
  it('tells each step, in words and as the console reads it; the exit code says where', async () => {
    const before = await tool(['check', '--json'])
    const blank = CheckReport.parse(JSON.parse(before.stdout))
    expect([before.code, blank.result, blank.steps[0]!.findings[0]]).toMatchObject([
      3,
      'failed',
      { finding: 'registered', problem: 'check.problem.not-registered' },
    ])
    await enrol()
    await quietEngine()
    expect((await tool(['check'])).code).toBe(4)
    await start()
    const report = CheckReport.parse(await json('check', '--output', join(folder, 'report')))
    expect(report.steps.map(({ step, result }) => [step, result]).slice(0, 3)).toEqual([
      ['process', expect.not.stringMatching('failed')],
      ['network', 'ok'],
      ['connection-target', 'ok'],
    ])
    expect(report.steps[2]!.findings.map(({ finding }) => finding)).toEqual([
      'certificate',
      'answer',
      'channel',
      'clock',
      'state',
      'carrier',
    ])
    expect(report.steps[2]!.findings[0]!.detail).toMatch(/^TLSv1\.[23], /)
    expect(report.steps[4]).toMatchObject({ step: 'engine', result: 'failed' })
    expect(CheckReport.parse(JSON.parse(await readFile(join(folder, 'report'), 'utf8'))).guid).toBe(peer.guid)
    await tool(['configure', '--proxy', 'http://127.0.0.1:9'])
    const cut = await tool(['check', '--language=fr'])
    expect([cut.code, cut.stdout]).toEqual([5, expect.stringContaining('La machine du proxy refuse la connexion')])
  })

  it('from afar: the evidence says each step', async () => {
    await enrol()
    await quietEngine()
    await start()
    const { agentId } = await identity()
    peer.send(peer.order(agentId, 1, 'check'))
    await peer.until(() => peer.of('outcome').some(({ step }) => step === 'succeeded'), 'checked')
    expect(peer.of('outcome').at(-1)!.evidence).toMatchObject({
      process: expect.any(String),
      network: 'ok',
      connectionTarget: 'ok',
      engine: 'failed',
      fault: 'check.engine.engine',
      problem: expect.stringContaining('engine-problem.'),
    })
  })
})

describe('collect (AGT-10, R39)', () => {
  it('1,000 planted secrets: none leaves', async () => {
    await enrol()
    await quietEngine()
    const password = `pw-${randomBytes(12).toString('hex')}`
    await tool(['configure', '--proxy', 'http://127.0.0.1:9', '--proxy-user', 'someone', '--proxy-password-file', '-'], password)
    const { privateKey } = await identity()
    const body = privateKey.split('\n')[1]!
    const planted = Array.from({ length: 1_000 }, (_, i) => `S${i}x${randomBytes(9).toString('hex')}`)
    const spots = [
      (s: string) => `Proxy-Authorization: Basic ${s}`,
      (s: string) => `url=http://user:${s}@proxy:3128/`,
      (s: string) => `{"password":"${s}"}`,
      (s: string) => `token=${s}`,
      (s: string) => `vigie-agent enrol --key ${s}`,
      (s: string) => `secret: ${s}`,
      (s: string) => `-----BEGIN PRIVATE KEY-----\n${s}\n-----END PRIVATE KEY-----`,
      (s: string) => `api_key=${s}`,
      (s: string) => `"privateKey": "${s}"`,
      (s: string) => `Authorization: Bearer ${s}`,
    ]
    const known = [
      password,
      encodeURIComponent(password),
      Buffer.from(password).toString('base64'),
      body,
      privateKey,
      JSON.stringify(privateKey),
      `key-${randomUUID()}`,
    ]
    await writeFile(
      join(state, 'enrol-at-boot.json'),
      JSON.stringify({ server: peer.url, guid: peer.guid, key: known.at(-1), caSha256: 'a'.repeat(64), bootId: null }),
    )
    await mkdir(join(state, 'log'), { recursive: true })
    await writeFile(
      join(state, 'log/agent.log'),
      `${planted.map((s, i) => spots[i % spots.length]!(s)).join('\n')}\n${known.join('\n')}\nan honest line\n`,
    )
    const { file } = (await json('collect', '--output', 'bundle.tar.gz')) as unknown as { file: string }
    const packed = await readFile(file)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const text = gunzipSync(packed).toString('utf8')
    expect([...planted, ...known, body].filter((secret) => text.includes(secret))).toEqual([])
    expect(text).toContain('an honest line')
    expect(text).toContain((await identity()).agentId)
    await run('tar', ['-xzf', file, '-C', folder])
    expect((await readdir(join(folder, 'vigie-agent-support'))).toSorted()).toEqual([
      'about.json',
      'check.json',
      'identity.json',
      'log',
      'proxy.json',
      'settings.json',
      'state-folder.txt',
      'status.json',
    ])
  })

  it('is bounded, whatever lies there', async () => {
    await enrol()
    await mkdir(join(state, 'log'), { recursive: true })
    for (const name of ['agent.log', 'agent.1.log', 'agent.2.log'])
      await writeFile(join(state, 'log', name), randomBytes(6_000_000).toString('base64'))
    const { sizeBytes } = (await json('collect', '--output', 'b')) as unknown as { sizeBytes: number }
    expect(sizeBytes).toBeLessThan(8_000_000)
  })
})

describe('image prepare (AGT-9)', () => {
  const prepare = (...more: string[]) => tool(['image', 'prepare', ...more])

  it('refuses under a running agent; sends what waits, gives up the identity, leaves nothing that two copies would share', async () => {
    await enrol()
    await quietEngine()
    await start()
    expect(await prepare()).toMatchObject({ code: 7, stderr: expect.stringContaining('Stop it first') })
    await stop()
    await queued(50)
    expect((await tool(['image', 'check'])).code).toBe(7)
    const said = await prepare('--guid', peer.guid, '--key', 'an-endpoint-key')
    expect([said.code, said.stderr, said.stdout]).toEqual([0, '', expect.stringContaining('registers itself at its first boot')])
    expect(peer.of('detection')).toHaveLength(50)
    expect(peer.byes.at(-1)).toBe('uninstalled')
    expect((await readdir(state)).filter((name) => name !== 'clamav').toSorted()).toEqual(['ca.pem', 'enrol-at-boot.json', 'settings.json'])
    expect((await stat(laterPath(state))).mode & 0o777).toBe(0o600)
    expect((await tool(['image', 'check'])).code).toBe(0)
    expect((await prepare('--guid', peer.guid, '--key', 'again')).code).toBe(2) // no server known any more: it has to be said
    expect((await tool(['run'])).code).toBe(3) // still the master's boot: no copy's place is taken
  })

  it('what can’t be sent is not given up, unless so ordered', async () => {
    await enrol()
    await quietEngine()
    await queued(2)
    peer.problem = { code: 'server.unavailable', isRetryable: true }
    expect(await prepare('--wait-seconds', '2')).toMatchObject({ code: 7, stderr: expect.stringContaining('2 records still wait') })
    expect((await identity()).guid).toBe(peer.guid)
    expect((await prepare('--discard', '--wait-seconds', '1')).stdout).toContain('2 records were given up')
    expect((await tool(['status'])).code).toBe(3)
  }, 60_000)

  it('copies become agents of their own, each once, also when the answer got lost', async () => {
    await enrol()
    await prepare('--guid', peer.guid, '--key', peer.key)
    peer.key = 'spent' // Peer's own key is one-use; copies come to servers of their own here, as a key for many would let them
    const ids: string[] = []
    for (const name of ['a', 'b']) {
      const server = await Peer.start(peer.certificates)
      const copy = join(folder, name)
      await cp(state, copy, { recursive: true })
      await writeFile(
        laterPath(copy),
        JSON.stringify({ ...JSON.parse(await readFile(laterPath(copy), 'utf8')), server: server.url, guid: server.guid, key: server.key }),
      )
      server.loseEnrolAnswers = 1
      const options = {
        log: silentLog,
        signal: new AbortController().signal,
        machine: aMachine(name),
        bootId: `boot-of-${name}`,
        backOffBaseMs: 10,
      }
      ids.push((await enrolPrepared(copy, options))!.agentId)
      expect(server.agents.size).toBe(1)
      expect(await readdir(copy)).not.toContain('enrol-at-boot.json')
      expect(await enrolPrepared(copy, options)).toBeNull()
      await server.close()
    }
    expect(new Set(ids).size).toBe(2)
  })
})
