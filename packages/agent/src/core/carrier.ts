import type { ClientRequest } from 'node:http'
import WebSocket, { type ClientOptions } from 'ws'
import { channelLimits, type Carrier as CarrierKind } from '@vigie/domain/agents'
import { asConnectionError, type ConnectionFault } from './faults.ts'
import { PollCarrier } from './poll-carrier.ts'
import { throughProxy, type Proxy } from './proxy.ts'

export interface CarrierEvents {
  /** In order, one at a time. `value`: of its JSON; null: it was none. */
  onFrame(value: unknown): void
  /** The other end gave a sign of life. */
  onAlive(): void
  /** It ended, or never began. Told once. */
  onEnd(reason: ConnectionFault): void
}

/** What a session speaks over: a WebSocket, or HTTPS long polling where that can't be had. Which of them changes nothing of what is said. */
export interface Carrier {
  readonly isOpen: boolean
  /** Accepted and not yet handed to the network. */
  readonly bufferedBytes: number
  /** @param onSent once it was handed to the network */
  send(text: string, onSent?: () => void): void
  /** A sign of life, and a question for one. */
  beat(at: string): void
  /** Sends what waits and ends; resolves when that is done, or was given up. */
  close(): Promise<void>
  /** Ends at once. */
  drop(): void
}

export interface Route {
  /** `wss://host:port/agent/v1/channel` */
  channel: string
  /** PEM. */
  ca: string
  proxy: Proxy | null
}

export function openCarrier(kind: CarrierKind, route: Route, withinMs: number, events: CarrierEvents): Carrier {
  return kind === 'polling' ? new PollCarrier(route, withinMs, events) : new SocketCarrier(route, withinMs, events)
}

/** Faults that say: HTTPS may work where a WebSocket does not. All else (no such name, refused, not trusted, the proxy's own) is the same for both. */
export const mayPollAfter = (reason: string): boolean =>
  ['websocket-refused', 'websocket-cut', 'closed', 'timeout', 'silent'].includes(reason)

class SocketCarrier implements Carrier {
  readonly #socket: WebSocket
  #hasEnded = false
  #isSecure = false
  #isUp = false
  readonly #events: CarrierEvents

  constructor({ channel, ca, proxy }: Route, withinMs: number, events: CarrierEvents) {
    this.#events = events
    const socket = new WebSocket(channel, {
      ca,
      minVersion: 'TLSv1.2',
      perMessageDeflate: false,
      maxPayload: channelLimits.frameBytes,
      handshakeTimeout: withinMs,
      followRedirects: false,
      ...throughProxy(proxy, { ca }),
      finishRequest: (request: ClientRequest) => {
        request.on('socket', (tls) => tls.once('secureConnect', () => (this.#isSecure = true)))
        request.end()
      },
    } as ClientOptions)
    this.#socket = socket
    socket.on('upgrade', () => (this.#isUp = true))
    socket.on('unexpected-response', (request, { statusCode = 0 }) => {
      request.destroy()
      this.#end(isBusy(statusCode) ? 'closed' : 'websocket-refused')
    })
    socket.on('error', (error) => {
      const reason = /timed out/.test(error.message) ? 'timeout' : asConnectionError(error).reason
      // cut, or never answered, while it was asked for, though the connection was there
      this.#end(this.#isSecure && !this.#isUp && mayPollAfter(reason) ? 'websocket-cut' : reason)
    })
    socket.on('close', () => this.#end('closed'))
    socket.on('pong', () => events.onAlive())
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      events.onAlive()
      events.onFrame(isBinary ? null : parseJson(data.toString('utf8')))
    })
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  send(text: string, onSent?: () => void): void {
    if (this.isOpen) this.#socket.send(text, onSent)
  }

  beat(at: string): void {
    this.send(JSON.stringify({ kind: 'beat', at }))
    if (this.isOpen) this.#socket.ping()
  }

  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()))
    const given = new Promise<void>((resolve) => setTimeout(resolve, 1_000).unref())
    if (this.isOpen) this.#socket.close(1000)
    const { _socket: raw } = this.#socket as unknown as { _socket?: { unref(): void } }
    raw?.unref()
    setTimeout(() => this.#socket.terminate(), 1_000).unref()
    await Promise.race([closed, given])
  }

  drop(): void {
    this.#socket.removeAllListeners('message')
    if (this.#socket.readyState !== WebSocket.CLOSED) this.#socket.terminate()
  }

  #end(reason: ConnectionFault): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#events.onEnd(reason)
  }
}

/** It is there, and says so itself: no proxy in between that knows no WebSockets. */
const isBusy = (status: number): boolean => status === 408 || status === 429 || status === 503 || status === 504

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
