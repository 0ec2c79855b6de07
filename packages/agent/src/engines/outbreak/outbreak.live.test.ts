import { execFile, execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Evidence, Host } from '../../core/engine.ts'
import { privateFolder } from '../../core/files.ts'
import { silentLog } from '../../core/log.ts'
import { OutbreakDefence } from './index.ts'

/** The real nftables, in a network namespace of its own: the endpoint; a second one beside it is the rest of the world. */
const name = `vo${process.pid % 100_000}`
const [here, there] = [`${name}-a`, `${name}-b`]
const mayTry =
  process.getuid?.() === 0 &&
  spawnSync('ip', ['netns', 'add', here]).status === 0 &&
  spawnSync('ip', ['netns', 'exec', here, 'nft', 'list', 'tables']).status === 0
if (!mayTry) spawnSync('ip', ['netns', 'del', here])
const inside = (namespace: string, ...command: string[]) =>
  execFileSync('ip', ['netns', 'exec', namespace, ...command], { encoding: 'utf8', stdio: 'pipe' })

describe.skipIf(!mayTry)('outbreak defence with real nftables (EVT-5, AGT-3)', { timeout: 60_000 }, () => {
  let folder: string
  let listener: ChildProcess
  let state: Map<string, unknown>
  let offsetMs = 0
  let defence: OutbreakDefence | null = null
  let lifelines = { inbound: [] as number[], outbound: [] as number[] }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vigie-outbreak-'))
    execFileSync('ip', ['netns', 'add', there])
    execFileSync('ip', ['link', 'add', `${name}-0`, 'netns', here, 'type', 'veth', 'peer', 'name', `${name}-1`, 'netns', there])
    for (const [namespace, link, address] of [
      [here, `${name}-0`, '10.77.0.1/24'],
      [there, `${name}-1`, '10.77.0.2/24'],
    ] as const) {
      execFileSync('ip', ['-n', namespace, 'address', 'add', address, 'dev', link])
      for (const one of [link, 'lo']) execFileSync('ip', ['-n', namespace, 'link', 'set', one, 'up'])
    }
    // on both sides: what comes in is tried at 10.77.0.1, what goes out at 10.77.0.2
    const serve = `for (const port of [445, 446]) for (const host of ['10.77.0.1', '10.77.0.2', '127.0.0.1']) { const s = require('node:net').createServer((c) => c.end('hello')); s.on('error', () => {}); s.listen(port, host, () => console.log('up')) }`
    listener = spawn('ip', ['netns', 'exec', here, process.execPath, '-e', serve], { stdio: ['ignore', 'pipe', 'ignore'] })
    const other = spawn('ip', ['netns', 'exec', there, process.execPath, '-e', serve], { stdio: ['ignore', 'pipe', 'ignore'] })
    listener.once('exit', () => other.kill())
    await Promise.all(
      [listener, other].map(
        (child) =>
          new Promise<void>((resolve) => {
            let up = 0
            child.stdout!.on('data', (chunk: Buffer) => (up += chunk.toString().split('up').length - 1) >= 4 && resolve())
          }),
      ),
    )
  }, 30_000)
  afterAll(async () => {
    listener?.kill()
    for (const one of [here, there]) spawnSync('ip', ['netns', 'del', one])
    await rm(folder, { recursive: true, force: true })
  })
  beforeEach(() => {
    state = new Map()
    offsetMs = 0
    lifelines = { inbound: [], outbound: [] }
    inside(here, 'nft', 'add', 'table', 'inet', 'somebody_elses')
    inside(here, 'nft', 'add chain inet somebody_elses c { type filter hook input priority 0; policy accept; }')
  })
  afterEach(async () => {
    await defence?.stop()
    inside(here, 'nft', 'flush', 'ruleset')
  })

  const host: Host = {
    endpoint: 'e',
    log: silentLog,
    now: () => new Date(Date.now() + offsetMs),
    tell: async (_, change = {}) => {
      for (const [key, value] of Object.entries(change))
        if (value === null) state.delete(key)
        else state.set(key, structuredClone(value))
    },
    recall: (key) => state.get(key),
    recallAll: () => [],
    changed: () => {},
    hasProgram: async () => true,
    folder: (one) => privateFolder(join(folder, one)),
    run: async (program, args) => {
      const done = spawnSync('ip', ['netns', 'exec', here, program, ...args], { encoding: 'utf8' })
      return { exitCode: done.status, signal: null, output: done.stdout + done.stderr }
    },
    start: () => Promise.reject(new Error('not here')),
    follow: () => {
      throw new Error('not here')
    },
  }
  /** A life of the agent. */
  async function begin(): Promise<OutbreakDefence> {
    await defence?.stop()
    defence = new OutbreakDefence(host, { lifelines: () => lifelines, lookMs: 3_600_000 })
    await defence.start()
    return defence
  }
  const order = (one: OutbreakDefence, more: Record<string, unknown> = {}): Promise<Evidence> =>
    one.commands['start-outbreak-defence'].start(new AbortController().signal, {
      until: new Date(Date.now() + 3_600_000).toISOString(),
      blockPorts: [445],
      denyWrites: [],
      ...more,
    })
  const cease = (one: OutbreakDefence) => one.commands['stop-outbreak-defence'].start(new AbortController().signal, {})
  const rules = () => inside(here, 'nft', 'list', 'ruleset')
  const connects = (waitMs: number) => async (from: string, address: string, port: number) =>
    promisify(execFile)('ip', [
      'netns',
      'exec',
      from,
      process.execPath,
      '-e',
      `const s = require('node:net').connect({ host: '${address}', port: ${port}, timeout: ${waitMs} }); s.on('data', () => process.exit(0)); s.on('timeout', () => process.exit(3)); s.on('error', () => process.exit(4))`,
    ]).then(
      () => true,
      () => false,
    )
  /** Waits long for an answer that must come, however busy the machine is; a dropped packet never brings one, so a short look is enough for what must not. */
  const isOpen = connects(15_000)
  const isShut = async (from: string, address: string, port: number) => !(await connects(700)(from, address, port))

  it('closes what it was told in both directions, nothing else; stop gives back exactly what was', async () => {
    const before = rules()
    const one = await begin()
    expect(one.commands['start-outbreak-defence'].unavailable()).toBeNull()
    expect(await isOpen(there, '10.77.0.1', 445)).toBe(true)
    expect(await order(one, { denyWrites: ['/srv'], blockAttachments: ['*.docm'] })).toMatchObject({
      closedPorts: '445',
      foldersLeftOut: 1,
      attachmentsLeftOut: 1,
    })
    expect(
      await Promise.all([
        isShut(there, '10.77.0.1', 445),
        isShut(here, '10.77.0.2', 445),
        isOpen(there, '10.77.0.1', 446),
        isOpen(here, '10.77.0.2', 446),
        isOpen(here, '127.0.0.1', 445),
      ]),
    ).toEqual([true, true, true, true, true])
    expect(await cease(one)).toEqual({ openedPorts: '445' })
    expect(rules()).toBe(before)
    expect(await isOpen(there, '10.77.0.1', 445)).toBe(true)
  })

  it('told twice is once, told otherwise is the newest; stopping what never began is no failure', async () => {
    const one = await begin()
    const until = new Date(Date.now() + 3_600_000).toISOString()
    await order(one, { until })
    await Promise.all([order(one, { until }), order(one, { until })])
    expect(rules().match(/table inet vigie_outbreak/g)).toHaveLength(1)
    expect(await order(one, { blockPorts: [446, 3389, 446] })).toMatchObject({ closedPorts: '446, 3389' })
    expect(rules()).not.toMatch(/\b445\b/)
    await cease(one)
    expect(await cease(one)).toEqual({ openedPorts: null })
  })

  it('is closed again after a restart or a reboot, and after somebody flushed the rules', async () => {
    await order(await begin())
    inside(here, 'nft', 'flush', 'ruleset') // a reboot
    const second = await begin()
    expect(rules()).toMatch(/445 timeout/)
    inside(here, 'nft', 'delete', 'table', 'inet', 'vigie_outbreak')
    await second.look()
    expect(rules()).toMatch(/445 timeout/)
  })

  it('ends at its time by itself: by the agent, though it slept through it', async () => {
    const before = rules()
    const one = await begin()
    await order(one)
    offsetMs = 3_600_000
    await one.look()
    expect(rules()).toBe(before)
    expect(state.size).toBe(0)
  })

  it('ends at its time by itself: by the kernel, with no agent there', async () => {
    const one = await begin()
    await order(one, { until: new Date(Date.now() + 5_900).toISOString() })
    await one.stop()
    defence = null
    expect(await isOpen(there, '10.77.0.1', 445)).toBe(true)
  })

  it('never closes the way to Vigie, or a site’s way to its site server', async () => {
    lifelines = { inbound: [446], outbound: [445] }
    const one = await begin()
    expect(await order(one, { blockPorts: [445, 446] })).toMatchObject({ closedPorts: '445, 446', openForVigie: '445, 446' })
    expect(
      await Promise.all([
        isOpen(here, '10.77.0.2', 445),
        isShut(there, '10.77.0.1', 445),
        isOpen(there, '10.77.0.1', 446),
        isShut(here, '10.77.0.2', 446),
      ]),
    ).toEqual([true, true, true, true])
  })

  it.each([
    ['that is over already', { until: new Date(Date.now() - 1_000).toISOString() }, 'defence-over'],
    ['without end', { until: new Date(Date.now() + 365 * 86_400_000).toISOString() }, 'params-wrong'],
    ['of folders only', { blockPorts: [], denyWrites: ['/srv'] }, 'only-ports-can-be-closed'],
  ])('an order %s is refused, and closes nothing', async (_, params, reason) => {
    const before = rules()
    await expect(begin().then((one) => order(one, params))).rejects.toMatchObject({ reason })
    expect([rules(), state.size]).toEqual([before, 0])
  })

  it('an agent that leaves the machine leaves nothing closed', async () => {
    const before = rules()
    const one = await begin()
    await order(one)
    await one.leave()
    expect(rules()).toBe(before)
  })
})
