import { execFile, spawnSync } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { chmod, copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { CheckReport } from '@vigie/domain/agents'
import { localTool } from '../testing/tool.ts'

const run = promisify(execFile)
const local = localTool()

describe('check (AGT-10)', () => {
  it('tells each step, in words and as the console reads it; the exit code says where', async () => {
    const before = await local.run(['check', '--json'])
    const blank = CheckReport.parse(JSON.parse(before.stdout))
    expect([before.code, blank.result, blank.steps[0]!.findings[0]]).toMatchObject([
      3,
      'failed',
      { finding: 'registered', problem: 'check.problem.not-registered' },
    ])
    await local.enrol()
    await local.quietEngine()
    expect((await local.run(['check'])).code).toBe(4)
    await local.start()
    const report = CheckReport.parse(await local.json('check', '--output', join(local.folder, 'report')))
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
    expect(CheckReport.parse(JSON.parse(await readFile(join(local.folder, 'report'), 'utf8'))).guid).toBe(local.peer.guid)
    await local.run(['configure', '--proxy', 'http://127.0.0.1:9'])
    const cut = await local.run(['check', '--language=fr'])
    expect([cut.code, cut.stdout]).toEqual([5, expect.stringContaining('La machine du proxy refuse la connexion')])
  })

  it('who may not look there is not told that nothing is there (R13)', async ({ skip }) => {
    if (process.getuid?.() !== 0) skip('not root')
    await local.enrol()
    await chmod(local.folder, 0o755)
    const script = join(local.folder, 'vigie-agent')
    await copyFile(local.script, script)
    const [uid, gid] = [65_534, 65_534]
    for (const command of ['check', 'collect']) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [script, command, '--state', local.state, '--language=en'], {
        cwd: local.folder,
        encoding: 'utf8',
        uid,
        gid,
      })
      expect([status, stdout, stderr], command).toEqual([8, '', 'This needs the rights of the administrator (root).\n'])
    }
  })

  it('from afar: the evidence says each step', async () => {
    await local.enrol()
    await local.quietEngine()
    await local.start()
    const { agentId } = await local.identity()
    local.peer.send(local.peer.order(agentId, 1, 'check'))
    await local.peer.until(() => local.peer.of('outcome').some(({ step }) => step === 'succeeded'), 'checked')
    expect(local.peer.of('outcome').at(-1)!.evidence).toMatchObject({
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
    await local.enrol()
    await local.quietEngine()
    const password = `pw-${randomBytes(12).toString('hex')}`
    await local.run(['configure', '--proxy', 'http://127.0.0.1:9', '--proxy-user', 'someone', '--proxy-password-file', '-'], password)
    const { privateKey } = await local.identity()
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
      join(local.state, 'enrol-at-boot.json'),
      JSON.stringify({ server: local.peer.url, guid: local.peer.guid, key: known.at(-1), caSha256: 'a'.repeat(64), bootId: null }),
    )
    await mkdir(join(local.state, 'log'), { recursive: true })
    await writeFile(
      join(local.state, 'log/agent.log'),
      `${planted.map((s, i) => spots[i % spots.length]!(s)).join('\n')}\n${known.join('\n')}\nan honest line\n`,
    )
    const { file } = (await local.json('collect', '--output', 'bundle.tar.gz')) as unknown as { file: string }
    const packed = await readFile(file)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const text = gunzipSync(packed).toString('utf8')
    expect([...planted, ...known, body].filter((secret) => text.includes(secret))).toEqual([])
    expect(text).toContain('an honest line')
    expect(text).toContain((await local.identity()).agentId)
    await run('tar', ['-xzf', file, '-C', local.folder])
    const unpacked = join(local.folder, 'vigie-agent-support')
    for (const name of await readdir(unpacked))
      if (name.endsWith('.json')) expect(() => JSON.parse(readFileSync(join(unpacked, name), 'utf8')), name).not.toThrow()
    expect((await readdir(join(local.folder, 'vigie-agent-support'))).toSorted()).toEqual([
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
    await local.enrol()
    await mkdir(join(local.state, 'log'), { recursive: true })
    for (const name of ['agent.log', 'agent.1.log', 'agent.2.log'])
      await writeFile(join(local.state, 'log', name), randomBytes(6_000_000).toString('base64'))
    const { sizeBytes } = (await local.json('collect', '--output', 'b')) as unknown as { sizeBytes: number }
    expect(sizeBytes).toBeLessThan(8_000_000)
  })
})
