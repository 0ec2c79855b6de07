import {
  heights,
  mostTabs,
  mostWidgets,
  permanent,
  placed,
  type DashboardTab,
  type PlacedWidget,
  type WidgetKindId,
  type WidgetOptions,
} from '@vigie/domain/dashboard'

/** Changes of a layout: all pure, each gives a new list; what is not there any more (another window) is left alone. */
export type Tabs = readonly DashboardTab[]
export interface Place {
  tabId: string
  widgetId: string
}

const withTab = (tabs: Tabs, tabId: string, edit: (tab: DashboardTab) => DashboardTab): DashboardTab[] =>
  tabs.map((tab) => (tab.id === tabId ? edit(tab) : tab))
const withWidget = (tabs: Tabs, { tabId, widgetId }: Place, edit: (widget: PlacedWidget) => PlacedWidget): DashboardTab[] =>
  withTab(tabs, tabId, (tab) => ({ ...tab, widgets: tab.widgets.map((widget) => (widget.id === widgetId ? edit(widget) : widget)) }))
/** Before the one named; null: at the end. */
function inserted<T extends { id: string }>(list: readonly T[], one: T, beforeId: string | null): T[] {
  const at = beforeId === null ? -1 : list.findIndex(({ id }) => id === beforeId)
  return at < 0 ? [...list, one] : list.toSpliced(at, 0, one)
}

export const addTab = (tabs: Tabs, id: string, name: string): DashboardTab[] =>
  tabs.length >= mostTabs ? [...tabs] : [...tabs, { id, name, columns: 3, widgets: [] }]
export const renameTab = (tabs: Tabs, tabId: string, name: string) => withTab(tabs, tabId, (tab) => ({ ...tab, name }))
export const setColumns = (tabs: Tabs, tabId: string, columns: number) => withTab(tabs, tabId, (tab) => ({ ...tab, columns }))
export const closeTab = (tabs: Tabs, tabId: string): DashboardTab[] => tabs.filter(({ id }) => id !== tabId)
/** Back where it was, as far as the others still are. */
export const restoreTab = (tabs: Tabs, tab: DashboardTab, index: number): DashboardTab[] =>
  tabs.length >= mostTabs || tabs.some(({ id }) => id === tab.id) ? [...tabs] : tabs.toSpliced(index, 0, tab)
export function moveTab(tabs: Tabs, tabId: string, beforeId: string | null): DashboardTab[] {
  const tab = tabs.find(({ id }) => id === tabId)
  return !tab || beforeId === tabId ? [...tabs] : inserted(closeTab(tabs, tabId), tab, beforeId)
}

export const isFull = (tab: DashboardTab): boolean => tab.widgets.length >= mostWidgets
export const addWidget = (tabs: Tabs, tabId: string, id: string, kind: WidgetKindId) =>
  withTab(tabs, tabId, (tab) => (isFull(tab) ? tab : { ...tab, widgets: [...tab.widgets, placed(kind, { id })] }))
export const closeWidget = (tabs: Tabs, { tabId, widgetId }: Place) =>
  withTab(tabs, tabId, (tab) => ({ ...tab, widgets: tab.widgets.filter(({ id }) => id !== widgetId) }))
export const restoreWidget = (tabs: Tabs, tabId: string, widget: PlacedWidget, index: number) =>
  withTab(tabs, tabId, (tab) =>
    isFull(tab) || tab.widgets.some(({ id }) => id === widget.id) ? tab : { ...tab, widgets: tab.widgets.toSpliced(index, 0, widget) },
  )
export function moveWidget(tabs: Tabs, { tabId, widgetId }: Place, beforeId: string | null): DashboardTab[] {
  return withTab(tabs, tabId, (tab) => {
    const widget = tab.widgets.find(({ id }) => id === widgetId)
    return !widget || beforeId === widgetId
      ? tab
      : {
          ...tab,
          widgets: inserted(
            tab.widgets.filter(({ id }) => id !== widgetId),
            widget,
            beforeId,
          ),
        }
  })
}
/** One place earlier (-1) or later (1). */
export function stepWidget(tabs: Tabs, place: Place, by: -1 | 1): DashboardTab[] {
  const widgets = tabs.find(({ id }) => id === place.tabId)?.widgets ?? []
  const at = widgets.findIndex(({ id }) => id === place.widgetId)
  const to = at + by
  return at < 0 || to < 0 || to >= widgets.length
    ? [...tabs]
    : moveWidget(tabs, place, by < 0 ? widgets[to]!.id : (widgets[to + 1]?.id ?? null))
}
export function stepTab(tabs: Tabs, tabId: string, by: -1 | 1): DashboardTab[] {
  const at = tabs.findIndex(({ id }) => id === tabId)
  const to = at + by
  return at < 0 || to < 0 || to >= tabs.length ? [...tabs] : moveTab(tabs, tabId, by < 0 ? tabs[to]!.id : (tabs[to + 1]?.id ?? null))
}
/** To the end of another tab, under an id that is free there. */
export function sendWidget(tabs: Tabs, place: Place, toTabId: string): DashboardTab[] {
  const widget = tabs.find(({ id }) => id === place.tabId)?.widgets.find(({ id }) => id === place.widgetId)
  const to = tabs.find(({ id }) => id === toTabId)
  if (!widget || !to || isFull(to) || toTabId === place.tabId) return [...tabs]
  const taken = new Set(to.widgets.map(({ id }) => id))
  let id = widget.id
  for (let n = 2; taken.has(id); n++) id = `${widget.id.slice(0, 36)}-${n}`
  return withTab(closeWidget(tabs, place), toTabId, (tab) => ({ ...tab, widgets: [...tab.widgets, { ...widget, id }] }))
}
export const resizeWidget = (tabs: Tabs, place: Place, { span, height }: Partial<Pick<PlacedWidget, 'span' | 'height'>>) =>
  withWidget(tabs, place, (widget) => ({
    ...widget,
    span: within(1, span ?? widget.span, 3),
    height: within(heights.least, height ?? widget.height, heights.most),
  }))
export const chooseOptions = (tabs: Tabs, place: Place, options: WidgetOptions) =>
  withWidget(tabs, place, (widget) => ({ ...widget, options: { ...widget.options, ...options } }))

const within = (least: number, value: number, most: number) => Math.max(least, Math.min(most, Math.round(value)))

/** What needs me must stay on the dashboard: this is the last one of its kind. */
export const isLastNotifications = (tabs: Tabs, { tabId, widgetId }: Place): boolean =>
  tabs.find(({ id }) => id === tabId)?.widgets.find(({ id }) => id === widgetId)?.kind === permanent &&
  tabs.flatMap(({ widgets }) => widgets).filter(({ kind }) => kind === permanent).length === 1
export const holdsLastNotifications = (tabs: Tabs, tabId: string): boolean => {
  const holders = tabs.filter(({ widgets }) => widgets.some(({ kind }) => kind === permanent))
  return holders.length === 1 && holders[0]!.id === tabId
}
