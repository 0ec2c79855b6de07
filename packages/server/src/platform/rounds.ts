import type { Background } from './background.ts'

/** Tells work of this process that there is something for it; processes beside find it at their next look. */
export interface Bell {
  ring(): void
  /** @returns how to stop */
  listen(run: () => void): () => void
}

export function createBell(): Bell {
  const listeners = new Set<() => void>()
  return {
    ring() {
      for (const run of listeners) run()
    },
    listen(run) {
      listeners.add(run)
      return () => void listeners.delete(run)
    },
  }
}

/** What comes after a round: a rest that no bell ends, and whether the next round follows it at once. */
export interface RoundEnd {
  restMs?: number
  hasMore?: boolean
}

/**
 * Looks for work round after round: at once when the bell rings, else every `pollMs`. Rounds never overlap; stopping ends after the one in hand. `round` keeps its failures to itself.
 */
export function inRounds({
  name,
  bell,
  pollMs,
  round,
}: {
  name: string
  bell: Bell
  pollMs: number
  round: () => Promise<RoundEnd | void>
}): Background {
  let isStopped = false
  let isWanted = false
  let endWait: (() => void) | null = null
  let isWakeable = false
  let stopListening = () => {}
  let running: Promise<void> = Promise.resolve()

  async function wait(ms: number, mayWake: boolean): Promise<void> {
    if (isStopped || ms <= 0) return
    isWakeable = mayWake
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      endWait = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    endWait = null
  }

  async function loop(): Promise<void> {
    while (!isStopped) {
      isWanted = false
      const { restMs = 0, hasMore = false } = (await round()) ?? {}
      await wait(restMs, false)
      if (!hasMore && !isWanted) await wait(pollMs, true)
    }
  }

  return {
    name,
    start() {
      stopListening = bell.listen(() => {
        isWanted = true
        if (isWakeable) endWait?.()
      })
      running = loop()
    },
    async stop() {
      isStopped = true
      stopListening()
      endWait?.()
      await running
    },
  }
}
