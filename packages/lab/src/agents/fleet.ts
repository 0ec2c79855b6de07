import { performance } from 'node:perf_hooks'
import { channelLimits } from '@vigie/domain/agents'
import { calmMix, DetectionWriter, type Mix, randomFrom } from './detections.ts'
import { type EngineBehaviour, promptEngine } from './engine.ts'
import { type LabIdentity, labMachine } from './identity.ts'
import { type Enrolment, EnrolClient, type LabServer, trustOf } from './server.ts'
import { copyOf, type FleetParts, SimAgent } from './sim-agent.ts'
import { type FleetStats, Latencies, type Latency, newCounters } from './stats.ts'

export interface FleetOptions {
  server: LabServer
  /** Who they are: enrolled anew, each with a GUID and one-use key of its own, or ready ones (whose counters then move on). */
  agents: readonly Enrolment[] | readonly LabIdentity[]
  /** Names the machines of a fleet that enrols: the same series and index is the same machine. */
  series?: string
  /** Handshakes and enrolments at the same time. */
  concurrency?: number
  beatMs?: number
  engine?: EngineBehaviour
  /** Whether agents come back by themselves; default: after 0.2 to 1 s. */
  reconnectAfterMs?: (() => number) | null
  /** Tell of the endpoint once after the first welcome, as agents do. */
  reportsEndpoints?: boolean
  seed?: number
}

export interface Load {
  /** Ends after this many detections, or this long; one of the two. */
  total?: number
  seconds?: number
  /** Over the whole fleet; absent: as fast as acknowledgements come. */
  perSecond?: number
  /** Detections a batch. */
  batch?: number
  mix?: Mix
  /** 0 to 1; defaults of the load L1: 2 of 100 batches twice, 1 of 100 out of order. */
  duplicates?: number
  outOfOrder?: number
  /** Only these agents send; default all. */
  agents?: readonly SimAgent[]
}

export interface LoadResult {
  /** Acknowledged, thus stored. */
  accepted: number
  /** From the first sending to the last acknowledgement. */
  seconds: number
  perSecond: number
  ackMs: Latency
  duplicatesSent: number
  reordered: number
  nacks: number
}

export interface Fleet {
  agents: readonly SimAgent[]
  /** Resolves when all of it is acknowledged. @throws when that takes longer than `patienceMs` after the last sending */
  sendDetections(load: Load, patienceMs?: number): Promise<LoadResult>
  /** All that was told is acknowledged. */
  drained(patienceMs?: number): Promise<void>
  /** Breaks the connections of these agents, properly or not, and brings them back. Resolves when all are welcomed again. */
  reconnect(agents: readonly SimAgent[], how: 'bye' | 'kill'): Promise<void>
  /** Starts a second agent with the identity of this one (AGT-9). Once told so it takes an identity of its own and goes on, if it heals. */
  clone(agent: SimAgent, options?: { heals: boolean }): Promise<SimAgent>
  stats(): FleetStats
  /** What to keep for the next run. */
  identities(): readonly LabIdentity[]
  stop(how?: 'bye' | 'kill'): Promise<void>
}

const defaults = { concurrency: 48, beatMs: channelLimits.beatMs, series: 'a', reportsEndpoints: true, seed: 1 }

