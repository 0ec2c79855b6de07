import { commentEditableMinutes, eventsApi, type EventComment } from '@vigie/domain/events'
import { Problem } from '@vigie/domain/kernel'
import { record } from '../audit/index.ts'
import { handle, newId, type Handler, type TenantDb } from '../platform/index.ts'
import { doer, objectOf } from './audited.ts'
import * as events from './store.ts'

interface Row {
  id: string
  at: Date
  by_name: string
  by_id: string | null
  text: string
  edited_at: Date | null
  removed_at: Date | null
}
const columns = 'id, at, by_name, by_id, text, edited_at, removed_at'
const toComment = (row: Row): EventComment => ({
  id: row.id,
  at: row.at.toISOString(),
  by: row.by_name,
  byId: row.by_id,
  text: row.removed_at === null ? row.text : null,
  editedAt: row.edited_at?.toISOString() ?? null,
})

/** Oldest first. Plan: index event_comment_event. */
export async function commentsOf(db: TenantDb, eventId: string): Promise<EventComment[]> {
  return (await db.query<Row>(`select ${columns} from event_comment where event_id = $1 order by at, id`, [eventId])).rows.map(toComment)
}

/** Of this account, locked. @throws comment.not-found (a removed one is not there), comment.of-another */
async function lockOwn(db: TenantDb, eventId: string, id: string, accountId: string): Promise<Row> {
  const {
    rows: [row],
  } = await db.query<Row>(`select ${columns} from event_comment where event_id = $1 and id = $2 and removed_at is null for update`, [
    eventId,
    id,
  ])
  if (!row) throw new Problem('comment.not-found')
  if (row.by_id !== accountId) throw new Problem('comment.of-another')
  return row
}

async function get(db: TenantDb, id: string): Promise<EventComment> {
  return toComment((await db.query<Row>(`select ${columns} from event_comment where id = $1`, [id])).rows[0]!)
}

export const commentRoutes: Handler[] = [
  handle(eventsApi.addComment, async ({ db, now, services, ...who }, { params, body }) => {
    const event = await events.lock(db, params.eventId)
    const id = newId(now)
    await db.query(
      'insert into event_comment (partner_id, id, customer_id, product_id, event_id, by_id, by_name, at, text) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)',
      [db.tenant.partnerId, id, event.customerId, event.productId, event.id, who.actor.accountId, who.actor.name, now, body.text],
    )
    db.announce({ kind: 'event', id: event.id, customerId: event.customerId })
    await record(db, services.vault, now, doer(who), {
      activity: 'event.commented',
      object: objectOf(event),
      customerId: event.customerId,
      after: { text: body.text },
    })
    return await get(db, id)
  }),

  handle(eventsApi.editComment, async ({ db, now, services, ...who }, { params, body }) => {
    const event = await events.lock(db, params.eventId)
    const before = await lockOwn(db, event.id, params.commentId, who.actor.accountId)
    if (now.getTime() - before.at.getTime() > commentEditableMinutes * 60_000) throw new Problem('comment.too-late')
    await db.query('update event_comment set text = $2, edited_at = $3 where id = $1', [before.id, body.text, now])
    db.announce({ kind: 'event', id: event.id, customerId: event.customerId })
    await record(db, services.vault, now, doer(who), {
      activity: 'event.comment-edited',
      object: objectOf(event),
      customerId: event.customerId,
      before: { text: before.text },
      after: { text: body.text },
    })
    return await get(db, before.id)
  }),

  handle(eventsApi.removeComment, async ({ db, now, services, ...who }, { params }) => {
    const event = await events.lock(db, params.eventId)
    const before = await lockOwn(db, event.id, params.commentId, who.actor.accountId)
    await db.query(`update event_comment set text = '', removed_at = $2 where id = $1`, [before.id, now])
    db.announce({ kind: 'event', id: event.id, customerId: event.customerId })
    await record(db, services.vault, now, doer(who), {
      activity: 'event.comment-removed',
      object: objectOf(event),
      customerId: event.customerId,
      before: { text: before.text },
      after: null,
    })
    return await get(db, before.id)
  }),
]
