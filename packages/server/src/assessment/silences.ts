import { isWorse, type silenceEnds, type Silence } from '@vigie/domain/events'
import type { TenantDb } from '../platform/index.ts'
import type { Figures } from './plan.ts'

/** A condition of a product that asks for no attention for now (EVT-9). */
export interface ActiveSilence {
  id: string
  productId: string
  category: string
  condition: string
  kind: Silence['kind']
  windowId: string | null
  reason: string
  ownerId: string | null
  until: Date | null
  bounds: Figures | null
}

const columns = `s.id, s.product_id as "productId", s.category, s.condition, s.kind, s.window_id as "windowId", s.reason, s.owner_id as "ownerId", s.until, s.bounds`

/** Plan: index event_silence_active. */
export async function readSilences(db: TenantDb, productIds: readonly string[]): Promise<ActiveSilence[]> {
  return (
    await db.query<ActiveSilence>(`select ${columns} from event_silence s where s.product_id = any($1) and s.ended_at is null`, [
      productIds,
    ])
  ).rows
}

/** Whether figures passed what it was to hold for ("unless worse than X"). */
export const isPassed = ({ bounds }: ActiveSilence, figures: Figures): boolean => bounds !== null && isWorse(figures, bounds)

/** What becomes of an event that opens: silent where its condition is, until a time still to come; a snooze without an end was of the event before. */
export function silenceFor(
  silences: readonly ActiveSilence[],
  opened: { category: string; condition: string; figures: Figures },
  now: Date,
): { silence: ActiveSilence | null; passed: ActiveSilence | null } {
  const silence =
    silences.find(
      ({ category, condition, until }) => category === opened.category && condition === opened.condition && until !== null && until > now,
    ) ?? null
  return silence !== null && isPassed(silence, opened.figures) ? { silence: null, passed: silence } : { silence, passed: null }
}

export interface Awakened {
  id: string
  productId: string
  customerId: string
  category: string
  condition: string
  severity: string
  state: string
  figures: Figures
  silenceId: string
  toldAt: Date | null
  hasNews: boolean
}

/** Ends them and lets their events be heard: open or just resolved. The caller holds their products' locks, and counts anew. */
export async function endSilences(db: TenantDb, ids: readonly string[], how: (typeof silenceEnds)[number], now: Date): Promise<Awakened[]> {
  if (ids.length === 0) return []
  await db.query('update event_silence set ended_at = $2, ended_how = $3 where id = any($1) and ended_at is null', [ids, now, how])
  const { rows } = await db.query<Awakened>(
    `update event e set silence_id = null, silence_kind = null, version = e.version + 1 from (select id, silence_id from event where silence_id = any($1) order by id for no key update) w where e.id = w.id
     returning e.id, e.product_id as "productId", e.customer_id as "customerId", e.category, e.condition, e.severity, e.state, e.figures, e.told_at as "toldAt", e.has_news as "hasNews", w.silence_id as "silenceId"`,
    [ids],
  )
  return rows
}

/** Those whose time has come, at most so many. Plan: index event_silence_until. */
export async function dueSilences(
  db: TenantDb,
  now: Date,
  limit: number,
): Promise<{ id: string; productId: string; customerId: string }[]> {
  return (
    await db.query<{ id: string; productId: string; customerId: string }>(
      `select s.id, s.product_id as "productId", s.customer_id as "customerId" from event_silence s where s.ended_at is null and s.until <= $1 order by s.until limit $2`,
      [now, limit],
    )
  ).rows
}

/** Of these, those still in force, once the caller holds their products. */
export async function stillDue(db: TenantDb, ids: readonly string[], now: Date): Promise<ActiveSilence[]> {
  return (
    await db.query<ActiveSilence>(`select ${columns} from event_silence s where s.id = any($1) and s.ended_at is null and s.until <= $2`, [
      ids,
      now,
    ])
  ).rows
}

/** Snoozes without an end last as long as their event, and no longer than it could go on. @param resolvedBefore since then it can't any more (EVT-9) */
export async function endThoseOver(db: TenantDb, resolvedBefore: Date, now: Date): Promise<number> {
  const { rows } = await db.query<{ id: string }>(
    `select s.id from event_silence s where s.ended_at is null and s.until is null
       and not exists (select from event e where e.partner_id = s.partner_id and e.silence_id = s.id and (e.state <> 'resolved' or e.resolved_at > $1)) order by s.id for update`,
    [resolvedBefore],
  )
  await endSilences(
    db,
    rows.map(({ id }) => id),
    'over',
    now,
  )
  return rows.length
}
