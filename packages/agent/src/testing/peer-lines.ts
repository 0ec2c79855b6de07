import { randomBytes } from 'node:crypto'
import { EventEmitter } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { LineDown, linePath, lineUnknown, LineUp } from '@vigie/domain/agents'

/** One line, with as much of a WebSocket's face as the peer needs. */
class PeerLine extends EventEmitter {
  readonly OPEN = 1
  readyState = 1
  taken = 0
  frames: { number: number; text: string }[] = []
  last = 0
  closed: number | null = null
  held: (() => void) | null = null

  send(text: string): void {
    this.frames.push({ number: ++this.last, text })
    this.held?.()
  }

  terminate(): void {
    if (this.closed !== null) return
    this.closed = 1006
    this.readyState = 3
    this.held?.()
    this.emit('close')
  }
}

/** The server's side of long polling, apart from the server's own code, strict: repeats are counted, gaps end the line. */
export class PeerLines {
  readonly #lines = new Map<string, PeerLine>()
  readonly #serve: (line: PeerLine) => void
  /** Answers lost on the way, of the next requests. */
  lose = { up: 0, down: 0 }
  repeats = 0
  /** How long each question was to be held at most, as the agent asked. */
  readonly holds: number[] = []
  holdMs = 200
  isOffered = true

  constructor(serve: (line: PeerLine) => void) {
    this.#serve = serve
  }

  get open(): number {
    return [...this.#lines.values()].filter(({ closed }) => closed === null).length
  }

  /** As after a restart. */
  forget(): void {
    for (const line of this.#lines.values()) line.terminate()
    this.#lines.clear()
  }

  answer(req: IncomingMessage, res: ServerResponse, body: string): void {
    const say = (value: unknown, status = 200) =>
      void res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (!this.isOffered || req.method !== 'POST') return say({ code: 'route.not-found' }, 404)
    if (req.url === linePath) {
      const name = randomBytes(32).toString('base64url')
      const line = new PeerLine()
      this.#lines.set(name, line)
      this.#serve(line)
      return say({ line: name, holdMs: this.holdMs })
    }
    const line = this.#lines.get(/^Bearer (.+)$/.exec(req.headers.authorization ?? '')?.[1] ?? '')
    if (!line) return say({ isFull: false, last: 0, frames: [], ask: null, closed: lineUnknown })
    if (req.url === `${linePath}/up`) {
      const { number, frames, isEnd } = LineUp.parse(JSON.parse(body))
      if (number === line.taken + 1) {
        line.taken = number
        for (const frame of frames) line.emit('message', JSON.stringify(frame))
        if (isEnd) line.terminate()
      } else if (number === line.taken) this.repeats++
      else line.terminate()
      if (this.lose.up-- > 0) return void req.socket.destroy()
      return say({ isFull: false, closed: line.closed })
    }
    const { after, holdMs } = LineDown.parse(JSON.parse(body))
    this.holds.push(holdMs ?? this.holdMs)
    line.frames = line.frames.filter(({ number }) => number > after)
    line.held?.()
    const release = () => {
      clearTimeout(timer)
      line.held = null
      if (this.lose.down-- > 0) return void req.socket.destroy()
      say({
        last: line.frames.at(-1)?.number ?? Math.max(after, line.last),
        frames: line.frames.map(({ text }) => JSON.parse(text)),
        ask: null,
        closed: line.closed,
      })
    }
    const timer = setTimeout(release, Math.min(this.holdMs, holdMs ?? this.holdMs))
    line.held = release
    if (line.frames.length > 0 || line.closed !== null) release()
  }
}
