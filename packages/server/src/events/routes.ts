import { categoryById, indexesInForce, isCounted } from '@vigie/domain/categories'
import { isFinal } from '@vigie/domain/commands'
import { eventsApi, mostMatches, type Event } from '@vigie/domain/events'
import { Problem } from '@vigie/domain/kernel'
import { concernedEndpoints, markDue, ofCategory, readIndexes } from '../assessment/index.ts'
import { record } from '../audit/index.ts'
import { commandsOfEvent, sendCommand } from '../commands/index.ts'
import { exportPageSize, handle, handleStream, speaker, streamCsv, type Handler, type TenantDb } from '../platform/index.ts'
import { doer, objectOf } from './audited.ts'
import { commentRoutes, commentsOf } from './comments.ts'
import * as detections from './detections.ts'
import { detailShownTo, shownTo } from './discretion.ts'
import { findingRoutes } from './findings.ts'
import * as indexes from './indexes.ts'
import { preview } from './preview.ts'
import { resolvedBy } from './resolving.ts'
import * as events from './store.ts'
import { workRoutes } from './work-routes.ts'

/** From when its figures count: the hour before it was last raised, or its reset if that is later (EVT-3, EVT-4). */
const countedSince = (event: Event): Date =>
  new Date(Math.max(Date.parse(event.lastRaisedAt) - 3_600_000, event.resetAt === null ? 0 : Date.parse(event.resetAt)))

/** @throws event.resolved-already */
async function lockOpen(db: TenantDb, id: string): Promise<Event> {
  const event = await events.lock(db, id)
  if (event.state === 'resolved') throw new Problem('event.resolved-already', { eventId: id })
  return event
}

