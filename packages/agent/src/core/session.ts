import { channelLimits, CommandFrame, DownFrame, helloText, protocolVersion, type Machine, type UpFrame } from '@vigie/domain/agents'
import { agentVersion } from '../version.ts'
import { openCarrier, type Carrier } from './carrier.ts'
import type { Counters } from './counters.ts'
import type { ConnectionFault } from './faults.ts'
import { signText, type Identity } from './identity.ts'
import type { SiteServer } from './site.ts'
import { isThere, type Way } from './ways.ts'
import type { Log } from './log.ts'
import type { Proxy } from './proxy.ts'
import type { Queue } from './queue.ts'
import { pause, type ServerClock } from './time.ts'

/** How the last session ended, or why there was none. */
export type SessionEnd =
  | { kind: 'stopped' }
  | { kind: 'lost'; reason: ConnectionFault | 'silent' | 'frame-invalid'; wasWelcome: boolean }
  | { kind: 'problem'; code: string; isRetryable: boolean }
  | { kind: 'disabled' }
  | { kind: 'epoch-changed' }
  /** The better way is there again: the site server (AGT-8), or a WebSocket. */
  | { kind: 'moved'; to?: 'websocket' }

export type ChannelState = 'connecting' | 'online' | 'waiting' | 'disabled' | 'unregistered' | 'version-mismatch' | 'refused' | 'stopped'

export interface ChannelDeps {
  queue: Queue
  /** Read anew for each session, as `identity` is: a fork changes them. */
  counters: () => Counters
  clock: ServerClock
  log: Log
  identity: () => Identity
  ca: string
  /** Read anew for each session. Null or absent: the way is direct (AGT-5). */
  proxy?: () => Proxy | null
  machine: () => Promise<Machine>
  /** Hands over a command frame; what it throws ends nothing. */
  onCommand: (frame: unknown) => Promise<void>
  onWelcome: () => void
  /** Our identity is used twice: take another. */
  onClone: () => Promise<void>
  /** AGT-8: the role of a site server; null: it is none, or does not listen. */
  site?: () => SiteServer | null
  /** Vigie says whether this agent may carry others. */
  onRole?: (isSiteServer: boolean) => Promise<void>
  /** AGT-11: between two sides, where "we don't know you" may be a matter of moments. */
  isOnTrial?: () => boolean
  onState: (state: ChannelState, detail: string | null) => void
  timing?: Partial<ChannelTiming>
}
export interface ChannelTiming {
  beatMs: number
  answerMs: number
  backOffBaseMs: number
  backOffCapMs: number
  /** Not retryable: nobody but a person can change it, so we ask rarely. */
  refusedMs: number
  disabledPollMs: number
  disabledLingerMs: number
  drainMs: number
  /** An endpoint whose site server is away for so long tries the direct way, if it knows one (AGT-8). */
  directAfterMs: number
  /** On the direct way it looks so often whether the site server is there again. */
  siteAgainMs: number
  /** On long polling it looks for a WebSocket: soon, since the server may only have been away, then so often. */
  socketFirstMs: number
  socketAgainMs: number
}
const batchBytes = 400_000

/** One connection, from challenge to close. */
export class Session {
  readonly #deps: ChannelDeps
  readonly #timing: ChannelTiming
  readonly #way: Way
  #carried: SiteServer | null = null
  #line!: Carrier
  #isOver = false
  #addresses = ''
  #isLooking = false
  #finish!: (end: SessionEnd) => void
  #timers: NodeJS.Timeout[] = []
  #isWelcome = false
  /** We said goodbye: how the session ends when the socket closes. */
  #goodbye: SessionEnd | null = null
  /** Next sequence to send, and the last ones of the batches on their way, oldest first. */
  #nextSeq = 1
  #inFlight: number[] = []
  #oldestSentMs = 0
  #isPumping = false
  #pumpAgain = false
  #heardMs = performance.now()
  #forgetListener = () => {}
  #frames: Promise<void> = Promise.resolve()

  constructor(deps: ChannelDeps, timing: ChannelTiming, way: Way) {
    this.#deps = deps
    this.#timing = timing
    this.#way = way
  }

