import { randomBytes, randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import {
  BatchFrame,
  canonicalJson,
  commandPrefix,
  EnrolRequest,
  ForkRequest,
  forkText,
  helloText,
  Item,
  linePath,
  protocolVersion,
  UpFrame,
  type CommandOrder,
  type DownFrame,
} from '@vigie/domain/agents'
import { makeKeyPair, signText, isSignedBy } from '../core/identity.ts'
import { testCertificates, type TestCertificates } from './certificates.ts'
import { PeerLines } from './peer-lines.ts'

interface KnownAgent {
  publicKey: string
  counter: number
  /** Last sequence stored, by epoch. */
  stored: Map<string, number>
  isClone?: boolean
}

/** A server of the agent's protocol, strict and in memory: what it stores is what a server would have committed. For the agent's own tests. */
export class Peer {
  readonly certificates: TestCertificates
  readonly guid = randomUUID()
  key = randomBytes(16).toString('base64url')
  /** Of the customer (CUS-6): taken in place of the key. */
  readonly credentials = { userName: 'v-tests', password: randomBytes(16).toString('base64url') }
  readonly commandKeys = makeKeyPair()
  readonly agents = new Map<string, KnownAgent>()
  readonly items: { agentId: string; item: Item }[] = []
  /** What an honest agent never does. */
  readonly faults: string[] = []
  readonly sockets = new Set<WebSocket>()
  readonly hellos: { agentId: string; counter: number; epoch: string; version: string; pollingReason?: string }[] = []
  readonly byes: string[] = []
  /** Where each connection came from. */
  readonly remotePorts: number[] = []
  beats = 0
  state: 'enabled' | 'disabled' = 'enabled'
  /** Takes a goodbye for good as it is meant: knows the agent no more. Loses so many of them first. */
  isForgetting = false
  loseGoodbyes = 0
  /** AGT-8: those who come may carry others. */
  isSiteServer = false
  /** Said in place of a welcome. */
  problem: { code: string; isRetryable: boolean } | null = null
  /** Added to the time the server tells. */
  clockOffsetMs = 0
  ackDelayMs = 0
  /** Stores, and loses the acknowledgement with the connection, that often (0 to 1). */
  loseAckRatio = 0
  /** Loses the answer of the next so many enrolments. */
  loseEnrolAnswers = 0
  /** Fixed pages beside the protocol's own: releases, as a server carries them. */
  readonly pages = new Map<string, string | Buffer>()
  /** Bytes a second of such a page; 0: at once. */
  pageBytesPerSecond = 0
  readonly asked: string[] = []
  releaseRoot: string | null = null
  /** Where agents are told to come, if not straight here. */
  publicUrl: string | null = null
  /** Connections by long polling. */
  readonly lines = new PeerLines((line) => this.#serve(line as unknown as WebSocket))
  /** Agents of these versions get `server.busy` in place of a welcome. */
  readonly refusedVersions = new Set<string>()
  #enrolled: { publicKey: string; agentId: string } | null = null
  #server!: Server
  #waiting: (() => void)[] = []

  private constructor(certificates: TestCertificates) {
    this.certificates = certificates
  }

  static async start(certificates?: TestCertificates, port = 0): Promise<Peer> {
    const peer = new Peer(certificates ?? (await testCertificates()))
    await peer.#listen(port)
    return peer
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.terminate()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  send(frame: DownFrame | object): void {
    for (const socket of this.sockets) socket.send(JSON.stringify(frame))
  }

  /** Signs an order for `agentId`; `change` makes it a wrong one. */
  order(
    agentId: string,
    number: number,
    type = 'synchronise',
    change: Partial<CommandOrder> = {},
  ): { kind: 'command'; order: CommandOrder; signature: string } {
    const now = Date.now() + this.clockOffsetMs
    const order = {
      commandId: randomUUID(),
      agentId,
      number,
      type,
      notBefore: new Date(now).toISOString(),
      expiresAt: new Date(now + 3_600_000).toISOString(),
      ...change,
    } as CommandOrder
    return { kind: 'command', order, signature: signText(this.commandKeys.privateKey, commandPrefix + canonicalJson(order)) }
  }

  of<K extends Item['kind']>(kind: K): Extract<Item, { kind: K }>[] {
    return this.items.map(({ item }) => item).filter((item): item is Extract<Item, { kind: K }> => item.kind === kind)
  }

  /** Resolves when `condition` holds; looked at whenever a frame came, and every 50 ms. */
  async until(condition: () => boolean, what: string, timeoutMs = 15_000): Promise<void> {
    const end = performance.now() + timeoutMs
    while (!condition()) {
      if (performance.now() > end) throw new Error(`did not happen in ${timeoutMs} ms: ${what}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 50)
        this.#waiting.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  async #listen(port: number): Promise<void> {
    const { cert, key, ca } = this.certificates
    this.#server = createServer({ cert, key }, (req, res) => {
      const chunks: Buffer[] = []
      req.on('data', (chunk: Buffer) => chunks.push(chunk))
      req.on('end', () => {
        if (req.url === '/agent/v1/ca.pem') return res.end(ca)
        if (req.url?.startsWith(linePath)) return this.lines.answer(req, res, Buffer.concat(chunks).toString('utf8'))
        const page = this.pages.get(req.url ?? '')
        this.asked.push(req.url ?? '')
        if (page !== undefined) return void this.#page(res, Buffer.from(page))
        const reply = this.#answer(req.url ?? '', Buffer.concat(chunks).toString('utf8'))
        if (reply === null) return req.socket.destroy()
        res.statusCode = reply.status
        res.end(JSON.stringify(reply.body))
      })
    })
    this.#server.on('connection', (socket: Socket) => this.remotePorts.push(socket.remotePort ?? 0))
    const sockets = new WebSocketServer({ server: this.#server, path: '/agent/v1/channel', maxPayload: 1_048_576 })
    sockets.on('connection', (socket) => this.#serve(socket))
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
  }

  async #page(res: ServerResponse, page: Buffer): Promise<void> {
    res.writeHead(200, { 'content-length': page.length })
    const step = this.pageBytesPerSecond === 0 ? page.length : Math.ceil(this.pageBytesPerSecond / 20)
    for (let i = 0; i < page.length && !res.destroyed; i += step) {
      res.write(page.subarray(i, i + step))
      if (step < page.length) await new Promise((resolve) => setTimeout(resolve, 50))
    }
    res.end()
  }

  #answer(path: string, body: string): { status: number; body: unknown } | null {
    if (path === '/agent/v1/enrol') {
      const request = EnrolRequest.parse(JSON.parse(body))
      if (request.credentials && (request.guid !== this.guid || JSON.stringify(request.credentials) !== JSON.stringify(this.credentials)))
        return { status: 403, body: { code: 'agent.credentials-wrong' } }
      if (!request.credentials && (request.guid !== this.guid || request.key !== this.key))
        return { status: 403, body: { code: 'agent.key-wrong' } }
      if (this.#enrolled && this.#enrolled.publicKey !== request.publicKey) return { status: 409, body: { code: 'agent.key-used' } }
      this.#enrolled ??= { publicKey: request.publicKey, agentId: this.#register(request.publicKey) }
      if (this.loseEnrolAnswers-- > 0) return null
      return { status: 200, body: this.#reply(this.#enrolled.agentId) }
    }
    if (path === '/agent/v1/fork') {
      const { signature, ...request } = ForkRequest.parse(JSON.parse(body))
      const original = this.agents.get(request.agentId)
      if (!original || !isSignedBy(original.publicKey, forkText(request), signature))
        return { status: 403, body: { code: 'agent.signature-wrong' } }
      original.isClone = false
      const known = [...this.agents].find(([, agent]) => agent.publicKey === request.publicKey)?.[0]
      return { status: 200, body: this.#reply(known ?? this.#register(request.publicKey)) }
    }
    return { status: 404, body: { code: 'route.not-found' } }
  }

  #register(publicKey: string): string {
    const agentId = randomUUID()
    this.agents.set(agentId, { publicKey, counter: 0, stored: new Map() })
    return agentId
  }

  #reply(agentId: string): unknown {
    return {
      agentId,
      commandKey: this.commandKeys.publicKey,
      channel: `${(this.publicUrl ?? this.url).replace('https', 'wss')}/agent/v1/channel`,
      product: { typeId: 'clamav-endpoint', description: 'Test' },
      ...(this.releaseRoot === null ? {} : { releaseRoot: this.releaseRoot }),
    }
  }

  #serve(socket: WebSocket): void {
    const nonce = randomBytes(24).toString('base64url')
    let [agentId, epoch] = ['', '']
    const send = (frame: DownFrame) => socket.readyState === socket.OPEN && socket.send(JSON.stringify(frame))
    const serverTime = () => new Date(Date.now() + this.clockOffsetMs).toISOString()
    this.sockets.add(socket)
    socket.on('close', () => this.sockets.delete(socket))
    socket.on('error', () => {})
    socket.on('message', (data) => {
      const said: unknown = JSON.parse(String(data))
      if (this.isSiteServer && String((said as { kind?: unknown }).kind).startsWith('via')) return // others' frames are not read here
      const frame = UpFrame.parse(said)
      if (frame.kind === 'hello') {
        const agent = this.agents.get(frame.agentId)
        if (!agent || !isSignedBy(agent.publicKey, helloText(nonce, frame.agentId, frame.counter, frame.epoch), frame.signature)) {
          return send({ kind: 'problem', code: agent ? 'agent.signature-wrong' : 'agent.unregistered', isRetryable: false })
        }
        if (frame.counter <= agent.counter) this.faults.push(`counter ${frame.counter} after ${agent.counter}`)
        agent.counter = Math.max(agent.counter, frame.counter)
        this.hellos.push({
          agentId: frame.agentId,
          counter: frame.counter,
          epoch: frame.epoch,
          version: frame.agentVersion,
          pollingReason: frame.pollingReason,
        })
        if (agent.isClone) send({ kind: 'problem', code: 'agent.is-clone', isRetryable: false })
        else if (this.refusedVersions.has(frame.agentVersion)) send({ kind: 'problem', code: 'server.busy', isRetryable: true })
        else if (this.problem) send({ kind: 'problem', ...this.problem })
        else {
          ;[agentId, epoch] = [frame.agentId, frame.epoch]
          send({
            kind: 'welcome',
            ackedSeq: agent.stored.get(epoch) ?? 0,
            state: this.state,
            serverTime: serverTime(),
            clockOffsetMs: 0,
            ...(this.isSiteServer && { isSiteServer: true }),
          })
        }
      } else if (agentId === '') this.faults.push(`${frame.kind} before hello`)
      else if (frame.kind === 'batch') this.#store(socket, agentId, epoch, frame, send)
      else if (frame.kind === 'bye') {
        this.byes.push(frame.reason)
        const isLost = frame.reason === 'uninstalled' && this.loseGoodbyes-- > 0
        if (frame.reason === 'uninstalled' && this.isForgetting && !isLost) this.agents.delete(agentId)
      } else this.beats++
      for (const wake of this.#waiting.splice(0)) wake()
    })
    send({ kind: 'challenge', nonce, serverTime: serverTime(), protocol: protocolVersion })
  }

  #store(
    socket: WebSocket,
    agentId: string,
    epoch: string,
    frame: ReturnType<typeof BatchFrame.parse>,
    send: (frame: DownFrame) => void,
  ): void {
    const { stored } = this.agents.get(agentId)!
    const last = stored.get(epoch) ?? 0
    if (frame.epoch !== epoch) return void this.faults.push('batch of another epoch')
    if (frame.firstSeq > last + 1) return send({ kind: 'nack', epoch, expectedSeq: last + 1 })
    frame.items.slice(last + 1 - frame.firstSeq).forEach((item) => {
      const parsed = Item.safeParse(item)
      if (parsed.success) this.items.push({ agentId, item: parsed.data })
      else this.faults.push(`bad item ${JSON.stringify(item).slice(0, 200)}`)
    })
    const seq = Math.max(last, frame.firstSeq + frame.items.length - 1)
    stored.set(epoch, seq)
    if (Math.random() < this.loseAckRatio) return socket.terminate()
    if (this.ackDelayMs > 0) setTimeout(() => send({ kind: 'ack', epoch, seq }), this.ackDelayMs)
    else send({ kind: 'ack', epoch, seq })
  }
}
