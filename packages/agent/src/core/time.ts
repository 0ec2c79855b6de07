/**
 * The server's time as far as we know it, by the monotonic clock: a jump of this machine's clock changes nothing (R23). Before the first challenge it is the
 * machine's own.
 */
export class ServerClock {
  #serverMs: number | null = null
  #monotonicMs = 0

  heard(serverTime: string): void {
    const ms = Date.parse(serverTime)
    if (Number.isNaN(ms)) return
    this.#serverMs = ms
    this.#monotonicMs = performance.now()
  }

  now(): Date {
    return this.#serverMs === null ? new Date() : new Date(this.#serverMs + performance.now() - this.#monotonicMs)
  }

  /** Server's clock minus this machine's, milliseconds; null before any challenge. */
  get offsetMs(): number | null {
    return this.#serverMs === null ? null : Math.round(this.now().getTime() - Date.now())
  }
}

/** Resolves after `ms`, or at once when `signal` is aborted. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
  })
}

/** Waits between attempts: doubles from `baseMs` to `capMs`, each between half of it and all of it, so that thousands don't return in one beat. */
export function backOffMs(attempt: number, random: number, baseMs = 1_000, capMs = 60_000): number {
  const full = Math.min(capMs, baseMs * 2 ** Math.min(attempt, 16))
  return Math.round(full / 2 + (full / 2) * random)
}
