import { createHash, generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto'
import { Agent, request } from 'node:https'
import {
  forkText,
  helloText,
  protocolVersion,
  type Carrier,
  type DetectionItem,
  type EndpointItem,
  type EnrolReply,
  type Item,
  type Machine,
} from '@vigie/domain/agents'
import { WebSocket } from 'ws'
import type { Database } from '../../platform/index.ts'
import { hashOfKey } from '../keys.ts'
import { PollSocket } from './poll-socket.ts'

/** Where the agent side of a test listens. */
export interface Target {
  port: number
  ca: string
}

export function aMachine(name = `host-${randomUUID().slice(0, 8)}`): Machine {
  return { hostname: name, platform: 'Test Linux', fingerprint: createHash('sha256').update(name).digest('hex'), addresses: ['192.0.2.7'] }
}

/** A one-use key for a product, made past the wall. */
export async function aKey(
  database: Database,
  productId: string,
  expiresAt = new Date(Date.now() + 3_600_000),
): Promise<{ guid: string; key: string }> {
  const key = randomUUID()
  const {
    rows: [row],
  } = await database.owner.query('update product set key_hash = $2, key_expires_at = $3, key_used_at = null where id = $1 returning guid', [
    productId,
    hashOfKey(key),
    expiresAt,
  ])
  return { guid: row.guid, key }
}

export async function post(
  target: Target,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: any }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return await new Promise((resolve, reject) => {
    const req = request(
      {
        host: '127.0.0.1',
        port: target.port,
        path,
        method: 'POST',
        ca: target.ca,
        agent: new Agent({ keepAlive: false }),
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers },
      },
      (res) => {
        let answer = ''
        res
          .setEncoding('utf8')
          .on('data', (chunk: string) => (answer += chunk))
          .on('end', () => resolve({ status: res.statusCode ?? 0, body: answer === '' ? null : JSON.parse(answer) }))
      },
    )
    req.on('error', reject).end(text)
  })
}

/** What an installation keeps on disk. */
export class TestIdentity {
  privateKey: KeyObject
  publicKey: string
  agentId = ''
  commandKey = ''
  counter = 0
  epoch: string = randomUUID()
  machine: Machine
  constructor(machine = aMachine()) {
    const pair = generateKeyPairSync('ed25519')
    this.privateKey = pair.privateKey
    this.publicKey = (pair.publicKey.export({ format: 'jwk' }) as { x: string }).x
    this.machine = machine
  }
  /** The same installation copied: same identity, same counter, same life of the queue. */
  copy(machine = this.machine): TestIdentity {
    return Object.assign(new TestIdentity(machine), {
      privateKey: this.privateKey,
      publicKey: this.publicKey,
      agentId: this.agentId,
      commandKey: this.commandKey,
      counter: this.counter,
      epoch: this.epoch,
    })
  }
  enrolBody(guid: string, key: string) {
    return { guid, key, publicKey: this.publicKey, agentVersion: '0.1.0', protocol: protocolVersion, machine: this.machine }
  }
  async enrol(target: Target, { guid, key }: { guid: string; key: string }): Promise<EnrolReply> {
    const { status, body } = await post(target, '/agent/v1/enrol', this.enrolBody(guid, key))
    if (status !== 200) throw new Error(`${status} ${body.code}`)
    this.agentId = body.agentId
    this.commandKey = body.commandKey
    return body
  }
  async fork(target: Target): Promise<{ status: number; body: any; identity: TestIdentity }> {
    const own = new TestIdentity(this.machine)
    const unsigned = {
      agentId: this.agentId,
      publicKey: own.publicKey,
      machine: this.machine,
      agentVersion: '0.1.0',
      at: new Date().toISOString(),
    }
    const { status, body } = await post(target, '/agent/v1/fork', { ...unsigned, signature: this.sign(forkText(unsigned)) })
    if (status === 200) Object.assign(own, { agentId: body.agentId, commandKey: body.commandKey })
    return { status, body, identity: own }
  }
  sign(text: string): string {
    return sign(null, Buffer.from(text), this.privateKey).toString('base64url')
  }
}

/** One connection that says what it is told to say, and keeps all it hears. */
export class TestChannel {
  readonly heard: any[] = []
  closeCode: number | null = null
  /** By long polling: as much of a WebSocket as tests need (PollSocket). */
  readonly socket: WebSocket
  #waiting: (() => void)[] = []

