export interface Pacer {
  /** Something of these changed: it is asked for again soon, with all else that changes meanwhile. */
  touch(names: readonly string[]): void
  /** What waited because nobody looked is asked for now. */
  look(): void
  stop(): void
}

/** Time, from outside. */
export interface PaceClock {
  /** ms */
  now(): number
  /** @returns how to take it back */
  after(ms: number, run: () => void): () => void
}

interface Options {
  clock: PaceClock
  /** Asks again for what shows these; done when the answers are there. */
  run(names: ReadonlySet<string>): Promise<unknown>
  /** False: the tab is behind others; it asks when somebody looks. */
  isLookedAt(): boolean
  /** From the first change on it gathers so long. */
  gatherMs?: number
  /** From one asking to the next at least: where something changes all the time, 200 consoles must not ask all the time. */
  everyMs?: number
  /** An answer that takes longer is no longer waited for. */
  patienceMs?: number
}

/**
 * Asks again for what changed, never while it is still being answered: a question that is asked anew before its answer came would, on a busy day, never be answered at all; and an answer that was on its way
 * when something changed does not know of it, so that is asked for after it.
 */
export function createPacer({ clock, run, isLookedAt, gatherMs = 200, everyMs = 1_000, patienceMs = 15_000 }: Options): Pacer {
  let touched = new Set<string>()
  let cancel: (() => void) | undefined
  let isRunning = false
  let isStopped = false
  let begunAt = Number.NEGATIVE_INFINITY

  const plan = () => {
    if (cancel !== undefined || isRunning || isStopped || touched.size === 0 || !isLookedAt()) return
    cancel = clock.after(Math.max(gatherMs, begunAt + everyMs - clock.now()), () => void flush())
  }
  const flush = async () => {
    cancel = undefined
    const now = touched
    touched = new Set()
    isRunning = true
    begunAt = clock.now()
    // what could not be asked shows its own trouble, and goes on
    await new Promise<void>((resolve) => {
      const giveUp = clock.after(patienceMs, resolve)
      const done = () => {
        giveUp()
        resolve()
      }
      run(now).then(done, done)
    })
    isRunning = false
    plan()
  }
  return {
    touch(names) {
      for (const name of names) touched.add(name)
      plan()
    },
    look: plan,
    stop() {
      isStopped = true
      cancel?.()
    },
  }
}
