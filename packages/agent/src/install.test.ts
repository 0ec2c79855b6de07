import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { debInstallCommand, installCommand, installScript } from '@vigie/domain/agents'
import { buildAgent } from '../build.ts'
import { testCertificates, type TestCertificates } from './testing/certificates.ts'
import { newStateFolder, remove } from './testing/in-process.ts'
import { Peer } from './testing/peer.ts'

const run = promisify(execFile)
const missing = ['curl', 'openssl', 'tar', 'sha256sum'].filter((program) => spawnSync('which', [program]).status !== 0)
if (missing.length > 0 || process.getuid?.() !== 0)
  process.stderr.write(`skipped, install command for real: ${missing.join(', ') || 'not root'}\n`)

describe.skipIf(missing.length > 0 || process.getuid?.() !== 0)('the install command, with real curl and openssl (AGT-1, R29)', () => {
  let front: Server
  let peer: Peer
  let folder: string
  let packed: Buffer
  let ca: string
  /** What the front gives out as the installation's CA. */
  let given: string
  let script: (url: string) => string
  const asked: string[] = []

  /** Serves the install pages, hands the rest on to nobody: enrolment goes to the peer's own port in the script's server address. */
  async function serve(certificates: TestCertificates): Promise<string> {
    front = createServer({ cert: certificates.cert, key: certificates.key }, (req, res) => {
      asked.push(req.url ?? '')
      if (req.url === '/agent/v1/ca.pem') res.end(given)
      else if (req.url === '/agent/v1/install.sh') res.end(script(`https://127.0.0.1:${(front.address() as AddressInfo).port}`))
      else if (/^\/agent\/v1\/download\/linux-(x64|arm64)$/.test(req.url ?? '')) res.end(packed)
      else if (/^\/agent\/v1\/download\/linux-(x64|arm64)\.deb$/.test(req.url ?? '')) res.end('a deb')
      else res.writeHead(404).end()
    })
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
    return `https://127.0.0.1:${(front.address() as AddressInfo).port}`
  }
  const paste = (command: string, state: string) =>
    run('sh', ['-c', `${command} --state ${state}/state --no-service`], {
      env: { ...process.env, VIGIE_PREFIX: state },
      timeout: 60_000,
    }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => ({ code: error.code, stdout: error.stdout, stderr: error.stderr }),
    )

  beforeAll(async () => {
    const out = await newStateFolder()
    const manifest = await buildAgent({ scriptOnly: true, out })
    packed = await readFile(join(out, manifest.script.file))
    await remove(out)
    peer = await Peer.start()
    ca = peer.certificates.ca
  })
  afterAll(() => peer.close())
  afterEach(async () => {
    front.closeAllConnections()
    await new Promise((resolve) => front.close(resolve))
    await remove(folder)
    asked.length = 0
  })
  const start = async (certificates = peer.certificates) => {
    folder = await newStateFolder()
    given = ca
    // The package comes from the front; the agent then enrols at the peer, which has the same CA.
    script = (url) =>
      installScript({ agentUrl: url, packageSha256: createHash('sha256').update(packed).digest('hex') }).replace(
        'enrol --server "$server"',
        `enrol --server ${peer.url}`,
      )
    const url = await serve(certificates)
    return installCommand({ agentUrl: url, caFingerprint: peer.certificates.caSha256, guid: peer.guid, key: peer.key })
  }

  it('is one line; installs, registers, and leaves nothing lying about', async () => {
    const command = await start()
    expect(command.split('\n')).toHaveLength(1)
    const { code, stdout, stderr } = await paste(command, folder)
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toContain('Registered as “Test”')
    expect((await stat(join(folder, 'bin/vigie-agent'))).mode & 0o777).toBe(0o755)
    const identity = JSON.parse(await readFile(join(folder, 'state/identity.json'), 'utf8')) as { guid: string }
    expect(identity.guid).toBe(peer.guid)
  })

  it('by the package manager: the same line of trust, then apt and the registration; nothing of it with another certificate', async () => {
    const url = /https:\/\/[\d.:]+/.exec(await start())![0]
    const bin = join(folder, 'bin')
    await mkdir(bin)
    await writeFile(join(bin, 'apt-get'), `#!/bin/sh\ncat "$3" > ${join(folder, 'deb')}\n`)
    await writeFile(join(bin, 'vigie-agent'), `#!/bin/sh\necho "$*" > ${join(folder, 'enrolled')}\n`)
    for (const name of ['apt-get', 'vigie-agent']) await chmod(join(bin, name), 0o755)
    const command = debInstallCommand({ agentUrl: url, caFingerprint: peer.certificates.caSha256, guid: peer.guid, key: peer.key })
    const paste = () =>
      run('sh', ['-c', command], { env: { ...process.env, PATH: `${bin}:${process.env.PATH}` } }).then(
        () => 0,
        (error: { code: number }) => error.code,
      )
    given = (await testCertificates()).ca
    expect([await paste(), asked]).toEqual([1, ['/agent/v1/ca.pem']])
    given = ca
    expect([command.split('\n').length, await paste(), await readFile(join(folder, 'deb'), 'utf8')]).toEqual([1, 0, 'a deb'])
    expect(await readFile(join(folder, 'enrolled'), 'utf8')).toBe(
      `enrol --server ${url} --ca-sha256 ${peer.certificates.caSha256} --guid ${peer.guid} --key ${peer.key}\n`,
    )
  })

  /** Programs that answer as on another kind of machine. */
  const onArm64 = async () => {
    await mkdir(join(folder, 'arm'))
    for (const [name, answer] of [
      ['uname', 'case $1 in -m) echo aarch64 ;; *) echo Linux ;; esac'],
      ['dpkg', 'echo arm64'],
    ] as const) {
      await writeFile(join(folder, 'arm', name), `#!/bin/sh\n${answer}\n`)
      await chmod(join(folder, 'arm', name), 0o755)
    }
    return { ...process.env, VIGIE_PREFIX: folder, PATH: `${join(folder, 'arm')}:${process.env.PATH}` }
  }

  it('on arm64: its own package by its own digest, or a sentence where this server has none', async () => {
    const command = `${await start()} --state ${folder}/state --no-service`
    const env = await onArm64()
    const paste = () =>
      run('sh', ['-c', command], { env }).then(
        () => '',
        ({ stderr }: { stderr: string }) => stderr,
      )
    expect([await paste(), asked.some((url) => url.includes('download'))]).toEqual([
      expect.stringContaining('no package for aarch64'),
      false,
    ])
    const x64 = script
    const sha256 = createHash('sha256').update(packed).digest('hex')
    script = (url) =>
      x64(url)
        .replace(/^package_sha256=.*$/m, `package_sha256=${'0'.repeat(64)}`)
        .replace(/^package_sha256_arm64=$/m, `package_sha256_arm64=${sha256}`)
    await paste() // the registration itself may find the key used by another test
    expect(asked.filter((url) => url.includes('download'))).toEqual(['/agent/v1/download/linux-arm64'])
    expect((await stat(join(folder, 'bin/vigie-agent'))).mode & 0o777).toBe(0o755)
  })

  it('on arm64, by the package manager', async () => {
    const url = /https:\/\/[\d.:]+/.exec(await start())![0]
    const env = await onArm64()
    for (const name of ['apt-get', 'vigie-agent']) {
      await writeFile(join(folder, 'arm', name), '#!/bin/sh\n')
      await chmod(join(folder, 'arm', name), 0o755)
    }
    await run(
      'sh',
      ['-c', debInstallCommand({ agentUrl: url, caFingerprint: peer.certificates.caSha256, guid: peer.guid, key: peer.key })],
      { env },
    )
    expect(asked).toEqual(['/agent/v1/ca.pem', '/agent/v1/download/linux-arm64.deb'])
  })

  it('stops before anything else when the certificate is another one', async () => {
    const command = await start()
    given = (await testCertificates()).ca
    const { code, stderr } = await paste(command, folder)
    expect(code).not.toBe(0)
    expect(stderr).toContain('certificate differs')
    expect(asked).toEqual(['/agent/v1/ca.pem'])
  })

  it('a second certificate smuggled in behind the right one is not trusted', async () => {
    const stranger = await testCertificates()
    const command = await start(stranger) // somebody in between, with a certificate of his own
    given = `${ca}\n${stranger.ca}`
    const { code } = await paste(command, folder)
    expect(code).not.toBe(0)
    expect(asked).toEqual(['/agent/v1/ca.pem'])
  })

  it('a package that is not the expected one is not installed', async () => {
    const command = await start()
    const right = script
    script = (url) => right(url).replace(/package_sha256=./, 'package_sha256=0')
    const { code, stderr } = await paste(command, folder)
    expect([code, stderr]).toEqual([1, expect.stringContaining('not the expected one')])
    await expect(stat(join(folder, 'bin/vigie-agent'))).rejects.toThrow(/ENOENT/)
  })

  it('a script cut short anywhere does nothing', async () => {
    const command = await start()
    const whole = script
    const length = whole('https://127.0.0.1:1').length
    for (const share of [0.2, 0.5, 0.8, 0.97]) {
      script = (url) => whole(url).slice(0, Math.floor(length * share))
      await paste(command, folder)
      await expect(stat(join(folder, 'bin'))).rejects.toThrow(/ENOENT/)
    }
  })

  it('goes through dash and a strict shell check', async () => {
    folder = await newStateFolder()
    await start()
    const { status, stderr } = spawnSync('sh', ['-n'], {
      input: installScript({ agentUrl: 'https://vigie.example:8443', packageSha256: 'a'.repeat(64) }),
      encoding: 'utf8',
    })
    expect([status, stderr]).toEqual([0, ''])
    await rm(folder, { recursive: true, force: true })
  })
})

describe('what becomes part of a command is checked (R13)', () => {
  const good = {
    agentUrl: 'https://vigie.example:8443',
    caFingerprint: 'AB:'.repeat(31) + 'CD',
    guid: '00000000-0000-4000-8000-000000000000',
    key: 'k',
  }
  it.each(['http://vigie.example', 'https://a b', 'https://a;id', 'https://a/$(id)', 'https://a"b', "https://a'b", 'https://user@a'])(
    'address %s',
    (agentUrl) => {
      expect(() => installCommand({ ...good, agentUrl })).toThrow(RangeError)
      expect(() => installScript({ agentUrl, packageSha256: 'a'.repeat(64) })).toThrow(RangeError)
    },
  )
  it('a key is one word, whatever is in it', () => {
    const command = installCommand({ ...good, key: "a'; id #" })
    expect(command.endsWith(`--key 'a'\\''; id #'`)).toBe(true)
  })
})
