import { assertLayout, dashboardApi, defaultTabs, readable, type Dashboard, type DashboardTab } from '@vigie/domain/dashboard'
import { doer, record } from '../audit/index.ts'
import { assertVersion, handle, type Actor, type Handler } from '../platform/index.ts'
import * as dashboards from './store.ts'

const objectOf = (actor: Actor) => ({ kind: 'dashboard', id: actor.accountId, name: actor.name })
const shown = ({ tabs, version }: dashboards.Kept, actor: Actor): Dashboard => ({
  tabs: readable(tabs ?? defaultTabs[actor.role], (permission) => actor.permissions.has(permission)),
  isDefault: tabs === null,
  version,
})

/** What the record keeps: the order of the tabs, and those that differ. */
function changes(before: readonly DashboardTab[], after: readonly DashboardTab[]) {
  const others = (tabs: readonly DashboardTab[], than: readonly DashboardTab[]) => {
    const known = new Set(than.map((tab) => JSON.stringify(tab)))
    return { order: tabs.map(({ id }) => id), tabs: tabs.filter((tab) => !known.has(JSON.stringify(tab))) }
  }
  return { before: others(before, after), after: others(after, before) }
}

export const dashboardRoutes: Handler[] = [
  handle(dashboardApi.getDashboard, async ({ db, actor }) => shown(await dashboards.get(db, actor.accountId), actor)),

  handle(dashboardApi.putDashboard, async ({ db, now, services, ifMatch, ...who }, { body }) => {
    const { actor } = who
    assertLayout(body, (permission) => actor.permissions.has(permission))
    const before = await dashboards.lock(db, actor.accountId)
    assertVersion(ifMatch, before.version)
    const version = await dashboards.put(db, actor.accountId, body.tabs, now)
    await record(db, services.vault, now, doer(who), {
      activity: 'dashboard.changed',
      object: objectOf(actor),
      ...changes(before.tabs ?? defaultTabs[actor.role], body.tabs),
    })
    db.announce({ kind: 'account', id: actor.accountId, customerId: null })
    return shown({ tabs: body.tabs, version }, actor)
  }),

  handle(dashboardApi.resetDashboard, async ({ db, now, services, ifMatch, ...who }) => {
    const { actor } = who
    const before = await dashboards.lock(db, actor.accountId)
    assertVersion(ifMatch, before.version)
    const version = await dashboards.put(db, actor.accountId, null, now)
    await record(db, services.vault, now, doer(who), {
      activity: 'dashboard.reset',
      object: objectOf(actor),
      ...changes(before.tabs ?? defaultTabs[actor.role], defaultTabs[actor.role]),
    })
    db.announce({ kind: 'account', id: actor.accountId, customerId: null })
    return shown({ tabs: null, version }, actor)
  }),
]