  constructor(target: Target, by: Carrier = 'websocket') {
    this.socket =
      by === 'polling'
        ? (new PollSocket(target) as unknown as WebSocket)
        : new WebSocket(`wss://127.0.0.1:${target.port}/agent/v1/channel`, { ca: target.ca, perMessageDeflate: false })
    this.socket.on('message', (data: Buffer) => {
      this.heard.push(JSON.parse(data.toString()))
      this.#wake()
    })
    this.socket.on('error', () => {})
    this.socket.on('close', (code: number) => {
      this.closeCode = code
      this.#wake()
    })
  }
  #wake() {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
  /** Waits until something was heard, or the connection closed. */
  async until<T>(find: () => T | undefined | null | false, ms = 30_000): Promise<T> {
    const end = Date.now() + ms
    for (;;) {
      const found = find()
      if (found) return found
      if (Date.now() > end)
        throw new Error(`not heard within ${ms} ms; heard ${JSON.stringify(this.heard).slice(0, 500)}, closed with ${this.closeCode}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 200)
        this.#waiting.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }
  async next(kind: string): Promise<any> {
    return await this.until(() => {
      const at = this.heard.findIndex((frame) => frame.kind === kind)
      return at < 0 ? null : this.heard.splice(at, 1)[0]
    })
  }
  get closed(): Promise<number> {
    return this.until(() => (this.closeCode === null ? null : { code: this.closeCode })).then(({ code }) => code)
  }
  send(frame: unknown): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }
  async hello(identity: TestIdentity, change: Record<string, unknown> = {}): Promise<void> {
    const { nonce } = await this.next('challenge')
    identity.counter++
    const { agentId, counter, epoch, machine } = identity
    const signature = identity.sign(helloText(nonce, agentId, counter, epoch))
    this.send({
      kind: 'hello',
      protocol: protocolVersion,
      agentId,
      counter,
      epoch,
      agentVersion: '0.1.0',
      machine,
      at: new Date().toISOString(),
      signature,
      ...change,
    })
  }
  batch(identity: TestIdentity, firstSeq: number, items: readonly unknown[]): void {
    this.send({ kind: 'batch', epoch: identity.epoch, firstSeq, items })
  }
  /** Breaks the connection without a word. */
  async kill(): Promise<void> {
    this.socket.terminate()
    await this.closed
  }
}

/** Opens a channel and is welcomed. `welcome` is any JSON: what is not there fails the test's expectation. */
export async function connected(
  target: Target,
  identity: TestIdentity,
  change: Record<string, unknown> = {},
  by: Carrier = 'websocket',
): Promise<{ channel: TestChannel; welcome: any }> {
  const channel = new TestChannel(target, by)
  await channel.hello(identity, change)
  const welcome = await channel.until(() => channel.heard.find((frame) => frame.kind === 'welcome' || frame.kind === 'problem'))
  if (welcome.kind === 'problem') throw new Error(`refused: ${welcome.code}`)
  channel.heard.splice(channel.heard.indexOf(welcome), 1)
  return { channel, welcome }
}

let serial = 0
export function aDetection(machine: Machine, change: Partial<DetectionItem> = {}): DetectionItem {
  const at = change.at ?? new Date().toISOString()
  const contentId = createHash('sha256').update(`${machine.fingerprint} ${serial++} ${randomUUID()}`).digest('hex').slice(0, 32)
  return {
    kind: 'detection',
    endpoint: machine.fingerprint,
    at,
    category: 'antivirus',
    threat: 'Eicar-Test-Signature',
    object: `/srv/file-${serial}`,
    outcome: 'quarantined',
    engine: 'clamav',
    contentId,
    ...change,
  }
}
export function anEndpoint(
  machine: Machine,
  engine: Partial<NonNullable<EndpointItem['engine']>> = {},
  change: Partial<EndpointItem> = {},
): EndpointItem {
  const at = new Date().toISOString()
  return {
    kind: 'endpoint',
    endpoint: machine.fingerprint,
    at,
    name: machine.hostname,
    platform: machine.platform,
    addresses: machine.addresses,
    engine: {
      engine: 'clamav',
      engineVersion: '1.4.3',
      patternVersion: '27500',
      patternBuiltAt: at,
      updateCheckedAt: at,
      realTimeScan: 'on',
      scan: { isRunning: false, startedAt: null, finishedAt: null },
      problem: null,
      ...engine,
    },
    commands: ['scan-now', 'stop-scan', 'update-components', 'synchronise'].map((type) => ({ type, isSupported: true, reason: null })),
    ...change,
  }
}
export const aCleared = (machine: Machine, of: DetectionItem, at = new Date().toISOString()): Item => ({
  kind: 'cleared',
  endpoint: machine.fingerprint,
  at,
  category: of.category,
  threat: of.threat,
  object: of.object,
  how: 'gone',
})
