import * as z from 'zod'
import type { Family } from '../products/index.ts'
import type { AgentState } from '../products/shapes.ts'
import type { CategoryGroup } from '../categories/types.ts'
import type { Severity } from '../events/shapes.ts'
import type { LicenceKind } from '../licences/shapes.ts'

/** Lists of the console and the routes behind them (`rowRoutes`). Their addresses and their routes take the same words. */
export const rowScreens = ['events', 'customers', 'products', 'inventory', 'detections', 'licences'] as const
/**
 * Where a number's rows are: the list with this query holds exactly as many. The query is that of the list's route and of the screen's address alike (`paths.<screen>(query)`).
 * Whoever may not read the list gets the number without the way.
 */
export const RowsLink = z.object({ screen: z.enum(rowScreens), query: z.record(z.string(), z.string()) })
export type RowsLink = z.infer<typeof RowsLink>

/** A number and its rows. `rows` null: they are not to be shown one by one (what was there once and is gone). */
export const Counted = z.object({ count: z.number().int(), rows: RowsLink.nullable() })
export type Counted = z.infer<typeof Counted>

/** A sum over rows: what one column of the list with this query adds up to. `sum` null: none of them says a number. */
export const Summed = z.object({ sum: z.number().int().nullable(), rows: RowsLink.nullable() })
export type Summed = z.infer<typeof Summed>

type Query<Keys extends string> = Partial<Record<Keys, string | undefined>>
const link =
  (screen: RowsLink['screen']) =>
  (query: Record<string, string | undefined>): RowsLink => ({
    screen,
    query: Object.fromEntries(Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined)),
  })

/** One builder a list, so that server, widgets and reports write a link in one way. */
export const rowsOf = {
  /** Open ones that ask for attention. */
  events: (
    query: Query<'category' | 'customerId' | 'typeId' | 'assignee'> & {
      severity?: Severity | undefined
      group?: CategoryGroup | undefined
    },
  ): RowsLink => link('events')(query),
  customers: (query: Query<'attention' | 'threat' | 'system' | 'licence' | 'typeId'> = {}): RowsLink => link('customers')(query),
  products: (query: Query<'typeId' | 'customerId' | 'isStale'> & { state?: AgentState | undefined } = {}): RowsLink =>
    link('products')(query),
  inventory: (query: Query<'isUnprotected' | 'isOutdated' | 'isInfected' | 'silentDays' | 'customerId'> = {}): RowsLink =>
    link('inventory')(query),
  /** `countedFrom`, `countedUntil`: instants, half-open, by when they count (R23), which is not always when the machine says it was. */
  detections: (
    query: Query<'category' | 'typeId' | 'customerId' | 'productId'> & { family?: Family | undefined } & {
      countedFrom: string
      countedUntil: string
    },
  ): RowsLink => link('detections')(query),
  /** `state`: one, or several (`valid,expiring`). */
  licences: (query: Query<'typeId' | 'customerId' | 'state'> & { kind?: LicenceKind | undefined } = {}): RowsLink =>
    link('licences')(query),
}
