import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import WebSocket, { WebSocketServer } from 'ws'
import { channelLimits, maxRoutes, ViaDownFrame } from '@vigie/domain/agents'
import type { Log } from './log.ts'
import { openSiteAuthority, type SiteAuthority } from './site-certificates.ts'
import { SiteListener } from './site-listener.ts'
import { SitePages, type Upstream } from './site-pages.ts'

export const defaultSitePort = 8444

/** Our own connection to Vigie, while it is welcome: the one line that all the routes share. */
export interface SiteLine {
  /** Bytes accepted and not yet handed to the network. */
  bufferedBytes(): number
  /** @param onSent once it was handed to the network */
  send(text: string, onSent?: () => void): void
  /** Begins anew: route numbers are used up. */
  renew(): void
}

export interface SiteTiming {
  beatMs: number
  silentAfterMs: number
  /** Tries to listen again, and looks whether the machine's addresses changed. */
  lookMs: number
  /** New connections from one address, in ten seconds. */
  opensPerAddress: number
}
const defaultTiming: SiteTiming = {
  beatMs: channelLimits.beatMs,
  silentAfterMs: channelLimits.silentAfterMs,
  lookMs: 60_000,
  opensPerAddress: 600,
}

export interface SiteOptions {
  stateFolder: string
  log: Log
  isOn: boolean
  /** Null: every address of this machine. */
  host: string | null
  /** 0: a free one. */
  port: number
  upstream: () => Upstream
  /** AGT-11: where it is about to go, and registered already; absent or null: nowhere. */
  moving?: () => Promise<Upstream | null>
  timing?: Partial<SiteTiming>
}

/** More than this waiting on the line up: endpoints that talk are not read for a while. */
const lineFullBytes = 4_194_304
const lineFreeBytes = 1_048_576
/** An endpoint that takes so much without reading it is cut: it hurts nobody else (R20). */
const endpointFullBytes = 2_097_152
/** Room for the envelope of a route around an endpoint's frame. */
const envelopeBytes = 256
const lastRouteNumber = 1_000_000

interface Route {
  number: number
  socket: WebSocket
  /** Monotonic. */
  heardMs: number
  isHeardSinceBeat: boolean
  isPaused: boolean
}

/**
 * The site server's role (AGT-8): the one exception to "listens on no port" (R13, docs/decisions/0018). Carries the connections of the site's endpoint agents over our
 * own, and keeps nothing: each endpoint signs its own hello, keeps its own queue and is acknowledged by Vigie itself, so a site server that dies at any point, or is
 * hostile, delays or cuts and never forges or doubles (R11, R22).
 */
