import { portalRoles } from '@vigie/domain/access'
import { Problem } from '@vigie/domain/kernel'
import { mostViews, viewsApi, type View } from '@vigie/domain/views'
import { doer, record } from '../audit/index.ts'
import { assertVersion, handle, newId, type Actor, type Handler } from '../platform/index.ts'
import * as views from './store.ts'

const objectOf = (view: Pick<View, 'id' | 'name'>) => ({ kind: 'view', id: view.id, name: view.name })
const shown = ({ list, name, query, columns, isShared }: View) => ({ list, name, query, columns, isShared })

/** A view shared with the business is none of a customer's; those who run the business keep it tidy. */
const readerOf = (actor: Actor): views.Reader => {
  const isPortal = (portalRoles as readonly string[]).includes(actor.role)
  return { accountId: actor.accountId, seesShared: !isPortal, changesShared: !isPortal && actor.permissions.has('business.update') }
}

/** @throws request.invalid */
function assertMayShare(reader: views.Reader, isShared: boolean): void {
  if (isShared && !reader.seesShared) throw new Problem('request.invalid', {}, { fields: [{ path: 'isShared', code: 'not-a-choice' }] })
}
function assertMayChange(view: View): void {
  if (!view.mayChange) throw new Problem('permission.missing', { permission: 'business.update' })
}

export const viewRoutes: Handler[] = [
  handle(viewsApi.listViews, async ({ db, actor }, { query }) => ({ rows: await views.list(db, readerOf(actor), query.list) })),

  handle(viewsApi.createView, async ({ db, now, services, ...who }, { body }) => {
    const reader = readerOf(who.actor)
    assertMayShare(reader, body.isShared)
    if ((await views.countOwn(db, reader.accountId, body.list)) >= mostViews) throw new Problem('view.too-many', { limit: mostViews })
    const id = newId(now)
    await views.insert(db, id, reader.accountId, body.list, body, now)
    const view = await views.get(db, reader, id)
    await record(db, services.vault, now, doer(who), { activity: 'view.created', object: objectOf(view), after: shown(view) })
    return view
  }),

  handle(viewsApi.updateView, async ({ db, now, services, ifMatch, ...who }, { params, body }) => {
    const reader = readerOf(who.actor)
    const before = await views.lock(db, reader, params.viewId)
    assertMayChange(before)
    assertVersion(ifMatch, before.version)
    assertMayShare(reader, body.isShared ?? before.isShared)
    await views.update(db, before.id, { ...before, ...defined(body) })
    // whoever takes a view of somebody else's from the business does not see it any more himself
    const after =
      before.isOwn || body.isShared !== false
        ? await views.get(db, reader, before.id)
        : { ...before, ...defined(body), version: before.version + 1 }
    await record(db, services.vault, now, doer(who), {
      activity: 'view.updated',
      object: objectOf(after),
      before: shown(before),
      after: shown(after),
    })
    return after
  }),

  handle(viewsApi.deleteView, async ({ db, now, services, ...who }, { params }) => {
    const view = await views.lock(db, readerOf(who.actor), params.viewId)
    assertMayChange(view)
    await views.remove(db, view.id)
    await record(db, services.vault, now, doer(who), { activity: 'view.deleted', object: objectOf(view), before: shown(view) })
    return null
  }),

  handle(viewsApi.setDefaultView, async ({ db, now, services, ...who }, { body }) => {
    const reader = readerOf(who.actor)
    const view = body.viewId === null ? null : await views.get(db, reader, body.viewId)
    if (view !== null && view.list !== body.list) throw new Problem('view.not-found')
    await views.setDefault(db, reader.accountId, body.list, body.viewId)
    await record(db, services.vault, now, doer(who), {
      activity: 'view.default-set',
      object: { kind: 'view', id: body.viewId, name: view?.name ?? body.list },
      after: body,
    })
    return null
  }),
]

const defined = <T extends object>(change: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as never
