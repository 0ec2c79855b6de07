import { performance } from 'node:perf_hooks'
import type { SecureContext } from 'node:tls'
import {
  channelLimits,
  type CommandOrder,
  type DownFrame,
  type EndpointItem,
  helloText,
  type Item,
  type OutcomeItem,
  protocolVersion,
} from '@vigie/domain/agents'
import { WebSocket, type ClientOptions } from 'ws'
import { checkEvidence, type EngineBehaviour, endpointItem, isAcceptable, offers, outcomeItem } from './engine.ts'
import { type LabIdentity, signText } from './identity.ts'
import { labVersion } from './server.ts'
import { driftAfterMs, SimSettings } from './settings.ts'
import type { Counters, Latencies } from './stats.ts'

/** What the agents of a fleet share. */
export interface FleetParts {
  trust: SecureContext
  counters: Counters
  latencies: Latencies
  engine: EngineBehaviour
  /** Come back by themselves after a lost connection, after this long; null: stay away. */
  reconnectAfterMs: (() => number) | null
  /** 0 to 1: part of the batches sent again after their acknowledgement, and sent after their successor. */
  duplicates: number
  outOfOrder: number
  random: () => number
  /** The machines' clock; a virtual one where the server has one too. */
  now: () => Date
  onProblem(agent: SimAgent, code: string): void
}

interface Batch {
  firstSeq: number
  lastSeq: number
  detections: number
  text: string
  /** Latency counts from here, so that waiting for room is not left out. */
  queuedAt: number
  wasSent: boolean
  /** Sent over the present connection. */
  isOut: boolean
}

export type SimState = 'away' | 'connecting' | 'online' | 'refused'

/**
 * One simulated agent: speaks the real protocol over a real TLS WebSocket; only its machine and its engine are made up. Holds no timer while it rests:
 * the fleet beats for all.
 */
export class SimAgent {
  state: SimState = 'away'
  readonly identity: LabIdentity
  /** Asked for more whenever there is room for another batch; null: rests. */
  source: ((agent: SimAgent) => { text: string; detections: number } | null) | null = null
  /** Its machine's settings; whoever plays a certain machine puts others here before it tells of itself. */
  settings: SimSettings
  /** What it says of its endpoint, at its start and after every order. */
  describe: (now: Date) => EndpointItem
  /** What else it tells when its engine did as it was told: an infection that a scan mended. */
  effects: (type: CommandOrder['type'], now: Date) => readonly Item[] = () => []
  /** What its engine shows of an order that it did, beyond having done it. */
  shows: (type: CommandOrder['type'], now: Date) => OutcomeItem['evidence'] = () => ({})
  /** Where its endpoints would reach it, if it speaks for a site (AGT-8): it tells so, and carries nobody. */
  site: { urls: readonly string[]; caFingerprint: string } | null = null
  /** How its own engine answers; null: as those of the fleet. */
  answers: EngineBehaviour['answers'] | null = null
  #socket: WebSocket | null = null
  #batches: Batch[] = []
  #inFlight = 0
  #lastCommand = 0
  #isWanted = false
  #retry: NodeJS.Timeout | null = null
  readonly #later = new Set<NodeJS.Timeout>()
  #welcomed: (() => void)[] = []
  readonly #parts: FleetParts

  constructor(identity: LabIdentity, parts: FleetParts) {
    this.identity = identity
    this.#parts = parts
    this.settings = new SimSettings(parts.engine.settings ?? 'obeys')
    this.describe = (now) => endpointItem(this.identity, now, this.settings)
  }

  get unacknowledged(): number {
    return this.#batches.length
  }

