import { WebSocket } from 'ws'
import type { DownFrame } from '@vigie/domain/agents'
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
  epoch: string
}

/**
 * One agent's connection. There may be tens of thousands at rest in a process, so each holds as little as it can: no timer, no closure, its identity as a handful
 * of texts.
 */
export class Connection implements Sender {
  readonly socket: WebSocket
  readonly connectionId: string
  readonly address: string
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

  constructor(socket: WebSocket, connectionId: string, address: string, nonce: string, nowMs: number) {
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

