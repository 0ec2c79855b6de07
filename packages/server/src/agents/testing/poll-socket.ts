import { EventEmitter } from 'node:events'
import { Agent, request } from 'node:https'
import { linePath } from '@vigie/domain/agents'
import { WebSocket } from 'ws'
import type { Target } from './agent.ts'

/** A WebSocket's face over long polling, strict: whatever goes wrong ends it. */
export class PollSocket extends EventEmitter {
  readonly OPEN = WebSocket.OPEN
  readyState: number = WebSocket.CONNECTING
  /** Answers that were lost on the way, of each kind: said again, as an agent does. */
  readonly lose = { up: 0, down: 0 }
  /** Does it answer the question whether it is there? */
  isDeaf = false
  polls = 0
  line = ''
  readonly #target: Target
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 4 })
  readonly #stop = new AbortController()
  #number = 0
  #waiting: unknown[] = []
  #saying: Promise<void> = Promise.resolve()

  constructor(target: Target) {
    super()
    this.#target = target
    void this.#open().catch(() => this.#end(1006))
  }

  send(text: string): void {
    this.#waiting.push(JSON.parse(text))
    this.#saying = this.#saying.then(() => this.#say())
  }

  terminate(): void {
    this.#end(1006)
  }

  /** One question on this line as it is: status and answer, any JSON, which the tests take apart by hand. */
  async ask(path: '/up' | '/down', body: unknown): Promise<{ status: number; body: any }> {
    return await this.#post(`${linePath}${path}`, body)
  }

  async #open(): Promise<void> {
    const { status, body } = await this.#post(linePath, {})
    if (status !== 200) throw new Error(`no line: ${status}`)
    this.line = body.line
    this.readyState = WebSocket.OPEN
    let [after, alive] = [0, null as number | null]
    while (this.readyState === WebSocket.OPEN) {
      const said = await this.#post(`${linePath}/down`, { after, at: new Date().toISOString(), alive })
      this.polls++
      if (said.status !== 200) throw new Error(`not answered: ${said.status}`)
      if (this.lose.down-- > 0) continue
      const { last, frames, ask, closed } = said.body
      frames.forEach((frame: unknown, i: number) => {
        if (last - frames.length + 1 + i > after) this.emit('message', Buffer.from(JSON.stringify(frame)))
      })
      after = Math.max(after, last)
      alive = this.isDeaf ? null : ask
      if (closed !== null) return this.#end(closed)
    }
  }

  async #say(): Promise<void> {
    if (this.readyState === WebSocket.CONNECTING) await new Promise((resolve) => setTimeout(resolve, 5))
    if (this.readyState === WebSocket.CONNECTING) return await this.#say()
    const frames = this.#waiting.splice(0)
    if (frames.length === 0 || this.readyState !== WebSocket.OPEN) return
    this.#number++
    try {
      for (let again = frames; ; again = []) {
        const { status, body } = await this.#post(`${linePath}/up`, { number: this.#number, frames: again })
        if (status !== 200) throw new Error(`not taken: ${status}`)
        if (this.lose.up-- > 0) {
          again = frames
          continue
        }
        if (body.closed !== null || !body.isFull) return
      }
    } catch {
      this.#end(1006)
    }
  }

  #end(code: number): void {
    if (this.readyState === WebSocket.CLOSED) return
    this.readyState = WebSocket.CLOSED
    this.#stop.abort()
    this.#agent.destroy()
    this.emit('close', code)
  }

  /** Any JSON: a test's peer believes its server, and fails where a part is missing. */
  #post(path: string, body: unknown): Promise<{ status: number; body: any }> {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const headers = {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
        authorization: `Bearer ${this.line}`,
      }
      const req = request(
        {
          host: '127.0.0.1',
          port: this.#target.port,
          ca: this.#target.ca,
          agent: this.#agent,
          path,
          method: 'POST',
          headers,
          signal: this.#stop.signal,
        },
        (res) => {
          let answer = ''
          res
            .setEncoding('utf8')
            .on('data', (chunk: string) => (answer += chunk))
            .on('end', () => resolve({ status: res.statusCode ?? 0, body: answer === '' ? null : JSON.parse(answer) }))
            .on('error', reject)
        },
      )
      req.on('error', reject).end(text)
    })
  }
}
