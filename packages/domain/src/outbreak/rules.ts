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

/** How long a customer lets a defence last that begins now. To the minute, so that customers with the same rule share an order. */
export const allowedUntil = ({ days }: Pick<OutbreakRule, 'days'>, now: Date): Date => toMinute(now.getTime() + days * dayMs)
const toMinute = (at: number): Date => new Date(Math.floor(at / 60_000) * 60_000)

/**
 * What automatic defence closes because of one alert: what the alert names, of that what the customer allows, until the time the customer allowed when it began but never beyond the alert. An alert
 * that lasts longer makes it last longer, within that time. Null: nothing is left to close.
 */
export function defenceFor(
  alert: Pick<VirusAlert, 'ports' | 'folders' | 'attachments' | 'endsAt'>,
  rule: Pick<OutbreakRule, 'mayBlockPorts' | 'mayDenyWrites' | 'mayBlockAttachments'>,
  allowed: Date,
): DefenceParams | null {
  return closing(
    toMinute(Math.min(Date.parse(alert.endsAt), allowed.getTime())).toISOString(),
    rule.mayBlockPorts ? alert.ports : [],
    rule.mayDenyWrites ? alert.folders : [],
    rule.mayBlockAttachments ? alert.attachments : [],
  )
}

/**
 * The defences of one customer as one order: an endpoint knows only its newest. All that any of them closes, until the last of them ends; what ends before is followed by a narrower order. As much as
 * an order can say, the first ones' first. Null: nothing to close.
 */
export function together(parts: readonly DefenceParams[]): DefenceParams | null {
  const all = <T>(of: (one: DefenceParams) => readonly T[]) => [...new Set(parts.flatMap(of))].slice(0, longestList)
  return closing(
    parts.map(({ until }) => until).reduce(later, ''),
    all(({ blockPorts }) => blockPorts),
    all(({ denyWrites }) => denyWrites),
    all(({ blockAttachments = [] }) => blockAttachments),
  )
}
/** Of two instants as text. */
export const later = (a: string, b: string): string => (a > b ? a : b)
const longestList = 100

function closing(
  until: string,
  blockPorts: readonly number[],
  denyWrites: readonly string[],
  blockAttachments: readonly string[],
): DefenceParams | null {
  if (blockPorts.length + denyWrites.length + blockAttachments.length === 0) return null
  return {
    until,
    blockPorts: [...blockPorts],
    denyWrites: [...denyWrites],
    ...(blockAttachments.length > 0 ? { blockAttachments: [...blockAttachments] } : {}),
  }
}

/** Must endpoints that were told `told` hear of it anew? That it is to end earlier needs no word before it ends: they are told then. */
export function isToldAnew(wanted: DefenceParams, told: DefenceParams): boolean {
  const same = (of: (one: DefenceParams) => readonly unknown[]) => String([...of(wanted)].toSorted()) === String([...of(told)].toSorted())
  return !(
    wanted.until <= told.until &&
    same(({ blockPorts }) => blockPorts) &&
    same(({ denyWrites }) => denyWrites) &&
    same(({ blockAttachments = [] }) => blockAttachments)
  )
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
