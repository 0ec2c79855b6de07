import type { ServerResponse } from 'node:http'
import type { LiveMessage } from '@vigie/domain/live'

/** One open console's stream. What it cannot take in time is left out, and it is told to ask for everything again. */
export interface Outlet {
  begin(): void
  /** @param isCovered what the console shows is whole but for the changes that follow */
  resync(isCovered?: boolean): void
  change(message: LiveMessage): void
  beat(): void
  /** The session is over: the console goes to the sign-in page. */
  bye(): void
  /** Closed; the console comes back by itself. */
  end(): void
  onGone(run: () => void): void
}

/** Bytes that may wait in our memory for one console. */
const waitingBytes = 65_536
/** A console that has taken nothing for so long is gone, whatever its socket says. */
const stuckMs = 30_000

const event = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`

export function createOutlet(response: ServerResponse, headers: Readonly<Record<string, string | number | string[] | undefined>>): Outlet {
  let hasMissed = false
  let isOver = false
  let stuck: NodeJS.Timeout | undefined
  const isFull = () => response.writableLength > waitingBytes
  const write = (text: string) => {
    if (isOver || response.destroyed) return
    if (!response.write(text)) stuck ??= setTimeout(() => response.destroy(), stuckMs).unref()
  }
  response.on('drain', () => {
    clearTimeout(stuck)
    stuck = undefined
    if (!hasMissed) return
    hasMissed = false
    write(event('resync', {}))
  })
  response.on('error', () => {}) // its `close` follows
  const finish = (text: string) => {
    if (isOver) return
    write(text)
    isOver = true
    response.end()
    setTimeout(() => response.destroy(), 1_000).unref() // also when nobody reads the rest
  }
  return {
    begin: () =>
      void response
        .writeHead(200, {
          ...headers,
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-store',
          'x-accel-buffering': 'no',
          connection: 'close', // nothing follows it: kept alive, it would hold up a process that closes
        })
        .write('retry: 2000\n\n'),
    resync: (isCovered = false) => write(event('resync', isCovered ? { isCovered } : {})),
    change(message) {
      if (isFull()) hasMissed = true
      else write(event('change', message))
    },
    beat: () => {
      if (!isFull()) write(': beat\n\n')
    },
    bye: () => finish(event('bye', {})),
    end: () => finish(''),
    onGone(run) {
      const gone = () => {
        clearTimeout(stuck)
        isOver = true
        run()
      }
      if (response.destroyed) gone()
      else response.on('close', gone)
    },
  }
}
