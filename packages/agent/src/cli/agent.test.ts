import { readdir, readFile, stat, cp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { channelLimits, type Item } from '@vigie/domain/agents'
import { commandTypes } from '@vigie/domain/commands'
import { enrol } from '../core/enrol.ts'
import { silentLog } from '../core/log.ts'
import { Queue } from '../core/queue.ts'
import { aMachine, enrolled, newStateFolder, quick, remove, started } from '../testing/in-process.ts'
import { testCertificates } from '../testing/certificates.ts'
import { Peer } from '../testing/peer.ts'
import type { Agent } from './agent.ts'

let peer: Peer
let folder: string
let others: string[]
let agents: Agent[]
let faultsExpected: boolean

beforeEach(async () => {
  peer = await Peer.start()
  folder = await newStateFolder()
  others = []
  agents = []
  faultsExpected = false
})
afterEach(async () => {
  for (const agent of agents) await agent.stop().catch(() => {})
  await peer.close()
  for (const one of [folder, ...others]) await remove(one)
  if (!faultsExpected) expect(peer.faults).toEqual([])
})

const run = async (options: Parameters<typeof started>[1] = {}, at = folder): Promise<Agent> => {
  const agent = await started(at, options)
  agents.push(agent)
  return agent
}
const stop = async (agent: Agent) => {
  agents = agents.filter((one) => one !== agent)
  await agent.stop()
}
const detection = (object: string): Item => ({
  kind: 'detection',
  endpoint: 'e',
  at: '2026-11-21T00:00:00.000Z',
  category: 'antivirus',
  threat: 'T',
  object,
  outcome: 'failed',
  engine: 'clamav',
  contentId: 'a'.repeat(32),
})
/** Puts items into the queue of an agent that does not run. */
async function queued(count: number, at = folder, name = 'f'): Promise<void> {
  const queue = await Queue.open(join(at, 'queue'), { limitBytes: 100_000_000, now: () => new Date(), log: silentLog })
  await queue.append(Array.from({ length: count }, (_, i) => detection(`${name}${i}`)))
  await queue.close()
}
const objects = () => peer.of('detection').map(({ object }) => object)
const request = () => ({
  stateFolder: folder,
  server: peer.url,
  guid: peer.guid,
  key: peer.key,
  caSha256: peer.certificates.caSha256,
  machine: aMachine('one'),
})

describe('enrolment (R9)', () => {
  it('keeps what it got, for its owner only (R13)', async () => {
    await enrolled(peer, folder)
    for (const name of await readdir(folder)) expect((await stat(join(folder, name))).mode & 0o077, name).toBe(0)
    expect(await readdir(folder)).not.toContain('attempt.json')
  })

  it('another CA than the install command says: nothing is sent', async () => {
    await expect(enrol({ ...request(), caSha256: 'a'.repeat(64) })).rejects.toMatchObject({ reason: 'ca-differs' })
    expect(peer.agents.size).toBe(0)
  })

  it('a server whose certificate is not by that CA, or for another name: nothing is sent', async () => {
    const stranger = await testCertificates()
    const between = await Peer.start({ ...stranger, ca: peer.certificates.ca })
    await expect(enrol({ ...request(), server: between.url })).rejects.toMatchObject({ reason: 'tls-not-trusted' })
    const elsewhere = await testCertificates({ dns: 'elsewhere.example' })
    const wrongHost = await Peer.start(elsewhere)
    await expect(enrol({ ...request(), server: wrongHost.url, caSha256: elsewhere.caSha256 })).rejects.toMatchObject({
      reason: 'tls-wrong-host',
    })
    expect([between.agents.size, wrongHost.agents.size]).toEqual([0, 0])
    await between.close()
    await wrongHost.close()
  })

  it('an answer that got lost is given again: one agent, not two', async () => {
    peer.loseEnrolAnswers = 1
    await expect(enrol(request())).rejects.toMatchObject({ reason: 'closed' })
    const { agentId } = await enrol(request())
    expect([...peer.agents.keys()]).toEqual([agentId])
  })

  it('a wrong key is a problem by name; so is one used by another', async () => {
    await expect(enrol({ ...request(), key: 'wrong' })).rejects.toMatchObject({ code: 'agent.key-wrong' })
    await enrol(request())
    const second = await newStateFolder()
    others.push(second)
    await expect(enrol({ ...request(), stateFolder: second })).rejects.toMatchObject({ code: 'agent.key-used' })
  })
})

describe('the channel (AGT-2, AGT-6)', () => {
  beforeEach(() => enrolled(peer, folder).then(() => {}))

  it('tells its endpoint within a second of starting, and says goodbye when it stops', async () => {
    const agent = await run()
    await peer.until(() => peer.of('endpoint').length > 0, 'endpoint told')
    const [endpoint] = peer.of('endpoint')
    expect(endpoint).toMatchObject({ name: 'one', engine: { engine: 'clamav', problem: expect.any(String) } })
    expect(endpoint!.commands.map(({ type }) => type)).toEqual([...commandTypes])
    await stop(agent)
    expect(peer.byes).toEqual(['stopped'])
  })

  it('counts up with every hello, over restarts (R10)', async () => {
    for (let i = 0; i < 3; i++) {
      const before = peer.hellos.length
      const agent = await run()
      await peer.until(() => peer.hellos.length > before, 'hello')
      await stop(agent)
    }
    expect(peer.hellos.map(({ counter }) => counter)).toEqual([1, 2, 3])
    expect(new Set(peer.hellos.map(({ epoch }) => epoch)).size).toBe(1)
  })

  it('sends days of backlog, up to four batches at a time, each item once and in order', async () => {
    await queued(5_000)
    peer.ackDelayMs = 20
    await run()
    await peer.until(() => objects().length >= 5_000, 'all there')
    expect(objects()).toEqual(Array.from({ length: 5_000 }, (_, i) => `f${i}`))
  })

  it('the connection cut, acknowledgements lost: nothing lost, nothing doubled', async () => {
    await queued(3_000)
    peer.loseAckRatio = 0.5
    const agent = await run()
    for (let i = 0; i < 20; i++) {
      await new Promise((resolve) => setTimeout(resolve, 30))
      for (const socket of peer.sockets) socket.terminate()
    }
    peer.loseAckRatio = 0
    await peer.until(() => objects().length >= 3_000 && agent.status().queue.pending === 0, 'all there')
    expect(objects()).toEqual(Array.from({ length: 3_000 }, (_, i) => `f${i}`))
  })

  it('server away: what happens meanwhile is kept and sent when it is back', async () => {
    const { certificates, url } = peer
    const agent = await run()
    await peer.until(() => agent.status().state === 'online', 'online')
    const { agents: known } = peer
    await peer.close()
    await expect.poll(() => agent.status().state, { timeout: 5_000 }).not.toBe('online')
    await stop(agent)
    await queued(10, folder, 'offline-')
    peer = await Peer.start(certificates, Number(new URL(url).port))
    for (const [id, value] of known) peer.agents.set(id, value)
    await run()
    await peer.until(() => objects().filter((name) => name.startsWith('offline-')).length === 10, 'sent')
  })

  it('the server lost its memory of us: a new count, nothing stuck', async () => {
    await queued(50)
    const agent = await run()
    await peer.until(() => objects().length === 50, 'first')
    await stop(agent)
    for (const known of peer.agents.values()) known.stored.clear() // restored from a backup of before
    await queued(5, folder, 'later-')
    await run()
    await peer.until(() => objects().includes('later-4'), 'later')
    expect(objects().filter((name) => name.startsWith('later-'))).toHaveLength(5)
    expect(new Set(peer.hellos.map(({ epoch }) => epoch)).size).toBe(2)
  })

  it('this machine restored from a backup: what is new gets through', async () => {
    await queued(10)
    await cp(folder, `${folder}-backup`, { recursive: true })
    others.push(`${folder}-backup`)
    const agent = await run()
    await peer.until(() => objects().length === 10, 'first')
    await stop(agent)
    await rm(folder, { recursive: true })
    await cp(`${folder}-backup`, folder, { recursive: true })
    await queued(3, folder, 'new-')
    faultsExpected = true // its counter fell back: the server's to judge
    await run()
    await peer.until(() => objects().includes('new-2'), 'new')
    expect(new Set(objects()).size).toBe(objects().length)
  })

  it('disabled: goodbye, then asks now and then; enabled again: sends what it kept', async () => {
    const agent = await run()
    await peer.until(() => agent.status().state === 'online', 'online')
    peer.state = 'disabled'
    peer.send({ kind: 'switch', state: 'disabled' })
    await peer.until(() => peer.byes.includes('disabled'), 'bye')
    await expect.poll(() => agent.status().state).toBe('disabled')
    const asked = peer.hellos.length
    await peer.until(() => peer.hellos.length > asked + 1, 'asks')
    expect(peer.byes.filter((reason) => reason === 'disabled').length).toBeGreaterThan(1)
    peer.state = 'enabled'
    await peer.until(() => agent.status().state === 'online', 'online again')
  })

  it('unregistered: ends, says so at the next start, and a new key registers it again', async () => {
    peer.problem = { code: 'agent.unregistered', isRetryable: false }
    const agent = await run()
    expect(await agent.ended).toBe('unregistered')
    await stop(agent)
    expect(JSON.parse(await readFile(join(folder, 'identity.json'), 'utf8'))).toMatchObject({ isUnregistered: true })
  })

  it.each([
    [{ code: 'server.busy', isRetryable: true }, 'waiting', true],
    [{ code: 'agent.version-unsupported', isRetryable: false }, 'version-mismatch', false],
    [{ code: 'agent.signature-wrong', isRetryable: false }, 'refused', false],
    [{ code: 'a.newer-servers-problem', isRetryable: false }, 'refused', false],
  ] as const)('problem %o: %s', async (problem, state, isRetried) => {
    peer.problem = problem
    const agent = await run({ timing: { ...quick, refusedMs: 60_000 } })
    await expect.poll(() => agent.status(), { timeout: 10_000, interval: 5 }).toMatchObject({ state, detail: problem.code })
    const before = peer.hellos.length
    if (isRetried) return await expect.poll(() => peer.hellos.length, { timeout: 10_000 }).toBeGreaterThan(before)
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(peer.hellos.length).toBe(before)
  })

  it('a clock a day off: connects, shows the difference, takes commands by the server’s clock (R23)', async () => {
    peer.clockOffsetMs = 86_400_000
    const agent = await run()
    await peer.until(() => agent.status().state === 'online', 'online')
    expect(agent.status().clockOffsetMs).toBeGreaterThan(86_390_000)
    const frame = peer.order([...peer.agents.keys()][0]!, 1)
    peer.send(frame)
    await peer.until(
      () => peer.of('outcome').some(({ step, commandId }) => step === 'succeeded' && commandId === frame.order.commandId),
      'done',
    )
  })

  it('a clone takes an identity of its own; what either had to tell arrives, under its own name (R10, AGT-9)', async () => {
    await queued(5, folder, 'common-')
    const copy = await newStateFolder()
    others.push(copy)
    await cp(folder, copy, { recursive: true })
    await queued(5, copy, 'copy-')
    const original = await run()
    await peer.until(() => objects().length >= 5, 'original’s')
    const [firstId] = peer.agents.keys()
    peer.agents.get(firstId!)!.isClone = true
    faultsExpected = true // the copy says a number that was said
    const second = await run({ machine: aMachine('two') }, copy)
    await peer.until(() => objects().includes('copy-4'), 'copy’s')
    expect(peer.agents.size).toBe(2)
    expect([original.status().agentId, second.status().agentId]).toEqual([...peer.agents.keys()])
    const byCopy = peer.items
      .filter(({ agentId, item }) => agentId === second.status().agentId && item.kind === 'detection')
      .map(({ item }) => (item as { object: string }).object)
    expect(byCopy).toEqual([...Array.from({ length: 5 }, (_, i) => `common-${i}`), ...Array.from({ length: 5 }, (_, i) => `copy-${i}`)])
    await peer.until(
      () => peer.items.some(({ agentId, item }) => agentId === second.status().agentId && item.kind === 'endpoint' && item.name === 'two'),
      'its endpoint',
    )
  })

  it('hostile frames: 3,000 random ones, of every kind and none, and it still works (R18, R21)', async () => {
    const agent = await run()
    await peer.until(() => agent.status().state === 'online', 'online')
    const id = [...peer.agents.keys()][0]!
    let seed = 42
    const random = (n: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % n
    const kinds = ['challenge', 'ack', 'nack', 'command', 'switchh', 'batch', '__proto__', 'hello', 'x'.repeat(1_000), 7, null]
    const values = [
      null,
      -1,
      0,
      1,
      1e308,
      '',
      'x',
      '\u0000',
      [],
      {},
      { __proto__: { a: 1 } },
      [[[[[[]]]]]],
      'a'.repeat(5_000),
      '2026-11-21T00:00:00.000Z',
      true,
    ]
    for (let i = 0; i < 3_000; i++) {
      const value = () => values[random(values.length)]
      const frame = {
        kind: kinds[random(kinds.length)],
        epoch: random(2) ? value() : agent.status().guid,
        seq: value(),
        expectedSeq: value(),
        order: value(),
        signature: value(),
        nonce: value(),
        state: value(),
        code: value(),
      }
      const text = JSON.stringify(frame)
      for (const socket of peer.sockets) socket.send(random(3) ? text : text.slice(0, random(text.length)), { binary: random(10) === 0 })
    }
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`
    for (const socket of peer.sockets) {
      socket.send(deep)
      socket.send(`{"kind":"command","order":${deep},"signature":"aaaa"}`)
    }
    const frame = peer.order(id, 1)
    const again = () => peer.of('outcome').some(({ step, commandId }) => step === 'succeeded' && commandId === frame.order.commandId)
    await peer.until(() => {
      if (!again()) peer.send(frame)
      return again()
    }, 'a good command still works')
    expect(({} as { a?: number }).a).toBeUndefined()
  })

  it('a frame over the limit ends the connection, not the agent', async () => {
    const agent = await run()
    await peer.until(() => agent.status().state === 'online', 'online')
    for (const socket of peer.sockets) socket.send(' '.repeat(channelLimits.frameBytes + 1))
    const before = peer.hellos.length
    await peer.until(() => peer.hellos.length > before, 'back again')
  })

  it('an item the server can’t take does not stop the others: the envelope is the server’s to sort (R19)', async () => {
    const queue = await Queue.open(join(folder, 'queue'), { limitBytes: 100_000_000, now: () => new Date(), log: silentLog })
    await queue.append([detection('a'), { kind: 'from-a-newer-agent' } as unknown as Item, detection('b')])
    await queue.close()
    faultsExpected = true
    await run()
    await peer.until(() => objects().includes('b'), 'b')
    expect(objects()).toEqual(['a', 'b'])
  })

  it('a second agent on the same folder is refused, and harms nothing', async () => {
    const agent = await run()
    await expect(started(folder)).rejects.toMatchObject({ code: 'EADDRINUSE' })
    await peer.until(() => agent.status().state === 'online', 'online')
  })

  it('listens on no TCP port (R13)', async () => {
    const listening = async () => {
      const inodes = new Set<string>()
      for (const name of await readdir('/proc/self/fd')) {
        const link = await (await import('node:fs/promises')).readlink(`/proc/self/fd/${name}`).catch(() => '')
        const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1]
        if (inode) inodes.add(inode)
      }
      const table = (await readFile('/proc/net/tcp', 'utf8')) + (await readFile('/proc/net/tcp6', 'utf8').catch(() => ''))
      return table.split('\n').filter((line) => line.trim().split(/\s+/)[3] === '0A' && inodes.has(line.trim().split(/\s+/)[9] ?? ''))
        .length
    }
    const before = await listening() // the peer's own port
    const agent = await run()
    await peer.until(() => agent.status().state === 'online', 'online')
    expect(await listening()).toBe(before)
  })

  it('a damaged settings file is said, not guessed around', async () => {
    await writeFile(join(folder, 'settings.json'), '{"engines":{"clamav":{"scanPaths":["relative"]}}}')
    const { Agent: TheAgent } = await import('./agent.ts')
    await expect(TheAgent.start({ stateFolder: folder, log: silentLog })).rejects.toThrow()
  })
})
