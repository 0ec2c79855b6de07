import type { ClamdFinding } from './lines.ts'

const lifeMs = 15_000
const mostLines = 5_000
/** clamd's line comes a moment after its answer. */
const longestWaitMs = 3_000
/** time(2) may lag behind the finer clock by a tick of the kernel: at most 10 ms. */
const tickMs = 10

interface Line {
  path: string | null
  threat: string
  atMs: number
  seenMs: number
}

/**
 * What clamd's log said just now, for finds that the agent's own asking brought about: a find carries the second of its line, whoever tells it, so that it is known as the same when an
 * agent that was installed anew reads it there (AGT-6). The agent's own clock may be in the next second already.
 */
export class Said {
  readonly #isRead: () => boolean
  readonly #waitMs: number
  #lines: Line[] = []
  #waiting: (() => void)[] = []
  /** A log without times, or no such line within the wait: not waited for again before one comes. */
  #missedMs: number | null = null
  #isStopped = false

  /** @param isRead the log is there and is read */
  constructor(isRead: () => boolean, waitMs = longestWaitMs) {
    this.#isRead = isRead
    this.#waitMs = waitMs
  }

  /** Before anybody waits for what becomes of the line. */
  note({ path, threat, at }: ClamdFinding, seenAt: Date): void {
    const [atMs, seenMs] = [at.getTime(), seenAt.getTime()]
    if (atMs < seenMs - lifeMs) return
    if (this.#lines.length >= mostLines || (this.#lines[0]?.seenMs ?? Infinity) < seenMs - lifeMs)
      this.#lines = this.#lines.filter((line) => line.seenMs >= seenMs - lifeMs).slice(1 - mostLines)
    this.#lines.push({ path: path?.toString('latin1') ?? null, threat, atMs, seenMs })
    if (this.#missedMs !== null && atMs + 1_000 > this.#missedMs) this.#missedMs = null
    this.#wake()
  }

  /**
   * The second that clamd's log has for this find; where it says nothing, the second of `otherwise`.
   * @param path null: contents were sent, the line has no name
   * @param fromMs when clamd was asked
   */
  async at(path: Buffer | null, threat: string, fromMs: number, otherwise: Date): Promise<Date> {
    const text = path?.toString('latin1') ?? null
    if (text?.includes('\n')) return wholeSecond(otherwise) // its line is broken, and read by nobody
    const until = performance.now() + this.#waitMs
    for (;;) {
      const line = this.#lines.find((one) => one.path === text && one.threat === threat && one.atMs + 1_000 + tickMs > fromMs)
      if (line) return new Date(line.atMs)
      const leftMs = until - performance.now()
      if (this.#isStopped || !this.#isRead() || this.#missedMs !== null) break
      if (leftMs <= 0) {
        this.#missedMs = fromMs
        break
      }
      await this.#next(leftMs)
    }
    return wholeSecond(otherwise)
  }

  stop(): void {
    this.#isStopped = true
    this.#wake()
  }

  #next(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#waiting.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

export const wholeSecond = (at: Date): Date => new Date(Math.floor(at.getTime() / 1_000) * 1_000)
