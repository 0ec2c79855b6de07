import { Agent, request } from 'node:https'
import { channelLimits, LineDownReply, lineLimits, linePath, LineReply, LineUpReply } from '@vigie/domain/agents'
import type * as z from 'zod'
import type { Carrier, CarrierEvents, Route } from './carrier.ts'
import { asConnectionError, ConnectionError } from './faults.ts'
import { throughProxy, type Proxy } from './proxy.ts'
import { pause } from './time.ts'

/** Frames of one request up: within its body. */
const upBytes = channelLimits.frameBytes
const upFrames = 1_000
/** Answers are a few frames; one that is larger is none of ours. */
const answerBytes = lineLimits.bodyBytes * 2
/** A request is repeated so often, each time after twice the wait, before the line counts as lost: what was said and heard is numbered, so nothing is lost by trying. */
const tries = 5
const againMs = 300
/** Something on the way that cuts a question before this time lets none wait. */
const leastHoldMs = 2_000

interface Waiting {
  text: string
  onSent: (() => void) | undefined
}

/** HTTPS long polling (docs/decisions/0034): one request that waits for what is said to us, another for what we say; both are repeated when an answer was lost. */
export class PollCarrier implements Carrier {
  readonly #base: URL
  readonly #agent: Agent
  readonly #events: CarrierEvents
  readonly #withinMs: number
  readonly #stop = new AbortController()
  #line: string | null = null
  #holdMs: number = lineLimits.holdMs
  #waiting: Waiting[] = []
  #bufferedBytes = 0
  #number = 0
  #saying: Promise<void> | null = null
  #isClosing = false
  #hasEnded = false

  constructor({ channel, ca, proxy }: Route, withinMs: number, events: CarrierEvents) {
    this.#base = new URL(channel.replace(/^wss:/, 'https:'))
    this.#events = events
    this.#withinMs = withinMs
    this.#agent = agentThrough(proxy, ca)
    void this.#run().catch((error: unknown) => this.#end(error))
  }

