import { useEffect, useState } from 'react'

/** The present, in ms since 1970, anew every so often. */
export function useTicking(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}
