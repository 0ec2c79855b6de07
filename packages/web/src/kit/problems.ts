import { Problem } from '@vigie/domain/kernel'
import { Unreachable } from './api.ts'
import { isMissingPart } from './parts.ts'
import { paths } from './paths.ts'
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
    const refused = consentRefused(error, say)
    if (refused) return refused
    const values = Object.fromEntries(
      Object.entries(error.data).filter(([, value]) => typeof value === 'string' || typeof value === 'number'),
    ) as Values
    return { title: say(`problem.${error.code}`, values), remedy: say(error.kind.remedy, values) }
  }
  if (error instanceof Unreachable || isMissingPart(error)) return { title: say('kit.unreachable'), remedy: say('kit.unreachable.remedy') }
  return { title: say('problem.server.fault'), remedy: say('remedy.retry-then-report') }
}

/** What lacks consent says which activity, and when it was withdrawn (ACC-12). */
function consentRefused({ code, data: { activity, since }, kind }: Problem, say: Speaker): Described | null {
  if (code !== 'consent.missing' || typeof activity !== 'string' || !say.has(`activity.${activity}`)) return null
  const what = say(`activity.${activity}`)
  const title =
    typeof since === 'string'
      ? say('kit.consent.withdrawn', {
          activity: what,
          day: new Intl.DateTimeFormat(say.locale, { dateStyle: 'medium' }).format(new Date(since)),
        })
      : say('kit.consent.not-recorded', { activity: what })
  return { title, remedy: say(kind.remedy) }
}

/** Where the way out begins: the customer's page. Null: no one place. */
export const placeOfRemedy = (error: unknown): string | null =>
  error instanceof Problem && error.code === 'consent.missing' && typeof error.data['customerId'] === 'string'
    ? paths.customer({ customerId: error.data['customerId'], tab: 'consent' })
    : null

/** May the same thing be tried again as it is? */
export const isRetryable = (error: unknown): boolean => error instanceof Unreachable || (error instanceof Problem && error.kind.retry)