  get isOpen(): boolean {
    return this.#line !== null && !this.#isClosing && !this.#hasEnded
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  send(text: string, onSent?: () => void): void {
    if (!this.isOpen) return
    this.#waiting.push({ text, onSent })
    this.#bufferedBytes += text.length
    this.#say()
  }

  /** The question that waits is one already. */
  beat(): void {}

  async close(): Promise<void> {
    if (!this.isOpen) return this.drop()
    this.#isClosing = true
    const given = new Promise<void>((resolve) => setTimeout(resolve, 3_000).unref())
    await Promise.race([this.#sayEnd(), given])
    this.drop()
  }

  drop(): void {
    this.#hasEnded = true
    this.#stop.abort()
    this.#agent.destroy()
  }

  /** Opens the line, then asks and asks. */
  async #run(): Promise<void> {
    if (this.#base.protocol !== 'https:') throw new ConnectionError('tls-failed')
    const { line, holdMs } = await this.#ask(linePath, '{}', LineReply, this.#withinMs)
    this.#line = line
    this.#holdMs = holdMs
    let [after, alive] = [0, null as number | null]
    while (!this.#hasEnded) {
      const question = () => JSON.stringify({ after, at: new Date().toISOString(), alive, holdMs: this.#holdMs })
      const said = await this.#surely(`${linePath}/down`, question, LineDownReply)
      if (this.#hasEnded) return
      this.#events.onAlive()
      const first = said.last - said.frames.length + 1
      said.frames.forEach((frame, i) => {
        if (first + i > after) this.#events.onFrame(frame)
      })
      after = Math.max(after, said.last)
      alive = said.ask
      if (said.closed !== null) throw new ConnectionError('closed')
    }
  }

  #say(): void {
    this.#saying ??= this.#sayAll()
      .catch((error: unknown) => this.#end(error))
      .finally(() => {
        this.#saying = null
        if (this.#waiting.length > 0 && !this.#hasEnded) this.#say()
      })
  }

  async #sayAll(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#hasEnded) await this.#sayOnce(false)
  }

  async #sayEnd(): Promise<void> {
    await this.#saying
    await this.#sayOnce(true).catch(() => {})
  }

  /** Our own counting: `number` is said again until the server took it. */
  async #sayOnce(isEnd: boolean): Promise<void> {
    const now: Waiting[] = []
    for (let bytes = 0; now.length < Math.min(upFrames, this.#waiting.length);) {
      bytes += Buffer.byteLength(this.#waiting[now.length]!.text) + 1
      if (now.length > 0 && bytes > upBytes) break
      now.push(this.#waiting[now.length]!)
    }
    const number = ++this.#number
    let frames = now.map(({ text }) => text).join(',')
    for (let isFull = true; isFull && !this.#hasEnded; frames = '') {
      const taken = await this.#surely(
        `${linePath}/up`,
        () => `{"number":${number},"frames":[${frames}]${isEnd ? ',"isEnd":true' : ''}}`,
        LineUpReply,
      )
      if (taken.closed !== null) {
        if (!isEnd) await pause(this.#withinMs, this.#stop.signal) // why, is said on the way down
        if (!isEnd && !this.#hasEnded) throw new ConnectionError('closed')
        return
      }
      isFull = taken.isFull
    }
    this.#waiting.splice(0, now.length)
    for (const { text, onSent } of now) {
      this.#bufferedBytes -= text.length
      onSent?.()
    }
  }

  /** Asks until there is an answer of ours. @throws ConnectionError when there was none, time and again */
  async #surely<T>(path: string, body: () => string, shape: z.ZodType<T>): Promise<T> {
    for (let n = 1; ; n++) {
      const sinceMs = performance.now()
      try {
        return await this.#ask(path, body(), shape, this.#holdMs + this.#withinMs)
      } catch (error) {
        // cut while it waited: next time it waits less
        const heldMs = performance.now() - sinceMs
        if (heldMs > leastHoldMs && heldMs < this.#holdMs + this.#withinMs)
          this.#holdMs = Math.max(leastHoldMs, Math.floor(Math.min(heldMs, this.#holdMs) * 0.7))
        if (this.#hasEnded || n >= tries) throw error
        await pause(againMs * 2 ** (n - 1) * (0.5 + Math.random()), this.#stop.signal)
        if (this.#hasEnded) throw error
      }
    }
  }

  #ask<T>(path: string, body: string, shape: z.ZodType<T>, withinMs: number): Promise<T> {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...(this.#line === null ? {} : { authorization: `Bearer ${this.#line}` }),
    }
    return new Promise<T>((resolve, reject) => {
      const fail = (error: unknown) => reject(asConnectionError(error))
      const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(withinMs)])
      const req = request(new URL(path, this.#base), { method: 'POST', agent: this.#agent, headers, signal }, (res) => {
        const chunks: Buffer[] = []
        let size = 0
        res.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > answerBytes) req.destroy(new ConnectionError('answer-invalid'))
          else chunks.push(chunk)
        })
        res.on('error', fail)
        res.on('end', () => {
          const parsed = res.statusCode === 200 ? shape.safeParse(parse(Buffer.concat(chunks).toString('utf8'))) : null
          if (parsed?.success) resolve(parsed.data)
          else
            fail(
              new ConnectionError(
                res.statusCode === 503 || res.statusCode === 429 ? 'closed' : 'answer-invalid',
                new Error(`status ${res.statusCode}`),
              ),
            )
        })
      })
      req.on('error', fail).end(body)
    })
  }

  #end(error: unknown): void {
    if (this.#hasEnded) return
    this.drop()
    this.#events.onEnd(asConnectionError(error).reason)
  }
}

/** Two connections are kept for the two kinds of requests, through the proxy if there is one. */
function agentThrough(proxy: Proxy | null, ca: string): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 2, ca, minVersion: 'TLSv1.2' })
  const { createConnection } = throughProxy(proxy, { ca }) as { createConnection?: Agent['createConnection'] }
  if (createConnection) agent.createConnection = createConnection
  return agent
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
