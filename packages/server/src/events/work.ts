import { rolePermissions, type Role, type Scope } from '@vigie/domain/access'
import { boundsUnlessWorse, mostSilentDays, type Event, type eventsApi } from '@vigie/domain/events'
import { Problem, type BodyOf, type ReplyOf } from '@vigie/domain/kernel'
import { wholeScope } from '../access/index.ts'
import { lockProducts } from '../assessment/index.ts'
import { newId, type TenantDb } from '../platform/index.ts'
import * as events from './store.ts'

type Refused = ReplyOf<typeof eventsApi.assignEvents>['refused'][number]
export interface Person {
  id: string
  name: string
}
/** An account as far as it can work on events. `scope`: with the lines that the asker does not see. To judge by, never to show. */
export interface Worker extends Person {
  scope: Scope
}

/** Not disabled, and able to act on events: so none of a customer's portal. */
const isFit = ({ state, role }: { state: string; role: Role }): boolean =>
  state !== 'disabled' && (rolePermissions[role] ?? []).includes('event.act')

/** Locked, so that it is still there and as mighty when the change commits. @throws account.not-found, event.assignee-unfit */
export async function lockWorker(db: TenantDb, id: string): Promise<Worker> {
  const {
    rows: [row],
  } = await db.query<{ name: string; role: Role; state: string; is_scope_limited: boolean }>(
    `select vigie.person_name(first_name, last_name) as name, role, state, is_scope_limited from account where id = $1 for key share`,
    [id],
  )
  if (!row) throw new Problem('account.not-found')
  if (!isFit(row)) throw new Problem('event.assignee-unfit')
  return { id, name: row.name, scope: row.is_scope_limited ? await wholeScope(db, id) : null }
}

export async function workers(db: TenantDb): Promise<Person[]> {
  const { rows } = await db.query<Person & { role: Role; state: string }>(
    `select id, vigie.person_name(first_name, last_name) as name, role, state from account order by vigie.fold(last_name || ' ' || first_name), id limit 1000`,
  )
  return rows.filter(isFit).map(({ id, name }) => ({ id, name }))
}

/**
 * Locks those that the asker sees, products first, each in the order of ids (as assessment does); the others are not there for him. @throws event.not-found: none of them is (R2)
 */
export async function lockMany(db: TenantDb, ids: readonly string[]): Promise<{ held: Event[]; missing: Refused[] }> {
  const { rows } = await db.query<{ product_id: string }>('select distinct product_id from event where id = any($1::uuid[])', [ids])
  await lockProducts(
    db,
    rows.map(({ product_id }) => product_id),
  )
  await db.query('select from event where id = any($1::uuid[]) order by id for no key update', [ids])
  const held = await events.getMany(db, ids)
  if (held.length === 0) throw new Problem('event.not-found')
  const there = new Set(held.map(({ id }) => id))
  return { held, missing: [...new Set(ids)].filter((id) => !there.has(id)).map((id) => ({ id, event: null, code: 'event.not-found' })) }
}

/** Tags of the customers concerned, which scopes are judged by. */
export async function tagsOf(db: TenantDb, held: readonly Event[]): Promise<Map<string, string[]>> {
  const { rows } = await db.query<{ id: string; tags: string[] }>(
    'select c.id, array(select t.tag from customer_tag t where t.customer_id = c.id) as tags from customer c where c.id = any($1::uuid[])',
    [[...new Set(held.map(({ customerId }) => customerId))]],
  )
  return new Map(rows.map(({ id, tags }) => [id, tags]))
}

export async function writeAssignee(db: TenantDb, ids: readonly string[], accountId: string | null): Promise<void> {
  await db.query('update event set assignee_id = $2, version = version + 1 where id = any($1::uuid[])', [ids, accountId])
}

type Wanted = BodyOf<typeof eventsApi.silenceEvents>
const dayMs = 86_400_000

/** A time to come, at most 400 days away; an accepted risk has one. @throws request.invalid */
export function assertUntil({ kind, until }: Pick<Wanted, 'kind' | 'until'>, now: Date): void {
  const refuse = (code: string, values?: Record<string, number>) =>
    new Problem('request.invalid', {}, { fields: [{ path: 'until', code, ...(values ? { values } : {}) }] })
  if (until === null) {
    if (kind === 'accepted') throw refuse('required')
    return
  }
  if (Date.parse(until) <= now.getTime()) throw refuse('until.past')
  if (Date.parse(until) > now.getTime() + mostSilentDays * dayMs) throw refuse('until.too-far', { max: mostSilentDays })
}

/** Figures of the event that wake it when they pass this; null: none does. What it has no figure of says nothing of it. */
export function boundsOf(event: Event, unless: Wanted['unless']): Record<string, number> | null {
  if (unless === null) return null
  return unless === 'worse' ? boundsUnlessWorse(event.figures) : { [unless.figure]: unless.value }
}

/** One for each event; what silenced its condition before is ended by the caller first. */
export async function insertSilences(
  db: TenantDb,
  held: readonly Event[],
  wanted: Wanted,
  owner: Person,
  by: Person,
  now: Date,
): Promise<{ id: string; silenceId: string }[]> {
  const made = held.map((event) => ({
    id: newId(now),
    eventId: event.id,
    customerId: event.customerId,
    productId: event.productId,
    category: event.category,
    condition: event.condition,
    bounds: boundsOf(event, wanted.unless),
  }))
  await db.query(
    `insert into event_silence (partner_id, id, customer_id, product_id, category, condition, event_id, kind, reason, owner_id, owner_name, by_id, by_name, since, until, bounds)
     select $1, r.id, r."customerId", r."productId", r.category, r.condition, r."eventId", $3, $4, $5, $6, $7, $8, $9, $10, r.bounds
     from json_to_recordset($2) as r (id uuid, "customerId" uuid, "productId" uuid, category text, condition text, "eventId" uuid, bounds jsonb)`,
    [db.tenant.partnerId, JSON.stringify(made), wanted.kind, wanted.reason, owner.id, owner.name, by.id, by.name, now, wanted.until],
  )
  await db.query(
    `update event e set silence_id = r.id, silence_kind = $2, version = e.version + 1 from json_to_recordset($1) as r (id uuid, "eventId" uuid) where e.id = r."eventId"`,
    [JSON.stringify(made), wanted.kind],
  )
  return made.map(({ id, eventId }) => ({ id: eventId, silenceId: id }))
}

/** Active silences of their conditions, also those that came with an event before. */
export async function silencesOf(db: TenantDb, held: readonly Event[]): Promise<{ id: string; eventId: string }[]> {
  const { rows } = await db.query<{ id: string; eventId: string }>(
    `select s.id, e.id as "eventId" from event e join event_silence s on s.partner_id = e.partner_id and s.product_id = e.product_id and s.category = e.category and s.condition = e.condition
     where e.id = any($1::uuid[]) and s.ended_at is null`,
    [held.map(({ id }) => id)],
  )
  return rows
}
