import { isInScope } from '@vigie/domain/access'
import { eventsApi, type Event } from '@vigie/domain/events'
import type { ReplyOf } from '@vigie/domain/kernel'
import { addSteps, endSilences, recount } from '../assessment/index.ts'
import { recordAll } from '../audit/index.ts'
import { handle, type Context, type Handler, type TenantDb } from '../platform/index.ts'
import { doer, objectOf } from './audited.ts'
import * as work from './work.ts'

type Refused = ReplyOf<typeof eventsApi.assignEvents>['refused'][number]
const resolvedOnes = (held: readonly Event[]): Refused[] =>
  held.filter(({ state }) => state === 'resolved').map((event) => ({ id: event.id, event, code: 'event.resolved-already' }))
const personOf = ({ actor }: Pick<Context, 'actor'>): work.Person => ({ id: actor.accountId, name: actor.name })

/** Their counts anew, where they count differently now, and every console that shows them. */
async function counted(db: TenantDb, changed: readonly Event[]): Promise<void> {
  await recount(db, [...new Set(changed.map(({ productId }) => productId))], [...new Set(changed.map(({ customerId }) => customerId))])
  for (const event of changed) {
    db.announce({ kind: 'event', id: event.id, customerId: event.customerId })
    db.announce({ kind: 'product', id: event.productId, customerId: event.customerId })
    db.announce({ kind: 'customer', id: event.customerId, customerId: event.customerId })
  }
}

export const workRoutes: Handler[] = [
  handle(eventsApi.listAssignees, async ({ db }) => ({ rows: await work.workers(db) })),

  handle(eventsApi.assignEvents, async ({ db, now, services, ...who }, { body }) => {
    const to = body.accountId === null ? null : await work.lockWorker(db, body.accountId)
    const { held, missing } = await work.lockMany(db, body.ids)
    const refused = [...missing]
    const changed: Event[] = []
    let unchanged = 0
    const tags = to === null ? null : await work.tagsOf(db, held)
    for (const event of held) {
      const before = event.assignee?.id ?? null
      if (before === body.accountId) unchanged++
      else if (body.ifAssignedTo !== undefined && before !== body.ifAssignedTo)
        refused.push({ id: event.id, event, code: 'request.changed-meanwhile' })
      // nobody gets an event that he could not open
      else if (to !== null && !isInScope(to.scope, { id: event.customerId, tags: tags!.get(event.customerId) ?? [] }, now))
        refused.push({ id: event.id, event, code: 'event.assignee-unfit' })
      else changed.push(event)
    }
    if (changed.length > 0) {
      await work.writeAssignee(
        db,
        changed.map(({ id }) => id),
        body.accountId,
      )
      await addSteps(
        db,
        changed.map(({ id, customerId }) => ({
          eventId: id,
          customerId,
          what: 'assigned',
          figures: {},
          details: { assignee: to?.name ?? null },
          by: personOf(who),
        })),
        now,
      )
      for (const { id, customerId } of changed) db.announce({ kind: 'event', id, customerId })
      await recordAll(
        db,
        services.vault,
        now,
        doer(who),
        changed.map((event) => ({
          activity: 'event.assigned',
          object: objectOf(event),
          customerId: event.customerId,
          before: { assignee: event.assignee },
          after: { assignee: to && { id: to.id, name: to.name } },
        })),
      )
    } else db.markAudited() // nothing happened
    return { changed: changed.map((event) => ({ id: event.id, before: event.assignee?.id ?? null })), unchanged, refused }
  }),

  handle(eventsApi.silenceEvents, async ({ db, now, services, ...who }, { body }) => {
    work.assertUntil(body, now)
    const by = personOf(who)
    const owner = body.ownerId === undefined || body.ownerId === by.id ? null : await work.lockWorker(db, body.ownerId)
    const { held, missing } = await work.lockMany(db, body.ids)
    const refused = [...missing, ...resolvedOnes(held)]
    const tags = owner === null ? null : await work.tagsOf(db, held)
    const changed: Event[] = []
    for (const event of held) {
      if (event.state === 'resolved') continue
      if (owner !== null && !isInScope(owner.scope, { id: event.customerId, tags: tags!.get(event.customerId) ?? [] }, now))
        refused.push({ id: event.id, event, code: 'event.assignee-unfit' })
      else changed.push(event)
    }
    if (changed.length === 0) {
      db.markAudited() // nothing happened
      return { changed: [], unchanged: 0, refused }
    }
    const earlier = await work.silencesOf(db, changed)
    await endSilences(
      db,
      earlier.map(({ id }) => id),
      'replaced',
      now,
    )
    const made = await work.insertSilences(db, changed, body, owner ?? by, by, now)
    const details = { reason: body.reason, until: body.until }
    await addSteps(
      db,
      changed.map(({ id, customerId }) => ({ eventId: id, customerId, what: body.kind, figures: {}, details, by })),
      now,
    )
    await counted(db, changed)
    await recordAll(
      db,
      services.vault,
      now,
      doer(who),
      changed.map((event) => ({
        activity: body.kind === 'snoozed' ? 'event.snoozed' : 'event.risk-accepted',
        object: objectOf(event),
        customerId: event.customerId,
        before: { silence: event.silence },
        after: { ...details, owner: (owner ?? by).name, bounds: work.boundsOf(event, body.unless) },
      })),
    )
    const replaced = new Set(earlier.map(({ eventId }) => eventId))
    return { changed: made.map((one) => ({ ...one, isReplaced: replaced.has(one.id) })), unchanged: 0, refused }
  }),

  handle(eventsApi.wakeEvents, async ({ db, now, services, ...who }, { body }) => {
    const { held, missing } = await work.lockMany(db, body.ids)
    const changed = held.filter(
      ({ silence }) => silence !== null && (body.silenceIds === undefined || body.silenceIds.includes(silence.id)),
    )
    if (changed.length > 0) {
      await endSilences(
        db,
        changed.map(({ silence }) => silence!.id),
        'hand',
        now,
      )
      await addSteps(
        db,
        changed.map(({ id, customerId }) => ({
          eventId: id,
          customerId,
          what: 'woken',
          figures: {},
          details: { how: 'hand' },
          by: personOf(who),
        })),
        now,
      )
      await counted(db, changed)
      await recordAll(
        db,
        services.vault,
        now,
        doer(who),
        changed.map((event) => ({
          activity: 'event.woken',
          object: objectOf(event),
          customerId: event.customerId,
          before: { silence: event.silence },
          after: { silence: null },
        })),
      )
    } else db.markAudited() // nothing happened
    return { changed: changed.map(({ id }) => ({ id })), unchanged: held.length - changed.length, refused: missing }
  }),
]