export class SiteServer {
  readonly #options: SiteOptions
  readonly #timing: SiteTiming
  readonly #authority: SiteAuthority
  readonly #pages: SitePages
  readonly #listener: SiteListener
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: channelLimits.frameBytes - envelopeBytes,
    clientTracking: false,
  })
  #line: SiteLine | null = null
  #told = ''
  readonly #routes = new Map<number, Route>()
  readonly #paused = new Set<Route>()
  /** Batches that our connection has not handed to the network, the oldest first. */
  readonly #held = new Set<{ records: number; bytes: number; atMs: number }>()
  /** Vigie was told that something is held back, or nothing yet: it is to hear what became of it. */
  #isHeldOpen = true
  #lastRoute = 0
  #opens = new Map<string, number>()
  #opensSinceMs = 0
  #timers: NodeJS.Timeout[] = []
  #looking: Promise<void> = Promise.resolve()
  #isStopped = false
  /** Endpoints cut because they did not read, and frames that were none. */
  cut = 0

  private constructor(options: SiteOptions, authority: SiteAuthority) {
    this.#options = options
    this.#timing = { ...defaultTiming, ...options.timing }
    this.#authority = authority
    this.#pages = new SitePages({
      stateFolder: options.stateFolder,
      upstream: options.upstream,
      moving: options.moving ?? (() => Promise.resolve(null)),
      ca: authority.certificate,
      log: options.log,
    })
    this.#listener = new SiteListener({
      ...options,
      authority,
      onRequest: (req, res) => void this.#pages.answer(req, res),
      onUpgrade: (req, socket, head) => this.#upgrade(req, socket, head),
    })
  }

  /** Listens, or says why not (`problem`) and tries again every minute. */
  static async start(options: SiteOptions): Promise<SiteServer> {
    const site = new SiteServer(options, await openSiteAuthority(options.stateFolder, new Date()))
    await site.#look()
    site.#timers = [setInterval(() => void site.#look(), site.#timing.lookMs), setInterval(() => site.#beat(), site.#timing.beatMs)]
    return site
  }

  /** What endpoints said and our own connection has not taken yet. */
  get waitingBytes(): number {
    return this.#line?.bufferedBytes() ?? 0
  }
  /** The same in items that endpoints have told: how many, and for how long the oldest waits. */
  get held(): { records: number; bytes: number; oldestMs: number } {
    const [oldest] = this.#held
    let [records, bytes] = [0, 0]
    for (const one of this.#held) {
      records += one.records
      bytes += one.bytes
    }
    return { records, bytes, oldestMs: oldest ? Math.round(performance.now() - oldest.atMs) : 0 }
  }
  get routes(): number {
    return this.#routes.size
  }
  /** Null while it does not listen. */
  get port(): number | null {
    return this.#listener.port
  }
  get problem(): string | null {
    return this.#listener.problem
  }
  get caFingerprint(): string {
    return this.#authority.fingerprint
  }
  /** Where its endpoints reach it. */
  get urls(): string[] {
    return this.#listener.urls
  }

  /** We are welcome at Vigie: endpoints may come. */
  attach(line: SiteLine): void {
    this.#line = line
    this.#lastRoute = 0
    this.#told = ''
    this.#isHeldOpen = true
    this.#tell()
  }

  /** Our connection is gone: so are those it carried. They come back in their own time, each with a jitter of its own. */
  detach(): void {
    this.#line = null
    for (const route of this.#routes.values()) route.socket.close(1013)
    this.#routes.clear()
    this.#paused.clear()
    this.#held.clear()
  }

  /** What Vigie says to a route. */
  onFrame(value: unknown): void {
    const parsed = ViaDownFrame.safeParse(value)
    if (!parsed.success) return this.#options.log.warn('frame for an endpoint not understood')
    const frame = parsed.data
    const route = this.#routes.get(frame.route)
    if (!route) return
    if (frame.kind === 'via-end') return this.#end(route, false)
    if (frame.kind === 'via-ask') return route.socket.ping(String(route.number))
    if (route.socket.bufferedAmount > endpointFullBytes) {
      this.cut++
      this.#options.log.warn('an endpoint does not read: cut', { route: route.number })
      route.socket.terminate()
      return
    }
    route.socket.send(JSON.stringify(frame.frame))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    for (const timer of this.#timers) clearInterval(timer)
    await this.#looking
    this.detach()
    await this.#listener.close()
  }

  // ---- listening -------------------------------------------------------------------------------------------

  #look(): Promise<void> {
    return (this.#looking = this.#looking.then(() => this.#lookOnce()))
  }

  async #lookOnce(): Promise<void> {
    if (this.#isStopped) return
    await this.#listener.look()
    this.#tell()
  }

  /** Where we listen, to Vigie, when it changed. */
  #tell(): void {
    const site = JSON.stringify({ kind: 'via-site', urls: this.urls, caFingerprint: this.caFingerprint, problem: this.problem })
    if (!this.#line || site === this.#told) return
    this.#told = site
    this.#line.send(site)
  }

  // ---- routes ----------------------------------------------------------------------------------------------

  #upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', ignore)
    const say = (status: string) => socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
    if (req.url !== '/agent/v1/channel') return void say('404 Not Found')
    const address = req.socket.remoteAddress ?? ''
    if (!this.#line || this.#routes.size >= maxRoutes || !this.#mayOpen(address)) return void say('503 Service Unavailable')
    if (this.#lastRoute >= lastRouteNumber) {
      this.#line.renew()
      return void say('503 Service Unavailable')
    }
    this.#sockets.handleUpgrade(req, socket, head, (opened) => this.#open(opened, address))
  }

  #mayOpen(address: string): boolean {
    const nowMs = performance.now()
    if (nowMs - this.#opensSinceMs > 10_000) {
      this.#opensSinceMs = nowMs
      this.#opens = new Map()
    }
    const number = (this.#opens.get(address) ?? 0) + 1
    this.#opens.set(address, number)
    return number <= this.#timing.opensPerAddress
  }

  #open(socket: WebSocket, address: string): void {
    const line = this.#line
    if (!line) return socket.close(1013)
    const route: Route = { number: ++this.#lastRoute, socket, heardMs: performance.now(), isHeardSinceBeat: true, isPaused: false }
    this.#routes.set(route.number, route)
    socket.on('error', ignore)
    socket.on('close', () => this.#end(route, this.#routes.get(route.number) === route))
    socket.on('pong', (data: Buffer) => {
      this.#heard(route)
      // an empty pong answers our own question, a numbered one Vigie's
      if (data.length > 0 && this.#routes.get(route.number) === route) this.#line?.send(`{"kind":"via-alive","route":${route.number}}`)
    })
    socket.on('message', (data: Buffer, isBinary: boolean) => this.#onMessage(route, data, isBinary))
    line.send(JSON.stringify({ kind: 'via-open', route: route.number, address: address.slice(0, 255) }))
  }

  #heard(route: Route): void {
    route.heardMs = performance.now()
    route.isHeardSinceBeat = true
  }

  #onMessage(route: Route, data: Buffer, isBinary: boolean): void {
    this.#heard(route)
    const line = this.#line
    if (!line || this.#routes.get(route.number) !== route) return
    const text = isBinary ? '' : data.toString('utf8')
    const said = read(text)
    if (said === null) {
      // not JSON: inside our own frame it would end the whole site's connection
      this.cut++
      return route.socket.close(1008)
    }
    if (said.kind === 'beat') return // many at once: #beat
    const batch = said.records > 0 ? { records: said.records, bytes: data.length, atMs: performance.now() } : null
    if (batch) this.#held.add(batch)
    line.send(`{"kind":"via","route":${route.number},"frame":${text}}`, () => {
      if (batch) this.#held.delete(batch)
      this.#release()
    })
    if (line.bufferedBytes() > lineFullBytes) {
      this.#paused.add(route)
      route.socket.pause()
    }
  }

  #release(): void {
    if (this.#paused.size === 0 || (this.#line?.bufferedBytes() ?? 0) > lineFreeBytes) return
    for (const route of this.#paused) route.socket.resume()
    this.#paused.clear()
  }

  /** @param isTold whether Vigie must hear of it */
  #end(route: Route, isTold: boolean): void {
    if (this.#routes.get(route.number) !== route) return
    this.#routes.delete(route.number)
    this.#paused.delete(route)
    if (isTold) this.#line?.send(`{"kind":"via-end","route":${route.number}}`)
    else {
      route.socket.resume()
      route.socket.close(1000)
      setTimeout(() => route.socket.terminate(), 2_000).unref()
    }
  }

  #beat(): void {
    const nowMs = performance.now()
    const heard: number[] = []
    for (const route of this.#routes.values()) {
      if (nowMs - route.heardMs > this.#timing.silentAfterMs) route.socket.terminate()
      else if (route.socket.readyState === WebSocket.OPEN) route.socket.ping()
      if (route.isHeardSinceBeat) heard.push(route.number)
      route.isHeardSinceBeat = false
    }
    const { held } = this
    if (!this.#line || (heard.length === 0 && held.records === 0 && !this.#isHeldOpen)) return
    this.#isHeldOpen = held.records > 0
    this.#line.send(JSON.stringify({ kind: 'via-beats', routes: heard, held }))
  }
}

/** Null: not the JSON of an object. `records`: items of a batch. */
function read(text: string): { kind: string; records: number } | null {
  try {
    const value: unknown = JSON.parse(text)
    if (value === null || typeof value !== 'object') return null
    const { kind, items } = value as { kind?: unknown; items?: unknown }
    return { kind: typeof kind === 'string' ? kind : '', records: kind === 'batch' && Array.isArray(items) ? items.length : 0 }
  } catch {
    return null
  }
}

function ignore(): void {}
