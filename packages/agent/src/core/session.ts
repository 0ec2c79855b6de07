import WebSocket from 'ws'
import { channelLimits, CommandFrame, DownFrame, helloText, protocolVersion, type Machine, type UpFrame } from '@vigie/domain/agents'
import { agentVersion } from '../version.ts'
import type { Counters } from './counters.ts'
import { asConnectionError, type ConnectionFault } from './https.ts'
import { signText, type Identity } from './identity.ts'
import type { SiteServer } from './site.ts'
import { isThere, type Way } from './ways.ts'
import type { Log } from './log.ts'
import { throughProxy, type Proxy } from './proxy.ts'
import type { Queue } from './queue.ts'
import { pause, type ServerClock } from './time.ts'

/** How the last session ended, or why there was none. */
export type SessionEnd =
  | { kind: 'stopped' }
  | { kind: 'lost'; reason: ConnectionFault | 'silent' | 'frame-invalid'; wasWelcome: boolean }
  | { kind: 'problem'; code: string; isRetryable: boolean }
  | { kind: 'disabled' }
  | { kind: 'epoch-changed' }
  /** The better way is there again (AGT-8). */
  | { kind: 'moved' }

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
}
const batchBytes = 400_000

/** One connection, from challenge to close. */
export class Session {
  readonly #deps: ChannelDeps
  readonly #timing: ChannelTiming
  readonly #way: Way
  #carried: SiteServer | null = null
  #socket!: WebSocket
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
      this.#socket.removeAllListeners('message')
      this.#close()
    }
  }

  /** @param drainMs how long to wait for what is pending to be stored. */
  async bye(reason: 'stopped' | 'uninstalled' | 'upgrading' | 'disabled', drainMs: number): Promise<void> {
    if (!this.#isWelcome || this.#goodbye) return
    const until = performance.now() + drainMs
    while (this.#deps.queue.pendingCount > 0 && performance.now() < until && this.#socket.readyState === WebSocket.OPEN) await pause(10)
    this.#goodbye = reason === 'disabled' ? { kind: 'disabled' } : { kind: 'stopped' }
    this.#send({ kind: 'bye', reason })
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()))
    this.#socket.close(1000)
    await Promise.race([closed, pause(1_000)])
  }

  lose(): void {
    this.#end({ kind: 'lost', reason: 'closed', wasWelcome: this.#isWelcome })
  }

  #close(): void {
    if (this.#socket.readyState === WebSocket.CLOSED) return
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.close(1000)
    const { _socket: raw } = this.#socket as unknown as { _socket?: { unref(): void } }
    raw?.unref()
    setTimeout(() => this.#socket.terminate(), 1_000).unref()
  }

  #open(): void {
    const { channel, ca, proxy } = this.#way
    this.#socket = new WebSocket(channel, {
      ca, minVersion: 'TLSv1.2', perMessageDeflate: false, maxPayload: channelLimits.frameBytes, handshakeTimeout: this.#timing.answerMs, followRedirects: false,
      ...throughProxy(proxy, { ca }),
    })
    this.#socket.on('error', (error) => this.#end({ kind: 'lost', reason: asConnectionError(error).reason, wasWelcome: this.#isWelcome }))
    this.#socket.on('close', () => this.#end({ kind: 'lost', reason: 'closed', wasWelcome: this.#isWelcome }))
    this.#socket.on('pong', () => (this.#heardMs = performance.now()))
    this.#socket.on('message', (data: Buffer, isBinary: boolean) => {
      this.#heardMs = performance.now()
      // In order: a welcome that renumbers the queue is finished before the acknowledgement after it is looked at.
      this.#frames = this.#frames.then(() => this.#onFrame(data, isBinary)).catch((error: unknown) => {
        this.#deps.log.warn('frame could not be handled', { cause: String(error) })
        this.#end({ kind: 'lost', reason: 'frame-invalid', wasWelcome: this.#isWelcome })
      })
    })
    this.#timers.push(setTimeout(() => {
      if (!this.#isWelcome) this.#end({ kind: 'lost', reason: 'timeout', wasWelcome: false })
    }, this.#timing.answerMs * 2))
  }

  #end(end: SessionEnd): void {
    this.#finish(this.#goodbye ?? end)
  }

  async #onFrame(data: Buffer, isBinary: boolean): Promise<void> {
    const value = isBinary ? null : parseJson(data.toString('utf8'))
    const kind = (value as { kind?: unknown } | null)?.kind
    if (kind === 'command' && this.#isWelcome) {
      // Not awaited: a command may run for hours. Its own rules decide (R14), also for types we don't know.
      if (CommandFrame.shape.signature.safeParse((value as { signature?: unknown }).signature).success) void this.#deps.onCommand(value).catch(() => {})
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
    this.#send({
      kind: 'hello', protocol: protocolVersion, agentId, counter, epoch: queue.epoch, agentVersion, machine: await machine(), at: new Date().toISOString(), signature,
    })
  }

  async #welcome(welcome: Extract<DownFrame, { kind: 'welcome' }>): Promise<void> {
    if (this.#isWelcome) return
    const { clock, queue, onWelcome, onState, log } = this.#deps
    clock.heard(welcome.serverTime)
    const offset = clock.offsetMs ?? 0
    if (Math.abs(offset) > channelLimits.clockWarnMs) log.warn('this machine’s clock differs from the server’s', { offsetSeconds: Math.round(offset / 1_000) })
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
  }

  /** AGT-8: others' frames share our connection from now on. */
  #carry(site: SiteServer | null): void {
    this.#carried = site
    site?.attach({
      send: (text, onSent) => void (this.#socket.readyState === WebSocket.OPEN && this.#socket.send(text, onSent)),
      renew: () => this.lose(),
      bufferedBytes: () => this.#socket.bufferedAmount,
    })
  }

  /** The site server answers again: back to it. Nothing is lost by moving: what is not acknowledged is sent again there. */
  async #lookForBetter(): Promise<void> {
    if (await isThere(this.#way.better!, this.#timing.answerMs)) this.#end({ kind: 'moved' })
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
    log.warn('the server’s count and ours differ: a new one begins', { expected: seq, firstPending: queue.firstPending, last: queue.lastSeq })
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
        if (items.length === 0 || firstSeq !== this.#nextSeq || this.#socket.readyState !== WebSocket.OPEN) return
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
    if (isUnanswered || now - this.#heardMs > this.#timing.beatMs + this.#timing.answerMs) return this.#end({ kind: 'lost', reason: 'silent', wasWelcome: true })
    this.#send({ kind: 'beat', at: new Date().toISOString() })
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.ping()
  }

  #send(frame: UpFrame): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame))
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
