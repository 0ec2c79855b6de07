import { channelLimits } from '@vigie/domain/agents'
import { Session, type ChannelDeps, type ChannelTiming, type SessionEnd } from './session.ts'
import { backOffMs, pause } from './time.ts'
import { Ways, type Way } from './ways.ts'

export type { ChannelDeps, ChannelState, ChannelTiming, SessionEnd } from './session.ts'

const defaultTiming: ChannelTiming = {
  beatMs: channelLimits.beatMs,
  answerMs: 20_000,
  backOffBaseMs: 1_000,
  backOffCapMs: 60_000,
  refusedMs: 600_000,
  disabledPollMs: channelLimits.disabledPollMs,
  disabledLingerMs: 1_000,
  drainMs: 3_000,
  directAfterMs: 300_000,
  siteAgainMs: 300_000,
  socketFirstMs: 60_000,
  socketAgainMs: 3_600_000,
}

/** The agent's one connection to the server: keeps it open, sends what the queue holds, hands over what comes down. */
export class Channel {
  readonly #deps: ChannelDeps
  readonly #timing: ChannelTiming
  readonly #stop = new AbortController()
  #session: Session | null = null
  #attempt = 0
  #running: Promise<void> | null = null
  readonly #ways: Ways
  #by: Pick<Way, 'carrier' | 'reason'> = { carrier: 'websocket', reason: null }

  constructor(deps: ChannelDeps) {
    this.#deps = deps
    this.#timing = { ...defaultTiming, ...deps.timing }
    this.#ways = new Ways(this.#timing)
  }

  /** By what the present session goes, or the last one did, and why not by a WebSocket. */
  get by(): Pick<Way, 'carrier' | 'reason'> {
    return this.#by
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** Resolves when the channel has ended by itself (unregistered) or was stopped. */
  get ended(): Promise<void> {
    return this.#running ?? Promise.resolve()
  }

  /** Sends what is pending if that is quick, says goodbye and closes. */
  async stop(reason: 'stopped' | 'uninstalled' | 'upgrading'): Promise<void> {
    await this.#session?.bye(reason, this.#timing.drainMs)
    this.#stop.abort()
    await this.#running
  }

  /** The way has changed: what is open is closed, and the next session takes the new one. */
  again(): void {
    this.#attempt = 0
    this.#session?.lose()
  }

  async #run(): Promise<void> {
    const { log, onState } = this.#deps
    while (!this.#stop.signal.aborted) {
      onState('connecting', null)
      const way = this.#ways.next(this.#deps.identity(), this.#deps.ca, this.#deps.proxy?.() ?? null)
      if (way.carrier !== this.#by.carrier)
        log.info(way.carrier === 'polling' ? 'goes by HTTPS long polling' : 'goes by WebSocket', { reason: way.reason })
      this.#by = { carrier: way.carrier, reason: way.reason }
      this.#session = new Session(this.#deps, this.#timing, way)
      const end = await this.#session.run(this.#stop.signal)
      this.#session = null
      this.#ways.ended(way, end)
      if (this.#stop.signal.aborted || end.kind === 'stopped') break
      if (end.kind === 'problem') log.warn('server refused', { code: end.code, isRetryable: end.isRetryable })
      else if (end.kind === 'lost') log.warn('connection lost', { reason: end.reason })
      const waitMs = await this.#after(end)
      if (waitMs === null) return
      await pause(waitMs, this.#stop.signal)
    }
    onState('stopped', null)
  }

  /** What to do next: milliseconds to wait, or null for "end". */
  async #after(end: SessionEnd): Promise<number | null> {
    const { onState, onClone, log } = this.#deps
    const timing = this.#timing
    const backOff = () => backOffMs(this.#attempt++, Math.random(), timing.backOffBaseMs, timing.backOffCapMs)
    switch (end.kind) {
      case 'stopped':
        return null
      case 'moved':
        this.#attempt = 0
        return 0
      case 'epoch-changed':
        this.#attempt = Math.max(this.#attempt, 1)
        return backOff()
      case 'disabled':
        this.#attempt = 0
        onState('disabled', null)
        return timing.disabledPollMs
      case 'lost':
        if (end.wasWelcome) this.#attempt = 0
        onState('waiting', end.reason)
        return backOff()
      case 'problem':
        if (end.code === 'agent.is-clone') {
          await onClone().catch((error: unknown) => log.warn('no identity of our own yet', { cause: String(error) }))
          onState('waiting', end.code)
          return backOff()
        }
        if (end.code === 'agent.unregistered' && this.#deps.isOnTrial?.()) {
          onState('waiting', end.code)
          return backOff()
        }
        if (end.code === 'agent.unregistered') {
          onState('unregistered', end.code)
          return null
        }
        if (end.isRetryable) {
          onState('waiting', end.code)
          return backOff()
        }
        onState(end.code === 'agent.version-unsupported' ? 'version-mismatch' : 'refused', end.code)
        return timing.refusedMs
    }
  }
}
