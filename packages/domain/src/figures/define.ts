import * as z from 'zod'
import type { Permission } from '../access/permissions.ts'
import type { LiveKind } from '../live/index.ts'
import type { FigureRange } from './ranges.ts'

/** A number (or a few) that widgets, reports and the API share: one definition, one query in a server slice's `figures.ts`. Texts: `figure.<id>`, `.about`. */
export interface Figure<Value extends z.ZodType = z.ZodType> {
  id: string
  value: Value
  /** Over how long it can be asked, the first if none is said; empty: it is as things are now. */
  ranges: readonly FigureRange[]
  /** What its numbers count. */
  unit: FigureUnit
  /** Without these it is not there for the asker: it would tell what its rows may not. */
  needs: readonly Permission[]
  /** What, when it changes, changes the figure; none: it moves by the day (EVT-8). */
  follows: readonly LiveKind[]
  /** One of its values, whole: for pictures in the gallery, tests, the API's documentation. */
  example: z.output<Value>
}
export const figureUnits = ['events', 'customers', 'products', 'endpoints', 'detections'] as const
export type FigureUnit = (typeof figureUnits)[number]

export const defineFigure = <Value extends z.ZodType>(figure: Figure<Value>): Figure<Value> => figure
