import WebSocket from 'ws'
import { channelLimits } from '@vigie/domain/agents'
import type { Identity } from './identity.ts'
import type { SessionEnd } from './channel.ts'
import type { Proxy } from './proxy.ts'

/** One way to Vigie: where the channel is opened, whom it trusts, through what. */
export interface Way {
  channel: string
  /** PEM. */
  ca: string
  proxy: Proxy | null
  /** The way that is preferred to this one, to go back to; null: this is it. */
  better: Way | null
}

/**
 * Which way the next session takes. An endpoint of a site goes through its site server; one that knows Vigie's own address too (a laptop away from the office) goes
 * there by itself after the site server was away for a while, and both in turn until one answers (AGT-8). Its identity and count are its own: it is the same endpoint
 * on either way (INV-3).
 */
export class Ways {
  readonly #directAfterMs: number
  readonly #nowMs: () => number
  /** When the preferred way last worked, or began to be tried. */
  #goodMs: number
  #wasDirect = false

  /** @param nowMs monotonic */
  constructor(directAfterMs: number, nowMs = () => performance.now()) {
    this.#directAfterMs = directAfterMs
    this.#nowMs = nowMs
    this.#goodMs = nowMs()
  }

  next(identity: Identity, ca: string, proxy: Proxy | null): Way {
    const { direct } = identity
    // the site server is in the same network: a proxy that leads out of it is for the direct way
    const preferred: Way = { channel: identity.channel, ca, proxy: direct ? null : proxy, better: null }
    const mayGoDirect = direct !== null && this.#nowMs() - this.#goodMs > this.#directAfterMs
    this.#wasDirect = mayGoDirect && !this.#wasDirect
    return this.#wasDirect && direct ? { ...direct, proxy, better: preferred } : preferred
  }

  ended(way: Way, end: SessionEnd): void {
    const wasWelcome = end.kind === 'disabled' || end.kind === 'epoch-changed' || (end.kind === 'lost' && end.wasWelcome)
    if (way.better === null && wasWelcome) this.#goodMs = this.#nowMs()
    if (end.kind === 'moved') {
      this.#goodMs = this.#nowMs()
      this.#wasDirect = false
    }
    // the direct way works: it is taken again at once when it breaks
    if (way.better !== null && wasWelcome) this.#wasDirect = false
  }
}

/** Does somebody whom we trust open a channel there? Says nothing, so it costs no hello. */
export function isThere({ channel, ca }: Way, withinMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new WebSocket(channel, { ca, minVersion: 'TLSv1.2', perMessageDeflate: false, maxPayload: channelLimits.frameBytes, handshakeTimeout: withinMs, followRedirects: false })
    const end = (answer: boolean) => {
      clearTimeout(timer)
      resolve(answer)
      socket.close()
    }
    const timer = setTimeout(() => {
      resolve(false)
      socket.terminate()
    }, withinMs * 2)
    socket.on('error', () => end(false))
    socket.once('message', () => end(true)) // its challenge: there is a way to Vigie behind it
  })
}
