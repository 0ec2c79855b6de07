import type { CommandParams } from '../agents/index.ts'
import type { AlertLevel, AlertState, FeedDocument, OutbreakRule, VirusAlert } from './shapes.ts'

const dayMs = 86_400_000

export function alertStateAt(
  { startsAt, endsAt, withdrawnAt }: { startsAt: Date; endsAt: Date; withdrawnAt: Date | null },
  now: Date,
): AlertState {
  if (withdrawnAt !== null && withdrawnAt <= now && withdrawnAt < endsAt) return 'withdrawn'
  if (endsAt <= now) return 'ended'
  return startsAt <= now ? 'in-force' : 'coming'
}

/** Does the customer let Vigie begin by itself at this level? */
export const allowsAt = ({ from }: Pick<OutbreakRule, 'from'>, level: AlertLevel): boolean =>
  from === 'yellow' || (from === 'red' && level === 'red')

export type DefenceParams = CommandParams['start-outbreak-defence']

/**
 * What automatic defence closes: what the alert names, of that what the customer allows, for the customer's days but never beyond the alert. To the minute, so that customers with the same
 * rule share an order. Null: nothing is left to close.
 */
export function defenceFor(
  alert: Pick<VirusAlert, 'ports' | 'folders' | 'attachments' | 'endsAt'>,
  rule: OutbreakRule,
  now: Date,
): DefenceParams | null {
  const blockPorts = rule.mayBlockPorts ? alert.ports : []
  const denyWrites = rule.mayDenyWrites ? alert.folders : []
  const blockAttachments = rule.mayBlockAttachments ? alert.attachments : []
  if (blockPorts.length + denyWrites.length + blockAttachments.length === 0) return null
  const until = Math.min(Date.parse(alert.endsAt), now.getTime() + rule.days * dayMs)
  return {
    until: new Date(Math.floor(until / 60_000) * 60_000).toISOString(),
    blockPorts,
    denyWrites,
    ...(blockAttachments.length > 0 ? { blockAttachments } : {}),
  }
}

export const feedFaults = ['replayed', 'expired', 'from-the-future', 'ends-before-start', 'too-long', 'twice'] as const
export type FeedFault = (typeof feedFaults)[number]

/** A signed document that must not be taken all the same; null: it may. `last`: the sequence taken before. Pure. */
export function feedFault(
  { sequence, issuedAt, validUntil, alerts }: FeedDocument,
  last: number,
  now: Date,
  longestDays: number,
): FeedFault | null {
  if (sequence <= last) return 'replayed'
  if (Date.parse(validUntil) <= now.getTime()) return 'expired'
  if (Date.parse(issuedAt) > now.getTime() + dayMs) return 'from-the-future'
  if (alerts.some(({ startsAt, endsAt }) => Date.parse(endsAt) <= Date.parse(startsAt))) return 'ends-before-start'
  if (alerts.some(({ startsAt, endsAt }) => Date.parse(endsAt) - Date.parse(startsAt) > longestDays * dayMs)) return 'too-long'
  return new Set(alerts.map(({ id }) => id)).size < alerts.length ? 'twice' : null
}