/** Brings up a fleet in this process and resolves when every agent is welcomed. @throws when one is refused */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { concurrency, beatMs, series, reportsEndpoints, seed } = { ...defaults, ...options }
  const counters = newCounters()
  const latencies = new Latencies()
  const random = randomFrom(seed)
  const enroller = new EnrolClient(options.server, concurrency)
  const clones = new Map<SimAgent, boolean>()
  const parts: FleetParts = {
    trust: trustOf(options.server),
    counters,
    latencies,
    random,
    duplicates: 0,
    outOfOrder: 0,
    now: () => new Date(),
    engine: options.engine ?? promptEngine,
    reconnectAfterMs: options.reconnectAfterMs === undefined ? () => 200 + random() * 800 : options.reconnectAfterMs,
    onProblem: (agent, code) => {
      if (code === 'agent.is-clone' && clones.get(agent)) void heal(agent)
    },
  }
  const agents: SimAgent[] = []
  const join = async (identity: LabIdentity) => {
    const agent = new SimAgent(identity, parts)
    agents.push(agent)
    await agent.connect()
    if (reportsEndpoints) agent.reportEndpoint()
    return agent
  }

  /** The clone's way out (R10): its queue goes on under the new identity, in a new epoch. */
  async function heal(agent: SimAgent): Promise<void> {
    clones.delete(agent)
    const index = agents.indexOf(agent)
    agents[index] = new SimAgent(await enroller.fork(agent.identity, labMachine(`${series}-clone`, index)), parts)
    agent.dispose()
    await agents[index].connect()
    if (reportsEndpoints) agents[index].reportEndpoint()
  }

  // From the first on: while thousands enrol, those that are in must not fall silent.
  const beats = startBeats(agents, beatMs)
  await inTurn<Enrolment | LabIdentity>(concurrency, options.agents, async (one, index) => {
    await join('key' in one ? await enroller.enrol(one, labMachine(series, index)) : one)
  }).catch((error: unknown) => {
    clearInterval(beats)
    throw error
  })

  const broken = () => (counters.broken > 0 ? ` (${counters.broken} acknowledgements made no sense)` : '')

  async function drained(patienceMs = 60_000): Promise<void> {
    const until = performance.now() + patienceMs
    while (agents.some((agent) => agent.unacknowledged > 0 && agent.state !== 'refused')) {
      if (performance.now() > until) {
        const waiting = agents.filter((agent) => agent.unacknowledged > 0).length
        throw new Error(`${waiting} agents still wait for acknowledgements after ${patienceMs} ms${broken()}`)
      }
      await pause(10)
    }
  }

  return {
    agents,
    drained,
    async sendDetections(load, patienceMs) {
      const batch = Math.min(load.batch ?? 250, channelLimits.itemsPerBatch)
      Object.assign(parts, { duplicates: load.duplicates ?? 0.02, outOfOrder: load.outOfOrder ?? 0.01 })
      const before = { ...counters }
      latencies.reset()
      const started = performance.now()
      const writer = new DetectionWriter(load.mix ?? calmMix, seed)
      const senders = load.agents ?? agents
      let left = load.total ?? Number.POSITIVE_INFINITY
      const until = load.seconds === undefined ? Number.POSITIVE_INFINITY : started + load.seconds * 1000
      if (left === until) throw new RangeError('a load needs a total or seconds')
      const goesOn = () => left > 0 && performance.now() < until
      const write = (agent: SimAgent) => {
        const count = Math.min(batch, left)
        const text = writer.write(agent.identity.machine.fingerprint, agent.identity.serial, count, new Date())
        agent.identity.serial += count
        left -= count
        return { text, detections: count }
      }
      if (load.perSecond === undefined) {
        for (const agent of senders) agent.source = () => (goesOn() ? write(agent) : null)
        for (const agent of senders) agent.pump()
        while (goesOn()) await pause(20)
      } else await paced(senders, load.perSecond / batch, goesOn, write)
      for (const agent of senders) agent.source = null
      await drained(patienceMs)
      const seconds = (performance.now() - started) / 1000
      const accepted = counters.accepted - before.accepted
      const since = (name: 'duplicatesSent' | 'reordered' | 'nacks') => counters[name] - before[name]
      Object.assign(parts, { duplicates: 0, outOfOrder: 0 })
      return {
        accepted,
        seconds,
        perSecond: accepted / seconds,
        ackMs: latencies.read(),
        duplicatesSent: since('duplicatesSent'),
        reordered: since('reordered'),
        nacks: since('nacks'),
      }
    },
    async reconnect(some, how) {
      for (const agent of some) agent[how]()
      await waitUntil(() => some.every(({ state }) => state === 'away' || state === 'refused'), 'connections did not close')
      await inTurn(concurrency, some, (agent) => agent.connect())
    },
    async clone(agent, { heals } = { heals: true }) {
      const copy = new SimAgent(copyOf(agent.identity), parts)
      agents.push(copy)
      clones.set(copy, heals)
      await copy.connect().catch(() => {}) // refused as a clone: that is what it is for
      return copy
    },
    stats: () => ({
      agents: agents.length,
      online: agents.filter(({ state }) => state === 'online').length,
      refused: agents.filter(({ state }) => state === 'refused').length,
      ...counters,
      problems: { ...counters.problems },
      ackMs: latencies.read(),
    }),
    identities: () => agents.map(({ identity }) => identity),
    async stop(how = 'bye') {
      clearInterval(beats)
      for (const agent of agents) agent[how]()
      await waitUntil(() => agents.every(({ state }) => state !== 'online'), '').catch(() => {})
      for (const agent of agents) agent.dispose()
      enroller.close()
    },
  }
}

/** One timer beats for all, spread over the interval. */
function startBeats(agents: readonly SimAgent[], beatMs: number): NodeJS.Timeout {
  const slots = Math.max(1, Math.round(beatMs / 250))
  let slot = 0
  return setInterval(() => {
    const text = JSON.stringify({ kind: 'beat', at: new Date().toISOString() })
    for (let i = slot; i < agents.length; i += slots) agents[i]!.beat(text)
    slot = (slot + 1) % slots
  }, beatMs / slots).unref()
}

/** A steady number of batches a second over the fleet, to the agents in turn, caught up 20 times a second. What finds no room waits in the agent's queue, as it would. */
async function paced(
  senders: readonly SimAgent[],
  batchesPerSecond: number,
  goesOn: () => boolean,
  write: (agent: SimAgent) => { text: string; detections: number },
): Promise<void> {
  const started = performance.now()
  for (let offered = 0; goesOn(); await pause(50)) {
    for (const due = Math.floor(((performance.now() - started) / 1000) * batchesPerSecond); offered < due && goesOn(); offered++) {
      const agent = senders[offered % senders.length]!
      const { text, detections } = write(agent)
      agent.offer(text, detections)
    }
  }
}

/** Runs `work` over the list, at most `width` at the same time. The first failure ends it. */
export async function inTurn<T>(width: number, list: readonly T[], work: (one: T, index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const worker = async () => {
    while (next < list.length) {
      const index = next++
      await work(list[index]!, index)
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, list.length) }, worker))
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

async function waitUntil(test: () => boolean, otherwise: string, patienceMs = 30_000): Promise<void> {
  const until = performance.now() + patienceMs
  while (!test()) {
    if (performance.now() > until) throw new Error(otherwise)
    await pause(10)
  }
}
