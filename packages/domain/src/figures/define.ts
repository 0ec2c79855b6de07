import * as z from 'zod'

/** A number (or a few) that widgets, reports and the API share: one definition, one query in a server slice's `figures.ts`. */
export interface Figure<Value extends z.ZodType = z.ZodType> {
  id: string
  value: Value
}
export const defineFigure = <Value extends z.ZodType>(figure: Figure<Value>): Figure<Value> => figure
