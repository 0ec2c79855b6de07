import { maintenanceApi, type MaintenanceWindow } from '@vigie/domain/maintenance'
import { Problem } from '@vigie/domain/kernel'
import { markDue } from '../assessment/index.ts'
import { doer, record } from '../audit/index.ts'
import {
  assertVersion,
  exportPageSize,
  handle,
  handleStream,
  speaker,
  streamCsv,
  type Actor,
  type Handler,
  type TenantDb,
} from '../platform/index.ts'
import { occurrences, overlap } from './occurrences.ts'
import * as windows from './store.ts'

const objectOf = ({ id, name }: Pick<MaintenanceWindow, 'id' | 'name'>) => ({ kind: 'maintenance', id, name })
/** What a person wrote, for the record. */
const written = ({ name, reason, target, groups, schedule, durationMinutes, timeZone }: MaintenanceWindow) => ({
  name,
  reason,
  target,
  groups,
  schedule,
  durationMinutes,
  timeZone,
})

/** @throws request.invalid: it would never end, or never begin */
function assertPossible(
  { schedule, durationMinutes, timeZone }: Pick<windows.Written, 'schedule' | 'durationMinutes' | 'timeZone'>,
  now: Date,
): void {
  const refuse = (path: string, code: string) => new Problem('request.invalid', {}, { fields: [{ path, code }] })
  if (schedule.kind !== 'once' && schedule.until !== null && schedule.until < schedule.from) throw refuse('schedule.until', 'until.before')
  if (overlap(schedule, durationMinutes, timeZone)) throw refuse('durationMinutes', 'maintenance.overlap')
  if (occurrences(schedule, durationMinutes, timeZone, now, 1).length === 0) throw refuse('schedule.from', 'until.past')
}

/** One over many customers is shown to an account that sees some of them; it changes none. @throws permission.missing */
function assertMayChange(window: MaintenanceWindow, actor: Actor): void {
  if (window.customer === null && actor.isScopeLimited) throw new Problem('permission.missing', { permission: 'maintenance.update' })
}

/**
 * Its products are assessed anew, at once: what is open goes silent, or speaks. Assessment does that alone, since it holds the products (decision 29); asked for in this transaction, it comes even if we die
 * right after (R22).
 */
async function heard(db: TenantDb, window: Pick<MaintenanceWindow, 'id' | 'customer'>, now: Date): Promise<void> {
  const products = [...(await windows.silenced(db, window.id)), ...(await windows.audible(db, [window.id]))]
  await markDue(db, [...new Map(products.map((product) => [product.productId, product])).values()], now)
  db.announce({ kind: 'maintenance', id: window.id, customerId: window.customer?.id ?? null })
}

export const maintenanceRoutes: Handler[] = [
  handle(maintenanceApi.listWindows, async ({ db, now }, { query }) => await windows.list(db, query, now)),

  handleStream(maintenanceApi.exportWindows, async (context, { query }, reply) => {
    const say = speaker(context.actor.locale)
    const head = [
      'maintenance-name',
      'maintenance-state',
      'maintenance-target',
      'customer',
      'product',
      'begins',
      'ends',
      'maintenance-repeats',
      'silence-reason',
      'planned-by',
    ].map((name) => say(`column.${name}`))
    await streamCsv(context, reply, 'maintenance.csv', head, async (db, cursor) => {
      const page = await windows.list(db, { ...query, limit: exportPageSize, cursor: cursor ?? query.cursor }, context.now)
      if (cursor === undefined)
        await record(db, context.services.vault, context.now, doer(context), {
          activity: 'maintenance.exported',
          object: { kind: 'maintenance', id: null, name: 'maintenance.csv' },
          after: query,
        })
      return {
        nextCursor: page.nextCursor,
        rows: page.rows.map((row) => [
          row.name,
          say(`maintenance-state.${row.state}`),
          row.target.kind === 'tag' ? row.target.tag : say(`maintenance-target.${row.target.kind}`),
          row.customer?.name ?? null,
          row.product?.name ?? null,
          row.occurrence?.startsAt ?? null,
          row.occurrence?.endsAt ?? null,
          say(`maintenance-schedule.${row.schedule.kind}`),
          row.reason,
          row.createdBy,
        ]),
      }
    })
  }),

  handle(maintenanceApi.getWindow, async ({ db, now }, { params }) => await windows.get(db, params.windowId, now)),

  handle(maintenanceApi.previewWindow, async ({ now }, { body }) => ({
    occurrences: occurrences(body.schedule, body.durationMinutes, body.timeZone, now, maintenanceApi.previewed).map(
      ({ startsAt, endsAt, clocks }) => ({ startsAt: startsAt.toISOString(), endsAt: endsAt.toISOString(), clocks }),
    ),
  })),

  handle(maintenanceApi.createWindow, async ({ db, now, services, ...who }, { body }) => {
    const place = await windows.placeOf(db, body.target, who.actor)
    assertPossible(body, now)
    const id = await windows.insert(db, body, place, { id: who.actor.accountId, name: who.actor.name }, now)
    const window = await windows.get(db, id, now)
    await heard(db, window, now)
    await record(db, services.vault, now, doer(who), {
      activity: 'maintenance.created',
      object: objectOf(window),
      customerId: place.customerId,
      after: written(window),
    })
    return window
  }),

  handle(maintenanceApi.updateWindow, async ({ db, now, services, ifMatch, ...who }, { params, body }) => {
    const before = await windows.lock(db, params.windowId, now)
    assertMayChange(before, who.actor)
    assertVersion(ifMatch, before.version)
    const place = await windows.placeOf(db, body.target, who.actor)
    assertPossible(body, now)
    await windows.update(db, before.id, body, place, now)
    const window = await windows.get(db, before.id, now)
    await heard(db, window, now)
    await record(db, services.vault, now, doer(who), {
      activity: 'maintenance.updated',
      object: objectOf(window),
      customerId: place.customerId,
      before: written(before),
      after: written(window),
    })
    return window
  }),

  handle(maintenanceApi.endWindow, async ({ db, now, services, ...who }, { params }) => {
    const before = await windows.lock(db, params.windowId, now)
    assertMayChange(before, who.actor)
    if (before.state !== 'now') throw new Problem('maintenance.not-now', {})
    await windows.skipPresent(db, before, new Date(before.occurrence!.endsAt))
    const window = await windows.get(db, before.id, now)
    await heard(db, window, now)
    await record(db, services.vault, now, doer(who), {
      activity: 'maintenance.ended',
      object: objectOf(window),
      customerId: window.customer?.id ?? null,
      before: { occurrence: before.occurrence },
      after: { occurrence: window.occurrence },
    })
    return window
  }),

  handle(maintenanceApi.deleteWindow, async ({ db, now, services, ...who }, { params }) => {
    const window = await windows.lock(db, params.windowId, now)
    assertMayChange(window, who.actor)
    await heard(db, window, now)
    await windows.remove(db, window.id)
    await record(db, services.vault, now, doer(who), {
      activity: 'maintenance.deleted',
      object: objectOf(window),
      customerId: window.customer?.id ?? null,
      before: written(window),
    })
    return null
  }),
]
