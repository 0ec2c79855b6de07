import * as z from 'zod'
import type { Permission } from '../access/permissions.ts'
import type { LiveKind } from '../live/index.ts'
import type { FigureKind } from './kinds.ts'
import type { FigureRange } from './ranges.ts'

/** A number (or a few) that widgets, reports and the API share: one definition, one query in a server slice's `figures.ts`. Texts: `figure.<id>`, `.about`. */
export interface Figure<Value extends z.ZodType = z.ZodType> {
  id: string
  value: Value
  /** Over how long it can be asked, the first if none is said; empty: it is as things are now. */
  ranges: readonly FigureRange[]
  /** Of what kinds of threat it can be asked, the first if none is said; left out: of all at once. */
  kinds?: readonly FigureKind[]
  /** What its numbers count. */
  unit: FigureUnit
  /** Without these it is not there for the asker: it would tell what its rows may not. */
  needs: readonly Permission[]
  /** What, when it changes, changes the figure; none: it moves by the day (EVT-8). */
  follows: readonly LiveKind[]
  /** Nothing outside feeds it: it is our own knowledge, and no silent product makes it stale (PRD-8). */
  isOwn?: true
  /** One of its values, whole: for pictures in the gallery, tests, the API's documentation. */
  example: z.output<Value>
}
export const figureUnits = ['events', 'customers', 'products', 'endpoints', 'detections', 'licences', 'seats'] as const
export type FigureUnit = (typeof figureUnits)[number]

export const defineFigure = <Value extends z.ZodType>(figure: Figure<Value>): Figure<Value> => figure
