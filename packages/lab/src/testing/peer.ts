import { createPublicKey, type KeyObject, randomBytes, randomUUID, verify } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import {
  canonicalJson,
  commandPrefix,
  type CommandOrder,
  EnrolRequest,
  ForkRequest,
  forkText,
  helloText,
  Item,
  UpFrame,
} from '@vigie/domain/agents'
import { type WebSocket, WebSocketServer } from 'ws'
import { makeKeyPair, signText } from '../agents/identity.ts'
import { testCertificates } from './certificates.ts'

interface Known {
  publicKey: KeyObject
  counter: number
  /** Last stored sequence by epoch. */
  stored: Map<string, number>
  socket: WebSocket | null
}

/**
 * The server's side of the agent protocol in a hundred lines, holding everything in memory: what the generator is tested against, strict where a mistake of
 * the generator would show. Not a mock of ours: it checks signatures, sequences, counters and every item's shape.
 */
export async function startPeer() {
  const { ca, cert, key } = await testCertificates()
  const commandPair = makeKeyPair()
  const agents = new Map<string, Known>()
  const keys = new Set<string>()
  const seen = {
    detections: new Map<string, number>(),
    items: [] as Item[],
    faults: [] as string[],
    bye: [] as string[],
    beats: 0,
    duplicates: 0,
    gaps: 0,
  }
  /** Answers wait while held; a cut socket closes after the frame instead of answering; so many enrolments are told to come later. */
  const behaviour = { isHolding: false, cutAfterBatch: false, busyEnrolments: 0, held: [] as (() => void)[] }
  let commandNumber = 0

  const https = createServer({ cert, key }, (req, res) => void answer(req, res).catch((error: unknown) => fault(String(error))))
  const sockets = new WebSocketServer({ server: https, path: '/agent/v1/channel', maxPayload: 1_048_576 })
  sockets.on('connection', channel)
  await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve))
  const { port } = https.address() as AddressInfo
  const fault = (text: string) => void seen.faults.push(text)

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    let body = ''
    for await (const chunk of req) body += String(chunk)
    const reply = (status: number, value: unknown) =>
      res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (req.url === '/agent/v1/ca.pem') return void res.end(ca)
    if (req.url === '/agent/v1/fork') {
      const fork = ForkRequest.parse(JSON.parse(body))
      const shared = agents.get(fork.agentId)
      if (!shared || !verify(null, Buffer.from(forkText(fork)), shared.publicKey, Buffer.from(fork.signature, 'base64url')))
        return void reply(403, { code: 'agent.signature-wrong' })
      return void reply(200, admit(fork.publicKey))
    }
    if (behaviour.busyEnrolments-- > 0) return void reply(503, { code: 'server.busy' })
    const enrol = EnrolRequest.parse(JSON.parse(body))
    if (!keys.delete(enrol.key ?? '')) return void reply(403, { code: 'agent.key-wrong' })
    return void reply(200, admit(enrol.publicKey))
  }

  function admit(publicKey: string) {
    const agentId = randomUUID()
    agents.set(agentId, {
      publicKey: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' }),
      counter: 0,
      stored: new Map(),
      socket: null,
    })
    return {
      agentId,
      commandKey: commandPair.publicKey,
      channel: `wss://127.0.0.1:${port}/agent/v1/channel`,
      product: { typeId: 'clamav-endpoint', description: 'lab' },
    }
  }

  function channel(socket: WebSocket): void {
    const nonce = randomBytes(16).toString('base64url')
    let me: Known | null = null
    const send = (frame: unknown) =>
      behaviour.isHolding ? void behaviour.held.push(() => socket.send(JSON.stringify(frame))) : socket.send(JSON.stringify(frame))
    socket.on('error', () => {})
    socket.on('message', (data) => {
      const frame = UpFrame.parse(JSON.parse((data as Buffer).toString()))
      if (frame.kind === 'hello') {
        me = agents.get(frame.agentId) ?? null
        if (
          !me ||
          !verify(
            null,
            Buffer.from(helloText(nonce, frame.agentId, frame.counter, frame.epoch)),
            me.publicKey,
            Buffer.from(frame.signature, 'base64url'),
          )
        )
          return fault('hello not signed')
        if (frame.counter <= me.counter) return send({ kind: 'problem', code: 'agent.is-clone', isRetryable: false })
        me.counter = frame.counter
        me.socket = socket
        return send({
          kind: 'welcome',
          ackedSeq: me.stored.get(frame.epoch) ?? 0,
          state: 'enabled',
          serverTime: new Date().toISOString(),
          clockOffsetMs: 0,
        })
      }
      if (!me) return fault(`${frame.kind} before hello`)
      if (frame.kind === 'beat') return void seen.beats++
      if (frame.kind === 'bye') return void seen.bye.push(frame.reason)
      const stored = me.stored.get(frame.epoch) ?? 0
      if (frame.firstSeq > stored + 1) {
        seen.gaps++
        return send({ kind: 'nack', epoch: frame.epoch, expectedSeq: stored + 1 })
      }
      const fresh = frame.items.slice(stored + 1 - frame.firstSeq)
      if (fresh.length === 0) seen.duplicates++
      for (const one of fresh) {
        const item = Item.safeParse(one)
        if (!item.success) fault(item.error.message)
        else if (item.data.kind === 'detection')
          seen.detections.set(item.data.contentId, (seen.detections.get(item.data.contentId) ?? 0) + 1)
        else seen.items.push(item.data)
      }
      const seq = Math.max(stored, frame.firstSeq + frame.items.length - 1)
      me.stored.set(frame.epoch, seq)
      if (behaviour.cutAfterBatch) return socket.terminate() // stored, and the answer lost
      send({ kind: 'ack', epoch: frame.epoch, seq })
    })
    send({ kind: 'challenge', nonce, serverTime: new Date().toISOString(), protocol: 1 })
  }

  return {
    server: { url: `https://127.0.0.1:${port}`, ca },
    seen,
    behaviour,
    release() {
      behaviour.isHolding = false
      for (const one of behaviour.held.splice(0)) one()
    },
    enrolments: (count: number) => Array.from({ length: count }, () => ({ guid: randomUUID(), key: newKey() })),
    /** Sends one command to an agent; `spoil` alters it after it was signed, `signed` before. */
    command(agentId: string, spoil: Partial<CommandOrder> = {}, signed: Partial<CommandOrder> = {}): string {
      const order: CommandOrder = {
        commandId: randomUUID(),
        agentId,
        number: ++commandNumber,
        type: 'scan-now',
        notBefore: new Date(Date.now() - 1000).toISOString(),
        expiresAt: new Date(Date.now() + 60_000).toISOString(),
        ...signed,
      }
      const signature = signText(commandPair.privateKey, commandPrefix + canonicalJson(order))
      agents.get(agentId)?.socket?.send(JSON.stringify({ kind: 'command', order: { ...order, ...spoil }, signature }))
      return order.commandId
    },
    tell(agentId: string, frame: unknown) {
      agents.get(agentId)?.socket?.send(JSON.stringify(frame))
    },
    async close() {
      for (const socket of sockets.clients) socket.terminate()
      await new Promise((resolve) => https.close(resolve))
    },
  }

  function newKey(): string {
    const one = randomUUID()
    keys.add(one)
    return one
  }
}
