import type { Carrier as CarrierKind } from '@vigie/domain/agents'
import { mayPollAfter, openCarrier, type Route } from './carrier.ts'
import type { SessionEnd } from './channel.ts'
import type { Identity } from './identity.ts'
import type { Proxy } from './proxy.ts'

/** One way to Vigie: where the channel is opened, whom it trusts, through what, by what. */
export interface Way extends Route {
  carrier: CarrierKind
  /** Why by long polling: what became of the WebSocket; null: it is by one. */
  reason: 'websocket-refused' | 'websocket-cut' | null
  /** On long polling: when a WebSocket is looked for first. */
  lookAfterMs: number
  /** The way that is preferred to this one, to go back to; null: this is it. */
  better: Route | null
}

export interface WaysTiming {
  directAfterMs: number
  socketFirstMs: number
  socketAgainMs: number
}

/**
 * A WebSocket that never came to a welcome counts three points, one that was lost again soon two, and six points running end the trust in WebSockets: two refusals, or three that broke off. One that was
 * looked for, found, and fails again ends it at once.
 */
const points = { neverWelcome: 3, shortLived: 2, enough: 6 } as const
const shortMs = 120_000

/** How WebSockets fare on one route. */
interface Fare {
  points: number
  isPolling: boolean
  reason: Way['reason']
  /** A WebSocket was looked for soon after the fall to long polling already. */
  wasLookedFor: boolean
}

/**
 * Which way the next session takes. An endpoint of a site goes through its site server; one that knows Vigie's own address too (a laptop away from the office) goes
 * there by itself after the site server was away for a while, and both in turn until one answers (AGT-8). Its identity and count are its own: it is the same endpoint
 * on either way (INV-3). Where WebSockets are broken time and again though something answers, long polling has its turn; when that does not work either, both in turn.
 */
export class Ways {
  readonly #timing: WaysTiming
  readonly #nowMs: () => number
  /** When the preferred way last worked, or began to be tried. */
  #goodMs: number
  #wasDirect = false
  #startedMs = 0
  readonly #fares = { preferred: aFare(), direct: aFare() }

  /** @param nowMs monotonic */
  constructor(timing: WaysTiming, nowMs = () => performance.now()) {
    this.#timing = timing
    this.#nowMs = nowMs
    this.#goodMs = nowMs()
  }

  next(identity: Identity, ca: string, proxy: Proxy | null): Way {
    const { direct } = identity
    this.#startedMs = this.#nowMs()
    // the site server is in the same network: a proxy that leads out of it is for the direct way
    const preferred: Route = { channel: identity.channel, ca, proxy: direct ? null : proxy }
    const mayGoDirect = direct !== null && this.#nowMs() - this.#goodMs > this.#timing.directAfterMs
    this.#wasDirect = mayGoDirect && !this.#wasDirect
    if (this.#wasDirect && direct) return { ...direct, proxy, better: preferred, ...this.#carriedBy(this.#fares.direct) }
    // no proxy breaks anything between it and its site server
    return { ...preferred, better: null, ...this.#carriedBy(direct ? aFare() : this.#fares.preferred) }
  }

  ended(way: Way, end: SessionEnd): void {
    const wasWelcome = end.kind === 'disabled' || end.kind === 'epoch-changed' || (end.kind === 'lost' && end.wasWelcome)
    this.#learn(way, end)
    if (way.better === null && wasWelcome) this.#goodMs = this.#nowMs()
    if (end.kind === 'moved' && end.to === undefined) {
      this.#goodMs = this.#nowMs()
      this.#wasDirect = false
    }
    // the direct way works: it is taken again at once when it breaks
    if (way.better !== null && (wasWelcome || (end.kind === 'moved' && end.to === 'websocket'))) this.#wasDirect = false
  }

  #carriedBy({ isPolling, reason, wasLookedFor }: Fare): Pick<Way, 'carrier' | 'reason' | 'lookAfterMs'> {
    return isPolling
      ? { carrier: 'polling', reason, lookAfterMs: wasLookedFor ? this.#timing.socketAgainMs : this.#timing.socketFirstMs }
      : { carrier: 'websocket', reason: null, lookAfterMs: 0 }
  }

  #learn(way: Way, end: SessionEnd): void {
    const fare = way.better === null ? this.#fares.preferred : this.#fares.direct
    if (end.kind === 'moved' && end.to === 'websocket') {
      Object.assign(fare, { isPolling: false, wasLookedFor: true, points: points.enough - points.shortLived })
    } else if (way.carrier === 'polling') {
      // that does not work either: once more by WebSocket
      if (end.kind === 'lost' && !end.wasWelcome) Object.assign(fare, { isPolling: false, points: points.enough - points.neverWelcome })
    } else if (end.kind === 'lost' && mayPollAfter(end.reason) && (!end.wasWelcome || this.#nowMs() - this.#startedMs < shortMs)) {
      fare.points += end.wasWelcome ? points.shortLived : points.neverWelcome
      if (fare.points >= points.enough)
        Object.assign(fare, { isPolling: true, reason: end.reason === 'websocket-refused' ? end.reason : 'websocket-cut' })
    } else if (end.kind !== 'lost' || end.wasWelcome) Object.assign(fare, aFare())
  }
}

const aFare = (): Fare => ({ points: 0, isPolling: false, reason: null, wasLookedFor: false })

/** Does somebody whom we trust open a channel there, by WebSocket? Says nothing, so it costs no hello. */
export async function isThere({ channel, ca, proxy }: Route, withinMs: number): Promise<boolean> {
  let end!: (answer: boolean) => void
  const answered = new Promise<boolean>((resolve) => (end = resolve))
  const line = openCarrier('websocket', { channel, ca, proxy }, withinMs, {
    onFrame: () => end(true), // its challenge: there is a way to Vigie behind it
    onAlive: () => {},
    onEnd: () => end(false),
  })
  const timer = setTimeout(() => end(false), withinMs * 2)
  const answer = await answered
  clearTimeout(timer)
  void line.close()
  return answer
}
