import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import {
  lineLimits,
  lineUnknown,
  type LineDown,
  type LineDownReply,
  type LineReply,
  type LineUp,
  type LineUpReply,
} from '@vigie/domain/agents'
import { Problem } from '@vigie/domain/kernel'
import { WebSocket } from 'ws'
import type * as z from 'zod'
import { closeCodes, type Connection, type Line } from './connection.ts'

export interface PollTiming {
  holdMs: number
  /** How often it is looked at what was held long enough. */
  tickMs: number
  /** So long a line that was closed is there for the agent to hear why. */
  lingerMs: number
}
export const pollTiming: PollTiming = { holdMs: lineLimits.holdMs, tickMs: 1_000, lingerMs: 10_000 }

/** What is said to an agent that does not ask for it: then it is gone, or no agent. */
const fullBytes = 8_388_608
/** R18: lines on which nobody was welcomed yet, of all and of one address. A socket's cost is the stranger's own; a line's is ours alone. */
export const strangers = { all: 5_000, ofOneAddress: 1_000 } as const

interface Said {
  number: number
  text: string
}

/** One agent's connection over long polling: what was said and not yet heard, and the question that waits for more. At rest it is a few texts and one held answer: no timer, no query. */
export class PollLine implements Line {
  readonly name = randomBytes(32).toString('base64url')
  readyState: number = WebSocket.OPEN
  connection!: Connection
  /** Of the last request taken on the way up. */
  taken = 0
  /** The question and the request up that wait, and until when; monotonic. */
  down: { response: ServerResponse; untilMs: number } | null = null
  up: { response: ServerResponse; untilMs: number } | null = null
  /** Code, and since when it is closed: kept until the agent heard it. */
  closed: { code: number; atMs: number } | null = null
  #said: Said[] = []
  #saidBytes = 0
  #last = 0
  #asked = 0
  #isAsking = false
  #isPaused = false
  readonly #onClosed: (line: PollLine) => void
  readonly #listeners: (() => void)[] = []

  constructor(onClosed: (line: PollLine) => void) {
    this.#onClosed = onClosed
  }