export const eventRoutes: Handler[] = [
  ...workRoutes,
  ...commentRoutes,
  ...findingRoutes,

  handle(eventsApi.listEvents, async ({ db, actor }, { query }) => {
    const page = await events.list(db, query, actor.accountId)
    return { ...page, rows: page.rows.map((event) => shownTo(actor, event)), folded: await events.folded(db, query, actor.accountId) }
  }),

  handle(eventsApi.matchEvents, async ({ db, actor }, { query }) => await events.matches(db, query, actor.accountId, mostMatches)),

  handleStream(eventsApi.exportEvents, async (context, { query }, reply) => {
    const say = speaker(context.actor.locale)
    const head = [
      'severity',
      'customer',
      'product',
      'category',
      'condition',
      'event-state',
      'count',
      'opened',
      'last-raised',
      'resolved',
      'assignee',
      'silence',
      'silent-until',
      'silence-reason',
    ].map((name) => say(`column.${name}`))
    await streamCsv(context, reply, 'events.csv', head, async (db, cursor) => {
      const page = await events.list(
        db,
        { ...query, isFolded: false, limit: exportPageSize, cursor: cursor ?? query.cursor },
        context.actor.accountId,
      )
      if (cursor === undefined)
        await record(db, context.services.vault, context.now, doer(context), {
          activity: 'event.exported',
          object: { kind: 'event', id: null, name: 'events.csv' },
          after: query,
        })
      return {
        nextCursor: page.nextCursor,
        rows: page.rows
          .map((event) => shownTo(context.actor, event))
          .map((event) => [
            say(`severity.${event.severity}`),
            event.customerName,
            event.productName,
            say(`category.${event.category}`),
            say(`condition.${event.category}.${event.condition}.title`, event.figures),
            say(`event-state.${event.state}`),
            event.count,
            event.openedAt,
            event.lastRaisedAt,
            event.resolvedAt,
            event.assignee?.name ?? null,
            event.silence && say(`silence.${event.silence.kind}`),
            event.silence?.until ?? null,
            event.silence?.reason ?? null,
          ]),
      }
    })
  }),

  handle(eventsApi.getEvent, async ({ db, actor }, { params }) => {
    const event = await events.get(db, params.eventId)
    const { business, byTag, customer } = (await readIndexes(db, [event.customerId]))(event.customerId)
    const category = categoryById.get(event.category)
    const inForce = category
      ? indexesInForce(category, business[event.category] ?? {}, customer[event.category] ?? {}, ofCategory(byTag, event.category))
      : {}
    return detailShownTo(actor, {
      ...event,
      steps: await events.stepsOf(db, event.id),
      comments: await commentsOf(db, event.id),
      indexes: Object.entries(inForce).map(([name, index]) => ({ name, ...index })),
      endpoints: (await concernedEndpoints(db, event, countedSince(event), 20)).endpoints,
      resolvedBy: event.state === 'resolved' ? [] : await resolvedBy(db, event),
    })
  }),

  handle(eventsApi.resetEvent, async ({ db, now, services, ...who }, { params }) => {
    const before = await lockOpen(db, params.eventId)
    if (!isCounted(before)) throw new Problem('event.not-counted', { eventId: before.id })
    await events.countFromNow(db, before, now)
    await events.addStep(db, before, 'reset', now, { id: who.actor.accountId, name: who.actor.name }, before.figures)
    await markDue(db, [{ productId: before.productId, customerId: before.customerId }], now)
    await record(db, services.vault, now, doer(who), {
      activity: 'event.reset',
      object: objectOf(before),
      customerId: before.customerId,
      before: { figures: before.figures, resetAt: before.resetAt },
      after: { resetAt: now.toISOString() },
    })
    return await events.get(db, before.id)
  }),

  handle(eventsApi.resolveEvent, async ({ db, now, services, ...who }, { params }) => {
    // agents before events, as ingest locks them
    const seen = await events.get(db, params.eventId)
    await db.query('select from agent where product_id = $1 order by id for no key update', [seen.productId])
    const event = await lockOpen(db, params.eventId)
    const ways = await resolvedBy(db, event)
    if (ways.length === 0) throw new Problem('event.no-command-resolves', { eventId: event.id })
    // a second click while the first still works: nothing is sent twice
    const running = (await commandsOfEvent(db, event.id)).filter((command) => !isFinal(command.step))
    if (event.state === 'pending' && running.length > 0) {
      db.markAudited()
      return { event, commands: running }
    }
    const way = ways.find(({ isPossible }) => isPossible) ?? ways[0]!
    const product = { id: event.productId, customerId: event.customerId, description: event.productName }
    const commands = await sendCommand(db, services, now, { product, type: way.type, agentIds: null, eventId: event.id, doer: doer(who) })
    await events.setState(db, event.id, 'pending')
    await events.addStep(db, event, 'resolve-asked', now, { id: who.actor.accountId, name: who.actor.name }, event.figures)
    await record(db, services.vault, now, doer(who), {
      activity: 'event.resolve-asked',
      object: objectOf(event),
      customerId: event.customerId,
      before: { state: event.state },
      after: { state: 'pending', command: way.type },
    })
    return { event: await events.get(db, event.id), commands }
  }),

  handle(eventsApi.listDetections, async ({ db }, { query }) => await detections.list(db, query)),

  handle(eventsApi.getIndexes, async ({ db }, { query: { customerId = null, tag = null } }) => {
    await assertCustomer(db, customerId)
    return { rows: await indexes.list(db, { customerId, tag }) }
  }),

  handle(eventsApi.listIndexTags, async ({ db }) => ({ rows: await indexes.tagsWithValues(db) })),

  handle(eventsApi.previewIndex, async ({ db, now }, { query: { customerId = null, tag = null, ...wanted } }) => {
    await assertCustomer(db, customerId)
    return await preview(db, { ...wanted, customerId, tag }, now)
  }),

  handle(eventsApi.setIndex, async ({ db, now, services, ...who }, { body }) => {
    // the business's own value, and a tag's, decide for customers that such an account does not see
    if (body.customerId === null && who.actor.isScopeLimited) throw new Problem('permission.missing', { permission: 'index.update' })
    const company = await assertCustomer(db, body.customerId)
    const valueOf = (rows: readonly indexes.IndexRow[]) => rows.find((row) => row.category === body.category && row.name === body.name)
    const before = valueOf(await indexes.list(db, body))
    await indexes.set(db, body)
    const rows = await indexes.list(db, body)
    await markDue(db, await indexes.productsConcerned(db, body), now)
    const of = company ?? body.tag
    await record(db, services.vault, now, doer(who), {
      activity: 'index.set',
      object: { kind: 'index', id: null, name: `${body.category}.${body.name}${of === null ? '' : ` (${of})`}` },
      customerId: body.customerId,
      before,
      after: valueOf(rows),
    })
    return { rows }
  }),
]

/** @returns its name; null for the business itself. @throws customer.not-found */
async function assertCustomer(db: TenantDb, customerId: string | null): Promise<string | null> {
  if (customerId === null) return null
  const {
    rows: [customer],
  } = await db.query<{ company: string }>('select company from customer where id = $1', [customerId])
  if (!customer) throw new Problem('customer.not-found', { customerId })
  return customer.company
}
