import { execFile, spawnSync } from 'node:child_process'
import { chmod, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildDeb } from '../deb.ts'
import { newStateFolder, remove } from './testing/in-process.ts'

const run = promisify(execFile)
const isPossible = process.getuid?.() === 0 && ['dpkg-deb', 'dpkg'].every((program) => spawnSync('which', [program]).status === 0)
if (!isPossible) process.stderr.write('skipped, .deb for real: no dpkg, or not root\n')

describe.skipIf(!isPossible)('the .deb, installed for real into a root of its own (AGT-1)', () => {
  let folder: string
  let root: string
  let state: string
  const called = async () => (await readFile(join(folder, 'called'), 'utf8').catch(() => '')).trim().split('\n').filter(Boolean)

  beforeEach(async () => {
    folder = await newStateFolder()
    root = join(folder, 'root')
    state = join(root, 'var/lib/vigie-agent')
    for (const path of ['var/lib/dpkg/info', 'var/lib/dpkg/updates', 'run/systemd/system', 'bin'])
      await mkdir(join(root, path), { recursive: true })
    for (const name of ['status', 'available', 'diversions']) await writeFile(join(root, 'var/lib/dpkg', name), '')
    await mkdir(join(folder, 'bin'))
    await writeFile(join(folder, 'bin/systemctl'), `#!/bin/sh\necho "$*" >> ${join(folder, 'called')}\n`)
    await chmod(join(folder, 'bin/systemctl'), 0o755)
  })
  afterEach(() => remove(folder))

  async function build(version: string): Promise<string> {
    const binary = join(folder, `program-${version}`)
    await writeFile(binary, `#!/bin/sh\necho "vigie-agent ${version}"\n`)
    return (await buildDeb({
      binary,
      target: process.arch === 'arm64' ? 'linux-arm64' : 'linux-x64',
      version,
      out: folder,
      isUncompressed: true,
    }))!
  }
  const dpkg = (...args: string[]) =>
    run('dpkg', [`--root=${root}`, '--force-script-chrootless', '--force-depends', '--force-not-root', ...args], {
      env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}`, LC_ALL: 'C' },
    })
  const isThere = (path: string) =>
    stat(join(root, path)).then(
      () => true,
      () => false,
    )

  it('installs program and unit; starts nothing before there is a registration', async () => {
    await dpkg('-i', await build('1.0.0'))
    expect((await run(join(root, 'usr/bin/vigie-agent'))).stdout).toBe('vigie-agent 1.0.0\n')
    expect((await stat(state)).mode & 0o777).toBe(0o700)
    expect(await readFile(join(root, 'lib/systemd/system/vigie-agent.service'), 'utf8')).toContain(
      'ExecStart=/usr/bin/vigie-agent run --state /var/lib/vigie-agent',
    )
    expect(await called()).toEqual(['daemon-reload'])
  })

  it('an upgrade keeps identity and queue, and restarts once; remove keeps them; purge takes all but the quarantine', async () => {
    await dpkg('-i', await build('1.0.0'))
    await writeFile(join(state, 'identity.json'), 'identity')
    await mkdir(join(state, 'clamav/quarantine'), { recursive: true })
    await writeFile(join(state, 'clamav/quarantine/x.quarantined'), 'x')
    await writeFile(join(state, 'clamav/else'), 'x')
    await dpkg('-i', await build('1.1.0'))
    expect((await run(join(root, 'usr/bin/vigie-agent'))).stdout).toBe('vigie-agent 1.1.0\n')
    expect(await readFile(join(state, 'identity.json'), 'utf8')).toBe('identity')
    expect((await called()).filter((line) => /restart|stop|disable/.test(line))).toEqual(['restart vigie-agent.service'])

    await dpkg('--remove', 'vigie-agent')
    expect([await isThere('usr/bin/vigie-agent'), await isThere('var/lib/vigie-agent/identity.json')]).toEqual([false, true])
    expect(await called()).toContain('disable --now vigie-agent.service')

    const { stderr } = await dpkg('--purge', 'vigie-agent')
    expect(stderr).toContain('quarantined files were left')
    expect([await readdir(state), await readdir(join(state, 'clamav'))]).toEqual([['clamav'], ['quarantine']])
  })

  it('purge without a quarantine leaves nothing', async () => {
    await dpkg('-i', await build('1.0.0'))
    await writeFile(join(state, '.hidden'), 'x')
    await mkdir(join(state, 'clamav/quarantine'), { recursive: true })
    await dpkg('--purge', 'vigie-agent')
    expect(await isThere('var/lib/vigie-agent')).toBe(false)
  })

  it('takes over what the install command had put there', async () => {
    await mkdir(join(root, 'etc/systemd/system'), { recursive: true })
    await mkdir(join(root, 'usr/local/bin'), { recursive: true })
    await mkdir(state, { recursive: true })
    await writeFile(
      join(root, 'etc/systemd/system/vigie-agent.service'),
      '[Service]\nExecStart=/usr/local/bin/vigie-agent run --state /var/lib/vigie-agent\n',
    )
    await writeFile(join(root, 'usr/local/bin/vigie-agent'), 'old')
    await writeFile(join(state, 'identity.json'), 'identity')
    await dpkg('-i', await build('1.0.0'))
    expect([
      await isThere('etc/systemd/system/vigie-agent.service'),
      await isThere('usr/local/bin/vigie-agent'),
      await isThere('var/lib/vigie-agent/identity.json'),
    ]).toEqual([false, false, true])
    expect(await called()).toEqual(['daemon-reload', 'enable vigie-agent.service', 'restart vigie-agent.service'])
  })

  it('a unit that an administrator wrote stays', async () => {
    await mkdir(join(root, 'etc/systemd/system'), { recursive: true })
    await writeFile(join(root, 'etc/systemd/system/vigie-agent.service'), '[Service]\nExecStart=/opt/vigie-agent run\n')
    await dpkg('-i', await build('1.0.0'))
    expect(await isThere('etc/systemd/system/vigie-agent.service')).toBe(true)
  })

  it('two builds of the same are the same bytes (R47); scripts are those of a POSIX shell', async () => {
    const sum = async (file: string) =>
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex')
    const first = await sum(await build('1.0.0'))
    expect(await sum(await build('1.0.0'))).toBe(first)
    await run('dpkg-deb', ['--control', await build('1.0.0'), join(folder, 'control')])
    for (const name of ['postinst', 'prerm', 'postrm']) await run('sh', ['-n', join(folder, 'control', name)])
  })
})