  send(text: string): void {
    if (this.closed) return
    this.#said.push({ number: ++this.#last, text })
    this.#saidBytes += text.length
    if (this.#saidBytes > fullBytes) return this.terminate()
    // all that is said in this turn of the loop goes in one answer
    if (this.down && this.#said.length === 1) setImmediate(() => this.answer())
  }

  close(code = 1000): void {
    if (this.closed) return
    this.closed = { code, atMs: performance.now() }
    this.readyState = WebSocket.CLOSED
    this.answer()
    this.#release()
    this.#onClosed(this)
    for (const listener of this.#listeners.splice(0)) listener()
  }

  terminate(): void {
    this.close(closeCodes.policy)
  }

  /** A question goes out at once; who answers it with its number was there after it was asked. */
  ping(): void {
    this.#asked++
    this.#isAsking = true
    this.answer()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#release()
  }

  once(_event: 'close', listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** The agent asks: what it heard is forgotten. @returns whether it answered the question whether it is there */
  hear({ after, alive }: z.infer<typeof LineDown>): boolean {
    let heard = 0
    for (const { number, text } of this.#said) {
      if (number > after) break
      heard++
      this.#saidBytes -= text.length
    }
    this.#said.splice(0, heard)
    const isAlive = this.#isAsking && alive === this.#asked
    if (isAlive) this.#isAsking = false
    return isAlive
  }

  /** Is there something to say at once? */
  get isTalking(): boolean {
    return this.#said.length > 0 || this.#isAsking || this.closed !== null
  }

  /** To the question that waits: what there is, or nothing. */
  answer(): void {
    const { down } = this
    if (!down) return
    this.down = null
    let count = 0
    for (let bytes = 0; count < this.#said.length; count++) {
      bytes += this.#said[count]!.text.length
      if (count > 0 && bytes > lineLimits.bodyBytes / 2) break
    }
    const now = this.#said.slice(0, count)
    const last = now.at(-1)?.number ?? (this.#said[0]?.number ?? this.#last + 1) - 1
    const rest = {
      ask: this.#isAsking ? this.#asked : null,
      closed: count === this.#said.length ? (this.closed?.code ?? null) : null,
    } satisfies Partial<z.infer<typeof LineDownReply>>
    sendJson(down.response, `{"last":${last},"frames":[${now.map(({ text }) => text).join(',')}],${JSON.stringify(rest).slice(1)}`)
  }

  /** To the request up that waits: taken, go on; or not yet. */
  #release(): void {
    const { up } = this
    this.up = null
    if (up) sendJson(up.response, this.#upReply())
  }

  #upReply(): string {
    return JSON.stringify({ isFull: this.#isPaused && !this.closed, closed: this.closed?.code ?? null } satisfies z.infer<
      typeof LineUpReply
    >)
  }

  holdUp(response: ServerResponse, untilMs: number): void {
    this.#release()
    if (!this.#isPaused || this.closed) return sendJson(response, this.#upReply())
    this.up = { response, untilMs }
  }

  /** What was held long enough is answered: nothing yet. */
  tick(nowMs: number): void {
    if (this.down && this.down.untilMs < nowMs) this.answer()
    if (this.up && this.up.untilMs < nowMs) this.#release()
  }
}

export interface Polls {
  /** @throws server.busy */
  open(address: string): z.infer<typeof LineReply>
  /** By `authorization: Bearer`. Null: no such line. */
  find(authorization: string | undefined): PollLine | null
  up(line: PollLine, said: z.infer<typeof LineUp>, response: ServerResponse): void
  down(line: PollLine, asked: z.infer<typeof LineDown>, response: ServerResponse): void
  /** To whom asks on a line that is not there. */
  unknown(response: ServerResponse): void
  readonly size: number
  close(): void
}

export interface PollsDeps {
  /** A new connection over this line: it is challenged like any other. */
  open(line: PollLine, address: string): Connection
  /** Whatever the agent says, unread. */
  onFrame(connection: Connection, value: unknown): void
  /** A sign of life, with the agent's time. */
  onBeat(connection: Connection, at: string): void
  closed(connection: Connection): void
  timing: PollTiming
}

/** The channel over HTTPS long polling (AGT-2, docs/decisions/0034): lines instead of sockets, the rest is the hub's. */
export function createPolls({ open, onFrame, onBeat, closed, timing }: PollsDeps): Polls {
  const lines = new Map<string, PollLine>()
  /** Those not yet welcomed, and some that were since. */
  const unwelcomed = new Set<PollLine>()

  function onClosed(line: PollLine): void {
    unwelcomed.delete(line)
    closed(line.connection)
  }

  const ticking = setInterval(() => {
    const nowMs = performance.now()
    for (const line of lines.values()) {
      if (line.closed && nowMs - line.closed.atMs > timing.lingerMs) lines.delete(line.name)
      else line.tick(nowMs)
    }
  }, timing.tickMs)

  function assertRoom(address: string): void {
    let ofOneAddress = 0
    for (const line of unwelcomed) {
      if (line.closed || line.connection.identity !== null) unwelcomed.delete(line)
      else if (line.connection.address === address) ofOneAddress++
    }
    if (unwelcomed.size >= strangers.all || ofOneAddress >= strangers.ofOneAddress) throw new Problem('server.busy')
  }

  return {
    open(address) {
      assertRoom(address)
      const line = new PollLine(onClosed)
      line.connection = open(line, address)
      lines.set(line.name, line)
      unwelcomed.add(line)
      return { line: line.name, holdMs: timing.holdMs }
    },
    find(authorization) {
      const name = /^Bearer ([A-Za-z0-9_-]{43})$/.exec(authorization ?? '')?.[1]
      return (name === undefined ? undefined : lines.get(name)) ?? null
    },
    up(line, { number, frames, isEnd }, response) {
      const { connection } = line
      connection.heardMs = performance.now()
      if (line.closed) return line.holdUp(response, 0)
      if (number === line.taken + 1) {
        line.taken = number
        for (const frame of frames) if (!connection.isEnding) onFrame(connection, frame)
        if (isEnd === true) line.close()
      } else if (number !== line.taken) line.terminate() // something of it was lost
      line.holdUp(response, connection.heardMs + timing.holdMs)
    },
    down(line, asked, response) {
      const { connection } = line
      connection.heardMs = performance.now()
      line.answer() // an older question, given up by whoever asked it
      if (line.hear(asked)) connection.onPong?.()
      line.down = { response, untilMs: connection.heardMs + Math.min(timing.holdMs, asked.holdMs ?? timing.holdMs) }
      if (connection.identity !== null && !connection.isEnding) onBeat(connection, asked.at)
      if (line.isTalking) line.answer()
    },
    unknown: (response) => sendJson(response, JSON.stringify({ isFull: false, last: 0, frames: [], ask: null, closed: lineUnknown })),
    get size() {
      return lines.size
    },
    close: () => clearInterval(ticking),
  }
}

function sendJson(response: ServerResponse, text: string): void {
  if (response.destroyed) return
  response
    .writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    })
    .end(text)
}
