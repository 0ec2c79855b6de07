import { Problem } from '@vigie/domain/kernel'
import { Unreachable } from './api.ts'
import type { Speaker, Values } from './text.tsx'

export interface Described {
  /** What happened. */
  title: string
  /** The way out. */
  remedy: string
}

/** Any error in words a person can act on; what we did not foresee says so honestly. */
export function describe(error: unknown, say: Speaker): Described {
  if (error instanceof Problem) {
    const values = Object.fromEntries(Object.entries(error.data).filter(([, value]) => typeof value === 'string' || typeof value === 'number')) as Values
    return { title: say(`problem.${error.code}`, values), remedy: say(error.kind.remedy, values) }
  }
  if (error instanceof Unreachable) return { title: say('kit.unreachable'), remedy: say('kit.unreachable.remedy') }
  return { title: say('problem.server.fault'), remedy: say('remedy.retry-then-report') }
}

/** May the same thing be tried again as it is? */
export const isRetryable = (error: unknown): boolean => error instanceof Unreachable || (error instanceof Problem && error.kind.retry)