  /** Resolves once welcomed; stays pending while it tries again, and rejects when it is refused for good or no longer wanted. */
  connect(): Promise<void> {
    this.#isWanted = true
    if (this.state === 'online') return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#welcomed.push(() =>
        this.state === 'online' ? resolve() : reject(new Error(`agent ${this.identity.machine.hostname} did not get in`)),
      )
      if (this.state !== 'connecting') this.#open()
    })
  }

  /** Loses the connection as a crash or a cut cable would: without a word. */
  kill(): void {
    this.#isWanted = false
    this.#socket?.terminate()
  }

  /** Closes properly: shown as offline (AGT-2). */
  bye(reason: 'stopped' | 'uninstalled' = 'stopped'): void {
    this.#isWanted = false
    if (this.state === 'online') this.#send(JSON.stringify({ kind: 'bye', reason }))
    this.#socket?.close(1000)
  }

  beat(text: string): void {
    if (this.state !== 'online') return
    this.#parts.counters.beats++
    this.#send(text)
  }

  /** Queues items under the next sequence numbers; they are sent as room allows and kept until acknowledged. */
  tell(items: readonly Item[]): void {
    this.#queue(items.map((item) => JSON.stringify(item)).join(','), items.length, 0)
    this.pump()
  }

  /** Queues detections already written as JSON texts. */
  offer(itemTexts: string, detections: number): void {
    this.#queue(itemTexts, detections, detections)
    this.pump()
  }

  reportEndpoint(): void {
    this.tell([this.describe(this.#parts.now())])
  }

  /** Sends what there is room for. */
  pump(): void {
    if (this.state !== 'online') return
    for (;;) {
      if (this.#inFlight >= channelLimits.batchesInFlight) return
      let next = this.#batches.findIndex((batch) => !batch.isOut)
      if (next < 0) {
        if (!this.#fill()) return
        next = this.#batches.length - 1
      }
      const batch = this.#batches[next]!
      if (
        this.#parts.outOfOrder > 0 &&
        this.#inFlight + 2 <= channelLimits.batchesInFlight &&
        this.#parts.random() < this.#parts.outOfOrder &&
        (this.#batches[next + 1] || this.#fill())
      ) {
        this.#parts.counters.reordered++
        this.#sendBatch(this.#batches[next + 1]!)
      }
      this.#sendBatch(batch)
    }
  }

  #fill(): boolean {
    const more = this.source?.(this)
    if (!more) return false
    this.#queue(more.text, more.detections, more.detections)
    return true
  }

  #queue(itemTexts: string, count: number, detections: number): void {
    const { identity } = this
    const firstSeq = identity.nextSeq
    identity.nextSeq += count
    const text = `{"kind":"batch","epoch":"${identity.epoch}","firstSeq":${firstSeq},"items":[${itemTexts}]}`
    this.#batches.push({
      firstSeq,
      lastSeq: identity.nextSeq - 1,
      detections,
      text,
      queuedAt: performance.now(),
      wasSent: false,
      isOut: false,
    })
  }

  #sendBatch(batch: Batch): void {
    if (batch.isOut) return
    const { counters } = this.#parts
    if (!batch.wasSent) counters.sent += batch.detections
    batch.wasSent = true
    batch.isOut = true
    this.#inFlight++
    counters.batchesSent++
    this.#send(batch.text)
  }

  #send(text: string): void {
    this.#socket?.send(text, noCompression)
  }

  #open(): void {
    this.state = 'connecting'
    const options: ClientOptions & { secureContext: SecureContext } = {
      secureContext: this.#parts.trust,
      perMessageDeflate: false,
      skipUTF8Validation: true,
      handshakeTimeout: 60_000,
      maxPayload: channelLimits.frameBytes,
    }
    const socket = new WebSocket(this.identity.channel, options)
    this.#socket = socket
    socket.on('message', (data) => this.#hear(socket, data))
    socket.on('error', () => {}) // 'close' follows, and says all we act on
    socket.on('close', () => this.#closed(socket))
  }

  #closed(socket: WebSocket): void {
    if (socket !== this.#socket) return
    this.#socket = null
    this.#inFlight = 0
    for (const batch of this.#batches) batch.isOut = false
    if (this.state === 'refused') return
    if (this.#isWanted) this.#parts.counters.dropped++
    this.state = 'away'
    const { reconnectAfterMs } = this.#parts
    if (!this.#isWanted || !reconnectAfterMs) this.#tellConnecting()
    else {
      this.#retry = setTimeout(() => {
        if (this.#isWanted && this.state === 'away') this.#open()
      }, reconnectAfterMs())
    }
  }

  #hear(socket: WebSocket, data: WebSocket.RawData): void {
    if (socket !== this.#socket) return
    const frame = JSON.parse((data as Buffer).toString()) as DownFrame
    switch (frame.kind) {
      case 'challenge':
        return this.#hello(frame.nonce)
      case 'welcome':
        return this.#welcome(frame)
      case 'ack':
        return frame.epoch === this.identity.epoch ? this.#acknowledged(frame.seq) : this.#broken()
      case 'nack':
        return frame.epoch === this.identity.epoch ? this.#sendAgainFrom(frame.expectedSeq) : this.#broken()
      case 'command':
        return this.#obey(frame.order, frame.signature)
      case 'switch':
        if (frame.state === 'disabled') this.#switchedOff()
        return
      case 'problem':
        return this.#problem(frame.code, frame.isRetryable)
    }
  }

  #hello(nonce: string): void {
    const { identity } = this
    identity.counter++
    this.#parts.counters.hellos++
    const { agentId, counter, epoch, machine } = identity
    const signature = signText(identity.privateKey, helloText(nonce, agentId, counter, epoch))
    this.#send(
      JSON.stringify({
        kind: 'hello',
        protocol: protocolVersion,
        agentId,
        counter,
        epoch,
        agentVersion: labVersion,
        machine,
        at: this.#parts.now().toISOString(),
        signature,
      }),
    )
  }

  #welcome({ ackedSeq, state, isSiteServer }: DownFrame & { kind: 'welcome' }): void {
    this.state = 'online'
    const first = this.#batches[0]?.firstSeq ?? this.identity.nextSeq
    if (ackedSeq < first - 1) this.#broken() // it forgot what it had acknowledged
    this.#forgetUpTo(ackedSeq)
    this.#tellConnecting()
    if (state === 'disabled') return this.#switchedOff()
    if (isSiteServer === true && this.site !== null) this.#send(JSON.stringify({ kind: 'via-site', ...this.site, problem: null }))
    this.pump()
  }

  #acknowledged(seq: number): void {
    if (seq >= this.identity.nextSeq) return this.#broken()
    this.#forgetUpTo(seq)
    this.pump()
  }

  #forgetUpTo(seq: number): void {
    const { counters, latencies, duplicates, random } = this.#parts
    while (this.#batches[0] !== undefined && this.#batches[0].lastSeq <= seq) {
      const batch = this.#batches.shift()!
      if (batch.isOut) this.#inFlight--
      if (batch.detections > 0) latencies.record(performance.now() - batch.queuedAt)
      counters.accepted += batch.detections
      if (duplicates > 0 && batch.detections > 0 && random() < duplicates) {
        counters.duplicatesSent++
        this.#send(batch.text)
      }
    }
  }

  /** The server stored up to before `seq`: everything from there goes again, in order. */
  #sendAgainFrom(seq: number): void {
    this.#parts.counters.nacks++
    const first = this.#batches[0]?.firstSeq ?? this.identity.nextSeq
    if (seq < first || seq > this.identity.nextSeq) return this.#broken()
    this.#forgetUpTo(seq - 1)
    for (const batch of this.#batches) {
      if (batch.isOut) this.#inFlight--
      batch.isOut = false
    }
    this.pump()
  }

  #obey(order: CommandOrder, signature: string): void {
    const { counters, engine } = this.#parts
    const answers = this.answers ?? engine.answers
    if (order.number <= this.#lastCommand && order.agentId === this.identity.agentId) return // delivered again: took effect once (R15)
    if (!isAcceptable(order, signature, this.identity, this.#lastCommand, this.#parts.now())) return void counters.commandsRefused++
    this.#lastCommand = order.number
    counters.commands++
    this.tell([outcomeItem(order.commandId, 'running', this.#parts.now())])
    if (answers === 'silent') return
    this.#after(engine.workMs + (order.type === 'apply-settings' ? this.settings.workMs : 0), () => this.#answer(order))
  }

  #answer({ commandId, type, params }: CommandOrder): void {
    const now = this.#parts.now()
    const does = (): { step: 'succeeded' | 'failed'; evidence?: OutcomeItem['evidence'] } => {
      if ((this.answers ?? this.#parts.engine.answers) === 'fail') return { step: 'failed' }
      if (type === 'apply-settings') return this.settings.apply(params)
      // a made-up machine goes nowhere and has no program to upgrade: it says so, as a real agent says of what it can't
      if (!offers(this.settings).some((one) => one.type === type && one.isSupported))
        return { step: 'failed', evidence: { reason: 'not-supported' } }
      return { step: 'succeeded', evidence: type === 'check' ? checkEvidence(now) : this.shows(type, now) }
    }
    const { step, evidence } = does()
    this.tell([outcomeItem(commandId, step, now, evidence), ...(step === 'succeeded' ? this.effects(type, now) : []), this.describe(now)])
    if (type !== 'apply-settings' || step === 'failed' || this.settings.mode !== 'drifts') return
    this.#after(driftAfterMs, () => {
      this.settings.drift(Object.keys((params?.['values'] ?? {}) as object))
      this.reportEndpoint()
    })
  }

  #after(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#later.delete(timer)
      work()
    }, ms)
    this.#later.add(timer)
  }

  #switchedOff(): void {
    this.#isWanted = false
    this.#send(JSON.stringify({ kind: 'bye', reason: 'disabled' }))
    this.#socket?.close(1000)
  }

  #problem(code: string, isRetryable: boolean): void {
    const { problems } = this.#parts.counters
    problems[code] = (problems[code] ?? 0) + 1
    if (!isRetryable) {
      this.state = 'refused'
      this.#isWanted = false
      this.#tellConnecting()
      this.#socket?.close(1000)
    }
    this.#parts.onProblem(this, code)
  }

  #tellConnecting(): void {
    for (const welcomed of this.#welcomed.splice(0)) welcomed()
  }

  #broken(): void {
    this.#parts.counters.broken++
  }

  /** Ends its timers; the fleet's last word. */
  dispose(): void {
    this.#isWanted = false
    if (this.#retry) clearTimeout(this.#retry)
    for (const timer of this.#later) clearTimeout(timer)
    this.#socket?.terminate()
  }
}

const noCompression = { compress: false, binary: false } as const

/** A copy of an installation as a master image makes it: same identity, same counter, a queue of its own life. */
export function copyOf(identity: LabIdentity): LabIdentity {
  return { ...identity, machine: { ...identity.machine }, serial: identity.serial + 1_000_000_000 }
}