  async run(stop: AbortSignal): Promise<SessionEnd> {
    const ended = new Promise<SessionEnd>((resolve) => (this.#finish = resolve))
    const onStop = () => this.#finish({ kind: 'stopped' })
    stop.addEventListener('abort', onStop, { once: true })
    try {
      this.#open()
      return await ended
    } finally {
      stop.removeEventListener('abort', onStop)
      this.#forgetListener()
      this.#carried?.detach()
      for (const timer of this.#timers) clearInterval(timer)
      this.#isOver = true
      void this.#line.close()
    }
  }

  /** @param drainMs how long to wait for what is pending to be stored. */
  async bye(reason: 'stopped' | 'uninstalled' | 'upgrading' | 'disabled', drainMs: number): Promise<void> {
    if (!this.#isWelcome || this.#goodbye) return
    const until = performance.now() + drainMs
    while (this.#deps.queue.pendingCount > 0 && performance.now() < until && this.#line.isOpen) await pause(10)
    this.#goodbye = reason === 'disabled' ? { kind: 'disabled' } : { kind: 'stopped' }
    this.#send({ kind: 'bye', reason })
    await this.#line.close()
  }

  lose(): void {
    this.#end({ kind: 'lost', reason: 'closed', wasWelcome: this.#isWelcome })
  }

  #open(): void {
    const { carrier, answerMs } = { ...this.#way, ...this.#timing }
    this.#line = openCarrier(carrier, this.#way, answerMs, {
      onEnd: (reason) => this.#end({ kind: 'lost', reason, wasWelcome: this.#isWelcome }),
      onAlive: () => (this.#heardMs = performance.now()),
      onFrame: (value) => {
        // In order: a welcome that renumbers the queue is finished before the acknowledgement after it is looked at.
        this.#frames = this.#frames
          .then(() => (this.#isOver ? undefined : this.#onFrame(value)))
          .catch((error: unknown) => {
            this.#deps.log.warn('frame could not be handled', { cause: String(error) })
            this.#end({ kind: 'lost', reason: 'frame-invalid', wasWelcome: this.#isWelcome })
          })
      },
    })
    this.#timers.push(
      setTimeout(() => {
        if (!this.#isWelcome) this.#end({ kind: 'lost', reason: 'timeout', wasWelcome: false })
      }, this.#timing.answerMs * 2),
    )
  }

  #end(end: SessionEnd): void {
    this.#finish(this.#goodbye ?? end)
  }

  async #onFrame(value: unknown): Promise<void> {
    const kind = (value as { kind?: unknown } | null)?.kind
    if (kind === 'command' && this.#isWelcome) {
      // Not awaited: a command may run for hours. Its own rules decide (R14), also for types we don't know.
      if (CommandFrame.shape.signature.safeParse((value as { signature?: unknown }).signature).success)
        void this.#deps.onCommand(value).catch(() => {})
      return
    }
    if (typeof kind === 'string' && kind.startsWith('via')) return this.#carried?.onFrame(value)
    const parsed = DownFrame.safeParse(value)
    if (!parsed.success) {
      this.#deps.log.warn('frame not understood', { kind: typeof kind === 'string' ? kind.slice(0, 40) : null })
      return
    }
    const frame = parsed.data
    if (frame.kind === 'problem') return this.#end({ kind: 'problem', code: frame.code, isRetryable: frame.isRetryable })
    if (frame.kind === 'challenge') return this.#hello(frame)
    if (frame.kind === 'welcome') return this.#welcome(frame)
    if (!this.#isWelcome) return
    if (frame.kind === 'switch') return frame.state === 'disabled' ? this.#disable() : undefined
    if (frame.kind === 'command' || frame.epoch !== this.#deps.queue.epoch) return
    if (frame.kind === 'ack') this.#acked(frame.seq)
    else await this.#goTo(frame.expectedSeq)
  }

  async #hello(challenge: Extract<DownFrame, { kind: 'challenge' }>): Promise<void> {
    const { clock, counters, identity, machine, queue } = this.#deps
    clock.heard(challenge.serverTime)
    const { agentId, privateKey } = identity()
    const { hello: counter } = await counters().raise({ hello: counters().values.hello + 1 }) // on disk first: a copy of this disk can't say the same number (R10)
    const signature = signText(privateKey, helloText(challenge.nonce, agentId, counter, queue.epoch))
    const facts = await machine()
    this.#addresses = facts.addresses.join()
    this.#send({
      kind: 'hello',
      protocol: protocolVersion,
      agentId,
      counter,
      epoch: queue.epoch,
      agentVersion,
      machine: facts,
      at: new Date().toISOString(),
      signature,
      ...(this.#way.reason === null ? {} : { pollingReason: this.#way.reason }),
    })
  }

  async #welcome(welcome: Extract<DownFrame, { kind: 'welcome' }>): Promise<void> {
    if (this.#isWelcome) return
    const { clock, queue, onWelcome, onState, log } = this.#deps
    clock.heard(welcome.serverTime)
    const offset = clock.offsetMs ?? 0
    if (Math.abs(offset) > channelLimits.clockWarnMs)
      log.warn('this machine’s clock differs from the server’s', { offsetSeconds: Math.round(offset / 1_000) })
    queue.acknowledge(welcome.ackedSeq)
    if (!(await this.#goTo(welcome.ackedSeq + 1))) return
    this.#isWelcome = true
    onState(welcome.state === 'disabled' ? 'disabled' : 'online', null)
    if (welcome.state === 'disabled') {
      this.#timers.push(setTimeout(() => void this.#disable(), this.#timing.disabledLingerMs))
      return
    }
    this.#timers.push(setInterval(() => this.#beat(), this.#timing.beatMs))
    this.#forgetListener = queue.onItems(() => this.#pump())
    onWelcome()
    this.#pump()
    await this.#deps.onRole?.(welcome.isSiteServer === true)
    if (welcome.isSiteServer === true) this.#carry(this.#deps.site?.() ?? null)
    if (this.#way.better) this.#timers.push(setInterval(() => void this.#lookForBetter(), this.#timing.siteAgainMs))
    if (this.#way.carrier === 'polling') {
      this.#timers.push(
        setTimeout(() => void this.#lookForSocket(), this.#way.lookAfterMs),
        setInterval(() => void this.#lookForSocket(), this.#timing.socketAgainMs),
      )
    }
  }

  /** AGT-8: others' frames share our connection from now on. */
  #carry(site: SiteServer | null): void {
    this.#carried = site
    site?.attach({
      send: (text, onSent) => this.#line.send(text, onSent),
      renew: () => this.lose(),
      bufferedBytes: () => this.#line.bufferedBytes,
    })
  }

  /** The site server answers again: back to it. Nothing is lost by moving: what is not acknowledged is sent again there. */
  async #lookForBetter(): Promise<void> {
    if (await isThere(this.#way.better!, this.#timing.answerMs)) this.#end({ kind: 'moved' })
  }

  /** Does a WebSocket get through by now? */
  async #lookForSocket(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    const isThereNow = await isThere(this.#way, this.#timing.answerMs)
    this.#isLooking = false
    if (isThereNow) this.#end({ kind: 'moved', to: 'websocket' })
  }

  async #disable(): Promise<void> {
    await this.bye('disabled', 0)
    this.#finish({ kind: 'disabled' })
  }

  /**
   * Sends from `seq` on. False: the server's memory and ours don't meet there (one of us was restored from a backup): a new epoch begins with what is
   * pending, and the session with it.
   */
  async #goTo(seq: number): Promise<boolean> {
    const { queue, log } = this.#deps
    if (seq >= queue.firstPending && seq <= queue.lastSeq + 1) {
      this.#nextSeq = seq
      this.#inFlight = []
      this.#pump()
      return true
    }
    log.warn('the server’s count and ours differ: a new one begins', {
      expected: seq,
      firstPending: queue.firstPending,
      last: queue.lastSeq,
    })
    await queue.startEpoch()
    this.#finish({ kind: 'epoch-changed' })
    return false
  }

  #acked(seq: number): void {
    this.#deps.queue.acknowledge(seq)
    this.#inFlight = this.#inFlight.filter((last) => last > seq)
    this.#oldestSentMs = performance.now()
    this.#pump()
  }

  /** Sends batches while fewer than four are on their way. */
  #pump(): void {
    if (this.#isPumping) {
      this.#pumpAgain = true
      return
    }
    this.#isPumping = true
    void this.#pumpOnce().finally(() => {
      this.#isPumping = false
      if (this.#pumpAgain) {
        this.#pumpAgain = false
        this.#pump()
      }
    })
  }

  async #pumpOnce(): Promise<void> {
    const { queue, log } = this.#deps
    try {
      while (this.#isWelcome && !this.#goodbye && this.#inFlight.length < channelLimits.batchesInFlight && this.#nextSeq <= queue.lastSeq) {
        const firstSeq = this.#nextSeq
        const items = await queue.read(firstSeq, channelLimits.itemsPerBatch, batchBytes)
        if (items.length === 0 || firstSeq !== this.#nextSeq || !this.#line.isOpen) return
        this.#nextSeq += items.length
        if (this.#inFlight.length === 0) this.#oldestSentMs = performance.now()
        this.#inFlight.push(this.#nextSeq - 1)
        this.#send({ kind: 'batch', epoch: queue.epoch, firstSeq, items })
      }
    } catch (error) {
      log.error('queue can not be read', { cause: String(error) })
      this.#end({ kind: 'lost', reason: 'closed', wasWelcome: true })
    }
  }

  #beat(): void {
    const now = performance.now()
    const isUnanswered = this.#inFlight.length > 0 && now - this.#oldestSentMs > this.#timing.beatMs * 2
    if (isUnanswered || now - this.#heardMs > this.#timing.beatMs + this.#timing.answerMs)
      return this.#end({ kind: 'lost', reason: 'silent', wasWelcome: true })
    this.#line.beat(new Date().toISOString())
    if (this.#way.carrier === 'polling') void this.#lookAtNetwork()
  }

  /** Another network may let WebSockets through. */
  async #lookAtNetwork(): Promise<void> {
    const addresses = (await this.#deps.machine()).addresses.join()
    if (addresses === this.#addresses) return
    this.#addresses = addresses
    await this.#lookForSocket()
  }

  #send(frame: UpFrame): void {
    this.#line.send(JSON.stringify(frame))
  }
}
