import * as z from 'zod'
import { AccountId, defineRoute, EventId, Instant } from '../kernel/index.ts'
import { CommentId, CommentText, Event, EventComment, handSilences, SilenceId } from './shapes.ts'

/** Whom an event may be given to, and by whom a list can be filtered: accounts of the business that may act on events. */
export const listAssignees = defineRoute({
  id: 'events.assignees',
  method: 'GET',
  path: '/v1/events/assignees',
  permission: 'event.act',
  reply: z.object({ rows: z.array(z.object({ id: AccountId, name: z.string() })) }),
  problems: [],
})

const Refused = z.object({
  id: EventId,
  event: Event.nullable(),
  code: z.enum(['event.not-found', 'event.resolved-already', 'event.assignee-unfit', 'request.changed-meanwhile']),
})
/** What was refused changed nothing, and the others are done. The same request again (same Idempotency-Key) answers the same. */
const outcome = <T extends z.ZodType>(change: T) =>
  z.object({ changed: z.array(change), unchanged: z.number().int(), refused: z.array(Refused) })
/** A piece: one transaction. Who changes more sends several. */
export const mostAtOnce = 200
const ids = z.array(EventId).min(1).max(mostAtOnce)

/** EVT-4. `accountId` null: nobody any more. `ifAssignedTo`: only those that this account (null: nobody) works on now; for taking back what one did. */
export const assignEvents = defineRoute({
  id: 'events.assign',
  method: 'POST',
  path: '/v1/events/assignee',
  permission: 'event.act',
  body: z.strictObject({ ids, accountId: AccountId.nullable(), ifAssignedTo: AccountId.nullable().optional() }),
  reply: outcome(z.object({ id: EventId, before: AccountId.nullable() })),
  problems: ['event.not-found', 'account.not-found', 'event.assignee-unfit'],
})

/** The longest silence with an end, and the longest that a risk may be accepted for. */
export const mostSilentDays = 400
/**
 * EVT-4, EVT-9. Keeps open events silent: not counted, no mail, listed under a filter of their own. `until` null: as long as the event lasts, for a snooze only. `unless`: what wakes it before; `worse`: any
 * figure gets worse by a real step (`boundsUnlessWorse`: one thing more, an age twice as high, not that another day went by); or one of them passes a value. A severer condition of the same category is an event of its own, and never silenced by this. Takes the place of an earlier silence
 * (`replaced`).
 */
export const silenceEvents = defineRoute({
  id: 'events.silence',
  method: 'POST',
  path: '/v1/events/silence',
  permission: 'event.act',
  body: z.strictObject({
    ids,
    kind: z.enum(handSilences),
    reason: z.string().trim().min(1).max(1000),
    until: Instant.nullable(),
    /** Who answers for it; without it the one who asks. */
    ownerId: AccountId.optional(),
    unless: z
      .union([z.literal('worse'), z.strictObject({ figure: z.string().max(40), value: z.number() })])
      .nullable()
      .default(null),
  }),
  reply: outcome(z.object({ id: EventId, silenceId: SilenceId, isReplaced: z.boolean() })),
  problems: ['event.not-found', 'account.not-found', 'event.assignee-unfit'],
})
/** By hand. `silenceIds`: only where one of these keeps it silent; for taking back what one did. */
export const wakeEvents = defineRoute({
  id: 'events.wake',
  method: 'POST',
  path: '/v1/events/wake',
  permission: 'event.act',
  body: z.strictObject({ ids, silenceIds: z.array(SilenceId).max(mostAtOnce).optional() }),
  reply: outcome(z.object({ id: EventId })),
  problems: ['event.not-found'],
})

const params = z.strictObject({ eventId: EventId })
const commentParams = params.extend({ commentId: CommentId })
export const addComment = defineRoute({
  id: 'events.comment',
  method: 'POST',
  path: '/v1/events/:eventId/comments',
  permission: 'event.act',
  params,
  body: z.strictObject({ text: CommentText }),
  reply: EventComment,
  problems: ['event.not-found'],
})
/** By its author within 10 minutes. */
export const editComment = defineRoute({
  id: 'events.edit-comment',
  method: 'PATCH',
  path: '/v1/events/:eventId/comments/:commentId',
  permission: 'event.act',
  params: commentParams,
  body: z.strictObject({ text: CommentText }),
  reply: EventComment,
  problems: ['event.not-found', 'comment.not-found', 'comment.of-another', 'comment.too-late'],
})
/** By its author at any time; its place stays. */
export const removeComment = defineRoute({
  id: 'events.remove-comment',
  method: 'DELETE',
  path: '/v1/events/:eventId/comments/:commentId',
  permission: 'event.act',
  params: commentParams,
  reply: EventComment,
  problems: ['event.not-found', 'comment.not-found', 'comment.of-another'],
})
