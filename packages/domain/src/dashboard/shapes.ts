import * as z from 'zod'
import { widgetKindIds } from './widgets.ts'

/** DSH-1. */
export const mostTabs = 30
export const mostWidgets = 20
/** Rows of the grid. */
export const heights = { least: 2, most: 10 } as const
/** Names what the default tabs are about: their words come from the catalogue until somebody names them. */
export const presetTabs = ['now', 'threats', 'estate'] as const
export type PresetTab = (typeof presetTabs)[number]

const PartId = z.string().regex(/^[A-Za-z0-9-]{1,40}$/)
/** Bounds that no honest console meets; the limits people are told of are those of `assertLayout`. */
const absurd = 200

const word = z.string().regex(/^[a-z0-9-]{1,40}$/)
/** What its viewer chose, in the widget's own words. Left out, or not known to it any more: its default. */
export const WidgetOptions = z.strictObject({
  range: word.optional(),
  /** Of threat. */
  kind: word.optional(),
  view: z.enum(['chart', 'table']).optional(),
  /** Bars of a week or of a month. */
  unit: word.optional(),
  category: word.optional(),
  /** Of products; `all` of them. */
  type: word.optional(),
  /** Series that are switched off. */
  hidden: z.array(word).max(20).optional(),
})
export type WidgetOptions = z.infer<typeof WidgetOptions>

export const PlacedWidget = z.strictObject({
  id: PartId,
  kind: z.enum(widgetKindIds),
  /** Columns it takes; where its tab has fewer, all of them. */
  span: z.number().int().min(1).max(3),
  height: z.number().int().min(heights.least).max(heights.most),
  options: WidgetOptions,
})
export type PlacedWidget = z.infer<typeof PlacedWidget>

export const DashboardTab = z.strictObject({
  id: PartId,
  /** Null: one of `presetTabs`, by its id, in the reader's language. */
  name: z.string().trim().min(1).max(60).nullable(),
  columns: z.number().int().min(1).max(3),
  /** In the order they are read; the grid fills its rows with them. */
  widgets: z.array(PlacedWidget).max(absurd),
})
export type DashboardTab = z.infer<typeof DashboardTab>

export const Layout = z.strictObject({ tabs: z.array(DashboardTab).min(1).max(absurd) })
export type Layout = z.infer<typeof Layout>

export const Dashboard = z.object({
  tabs: z.array(DashboardTab),
  /** Nobody has changed it yet, or it was set back: what the role is given. */
  isDefault: z.boolean(),
  /** 0: never saved. */
  version: z.number().int(),
})
export type Dashboard = z.infer<typeof Dashboard>
