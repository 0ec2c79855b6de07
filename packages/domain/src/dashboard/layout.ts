import type { Permission, Role } from '../access/index.ts'
import { Problem } from '../kernel/index.ts'
import { mostTabs, mostWidgets, presetTabs, type DashboardTab, type Layout, type PlacedWidget, type PresetTab } from './shapes.ts'
import { isShownTo, widgetKind, type WidgetKindId } from './widgets.ts'

type Can = (permission: Permission) => boolean
export const permanent: WidgetKindId = 'notifications'

/** What may be kept (DSH-1, DSH-2). @throws dashboard.too-many-tabs, dashboard.too-many-widgets, dashboard.needs-notifications, request.invalid */
export function assertLayout({ tabs }: Layout, can: Can): void {
  if (tabs.length > mostTabs) throw new Problem('dashboard.too-many-tabs', { limit: mostTabs })
  if (tabs.some((tab) => tab.widgets.length > mostWidgets)) throw new Problem('dashboard.too-many-widgets', { limit: mostWidgets })
  const faults = [
    ...repeated(tabs.map(({ id }) => id)).map((index) => ({ path: `tabs.${index}.id`, code: 'not-a-choice' })),
    ...tabs.flatMap((tab, index) => [
      ...(tab.name === null && !(presetTabs as readonly string[]).includes(tab.id)
        ? [{ path: `tabs.${index}.name`, code: 'required' }]
        : []),
      ...repeated(tab.widgets.map(({ id }) => id)).map((at) => ({ path: `tabs.${index}.widgets.${at}.id`, code: 'not-a-choice' })),
    ]),
  ]
  if (faults.length > 0) throw new Problem('request.invalid', {}, { fields: faults })
  if (isShownTo(can)(permanent) && !tabs.some(({ widgets }) => widgets.some(({ kind }) => kind === permanent)))
    throw new Problem('dashboard.needs-notifications')
}
const repeated = (ids: readonly string[]): number[] => ids.flatMap((id, index) => (ids.indexOf(id) < index ? [index] : []))

/** Without what the reader may not see any more, with Notifications where he may see those. */
export function readable(tabs: readonly DashboardTab[], can: Can): DashboardTab[] {
  const seen = tabs.map((tab) => ({ ...tab, widgets: tab.widgets.filter(({ kind }) => isShownTo(can)(kind)) }))
  const [first, ...others] = seen
  if (!first || !isShownTo(can)(permanent) || seen.some(({ widgets }) => widgets.some(({ kind }) => kind === permanent))) return seen
  return [{ ...first, widgets: [placed(permanent), ...first.widgets].slice(0, mostWidgets) }, ...others]
}

export const placed = (kind: WidgetKindId, more: Partial<PlacedWidget> = {}): PlacedWidget => {
  const { span, height } = widgetKind(kind)
  return { id: kind, kind, span, height, options: {}, ...more }
}

type Place = WidgetKindId | readonly [kind: WidgetKindId, more: Partial<PlacedWidget>]
const tab = (id: PresetTab, ...places: Place[]): DashboardTab => ({
  id,
  name: null,
  columns: 3,
  widgets: places.map((place) => (typeof place === 'string' ? placed(place) : placed(...place))),
})

const threats = tab('threats', ['threats', { span: 3, height: 5 }], 'top-customers-by-threat', 'system', 'inventory-health')
const estate = tab('estate', 'inventory-health', 'agents-by-state', 'customers-over-time', ['products-over-time', { span: 3 }])
/** Whoever is woken at night: what needs me, whom it concerns, what goes on. */
const operator = [
  tab('now', 'notifications', 'customers-needing-attention', ['threats', { options: { range: '24h' } }], 'inventory-health'),
  threats,
  estate,
]
/** Whoever runs the business sees first what needs somebody, then how it grows. */
const manager = [
  tab('now', 'notifications', 'customers-needing-attention', ['threats', { options: { range: '7d' } }], 'inventory-health'),
  tab(
    'estate',
    ['products-over-time', { span: 2 }],
    'customers-over-time',
    'agents-by-state',
    'licence-management',
    'inventory-health',
    'system',
  ),
  threats,
]
const accountant = [
  tab(
    'estate',
    'customers-over-time',
    ['products-over-time', { span: 2 }],
    'licence-management',
    'licences-over-time',
    'licence-usage',
    'agents-by-state',
    'inventory-health',
  ),
]
const customer = [tab('now', 'notifications', 'threats', 'agents-by-state', 'inventory-health')]

/** DSH-1: what a new account of a role is given. Kept nowhere until it is changed: asked for twice, it is the same. */
export const defaultTabs: Readonly<Record<Role, readonly DashboardTab[]>> = {
  owner: manager,
  administrator: manager,
  technician: operator,
  billing: accountant,
  'read-only': operator,
  'portal-administrator': customer,
  'portal-viewer': customer,
}
