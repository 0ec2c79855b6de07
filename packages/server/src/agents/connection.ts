import { WebSocket } from 'ws'
import type { Carrier, DownFrame } from '@vigie/domain/agents'
import type { ProblemCode } from '@vigie/domain/kernel'
import { problems } from '@vigie/domain/kernel'
import type { Sender } from '../ingest/index.ts'

/** Close codes of ours; an agent takes each as a lost connection. */
export const closeCodes = { going: 1001, policy: 1008, superseded: 4001 } as const

/** What is known of the agent once it was welcomed. */
export interface Identity {
  partnerId: string
  customerId: string
  productId: string
  typeId: string
  agentId: string
  hostname: string
  fingerprint: string
  endpointPrefix: string
  formerNames: readonly string[]
  /** AGT-8: may carry others' connections. */
  isSiteServer: boolean
  epoch: string
}

/** What a connection speaks over: a WebSocket, long polling, or a route that a site server carries (AGT-8). */
export interface Line {
  readonly readyState: number
  send(text: string): void
  close(code?: number): void
  terminate(): void
  /** Asks whether the other end is there; the answer is the connection's `onPong`. */
  ping(): void
  pause(): void
  resume(): void
  once(event: 'close', listener: () => void): unknown
}

/**
 * One agent's connection. There may be tens of thousands at rest in a process, so each holds as little as it can: no timer, no closure, its identity as a handful
 * of texts.
 */
export class Connection implements Sender {
  readonly socket: Line
  readonly connectionId: string
  readonly address: string
  /** The site server's connection that carries it; null: it has its own. */
  readonly carrier: Connection | null
  readonly by: Carrier
  /** Of the challenge; empty once the hello came: it is good for one. */
  nonce: string
  identity: Identity | null = null
  clockOffsetMs = 0
  /** Monotonic. */
  openedMs: number
  heardMs: number
  isEnding = false
  /** Resolves the question whether this connection answers. */
  onPong: (() => void) | null = null

  constructor(
    socket: Line,
    connectionId: string,
    address: string,
    nonce: string,
    nowMs: number,
    carrier: Connection | null = null,
    by: Carrier = 'websocket',
  ) {
    this.carrier = carrier
    this.by = by
    this.socket = socket
    this.connectionId = connectionId
    this.address = address
    this.nonce = nonce
    this.openedMs = nowMs
    this.heardMs = nowMs
  }

  get partnerId(): string {
    return this.identity!.partnerId
  }
  get customerId(): string {
    return this.identity!.customerId
  }
  get productId(): string {
    return this.identity!.productId
  }
  get typeId(): string {
    return this.identity!.typeId
  }
  get agentId(): string {
    return this.identity!.agentId
  }
  get hostname(): string {
    return this.identity!.hostname
  }
  get fingerprint(): string {
    return this.identity!.fingerprint
  }
  get endpointPrefix(): string {
    return this.identity!.endpointPrefix
  }
  get formerNames(): readonly string[] {
    return this.identity!.formerNames
  }
  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN
  }

  send(frame: DownFrame): void {
    if (this.isOpen) this.socket.send(JSON.stringify(frame))
  }

  /** Says why, then closes. */
  refuse(code: ProblemCode): void {
    if (this.isEnding) return
    this.send({ kind: 'problem', code, isRetryable: problems[code].retry })
    this.end(closeCodes.policy)
  }

  end(code: number): void {
    if (this.isEnding) return
    this.isEnding = true
    this.socket.resume()
    this.socket.close(code)
  }

  stored(epoch: string, seq: number): void {
    if (this.isOpen) this.socket.send(`{"kind":"ack","epoch":"${epoch}","seq":${seq}}`)
  }

  missing(epoch: string, expectedSeq: number): void {
    if (this.isOpen) this.socket.send(`{"kind":"nack","epoch":"${epoch}","expectedSeq":${expectedSeq}}`)
  }

  superseded(): void {
    this.end(closeCodes.superseded)
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    if (this.isOpen) this.socket.resume()
  }
}

/** Does it answer within the time? One that is asked already counts as asked once. */
export function answers(connection: Connection, withinMs: number): Promise<boolean> {
  if (!connection.isOpen) return Promise.resolve(false)
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), withinMs)
    const before = connection.onPong
    connection.onPong = () => {
      connection.onPong = null
      clearTimeout(timer)
      before?.()
      resolve(true)
    }
    connection.socket.ping()
  })
}
