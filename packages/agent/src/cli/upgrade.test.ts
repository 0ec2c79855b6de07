import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildScript } from '../../build.ts'
import { enrolled, newStateFolder, remove } from '../testing/in-process.ts'
import { Peer } from '../testing/peer.ts'
import { Signers } from '../testing/releases.ts'
import { agentVersion } from '../version.ts'
import { saveSettings } from './settings.ts'

/** Needs a mount of its own: in a user's shell and in narrow containers there is none. */
const mayMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0
if (!mayMount) process.stderr.write('skipped, upgrade on a full disk: nothing can be mounted here\n')

// Real processes: the installed program is the agent as it is built, each release is the same program with another version, or a broken one.
describe('an agent that upgrades itself (R17, AGT-1)', { timeout: 120_000 }, () => {
  let out: string
  let script: string
  let source: string
  let peer: Peer
  let folder: string
  let state: string
  let agentId: string
  let signers: Signers
  let number: number
  const children = new Set<ChildProcess>()
  let keeper: ReturnType<typeof setInterval> | undefined

  beforeAll(async () => {
    out = await newStateFolder()
    script = await buildScript(out)
    source = await readFile(script, 'utf8')
  })
  afterAll(() => remove(out))
  beforeEach(async () => {
    peer = await Peer.start()
    folder = await newStateFolder()
    state = join(folder, 'state')
    signers = new Signers()
    peer.releaseRoot = signers.root()
    agentId = await enrolled(peer, state)
    await saveSettings(state, { logLevel: 'info', engines: { clamav: { clamdSocket: join(folder, 'none.sock'), onAccess: null } } })
    number = 0
  })
  afterEach(async () => {
    clearInterval(keeper)
    for (const child of children) child.kill('SIGKILL')
    // what was launched ends with its launcher
    await expect.poll(() => processesOf(state), { timeout: 10_000 }).toEqual([])
    children.clear()
    await peer.close()
    await remove(folder)
  })

  const program = (version: string, change: (text: string) => string = (text) => text) =>
    change(source.replace(/^#!.*/, `#!${process.execPath}`).replaceAll(JSON.stringify(agentVersion), JSON.stringify(version)))
  /** `run` of this version does this instead. */
  const running = (version: string, code: string) =>
    program(version, (text) => text.replace('\n', `\nif (process.argv[2] === 'run') { ${code} } else {\n`).concat('\n}'))
  function start(env: Record<string, string> = {}): ChildProcess {
    const child = spawn(process.execPath, [script, 'run', '--state', state], {
      stdio: process.env.VIGIE_TEST_LOG ? 'inherit' : 'ignore',
      env: { ...process.env, ...env },
    })
    children.add(child)
    child.once('exit', () => children.delete(child))
    return child
  }
  async function kill(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<number | null> {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    const gone = new Promise<number | null>((resolve) => child.once('exit', resolve))
    child.kill(signal)
    return await gone
  }
  const versions = () => peer.hellos.map(({ version }) => version)
  const isOnline = (version: string, since = 0) =>
    peer.until(() => versions().slice(since).at(-1) === version && peer.sockets.size === 1, `${version} online`, 30_000)
  function order(version: string): string {
    const frame = peer.order(agentId, ++number, 'upgrade-agent', { params: { version } })
    peer.send(frame)
    return frame.order.commandId
  }
  const outcomes = (commandId: string) => peer.of('outcome').filter((one) => one.commandId === commandId)
  async function ended(commandId: string): Promise<{ step: string; evidence: object }> {
    await peer.until(() => outcomes(commandId).length > 1, 'its outcome', 60_000)
    expect(outcomes(commandId).map(({ step }) => step)[0]).toBe('running')
    expect(outcomes(commandId)).toHaveLength(2)
    const { step, evidence } = outcomes(commandId)[1]!
    return { step, evidence }
  }
  const record = async () =>
    JSON.parse(await readFile(join(state, 'upgrade.json'), 'utf8')) as {
      current: { version: string } | null
      trial: object | null
      ended: object | null
    }
  const beside = () => readdir(join(state, 'versions')).catch(() => [])

  it('a good release: handed over, welcome, told once; its next start is it, and a further release follows', async () => {
    signers.publish(peer, '0.2.0', program('0.2.0'))
    const first = start()
    await isOnline(agentVersion)
    expect(await ended(order('0.2.0'))).toEqual({ step: 'succeeded', evidence: { version: '0.2.0', previousVersion: agentVersion } })
    expect(peer.byes).toEqual(['upgrading'])
    await expect.poll(record).toMatchObject({ current: { version: '0.2.0' }, trial: null, ended: null })
    expect(await kill(first, 'SIGTERM')).toBe(0)
    const before = peer.hellos.length
    start()
    await isOnline('0.2.0', before)
    signers.publish(peer, '0.3.0', program('0.3.0'))
    expect(await ended(order('0.3.0'))).toMatchObject({ step: 'succeeded', evidence: { previousVersion: '0.2.0' } })
    await expect.poll(beside).toEqual(['0.3.0'])
    expect(peer.faults).toEqual([])
  })

  it('one that crashes at its start: tried three times, the old one returns and says so', async () => {
    signers.publish(peer, '0.2.0', running('0.2.0', 'process.exit(9)'))
    start()
    await isOnline(agentVersion)
    expect(await ended(order('0.2.0'))).toEqual({
      step: 'failed',
      evidence: {
        reason: 'upgrade-rolled-back',
        rolledBack: true,
        fault: 'upgrade-fault.crashed',
        version: '0.2.0',
        previousVersion: agentVersion,
        starts: 3,
      },
    })
    await isOnline(agentVersion)
    expect(new Set(versions())).toEqual(new Set([agentVersion]))
    await expect.poll(beside).toEqual([])
  })

  it('one that runs and never reaches the server, deaf to being told to stop: out of time, the old one returns', async () => {
    signers.publish(peer, '0.2.0', running('0.2.0', `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`))
    start({ VIGIE_UPGRADE_MINUTES: '0.05' })
    await isOnline(agentVersion)
    expect(await ended(order('0.2.0'))).toMatchObject({
      step: 'failed',
      evidence: { rolledBack: true, fault: 'upgrade-fault.not-welcome' },
    })
  })

  it('one that the server does not welcome: the old one returns, and is welcome', async () => {
    signers.publish(peer, '0.2.0', program('0.2.0'))
    start({ VIGIE_UPGRADE_MINUTES: '0.05' })
    await isOnline(agentVersion)
    const commandId = order('0.2.0')
    peer.refusedVersions.add('0.2.0')
    expect(await ended(commandId)).toMatchObject({ step: 'failed', evidence: { fault: 'upgrade-fault.not-welcome' } })
    expect(versions()).toContain('0.2.0')
  })

  it.each<[string, (peer: Peer) => string | Buffer, string, object]>([
    ['signed by one of two', () => '', 'release-refused', { fault: 'release-fault.below-threshold' }],
    ['no program for this machine', () => running('0.2.0', '').replace(/^#!.*/, '#!/nowhere/node'), 'upgrade-not-runnable', {}],
    ['a program of another version', () => program('0.9.0'), 'upgrade-not-runnable', {}],
  ])('not installed at all: %s', async (name, make, reason, evidence) => {
    signers.publish(peer, '0.2.0', make(peer), {}, name.startsWith('signed') ? [signers.all[0]] : signers.all)
    start()
    await isOnline(agentVersion)
    expect(await ended(order('0.2.0'))).toMatchObject({ step: 'failed', evidence: { reason, ...evidence } })
    expect(await beside()).toEqual([])
    expect(new Set(versions())).toEqual(new Set([agentVersion]))
  })

  it('a package cut short, or altered on the way: nothing is left of it', async () => {
    const packed = signers.publish(peer, '0.2.0', program('0.2.0'))
    const path = [...peer.pages.keys()].find((key) => key.startsWith('/agent/v1/releases/0.2.0/'))!
    start()
    await isOnline(agentVersion)
    peer.pages.set(path, packed.subarray(0, packed.length - 5))
    expect(await ended(order('0.2.0'))).toMatchObject({ evidence: { fault: 'release-fault.package-too-short' } })
    const altered = Buffer.from(packed)
    altered[100]! ^= 1
    peer.pages.set(path, altered)
    expect(await ended(order('0.2.0'))).toMatchObject({ evidence: { fault: 'release-fault.package-differs' } })
    peer.pages.delete(path)
    expect(await ended(order('0.2.0'))).toMatchObject({ evidence: { reason: 'release-not-fetched' } })
    expect(await beside()).toEqual([])
    peer.pages.set(path, packed)
    expect(await ended(order('0.2.0'))).toMatchObject({ step: 'succeeded' }) // the same document again, as after a death
  })

  it('kill -9 at any moment of it, of launcher and agent: something always comes back online, and the command has one end', async () => {
    peer.pageBytesPerSecond = 2_000_000
    let minor = 2
    const wanted = () => `0.${minor}.0`
    signers.publish(peer, wanted(), program(wanted()))
    let child = start()
    const isEnded = () => child.exitCode !== null || child.signalCode !== null
    await isOnline(agentVersion)
    const told: string[] = []
    // as the service manager does, whenever it ends
    let isHeld = false
    keeper = setInterval(() => !isHeld && isEnded() && (child = start()), 100)
    for (let i = 0; i < 10; i++) {
      // at any moment of the fetching and the checking; the ninth just as the new one says hello, however long that takes here: so that one is ordered once the last has ended, or it is refused as one too many
      if (i % 9 === 8) await expect.poll(async () => (await record().catch(() => ({ trial: null }))).trial, { timeout: 30_000 }).toBeNull()
      if (versions().at(-1) === wanted()) signers.publish(peer, `0.${++minor}.0`, program(wanted()))
      told.push(order(wanted()))
      if (i % 9 === 8) await peer.until(() => versions().at(-1) === wanted(), `${wanted()} says hello`, 30_000)
      else await new Promise((resolve) => setTimeout(resolve, 150 * (i % 9)))
      const launched = processesOf(state).filter((pid) => pid !== child.pid)
      const before = peer.hellos.length
      if (i % 3 === 1 && launched.length > 0) process.kill(launched[0]!, 'SIGKILL')
      else {
        isHeld = true
        await kill(child)
        await expect.poll(() => processesOf(state), { timeout: 15_000 }).toEqual([]) // the agent ended with its launcher
        isHeld = false
      }
      await peer.until(() => peer.hellos.length > before && peer.sockets.size === 1 && !isEnded(), `online again after kill ${i}`, 30_000)
    }
    const open = () =>
      told.filter(
        (id) =>
          outcomes(id)
            .map(({ step }) => step)
            .join(' ') === 'running',
      )
    await peer.until(() => open().length === 0, 'each has its end', 60_000)
    for (const id of told)
      expect(['', 'failed', 'running failed', 'running succeeded']).toContain(
        outcomes(id)
          .map(({ step }) => step)
          .join(' '),
      )
    const { current, trial } = await record()
    expect([trial, versions().at(-1)]).toEqual([null, current?.version ?? agentVersion])
    process.stderr.write(
      `upgrade kill test: ${told.length} orders, ${minor - 2} versions through, now ${versions().at(-1)}; ${JSON.stringify(
        Object.fromEntries(
          Map.groupBy(told, (id) =>
            outcomes(id)
              .map(({ step }) => step)
              .join(' '),
          )
            .entries()
            .map(([key, ids]) => [key, ids.length]),
        ),
      )}\n`,
    )
    expect(minor).toBeGreaterThan(2)
    expect(peer.faults).toEqual([])
  })

  it('the program beside is damaged on disk: the installed one runs', async () => {
    signers.publish(peer, '0.2.0', program('0.2.0'))
    const first = start()
    await isOnline(agentVersion)
    await ended(order('0.2.0'))
    await kill(first, 'SIGTERM')
    await writeFile(join(state, 'versions/0.2.0/vigie-agent'), 'half')
    await chmod(join(state, 'versions/0.2.0/vigie-agent'), 0o700)
    const before = peer.hellos.length
    start()
    await isOnline(agentVersion, before)
    expect(await record()).toMatchObject({ current: null })
  })

  it('the package manager brought one as new as the one beside: it takes over, and nothing is left beside', async () => {
    signers.publish(peer, '0.2.0', program('0.2.0'))
    const first = start()
    await isOnline(agentVersion)
    await ended(order('0.2.0'))
    await kill(first, 'SIGTERM')
    const before = peer.hellos.length
    const newer = join(folder, 'installed')
    await writeFile(newer, program('0.2.0'), { mode: 0o700 })
    const child = spawn(newer, ['run', '--state', state], { stdio: 'ignore' })
    children.add(child)
    child.once('exit', () => children.delete(child))
    await isOnline('0.2.0', before)
    expect([await beside(), processesOf(state)]).toEqual([[], [child.pid]])
    expect(await record()).toMatchObject({ current: null, trial: null })
  })

  it.skipIf(!mayMount)('a disk without room: said, nothing installed, the queue keeps its own', async () => {
    await mkdir(join(state, 'versions'), { recursive: true, mode: 0o700 })
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'none', join(state, 'versions')])
    try {
      signers.publish(peer, '0.2.0', program('0.2.0'))
      start()
      await isOnline(agentVersion)
      expect(await ended(order('0.2.0'))).toEqual({
        step: 'failed',
        evidence: { reason: 'disk-full', version: '0.2.0', previousVersion: agentVersion },
      })
      expect(await beside()).toEqual([])
    } finally {
      execFileSync('umount', ['-l', join(state, 'versions')])
    }
  })

  it('without a root nobody’s releases are believed; a later answer of the server brings none (R17)', async () => {
    await remove(join(state, 'release-trust.json'))
    signers.publish(peer, '0.2.0', program('0.2.0'))
    start()
    await isOnline(agentVersion)
    const commandId = order('0.2.0')
    await peer.until(() => peer.of('endpoint').length > 0 && outcomes(commandId).length > 0, 'refused')
    expect(outcomes(commandId)).toEqual([expect.objectContaining({ step: 'failed', evidence: { reason: 'no-release-root' } })])
    expect(
      peer
        .of('endpoint')
        .at(-1)!
        .commands.find(({ type }) => type === 'upgrade-agent'),
    ).toEqual({ type: 'upgrade-agent', isSupported: false, reason: 'no-release-root' })
    expect(peer.asked.filter((url) => url.includes('releases'))).toEqual([])
  })
})

/** Processes whose command line names this state folder. */
function processesOf(state: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`--state\0${state}\0`)
      } catch {
        return false
      }
    })
}
