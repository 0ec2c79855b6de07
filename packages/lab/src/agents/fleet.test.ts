import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { startPeer } from '../testing/peer.ts'
import { EnrolClient, type Fleet, fetchCa, infectedMix, keepIdentity, labMachine, readIdentity, startFleet } from './index.ts'

let peer: Awaited<ReturnType<typeof startPeer>>
let fleet: Fleet | undefined
const start = async (agents: number, more: Partial<Parameters<typeof startFleet>[0]> = {}) =>
  (fleet = await startFleet({ server: peer.server, agents: peer.enrolments(agents), reconnectAfterMs: () => 20, ...more }))

beforeEach(async () => {
  peer = await startPeer()
})
afterEach(async () => {
  await fleet?.stop()
  fleet = undefined
  await peer.close()
})

/** Every detection that was acknowledged is there exactly once, and none besides. */
function expectExactlyOnce(accepted: number): void {
  expect(peer.seen.faults).toEqual([])
  expect(peer.seen.detections.size).toBe(accepted)
  expect([...peer.seen.detections.values()].filter((times) => times !== 1)).toEqual([])
}

describe('a simulated fleet', () => {
  it('enrols, says hello and tells of its endpoints, named as simulated', async () => {
    const { stats, drained } = await start(5)
    await drained()
    expect(stats()).toMatchObject({ agents: 5, online: 5, hellos: 5, broken: 0 })
    const told = peer.seen.items.filter(({ kind }) => kind === 'endpoint')
    expect(told).toHaveLength(5)
    expect(told[0]).toMatchObject({ platform: 'Vigie lab (simulated)', engine: { engine: 'lab' } })
    expect(peer.seen.faults).toEqual([])
  })

  it('every detection arrives once, though batches are doubled and out of order (AGT-6)', async () => {
    const { sendDetections, stats } = await start(8)
    const result = await sendDetections({ total: 4_000, batch: 25, duplicates: 0.3, outOfOrder: 0.3 })
    expect(result.accepted).toBe(4_000)
    expect(result.duplicatesSent).toBeGreaterThan(10)
    expect(result.reordered).toBeGreaterThan(10)
    expect(peer.seen.duplicates).toBeGreaterThan(0)
    expect(peer.seen.gaps).toBeGreaterThan(0)
    expect(stats().broken).toBe(0)
    expect(result.ackMs.count).toBeGreaterThanOrEqual(4_000 / 25)
    expectExactlyOnce(4_000)
  })

  it('keeps to the rate it is asked for, over the fleet', async () => {
    const { sendDetections } = await start(4)
    const { accepted } = await sendDetections({ seconds: 0.5, perSecond: 2_000, batch: 10 })
    expect(accepted).toBeGreaterThan(600)
    expect(accepted).toBeLessThanOrEqual(1_020)
    expectExactlyOnce(accepted)
  })

  it('never has more batches unacknowledged at the server than the protocol lets it', async () => {
    const { sendDetections, agents } = await start(1)
    peer.behaviour.isHolding = true
    const sending = sendDetections({ total: 100, batch: 10, outOfOrder: 0, duplicates: 0 })
    await vi.waitFor(() => expect(peer.behaviour.held.length).toBe(4), 15_000)
    expect(agents[0]!.unacknowledged).toBeGreaterThanOrEqual(4)
    peer.release()
    expect((await sending).accepted).toBe(100)
  })

  it('a connection cut after storing and before the answer loses and doubles nothing', async () => {
    const { sendDetections, stats } = await start(3)
    peer.behaviour.cutAfterBatch = true
    const sending = sendDetections({ total: 600, batch: 10 })
    await vi.waitFor(() => expect(stats().dropped).toBeGreaterThan(5), 15_000)
    peer.behaviour.cutAfterBatch = false
    await sending
    expectExactlyOnce(600)
  })

  it('comes back after a proper goodbye and after a crash, with a counter that goes up', async () => {
    const { agents, reconnect, stats } = await start(2)
    await reconnect([agents[0]!], 'bye')
    await reconnect([agents[1]!], 'kill')
    expect(peer.seen.bye).toEqual(['stopped'])
    expect(agents.map(({ identity }) => identity.counter)).toEqual([2, 2])
    expect(stats().online).toBe(2)
  })

  it('a clone is told, takes an identity of its own and goes on (AGT-9, R10)', async () => {
    const { agents, clone, stats } = await start(1)
    await fleet!.drained()
    const [original] = agents
    await clone(original!)
    await vi.waitFor(() => expect(stats()).toMatchObject({ agents: 2, online: 2 }), 15_000)
    expect(stats().problems).toEqual({})
    // The copy's hello counted up: now the original's next one is behind, and it is the one that is told.
    await fleet!.reconnect([original!], 'kill').catch(() => {})
    expect(stats().problems).toEqual({ 'agent.is-clone': 1 })
    expect(original!.state).toBe('refused')
  })

  it('a clone that is refused at once heals by itself', async () => {
    const { agents, clone, stats } = await start(1)
    await fleet!.reconnect(agents, 'kill')
    agents[0]!.identity.counter -= 1 // what a master image remembers
    await clone(agents[0]!)
    agents[0]!.identity.counter += 1
    await vi.waitFor(() => expect(stats().online).toBe(2), 15_000)
    expect(stats().problems).toEqual({ 'agent.is-clone': 1 })
    expect(agents[1]!.identity.agentId).not.toBe(agents[0]!.identity.agentId)
  })

  it('answers a command with outcomes that say that they are simulated (R14, R15)', async () => {
    const { agents, stats } = await start(1, { engine: { answers: 'succeed', workMs: 5 } })
    const id = agents[0]!.identity.agentId
    const commandId = peer.command(id)
    await vi.waitFor(() => expect(peer.seen.items.filter(({ kind }) => kind === 'outcome')).toHaveLength(2), 15_000)
    const outcomes = peer.seen.items.filter((item) => item.kind === 'outcome')
    expect(outcomes).toMatchObject([
      { commandId, step: 'running', evidence: { simulated: true } },
      { commandId, step: 'succeeded' },
    ])
    expect(stats()).toMatchObject({ commands: 1, commandsRefused: 0 })
  })

  it('what it can’t do it does not claim to have done: a made-up machine goes nowhere', async () => {
    const { agents } = await start(1, { engine: { answers: 'succeed', workMs: 5 } })
    const commandId = peer.command(agents[0]!.identity.agentId, {}, { type: 'move-agent' })
    const outcomes = () => peer.seen.items.filter((item) => item.kind === 'outcome' && item.commandId === commandId)
    await vi.waitFor(() => expect(outcomes()).toHaveLength(2), 15_000)
    expect(outcomes().at(-1)).toMatchObject({ step: 'failed', evidence: { simulated: true, reason: 'not-supported' } })
  })

  it.each([
    ['another type than was signed', { type: 'stop-scan' }],
    ['a later expiry than was signed', { expiresAt: '2099-01-01T00:00:00.000Z' }],
    ['an order for another agent', { agentId: '00000000-0000-7000-8000-000000000000' }],
  ] as const)('refuses %s (R14)', async (_, spoil) => {
    const { agents, stats } = await start(1)
    peer.command(agents[0]!.identity.agentId, spoil)
    await vi.waitFor(() => expect(stats().commandsRefused).toBe(1), 15_000)
    expect(stats().commands).toBe(0)
  })

  it('beats', async () => {
    await start(3, { beatMs: 500 })
    await vi.waitFor(() => expect(peer.seen.beats).toBeGreaterThan(2), 3_000)
  })

  it('a disabled agent says so and leaves', async () => {
    const { agents, stats } = await start(1)
    peer.tell(agents[0]!.identity.agentId, { kind: 'switch', state: 'disabled' })
    await vi.waitFor(() => expect(stats().online).toBe(0), 15_000)
    expect(peer.seen.bye).toEqual(['disabled'])
  })

  it('an acknowledgement of what was never sent is seen', async () => {
    const { agents, stats } = await start(1)
    await fleet!.drained()
    peer.tell(agents[0]!.identity.agentId, { kind: 'ack', epoch: agents[0]!.identity.epoch, seq: 999 })
    await vi.waitFor(() => expect(stats().broken).toBe(1), 15_000)
  })

  it('ready identities go on where they stopped', async () => {
    const first = await start(2)
    await first.sendDetections({ total: 40, batch: 10 })
    const kept = first.identities().map(keepIdentity)
    await first.stop()
    const second = await startFleet({ server: peer.server, agents: kept.map(readIdentity) })
    fleet = second
    await second.sendDetections({ total: 40, batch: 10 })
    expect(second.stats()).toMatchObject({ broken: 0, online: 2 })
    expectExactlyOnce(80)
  })

  it('asks again when the server is busy, and gives up in the end', async () => {
    peer.behaviour.busyEnrolments = 2
    const enroller = new EnrolClient(peer.server, 1, 1)
    const [one, other] = peer.enrolments(2)
    expect((await enroller.enrol(one!, labMachine('a', 1))).counter).toBe(0)
    peer.behaviour.busyEnrolments = 99
    await expect(enroller.enrol(other!, labMachine('a', 2))).rejects.toThrow('503 server.busy')
    enroller.close()
  })

  it('a wrong key is an error that names it', async () => {
    await expect(startFleet({ server: peer.server, agents: [{ guid: crypto.randomUUID(), key: 'wrong' }] })).rejects.toThrow(
      '403 agent.key-wrong',
    )
  })

  it('trusts the pinned CA and no other (R29)', async () => {
    const other = await startPeer()
    await expect(startFleet({ server: { url: peer.server.url, ca: other.server.ca }, agents: peer.enrolments(1) })).rejects.toThrow(
      /certificate|unable to verify/,
    )
    await other.close()
    await expect(fetchCa(peer.server.url, 'aa:bb')).rejects.toThrow('not the one of the install command')
  })

  it('mixes outcomes as asked', async () => {
    const { sendDetections } = await start(1)
    const { DetectionWriter } = await import('./detections.ts')
    const items = JSON.parse(`[${new DetectionWriter(infectedMix, 7).write('a'.repeat(64), 1, 2_000, new Date())}]`) as {
      outcome: string
    }[]
    const failed = items.filter(({ outcome }) => outcome === 'failed').length
    expect(failed).toBeGreaterThan(60)
    expect(failed).toBeLessThan(140)
    await sendDetections({ total: 10, batch: 10, mix: infectedMix })
    expectExactlyOnce(10)
  })
})
