import type { LiveMessage } from '@vigie/domain/live'

/** What was heard of late, for consoles that open in between: a page reads its data first and hears the changes a moment later. */
export interface Memory {
  /** Heard from now on. @param anew false: only if it was not yet; true: before there may be a gap */
  begin(anew?: boolean): void
  keep(partnerId: string, message: LiveMessage): void
  /** What changed for the business since then (`performance.now()`), each once; null: that is not known as a whole. */
  since(atMs: number, partnerId: string): LiveMessage[] | null
}

/** A change is told after its commit, a reading is older than its answer: by so much more is remembered than asked. */
const marginMs = 3_000
/** More than this at once is forgotten, oldest first: then everything is asked again. */
const mostKept = 20_000

/** @param keptMs so far back it goes; what the clock says comes in from outside for tests */
export function createMemory(keptMs: number, now: () => number = () => performance.now()): Memory {
  let heard: { at: number; partnerId: string; message: LiveMessage }[] = []
  let knownSince: number | null = null
  const forget = (count: number) => {
    if (count === 0) return
    knownSince = Math.max(knownSince ?? 0, heard[count - 1]!.at)
    heard = heard.slice(count)
  }
  return {
    begin(anew = true) {
      if (!anew && knownSince !== null) return
      heard = []
      knownSince = now()
    },
    keep(partnerId, message) {
      heard.push({ at: now(), partnerId, message })
      // in pieces: not at each message
      if (heard.length > mostKept || heard[0]!.at < now() - 2 * keptMs)
        forget(
          Math.max(
            heard.length - mostKept / 2,
            heard.findIndex(({ at }) => at >= now() - keptMs),
            0,
          ),
        )
    },
    since(atMs, partnerId) {
      const from = atMs - marginMs
      if (knownSince === null || from < knownSince || from < now() - keptMs) return null
      const missed = new Map<string, LiveMessage>()
      for (const { at, partnerId: whose, message } of heard)
        if (at >= from && whose === partnerId) missed.set(`${message.kind} ${message.id}`, message)
      return [...missed.values()]
    },
  }
}
