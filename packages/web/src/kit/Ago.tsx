import { Tooltip } from '@mantine/core'
import { useSyncExternalStore } from 'react'
import { Glyph } from './Severity.tsx'
import { useFormat, useText } from './text.tsx'

/** One clock for all relative times on the screen: a tick every 20 s, only while something shows one. */
let now = Date.now()
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined
function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const tell of listeners) tell()
  }, 20_000)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
}
export const useNow = () => useSyncExternalStore(subscribe, () => now)

/** Tables can switch to absolute times: one wish for the whole console, kept in this browser. */
let isAbsolute = readWish()
const wishListeners = new Set<() => void>()
function readWish(): boolean {
  try {
    return localStorage.getItem('vigie.times') === 'absolute'
  } catch {
    return false
  }
}
export function setAbsoluteTimes(wanted: boolean): void {
  isAbsolute = wanted
  try {
    localStorage.setItem('vigie.times', wanted ? 'absolute' : 'relative')
  } catch {
    // a browser that keeps nothing: the wish lasts until reload
  }
  for (const tell of wishListeners) tell()
}
export const useAbsoluteTimes = () =>
  useSyncExternalStore(
    (listener) => (wishListeners.add(listener), () => wishListeners.delete(listener)),
    () => isAbsolute,
  )

interface Props {
  /** Null: never. */
  at: string | null
  /** Past this age (seconds) it greys and bears a sign: the figure is stale (PRD-8). */
  freshForSeconds?: number
  /** Text key for null; `kit.never` by default. */
  never?: string
}
/** Relative, with the exact local time and zone on hover and focus. */
export function Ago({ at, freshForSeconds, never = 'kit.never' }: Props) {
  const say = useText()
  const format = useFormat()
  const present = useNow()
  const absolute = useAbsoluteTimes()
  if (at === null) return <span className="faint">{say(never)}</span>
  const instant = Date.parse(at)
  // The tick lags, and the server's clock may run a moment ahead of this one: nothing that has just happened is "in 20 seconds".
  const reference = instant > present && instant < Date.now() + 30_000 ? instant : present
  const isStale = freshForSeconds !== undefined && present - instant > freshForSeconds * 1000
  return (
    <Tooltip label={`${format.exact(at)}${isStale ? `\n${say('kit.stale')}` : ''}`}>
      <time
        dateTime={at}
        className={isStale ? 'faint' : undefined}
        style={isStale ? { whiteSpace: 'nowrap', display: 'inline-flex', alignItems: 'center', gap: 4 } : { whiteSpace: 'nowrap' }}
      >
        {absolute ? format.moment(at) : format.ago(at, reference)}
        {isStale && (
          <>
            <Glyph sign="unknown" size={10} />
            <span className="sr-only"> {say('kit.stale')}</span>
          </>
        )}
      </time>
    </Tooltip>
  )
}
